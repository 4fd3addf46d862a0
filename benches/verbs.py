#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every verb on histories of several lengths, cold and warm, beside ccusage in one run.

    benches/verbs.py [--messages 17000,100000,1000000] [--octally PROGRAM] [--runs 5] [--verbs report,stats]

Cold is the first answer of a process after another one has made the ledger, with ledger and databases taken
out of the page cache as far as an ordinary user may. Warm are the runs after it: medians. Each verb stands
beside the ccusage command that answers the same question, or the nearest one; rows are ccusage's time divided
by ours, by the clock and by processor time, which other work on the machine disturbs less. The programs take
turns. Tools are read to their end before, as the daemon does in idle time. What writes one row for each step,
session or hour of the history grows with it and says so. The end says how many times the processor time of each
verb was that on the history before: all of them lie on the same days, so what writes no more rows should stay
flat. Prints figures and what was aimed at, asserts nothing.
"""

import argparse
import os
import sqlite3
import subprocess
import sys
import tempfile

from sync import LIMIT_MIB, Figures, Run, ccusage, verdict

# So many times faster than ccusage is aimed at, from so many messages on.
AIM, AIM_MESSAGES = 100, 100_000
START_AIM_MS = 10
SESSIONS_AIM_MESSAGES = 500_000  # ten thousand sessions
# So many times the processor time of before is flat, whatever the length: caches are colder, trees a page deeper.
FLAT = 1.5
# The verb, its arguments, the command of ccusage beside it, whether it writes rows for all of the history.
SHORT, LONG = False, True
VERBS = [
    ("status", "daily", SHORT),
    ("statusline", "daily", SHORT),
    ("report daily", "daily", SHORT),
    ("report daily --last 30", "daily", SHORT),
    ("report weekly", "weekly", SHORT),
    ("report monthly", "monthly", SHORT),
    ("report hourly", "daily", LONG),
    ("report hourly --last 30", "daily", SHORT),
    ("report session", "session", LONG),
    ("report session --last 30", "session", SHORT),
    ("report session --limit 20", "session", SHORT),
    ("report model", "monthly", SHORT),
    ("report provider", "monthly", SHORT),
    ("report project", "monthly", SHORT),
    ("report agent", "monthly", SHORT),
    ("report host", "monthly", SHORT),
    ("sessions", "session", SHORT),
    ("sessions --limit 1000000", "session", LONG),
    ("session {session}", "session", SHORT),
    ("analyze", "daily", SHORT),
    ("analyze --last 30", "daily", SHORT),
    ("stats", "daily", SHORT),
    ("stats --last 30", "daily", SHORT),
    ("export --what steps --format csv", "daily", LONG),
    ("export --what steps --format json", "daily", LONG),
    ("export --what steps --format jsonl", "daily", LONG),
    ("export --what steps --format markdown", "daily", LONG),
    ("export --what sessions --format csv", "session", LONG),
    ("export --what days --format csv", "daily", LONG),
    ("export prometheus", "monthly", SHORT),
    ("export otlp", "monthly", LONG),
    ("prices", "daily", SHORT),
    ("budget", "monthly", SHORT),
    ("ledger", "monthly", SHORT),
    ("reconcile", "daily", LONG),
    ("doctor", "daily", LONG),
]


class Home:
    """A history with its ledger."""

    def __init__(self, octally, messages, folder):
        self.octally = octally
        self.data, self.ledger = os.path.join(folder, "opencode"), os.path.join(folder, "octally", "ledger.db")
        # In a process of its own: what is begun as a copy of this one would bear its size in its own time.
        generate = os.path.join(os.path.dirname(os.path.abspath(__file__)), "generate.py")
        subprocess.run([sys.executable, generate, "--messages", str(messages), self.data], check=True)
        # No bus: the figures are those of a machine without the daemon.
        self.environment = {"HOME": folder, "PATH": os.environ["PATH"], "TZ": "UTC", "OPENCODE_DATA_DIR": self.data,
                            "OCTALLY_LEDGER": self.ledger, "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent"}

    def run(self, arguments, statuses=(0,)):
        return Run([self.octally, *arguments], self.environment, statuses, keeps_text=False)

    def fill(self):
        """Reads everything, tools too, in processes of their own."""
        self.run(["status"])
        while self.tools_left():
            self.run(["stats"])

    def tools_left(self):
        with sqlite3.connect(self.ledger) as ledger:
            return ledger.execute("SELECT EXISTS (SELECT 1 FROM step WHERE tools_read = 0)").fetchone()[0]

    def session(self):
        with sqlite3.connect(self.ledger) as ledger:
            return ledger.execute("SELECT uid FROM session ORDER BY id DESC LIMIT 1").fetchone()[0]

    def forget_pages(self):
        """Takes the files out of the page cache; what another process has open or is not written yet stays."""
        for name in (os.path.join(self.data, "opencode.db"), self.ledger):
            with open(name, "rb") as file:
                os.fsync(file.fileno())
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def measure(home, verb, runs):
    """The first run, on cold pages, and the medians of the others."""
    arguments = verb.format(session=home.session()).split()
    # The doctor finds things to say of a home without OpenCode and the daemon.
    statuses = range(8) if verb == "doctor" else (0,)
    cold, warm = Figures(verb), Figures(verb)
    home.forget_pages()
    cold.runs.append(home.run(arguments, statuses))
    warm.runs = [home.run(arguments, statuses) for _ in range(runs)]
    return cold, warm


def show(cold, warm, peer, aim):
    clock, processor = warm.ratios(peer)
    line = (f"{warm.name:38} {cold.median('seconds') * 1000:9.1f} {warm.median('seconds') * 1000:9.1f} "
            f"{warm.median('processor') * 1000:9.1f} ms {max(cold.mib(), warm.mib()):6.1f} MiB "
            f"{clock:7.1f} {processor:7.1f}")
    print(f"{line}   {remark(processor, aim)}".rstrip(), flush=True)


def remark(processor, aim):
    """What is said of a row: whether it met the aim, or why there is none."""
    if aim is LONG:
        return "grows with its rows"
    return verdict(processor >= aim) if aim else ""


def bench(arguments, messages, folder):
    home = Home(arguments.octally, messages, folder)
    home.fill()
    wanted = [verb for verb in VERBS if not arguments.verbs or verb[0].split()[0] in arguments.verbs]
    peers = {name: Figures(f"ccusage {name}") for _, name, _ in wanted}
    for name, figures in peers.items():
        command = [arguments.ccusage, "opencode", name, "--json", "--offline"]
        figures.runs = [Run(command, home.environment, keeps_text=False) for _ in range(arguments.runs)]
    print(f"\n{messages} messages, medians of {arguments.runs}"
          f"{'':9}cold      warm  processor   peak      ccusage / this, clock and processor")
    for name, figures in peers.items():
        show(figures, figures, figures, None)
    peak, processor_ms = 0, {}
    for verb, name, is_long in wanted:
        cold, warm = measure(home, verb, arguments.runs)
        processor_ms[verb] = warm.median("processor") * 1000
        aim = AIM if messages >= AIM_MESSAGES else None
        show(cold, warm, peers[name], LONG if is_long else aim)
        if verb.startswith(("sessions", "export")):
            peak = max(peak, cold.mib(), warm.mib())
    if peak and messages >= SESSIONS_AIM_MESSAGES:
        print(f"{'sessions and exports, memory':38} {peak:9.1f} MiB   {verdict(peak < LIMIT_MIB)} (below {LIMIT_MIB})")
    return processor_ms


def show_growth(found):
    """How each verb grew from one length of history to the next: processor time divided by that of before."""
    if len(found) < 2:
        return
    lengths = list(found)
    print(f"\n{'growth of processor time, messages':38}"
          + "".join(f"{f'{before} to {after}':>22}" for before, after in zip(lengths, lengths[1:]))
          + f"   flat: below {FLAT}")
    is_long = {verb: is_long for verb, _, is_long in VERBS}
    for verb in found[lengths[0]]:
        growth = [found[after][verb] / found[before][verb] for before, after in zip(lengths, lengths[1:])]
        said = "grows with its rows" if is_long[verb] else verdict(max(growth) < FLAT)
        print(f"{verb:38}" + "".join(f"{times:22.1f}" for times in growth) + f"   {said}")


def start_up(arguments):
    figures = Figures("octally --help")
    figures.runs = [Run([arguments.octally, "--help"], {"PATH": os.environ["PATH"]}) for _ in range(20)]
    clock_ms = figures.median("seconds") * 1000
    print(f"{'octally --help':38} {clock_ms:9.1f} ms, {figures.median('processor') * 1000:.1f} ms of the processor   "
          f"{verdict(clock_ms < START_AIM_MS)} (below {START_AIM_MS})")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", default="17000,100000,1000000")
    parser.add_argument("--octally", default="target/release/octally")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--verbs", default="", help="only these, separated by commas")
    arguments = parser.parse_args()
    arguments.octally = os.path.abspath(arguments.octally)
    arguments.ccusage = ccusage()
    arguments.verbs = [verb for verb in arguments.verbs.split(",") if verb]
    start_up(arguments)
    print(f"aimed at: {AIM} times ccusage's processor time from {AIM_MESSAGES} messages on")
    found = {}
    for messages in map(int, arguments.messages.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            found[messages] = bench(arguments, messages, folder)
    show_growth(found)


if __name__ == "__main__":
    main()
