#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes daemon/core/src/pricing/baked.json, the last resort where a machine has no other price table.

    packaging/prices/update.py --opencode VERSION provider.json

The input is OpenCode's own catalogue: start `opencode serve` with a throw-away HOME (no key and no
network needed) and save the answer of `GET /provider`. OpenCode's list is that of models.dev (MIT
licence, https://github.com/anomalyco/models.dev). Resellers are left out: they have the same models by
the hundred, and OpenCode's own table knows them.
"""

import argparse
import datetime
import json
import pathlib
import sys

OUTPUT = pathlib.Path(__file__).resolve().parents[2] / "daemon/core/src/pricing/baked.json"
MAX_BYTES = 60_000

# Those who run the models they sell, and OpenCode's own gateway.
FIRST_PARTIES = """
    anthropic openai google xai deepseek mistral moonshotai moonshotai-cn zai zhipuai alibaba alibaba-cn
    minimax cohere perplexity groq cerebras xiaomi stepfun opencode opencode-go amazon-bedrock
""".split()
# Plans: a price of 0 says that the subscription has it, which must not be estimated.
PLANS = "github-copilot *-plan *-plan-* *-for-coding".split()


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("catalogue", type=pathlib.Path, help="the answer of GET /provider")
    options.add_argument("--opencode", required=True, help="the version that gave it, as in 1.18.33")
    options.add_argument("--date", default=datetime.date.today().isoformat(), help="default: today")
    arguments = options.parse_args()
    answer = json.loads(arguments.catalogue.read_text())
    table = {
        "format": 1,
        "version": arguments.opencode,
        "date": arguments.date,
        "providers": providers(answer["all"]),
    }
    text = render(table)
    if len(text) > MAX_BYTES:
        print(f"error: {len(text)} bytes are more than {MAX_BYTES}", file=sys.stderr)
        return 1
    OUTPUT.write_text(text)
    print(f"{OUTPUT}: {sum(map(len, table['providers'].values()))} models, {len(text)} bytes")
    return 0


def providers(catalogue: list) -> dict:
    wanted = sorted((p for p in catalogue if is_wanted(p["id"])), key=lambda p: p["id"])
    tables = {p["id"]: models(p["models"]) for p in wanted}
    return {name: table for name, table in tables.items() if table}


def is_wanted(provider: str) -> bool:
    path = pathlib.PurePath(provider)
    return provider in FIRST_PARTIES or any(path.match(plan) for plan in PLANS)


def models(catalogue: dict) -> dict:
    return {name: rates(model["cost"]) for name, model in sorted(catalogue.items()) if model.get("cost")}


def rates(cost: dict) -> list:
    """[input, output, cache read, cache write, [[above context tokens, the same four], ...]]"""
    row = four(cost)
    tiers = [[t["tier"]["size"], *four(t)] for t in cost.get("tiers") or [] if t["tier"]["type"] == "context"]
    older = cost.get("experimentalOver200K")
    if older and not tiers:
        tiers = [[200_000, *four(older)]]
    return [*row, sorted(tiers)] if tiers else row


def four(cost: dict) -> list:
    cache = cost.get("cache") or {}
    return [number(n) for n in (cost["input"], cost["output"], cache.get("read", 0), cache.get("write", 0))]


def number(value: float) -> float:
    return int(value) if value == int(value) else value


def render(table: dict) -> str:
    """One model a line: a change of prices is read in the diff."""
    compact = lambda value: json.dumps(value, separators=(",", ":"))
    blocks = []
    for provider, rows in table["providers"].items():
        lines = ",\n".join(f"{compact(name)}:{compact(row)}" for name, row in rows.items())
        blocks.append(f"{compact(provider)}:{{\n{lines}}}")
    head = {key: value for key, value in table.items() if key != "providers"}
    return compact(head)[:-1] + ',"providers":{\n' + ",\n".join(blocks) + "}}\n"


if __name__ == "__main__":
    sys.exit(main())
