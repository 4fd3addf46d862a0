# SPDX-License-Identifier: GPL-3.0-or-later
"""What the meter has to show, worked out from the mock provider's log and from nothing else.

OpenCode keeps no trace of calls for a title (of the session; until 1.2.1 also of every prompt), and none of the usage of a reply that failed or was cut
off, so these do not count. Prices are the ones that the configuration gave OpenCode.
"""

import collections
import json

from opencode import PRICES

KINDS = ("input", "output", "reasoning", "cache_read", "cache_write")
FRESH = ("input", "output", "reasoning")


def read_log(path):
    """All records of the log so far."""
    with open(path) as log:
        return [json.loads(line) for line in log]


def counted(records):
    """The records that are steps: whole answers that OpenCode stores."""
    return [r for r in records if r["kind"] != "title" and r["status"] == 200 and r["delivered"]]


def model_of(record):
    return f"{record['provider']}/{record['model']}"


def cost_usd(record):
    """What OpenCode stores as the price of one step; reasoning is charged as output. Versions before
    1.14 charge it a second time: a test that runs one of them marks its records reasoning_twice."""
    price, tokens = PRICES[model_of(record)], record["tokens"]
    as_output = tokens["output"] + tokens["reasoning"] * (2 if record.get("reasoning_twice") else 1)
    kinds = (("input", tokens["input"]), ("output", as_output), ("cache_read", tokens["cache_read"]))
    return sum(price[kind] * n for kind, n in (*kinds, ("cache_write", tokens["cache_write"]))) / 1e6


class Usage:
    """Sums over steps: steps, tokens by kind, fresh, total, cost_usd, unpriced_steps."""

    def __init__(self, records):
        self.steps = len(records)
        self.tokens = {kind: sum(r["tokens"][kind] for r in records) for kind in KINDS}
        self.cost_usd = sum(cost_usd(r) for r in records)
        self.unpriced_steps = sum(cost_usd(r) == 0 for r in records)

    @property
    def fresh(self):
        return sum(self.tokens[kind] for kind in FRESH)

    @property
    def total(self):
        return sum(self.tokens.values())

    @property
    def context(self):
        return self.total - self.tokens["output"] - self.tokens["reasoning"]


def usage(records):
    """The Usage of everything that counts."""
    return Usage(counted(records))


def by(records, key):
    """{key(record): Usage} of everything that counts, for example by model_of."""
    groups = collections.defaultdict(list)
    for record in counted(records):
        groups[key(record)].append(record)
    return {name: Usage(group) for name, group in groups.items()}
