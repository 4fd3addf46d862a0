# SPDX-License-Identifier: GPL-3.0-or-later
"""Midnight in the real service, with the menu open: its clock says midnight soon, since its zone is made so.

The zone is moved, not the clock: the service has the kernel wake it at midnight, and that clock cannot be faked.
What comes after midnight is not looked at: in real zones a day begins with a quarter of an hour, in this one it does
not, and quarters are what the ledger adds up."""

import datetime
import json
import pathlib
import sqlite3
import time

from case import ExtensionCase
from gi.repository import GLib
from peer import NAME

BEFORE_MIDNIGHT_S = 15
DAY_S = 86400
# Fresh tokens of the day before.
EVENING = 120
OPENCODE = pathlib.Path(GLib.get_user_data_dir(), "opencode", "opencode.db")
# As much of OpenCode's tables as usage is read from.
SCHEMA = """
    PRAGMA journal_mode = WAL;
    CREATE TABLE project (id text PRIMARY KEY, worktree text, vcs text, name text, time_created integer, time_updated integer,
        sandboxes text);
    CREATE TABLE session (id text PRIMARY KEY, project_id text, parent_id text, directory text, title text, version text,
        cost real DEFAULT 0, revert text, agent text, model text, time_created integer, time_updated integer,
        time_compacting integer, time_archived integer);
    CREATE TABLE message (id text PRIMARY KEY, session_id text, time_created integer, time_updated integer, data text);
    CREATE TABLE event_sequence (aggregate_id text PRIMARY KEY, seq integer NOT NULL, owner_id text);
    INSERT INTO event_sequence VALUES ('ses_1', 0, NULL);
    INSERT INTO project VALUES ('p1', '/home/dev/app', 'git', NULL, 0, 0, '[]');
"""


def zone_where_it_is_late():
    """A POSIX TZ in which the day ends soon, and the day that begins then."""
    now_s = int(time.time())
    east_s = DAY_S - BEFORE_MIDNIGHT_S - now_s % DAY_S
    if east_s > DAY_S // 2:
        east_s -= DAY_S
    tomorrow = datetime.datetime.fromtimestamp(now_s + east_s + DAY_S // 2, datetime.UTC).date()
    hours, rest = divmod(abs(east_s), 3600)
    # POSIX counts to the west.
    return f"LAB{'-' if east_s >= 0 else '+'}{hours:02}:{rest // 60:02}:{rest % 60:02}", tomorrow.isoformat()


class Midnight(ExtensionCase):
    def setUp(self):
        super().setUp()
        if not self.real_service:
            self.skipTest("there is no built octally: set OCTALLY_BIN")
        zone, self.tomorrow = zone_where_it_is_late()
        self.write_service_file(
            f"[D-BUS Service]\nName={NAME}\nExec=/bin/sh -c 'TZ={zone} exec $OCTALLY_BIN daemon >>$LAB/daemon.log 2>&1'\n"
        )
        self.addCleanup(self.write_service_file, None)
        self.addCleanup(self.forget)
        self.open_database()

    def open_database(self):
        """OpenCode's, with one session and nothing in it. It stays open, as OpenCode keeps it."""
        OPENCODE.parent.mkdir(parents=True)
        self.database = sqlite3.connect(OPENCODE, isolation_level=None)
        self.database.executescript(SCHEMA)
        row = ("ses_1", "p1", "/home/dev/app", "Night shift", "1.18.33", int(time.time() * 1000), int(time.time() * 1000))
        columns = "id, project_id, directory, title, version, time_created, time_updated"
        self.database.execute(f"INSERT INTO session ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def forget(self):
        """Neither OpenCode nor the service has ever been used, for the tests that follow."""
        self.end_service()
        self.database.close()
        for folder in (OPENCODE.parent, pathlib.Path(GLib.get_user_data_dir(), "octally")):
            for file in sorted(folder.rglob("*"), reverse=True):
                file.rmdir() if file.is_dir() else file.unlink()
            folder.rmdir()

    def step(self, fresh):
        """A model call that has just ended."""
        now_ms = int(time.time() * 1000)
        tokens = {"input": fresh - 20, "output": 20, "reasoning": 0, "cache": {"read": 0, "write": 0}}
        call = {
            "role": "assistant", "parentID": "msg_0", "agent": "build", "cost": 0.01, "tokens": tokens, "modelID": "gpt-5",
            "providerID": "openai", "finish": "stop", "time": {"created": now_ms, "completed": now_ms},
        }
        row = (f"msg_{now_ms}", "ses_1", now_ms, now_ms, json.dumps(call))
        self.database.execute("BEGIN")
        self.database.execute("INSERT INTO message VALUES (?, ?, ?, ?, ?)", row)
        self.database.execute("UPDATE event_sequence SET seq = seq + 1")
        self.database.execute("COMMIT")

    def row(self, name):
        """The fresh tokens of a row of the open menu, as they stand there."""
        texts = self.texts()
        return texts[texts.index(name) + 1] if name in texts else None

    def wait_row(self, name, text):
        self.shell.wait(lambda: self.row(name) == text, f"{text} in the row {name}", timeout_s=60)

    def last_day(self):
        """The day of the chart's last bar."""
        return self.shell.eval(f"{self.indicator}._usageMenu._chart._points.at(-1).day")

    def test_the_day_begins_anew_in_the_open_menu(self):
        self.step(EVENING)
        self.restart_extension()
        self.open_menu()
        self.wait_row("Today", str(EVENING))
        self.assertNotEqual(self.last_day(), self.tomorrow)
        self.wait_row("Today", "0")
        self.assertEqual(self.row("Total"), str(EVENING))
        self.assertEqual(self.last_day(), self.tomorrow)
        self.picture("midnight")
