#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures the daemon beside a large database, on a private bus.

    daemon.py BINARY [--messages 100000] [--format sqlite|json] [--parts-mib N] [--idle-seconds 10] [--steps 100]
        [--check]

Prints: first sync (start to bus name), how long the reading of tools goes on behind it, memory, context switches while nothing happens, and the time
from the commit of a step to the signal as another process hears it. --check fails above the
limits that the project promises. Needs dbus-daemon and gdbus, and Python's standard library.
"""
import argparse
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

import generate

NAME = "io.github.octally.Octally"
OBJECT = "/io/github/octally/Octally"
CONFIG = """<busconfig><type>session</type><listen>unix:dir={0}</listen><policy context="default">
<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
</policy></busconfig>"""
LIMITS = {"memory_kib": 16 * 1024, "idle_switches": 10, "signal_p50_ms": 100.0}


def start_bus(folder: pathlib.Path) -> tuple[subprocess.Popen, str]:
    """A private session bus and its address."""
    config = folder / "bus.conf"
    config.write_text(CONFIG.format(folder))
    bus = subprocess.Popen(["dbus-daemon", f"--config-file={config}", "--nofork", "--print-address=1"],
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return bus, bus.stdout.readline().strip()


def status(pid: int, key: str) -> int:
    """A number of /proc/PID/status."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(key):
            return int(line.split()[1])
    raise KeyError(key)


def switches(pid: int) -> int:
    """Context switches of all threads so far."""
    total = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        for line in (task / "status").read_text().splitlines():
            total += int(line.split()[1]) if "ctxt_switches" in line else 0
    return total


def answer(now_ms: int) -> dict:
    """A call that has just ended."""
    return {"parentID": "msg_user", "role": "assistant", "agent": "build", "cost": 0.01,
            "tokens": {"input": 100, "output": 20, "reasoning": 0, "cache": {"read": 0, "write": 0}},
            "modelID": "gpt-5", "providerID": "openai", "finish": "stop",
            "time": {"created": now_ms, "completed": now_ms}}


def into_database(folder: pathlib.Path):
    """What writes a call into the database, which stays open to the end, as OpenCode keeps it: the WAL stays."""
    db = sqlite3.connect(folder / "opencode.db", isolation_level=None)
    (session,) = db.execute("SELECT id FROM session ORDER BY id DESC LIMIT 1").fetchone()

    def write(name: str) -> None:
        now_ms = time.time_ns() // 1_000_000
        db.execute("BEGIN")
        db.execute("INSERT INTO message VALUES (?, ?, ?, ?, ?)",
                   (name, session, now_ms, now_ms, json.dumps(answer(now_ms))))
        db.execute("UPDATE event_sequence SET seq = seq + 1 WHERE aggregate_id = ?", (session,))
        generate.log(db, session)
        db.execute("COMMIT")
    return write


def into_file(folder: pathlib.Path):
    """What writes a call as a message file of the session that was last written to."""
    session = max((folder / "storage/message").iterdir(), key=lambda path: path.stat().st_mtime_ns)

    def write(name: str) -> None:
        message = answer(time.time_ns() // 1_000_000) | {"id": name, "sessionID": session.name}
        (session / f"{name}.json").write_text(json.dumps(message))
    return write


def signal_times(env: dict, write, steps: int) -> list[float]:
    """Milliseconds from each write to the line that a listener prints, sorted."""
    listener = subprocess.Popen(["stdbuf", "-oL", "gdbus", "monitor", "--session", "--dest", NAME], env=env,
                                stdout=subprocess.PIPE, text=True, bufsize=1)
    while "owned by" not in listener.stdout.readline():
        pass
    times = []
    for number in range(steps):
        write(f"msg_new_{number}")
        committed = time.perf_counter()
        while "PropertiesChanged" not in listener.stdout.readline():
            pass
        times.append((time.perf_counter() - committed) * 1000)
        # Steps of a real turn are seconds apart; only the pause between two signals matters here.
        time.sleep(0.15)
    listener.terminate()
    listener.wait()
    return sorted(times)


def wait_for_tools(ledger: pathlib.Path) -> float:
    """Seconds until the tools of every step have been read, behind everything else."""
    begin = time.perf_counter()
    with sqlite3.connect(f"file:{ledger}?mode=ro", uri=True) as db:
        while db.execute("SELECT EXISTS (SELECT 1 FROM step WHERE tools_read = 0)").fetchone() != (0,):
            time.sleep(0.5)
            if time.perf_counter() - begin > 900:
                sys.exit("the tools are not read to their end")
    return time.perf_counter() - begin


def measure(options: argparse.Namespace, folder: pathlib.Path) -> dict:
    """All figures."""
    if options.format == "json":
        generate.generate_json(folder / "data", options.messages)
        write = into_file(folder / "data")
    else:
        generate.generate(folder / "data", options.messages, options.parts_mib)
        write = into_database(folder / "data")
    bus, address = start_bus(folder)
    env = {"HOME": str(folder), "PATH": os.environ["PATH"], "DBUS_SESSION_BUS_ADDRESS": address, "TZ": "UTC"}
    begin = time.perf_counter()
    daemon = subprocess.Popen([options.binary, "daemon", "--data-dir", folder / "data",
                               "--ledger", folder / "ledger.db"], env=env)
    try:
        subprocess.run(["gdbus", "wait", "--session", "--timeout", "900", NAME], env=env, check=True)
        first_sync_s = time.perf_counter() - begin
        tools_s = wait_for_tools(folder / "ledger.db")
        time.sleep(3)
        before = switches(daemon.pid)
        time.sleep(options.idle_seconds)
        idle_switches = switches(daemon.pid) - before
        after_sync_kib = status(daemon.pid, "VmRSS")
        times = signal_times(env, write, options.steps)
        return {"format": options.format, "messages": options.messages, "first_sync_s": round(first_sync_s, 2),
                "tools_s": round(tools_s, 1),
                "memory_after_sync_kib": after_sync_kib, "memory_kib": status(daemon.pid, "VmRSS"),
                "memory_peak_kib": status(daemon.pid, "VmHWM"),
                "private_kib": status(daemon.pid, "RssAnon"),
                "idle_switches": idle_switches, "idle_seconds": options.idle_seconds,
                "signal_p50_ms": round(times[len(times) // 2], 1),
                "signal_p99_ms": round(times[int(len(times) * 0.99)], 1)}
    finally:
        daemon.terminate()
        daemon.wait()
        bus.terminate()
        bus.wait()


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary")
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--format", choices=("sqlite", "json"), default="sqlite")
    parser.add_argument("--parts-mib", type=int, default=0)
    parser.add_argument("--idle-seconds", type=int, default=10)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    options.binary = str(pathlib.Path(options.binary).resolve())
    missing = [tool for tool in ("dbus-daemon", "gdbus") if not shutil.which(tool)]
    if missing:
        print(f"SKIPPED: {', '.join(missing)} is not installed", file=sys.stderr)
        return 1 if os.environ.get("CI") == "true" else 0
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(options, pathlib.Path(folder))
    print(json.dumps(figures, indent=2))
    over = {key: limit for key, limit in LIMITS.items() if figures[key] > limit}
    if options.check and over:
        print(f"above the limit: {over}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
