#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast `octally mcp` answers beside a long history: every tool, resource, prompt and list.

    benches/mcp.py --octally target/release/octally [--messages 100000] [--times 100]

The history is that of benches/generate.py, read into a ledger of its own first. Each line has the median, the
99th percentile and the worst of so many requests, one after another, in milliseconds, beside the limit of
100 ms; then the time from the start of the process to its first answer. Prints figures, asserts nothing.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

LIMIT_MS = 100
EVER = 20000


class Client:
    """A started server that has said hello; a context manager."""

    def __init__(self, octally, home):
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "OPENCODE_", "OCTALLY_"))}
        # No bus: the figures are those of a machine without the daemon.
        env = {**kept, "HOME": str(home), "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent"}
        self.started = time.perf_counter()
        self.process = subprocess.Popen([octally, "mcp"], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.number = 0
        hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}
        self.call("initialize", hello)
        self.hello_ms = (time.perf_counter() - self.started) * 1000

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(timeout=30)

    def call(self, method, params):
        """The result of one request."""
        self.number += 1
        request = {"jsonrpc": "2.0", "id": self.number, "method": method, "params": params}
        self.process.stdin.write(json.dumps(request).encode() + b"\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer or answer["result"].get("isError"):
            sys.exit(f"{method} {params}: {answer}")
        return answer["result"]

    def rss_mib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024


def tool(name, **arguments):
    return "tools/call", {"name": name, "arguments": arguments}


def requests(client):
    """Everything there is to ask, by the words that it is shown with."""
    uris = {}
    for resource in client.call("resources/list", {})["resources"]:
        kind = resource["uri"].removeprefix("octally://").split("/")[0]
        uris[kind + "/..." if resource["uri"].count("/") > 2 and kind != "metrics" else kind] = resource["uri"]
    template = {"type": "ref/resource", "uri": "octally://sessions/{id}"}
    return {
        "usage_summary, last 7 days": tool("usage_summary"),
        "usage_summary, all days by model": tool("usage_summary", last_days=EVER),
        "usage_summary, all days by session": tool("usage_summary", last_days=EVER, by="session", limit=100),
        "top_sessions, last 7 days": tool("top_sessions"),
        "top_sessions, all days": tool("top_sessions", last_days=EVER, limit=100),
        "provider_trends, 14 days": tool("provider_trends"),
        "provider_trends, 366 days": tool("provider_trends", last_days=366),
        "session_cost": tool("session_cost"),
        "budget_status": tool("budget_status"),
        "refresh_index": tool("refresh_index"),
        **{f"octally://{kind}": ("resources/read", {"uri": uri}) for kind, uri in uris.items()},
        "weekly_review": ("prompts/get", {"name": "weekly_review"}),
        "why_was_this_session_expensive": ("prompts/get", {"name": "why_was_this_session_expensive"}),
        "completion of sessions": ("completion/complete", {"ref": template, "argument": {"name": "id", "value": "ses_"}}),
        "resources/list": ("resources/list", {}),
        "tools/list": ("tools/list", {}),
    }


def percentile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def line(name, values, limit=f"{LIMIT_MS}"):
    p50, p99, worst = percentile(values, 0.5), percentile(values, 0.99), max(values)
    print(f"{name:36} {p50:8.1f} {p99:8.1f} {worst:8.1f} {limit:>8}", flush=True)


def measure(client, method, params, times):
    spans = []
    for _ in range(times):
        before = time.perf_counter()
        client.call(method, params)
        spans.append((time.perf_counter() - before) * 1000)
    return spans


def start(octally, home):
    """Milliseconds from the start of a process to its hello, and to its first answer with figures."""
    with Client(octally, home) as client:
        client.call(*tool("usage_summary"))
        return client.hello_ms, (time.perf_counter() - client.started) * 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--octally", required=True)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=100)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="octally-mcp-") as folder:
        home = pathlib.Path(folder)
        data = home / ".local/share/opencode"
        generate = pathlib.Path(__file__).with_name("generate.py")
        subprocess.run([sys.executable, generate, "--messages", str(args.messages), data], check=True)
        with Client(args.octally, home) as client:
            client.call(*tool("refresh_index", thorough=True))
        with Client(args.octally, home) as client:
            print(f"{args.messages} messages, {args.times} times{'p50':>22} {'p99':>8} {'worst':>8} {'limit':>8}  (ms)")
            for name, (method, params) in requests(client).items():
                line(name, measure(client, method, params, args.times))
            print(f"resident memory afterwards: {client.rss_mib():.1f} MiB")
        starts = [start(args.octally, home) for _ in range(min(20, args.times))]
        line("start to hello", [hello for hello, _ in starts], "-")
        line("start to the first figures", [first for _, first in starts], "-")


main()
