#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first sync and later answers beside ccusage and a bare scan, in one run, with what was aimed at.

    benches/sync.py [--messages 17000,100000] [--format sqlite,json] [--parts-mib N] [--octally PROGRAM]
                    [--scan PROGRAM] [--runs 5]

ccusage (from npm, installed into the cache folder) reads everything each time; Octally reads everything
once and writes its ledger. The scan (`cargo build --release --example scan`) adds up tokens and keeps
nothing. The programs take turns, so that all of them feel the same machine. Prints the medians of wall
and processor time, the peak memory, and ccusage's time divided by ours: by the clock and by processor
time, which other work on the machine disturbs less.
"""

import argparse
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import shutil

from generate import generate, generate_json, log

CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "octally-tests")
# Where our own history is the largest, a third of ccusage's time is aimed at.
LARGE_MESSAGES = 1_000_000
LIMIT_MIB = 64


def ccusage():
    """The program, in the newest version that is there for this machine."""
    folder = os.path.join(CACHE, "ccusage")
    program = os.path.join(folder, "node_modules", ".bin", "ccusage")
    native = f"@ccusage/ccusage-linux-{'arm64' if os.uname().machine == 'aarch64' else 'x64'}"
    if not os.path.exists(os.path.join(folder, "node_modules", native)):
        os.makedirs(folder, exist_ok=True)
        versions = subprocess.run(["npm", "view", native, "versions", "--json"], check=True, capture_output=True)
        version = json.loads(versions.stdout)[-1]
        packages = [f"ccusage@{version}", f"{native}@{version}"]
        subprocess.run(["npm", "install", "--silent", "--prefix", folder, *packages], check=True)
    return program


class Run:
    """One run of a program: seconds by the clock, of the processor, peak MiB, and what it printed, unless it is
    not to be kept: the peak is never below that of this process, whose copy the other one begins as. It fails
    when the program ends with another status than `statuses`."""

    def __init__(self, command, environment, statuses=(0,), keeps_text=True):
        read, write = os.pipe()
        began = time.perf_counter()
        pid = os.fork()
        if pid == 0:
            os.dup2(write, 1)
            os.close(read)
            os.close(write)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            os.execve(command[0], command, environment)
        os.close(write)
        with os.fdopen(read, "rb") as output:
            self.text = output.read().decode() if keeps_text else ""
            while output.read(1 << 16):
                pass
        _, status, usage = os.wait4(pid, 0)
        self.seconds = time.perf_counter() - began
        self.processor = usage.ru_utime + usage.ru_stime
        self.mib = usage.ru_maxrss / 1024
        if os.waitstatus_to_exitcode(status) not in statuses:
            sys.exit(f"{' '.join(command)} failed with status {status}")


class Figures:
    """The medians of some runs of the same thing."""

    def __init__(self, name):
        self.name = name
        self.runs = []

    def median(self, what):
        return statistics.median(getattr(run, what) for run in self.runs)

    def mib(self):
        return max(run.mib for run in self.runs)

    def ratios(self, peer):
        return [peer.median(what) / max(self.median(what), 1e-6) for what in ("seconds", "processor")]

    def show(self, peer, aim=None):
        clock, processor = self.ratios(peer)
        line = (f"{self.name:32} {self.median('seconds') * 1000:9.1f} ms {self.median('processor') * 1000:9.1f} ms "
                f"{self.mib():7.1f} MiB {clock:7.1f} {processor:7.1f}")
        if aim:
            line += f"   {verdict(clock >= aim)} (at least {aim})"
        print(line)


def verdict(is_met):
    return "met" if is_met else "MISSED"


def add_step(data, number):
    """One more answered call in the newest session of a database, as OpenCode commits it."""
    database = sqlite3.connect(os.path.join(data, "opencode.db"))
    (session,) = database.execute("SELECT id FROM session ORDER BY id DESC LIMIT 1").fetchone()
    now_ms = time.time_ns() // 1_000_000
    tokens = {"total": 120, "input": 100, "output": 20, "reasoning": 0, "cache": {"read": 0, "write": 0}}
    message = {"parentID": "msg_user", "role": "assistant", "agent": "build", "cost": 0.01, "tokens": tokens,
               "modelID": "gpt-5", "providerID": "openai", "finish": "stop", "time": {"created": now_ms}}
    row = (f"msg_zz_{number:06}", session, now_ms, now_ms, json.dumps(message, separators=(",", ":")))
    database.execute("INSERT INTO message VALUES (?, ?, ?, ?, ?)", row)
    database.execute("UPDATE event_sequence SET seq = seq + 1 WHERE aggregate_id = ?", (session,))
    log(database, session)
    database.commit()
    database.close()


def check_sums(scan, report):
    """The scan and Octally must have seen the same."""
    totals, bare = json.loads(report)["totals"], json.loads(scan)
    ours, theirs = (totals["steps"], totals["tokens"]["total"]), (bare["steps"], bare["total"])
    if ours != theirs:
        sys.exit(f"octally counts {ours} steps and tokens, the scan {theirs}")


def measure(arguments, messages, form, home):
    data, ledger = os.path.join(home, "opencode"), os.path.join(home, "octally")
    if form == "json":
        generate_json(data, messages)
    else:
        generate(data, messages, arguments.parts_mib)
    environment = {"HOME": home, "PATH": os.environ["PATH"], "TZ": "UTC", "OPENCODE_DATA_DIR": data,
                   "OCTALLY_LEDGER": os.path.join(ledger, "ledger.db")}
    daily = [arguments.octally, "report", "daily", "--json"]
    peer, scan = Figures("ccusage opencode daily"), Figures("bare scan")
    first, second = Figures("octally report daily, first"), Figures("octally report daily, second")
    week, glance = Figures("octally report daily --last 7"), Figures("octally status")
    step = Figures("octally status, one new step")
    for number in range(arguments.runs):
        peer.runs.append(Run([arguments.ccusage, "opencode", "daily", "--json", "--offline"], environment))
        scan.runs.append(Run([arguments.scan, data], environment))
        shutil.rmtree(ledger, ignore_errors=True)
        first.runs.append(Run(daily, environment))
        if number == 0:
            check_sums(scan.runs[0].text, first.runs[0].text)
    # Not right behind a first one, while the system still writes what that one left.
    os.sync()
    for _ in range(arguments.runs):
        peer.runs.append(Run([arguments.ccusage, "opencode", "daily", "--json", "--offline"], environment))
        second.runs.append(Run(daily, environment))
        week.runs.append(Run([*daily, "--last", "7"], environment))
        glance.runs.append(Run([arguments.octally, "status", "--json"], environment))
    if form == "sqlite":
        for number in range(arguments.runs):
            add_step(data, number)
            step.runs.append(Run([arguments.octally, "status", "--json"], environment))
    parts = f", {arguments.parts_mib} MiB of parts" if arguments.parts_mib else ""
    print(f"\n{messages} messages, {form}{parts}, medians of {arguments.runs}"
          f"{'':12}clock  processor   peak     ccusage / this")
    peer.show(peer)
    scan.show(peer)
    first.show(peer, 3 if messages >= LARGE_MESSAGES else 2)
    for figures in (second, week, glance):
        figures.show(peer, 100 if messages >= 100_000 else None)
    if step.runs:
        step.show(peer)
        extra_ms = (step.median("processor") - glance.median("processor")) * 1000
        print(f"{'one new step beside the answer':32} {extra_ms:9.1f} ms of processor time   "
              f"{verdict(extra_ms < 5)} (below 5)")
    peak = max(figures.mib() for figures in (first, second, week, glance))
    print(f"{'memory':32} {peak:9.1f} MiB   {verdict(peak < LIMIT_MIB)} (below {LIMIT_MIB})")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", default="17000,100000")
    parser.add_argument("--format", default="sqlite,json")
    parser.add_argument("--parts-mib", type=int, default=0)
    parser.add_argument("--octally", default="target/release/octally")
    parser.add_argument("--scan", default="target/release/examples/scan")
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    arguments.octally = os.path.abspath(arguments.octally)
    arguments.scan = os.path.abspath(arguments.scan)
    arguments.ccusage = ccusage()
    for form in arguments.format.split(","):
        for messages in map(int, arguments.messages.split(",")):
            with tempfile.TemporaryDirectory() as home:
                measure(arguments, messages, form, home)


if __name__ == "__main__":
    main()
