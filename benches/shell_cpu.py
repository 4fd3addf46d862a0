# SPDX-License-Identifier: GPL-3.0-or-later
"""What the extension costs GNOME Shell while OpenCode works, beside the shell without it: shell_cpu.py [MINUTES]

    tests/lab/sandbox.sh -- /octally/tests/lab/session.sh python3 /octally/benches/shell_cpu.py 10

One turn of the real OpenCode follows the other, for as many busy minutes with the extension as without it, half a
minute of each in turn, so that what else goes on at the machine hits both. The shell is asked nothing meanwhile. The menu
is closed. CPU time is user and system time of the shell's process. The figures are printed and asserted nowhere.
"""

import os
import pathlib
import sys
import time

from desk import UUID, Desk

PHASE_S = 30


def cpu_s(pid):
    """User and system time of a process so far."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def phase(server, session, pid):
    """Turns for half a minute: CPU seconds, seconds, turns."""
    started, before, turns = time.monotonic(), cpu_s(pid), 0
    while time.monotonic() < started + PHASE_S:
        server.prompt(session, "Say hello mock:cache")
        turns += 1
    return cpu_s(pid) - before, time.monotonic() - started, turns


def main():
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 10
    desk = Desk()
    pid = int(pathlib.Path(os.environ["LAB"], "shell.pid").read_text())
    totals = {True: [0, 0, 0], False: [0, 0, 0]}
    with desk.opencode.serve() as server:
        session = server.create_session("Busy")
        for _ in range(max(1, round(minutes * 60 / PHASE_S))):
            for is_on in totals:
                desk.shell.set_extension(UUID, is_on)
                server.prompt(session, "Warm up")
                totals[is_on] = [sum(pair) for pair in zip(totals[is_on], phase(server, session, pid))]
    shares = {}
    for is_on, (used_s, elapsed_s, turns) in totals.items():
        shares[is_on] = used_s / elapsed_s
        name = "with the extension" if is_on else "without it"
        print(f"gnome-shell {name}: {100 * shares[is_on]:.2f} % of a core, {turns / elapsed_s * 60:.0f} turns a minute, {elapsed_s / 60:.1f} minutes")
    more = shares[True] - shares[False]
    print(f"the extension: {100 * more:.2f} % of a core, {1000 * more * totals[True][1] / totals[True][2]:.1f} ms a turn")


main()
