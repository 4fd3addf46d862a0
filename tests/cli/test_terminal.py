# SPDX-License-Identifier: GPL-3.0-or-later
"""What needs a terminal: the glance that is drawn anew, tmux with our line, and pages that man can read."""

import json
import os
import signal
import sqlite3
import subprocess
import time
import unittest

from home import REPO, InHome
from terminal import Terminal

HOME_AND_CLEAR = "\x1b[H\x1b[J"
NEW_STEP = """
    INSERT INTO message SELECT 'msg_new', session_id, time_created + 1, time_updated + 1, data FROM message
    WHERE json_extract(data, '$.finish') = 'stop' LIMIT 1;
    UPDATE event_sequence SET seq = seq + 1;
"""


class InTerminal(InHome):
    def total_fresh(self):
        return json.loads(self.run_octally("status", "--json"))["total"]["tokens"]["fresh"]

    def test_a_watched_glance_stays_in_its_place(self):
        before = f"{self.total_fresh():,}".replace(",", "\u202f")
        terminal = Terminal(["octally", "status", "--watch"], self.environment())
        self.addCleanup(terminal.close)
        terminal.wait_for(before)
        terminal.wait_for(HOME_AND_CLEAR)
        terminal.seen = ""
        with sqlite3.connect(self.data / "opencode.db") as database:
            database.executescript(NEW_STEP)
        after = f"{self.total_fresh():,}".replace(",", "\u202f")
        self.assertNotEqual(after, before)
        terminal.wait_for(after)
        terminal.type("\x03")

    def test_a_small_terminal_keeps_the_top(self):
        terminal = Terminal(["octally", "status", "--watch"], self.environment(), lines=4)
        self.addCleanup(terminal.close)
        terminal.wait_for(HOME_AND_CLEAR)
        terminal.seen = terminal.seen.split(HOME_AND_CLEAR)[-1]
        terminal.wait_for("fresh")
        self.assertLessEqual(terminal.seen.split(HOME_AND_CLEAR)[0].count("\n"), 4)
        terminal.type("\x03")

    def test_tmux_shows_the_line(self):
        self.need("tmux")
        steps = json.loads(self.run_octally("status", "--json"))["total"]["steps"]
        line = "#(octally statusline --format '[{total_steps} steps]')"
        tmux = ["tmux", "-L", f"octally-{self.home.name}", "-f", "/dev/null"]
        environment = self.environment()
        subprocess.run([*tmux, "new-session", "-d", "-x", "80", "-y", "5"], env=environment, check=True, timeout=30)
        self.addCleanup(subprocess.run, [*tmux, "kill-server"], env=environment, timeout=30)
        for option in (["status-left", ""], ["status-right", line], ["status-right-length", "60"], ["status-interval", "1"]):
            subprocess.run([*tmux, "set", "-g", *option], env=environment, check=True, timeout=30)
        client = Terminal([*tmux, "attach"], environment)
        self.addCleanup(client.close)
        client.wait_for(f"[{steps} steps]")

    def test_man_reads_every_page_without_a_warning(self):
        self.need("man")
        pages = self.home / "man"
        self.run_octally("man", "--dir", str(pages))
        for page in sorted(pages.iterdir()):
            done = subprocess.run(["man", "--warnings", "-l", str(page)], env=self.environment(MANWIDTH="80", LC_ALL="C.UTF-8"),
                                  capture_output=True, text=True, timeout=30)
            self.assertEqual(done.stderr, "", page.name)
            self.assertIn("EXAMPLES", done.stdout, page.name)

    def hold_up(self, pid, ledger):
        """Makes a reading take longer than one that shows no progress, however fast the machine is."""
        wal = ledger.with_name(ledger.name + "-wal")
        end = time.monotonic() + 20
        while not wal.exists() or wal.stat().st_size < 1 << 20:
            self.assertLess(time.monotonic(), end, "nothing is recorded")
        os.kill(pid, signal.SIGSTOP)
        time.sleep(1)
        os.kill(pid, signal.SIGCONT)

    def test_the_first_reading_of_a_long_history_shows_how_far_it_is(self):
        made = self.home / "long"
        subprocess.run(["python3", REPO / "benches/generate.py", "--messages", "100000", made], env=self.environment(),
                       check=True, timeout=120, capture_output=True)
        ledger = self.home / "long.db"
        terminal = Terminal(["octally", "status", "--data-dir", str(made)], self.environment(OCTALLY_LEDGER=str(ledger)))
        self.addCleanup(terminal.close)
        self.hold_up(terminal.pid, ledger)
        terminal.wait_for("reading OpenCode's messages:")
        terminal.type("\x03")
        terminal.wait_for("interrupted")
        kept = json.loads(self.run_octally("report", "model", "--json", "--data-dir", str(made), "--ledger", str(ledger)))
        self.assertGreater(kept["totals"]["steps"], 50_000)


if __name__ == "__main__":
    unittest.main()
