#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first sync and later answers beside ccusage, in one run.

    benches/sync.py [--messages 100000] [--format sqlite|json] [--parts-mib N] [--octally PROGRAM] [--runs 5]

ccusage (from npm, installed into the cache folder) reads everything each time; Octally reads everything
once and writes its ledger. Prints the medians, the peak memory and the ratios.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from generate import generate, generate_json

CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "octally-tests")


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


def measure(command, environment):
    """Seconds and peak MiB of one run, and what it printed."""
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
    with os.fdopen(read) as output:
        text = output.read()
    _, status, usage = os.wait4(pid, 0)
    seconds = time.perf_counter() - began
    if status:
        sys.exit(f"{' '.join(command)} failed with status {status}")
    return seconds, usage.ru_maxrss / 1024, text


def median(command, environment, runs, before=lambda: None):
    results = []
    for _ in range(runs):
        before()
        results.append(measure(command, environment))
    seconds = statistics.median(result[0] for result in results)
    return seconds, max(result[1] for result in results), results[-1][2]


def show(name, result, peer):
    print(f"{name:34} {result[0] * 1000:9.1f} ms {result[1]:7.1f} MiB   ccusage / this {peer[0] / result[0]:8.1f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--format", choices=("sqlite", "json"), default="sqlite")
    parser.add_argument("--parts-mib", type=int, default=0)
    parser.add_argument("--octally", default="target/release/octally")
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    octally = os.path.abspath(arguments.octally)
    peer = ccusage()
    with tempfile.TemporaryDirectory() as home:
        data = os.path.join(home, "opencode")
        ledger = os.path.join(home, "octally")
        if arguments.format == "json":
            generate_json(data, arguments.messages)
        else:
            generate(data, arguments.messages, arguments.parts_mib)
        environment = {"HOME": home, "PATH": os.environ["PATH"], "TZ": "UTC", "OPENCODE_DATA_DIR": data,
                       "OCTALLY_LEDGER": os.path.join(ledger, "ledger.db")}
        forget = lambda: shutil.rmtree(ledger, ignore_errors=True)
        daily = [octally, "report", "daily", "--json"]
        theirs = median([peer, "opencode", "daily", "--json", "--offline"], environment, arguments.runs)
        first = median(daily, environment, arguments.runs, forget)
        later = median(daily, environment, arguments.runs)
        glance = median([octally, "status", "--json"], environment, arguments.runs)
    size = f"{arguments.messages} messages, {arguments.format}, {arguments.parts_mib} MiB of parts"
    print(f"{size}, median of {arguments.runs}")
    show("ccusage opencode daily", theirs, theirs)
    show("octally report daily, first", first, theirs)
    show("octally report daily, second", later, theirs)
    show("octally status, second", glance, theirs)
    steps = json.loads(first[2])["totals"]["steps"]
    print(f"steps counted: {steps}")


if __name__ == "__main__":
    main()
