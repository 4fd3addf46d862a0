# SPDX-License-Identifier: GPL-3.0-or-later
"""Midnight in the real service: its clock says that midnight is soon, or has just been, since its zone is made so.

The zone is moved, not the clock: the service has the kernel wake it at midnight, and that clock cannot be faked.
Steps after midnight want a zone like the real ones, in which a day begins with a quarter of an hour, since quarters are
what the ledger adds up; the midnight that is soon is no such one."""

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
QUARTER_S = 900
# Fresh tokens of the day before, and of the day; each step costs a cent.
EVENING, MORNING = 120, 30
CONFIG = pathlib.Path(GLib.get_user_config_dir(), "octally", "config.toml")
BUDGET = '[budgets.daily]\nperiod = "day"\nlimit_usd = 0.05\n'
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


def zone_with_midnight_at(midnight_s):
    """A POSIX TZ in which a day begins at this instant, and that day."""
    east_s = -midnight_s % DAY_S
    if east_s > DAY_S // 2:
        east_s -= DAY_S
    day = datetime.datetime.fromtimestamp(midnight_s + east_s, datetime.UTC).date()
    hours, rest = divmod(abs(east_s), 3600)
    # POSIX counts to the west.
    return f"LAB{'-' if east_s >= 0 else '+'}{hours:02}:{rest // 60:02}:{rest % 60:02}", day.isoformat()


class Midnight(ExtensionCase):
    def setUp(self):
        super().setUp()
        if not self.real_service:
            self.skipTest("there is no built octally: set OCTALLY_BIN")
        self.addCleanup(self.write_service_file, None)
        self.addCleanup(self.forget)
        self.open_database()
        CONFIG.parent.mkdir(parents=True, exist_ok=True)
        CONFIG.write_text(BUDGET)

    def live_where_midnight_is_at(self, midnight_s):
        """The service starts in a zone in which a day begins at this instant; returns that day."""
        zone, day = zone_with_midnight_at(midnight_s)
        self.write_service_file(
            f"[D-BUS Service]\nName={NAME}\nExec=/bin/sh -c 'TZ={zone} exec $OCTALLY_BIN daemon >>$LAB/daemon.log 2>&1'\n"
        )
        self.restart_extension()
        return day

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
        for folder in (OPENCODE.parent, pathlib.Path(GLib.get_user_data_dir(), "octally"), CONFIG.parent):
            for file in sorted(folder.rglob("*"), reverse=True):
                file.rmdir() if file.is_dir() else file.unlink()
            folder.rmdir()

    def step(self, fresh, ended_s=None):
        """A model call that has just ended, or at that instant."""
        now_ms = int((ended_s or time.time()) * 1000)
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

    def test_the_day_begins_anew_in_the_open_menu_and_the_top_bar(self):
        self.setting("panel-items", "['today-tokens', 'budget:daily']")
        self.step(EVENING)
        tomorrow = self.live_where_midnight_is_at(int(time.time()) + BEFORE_MIDNIGHT_S)
        self.open_menu()
        self.wait_row("Today", str(EVENING))
        self.wait_label("120 $0.04 left")
        self.assertNotEqual(self.last_day(), tomorrow)
        self.wait_row("Today", "0")
        self.wait_label("0 $0.05 left")
        self.assertEqual(self.row("Total"), str(EVENING))
        self.assertEqual(self.last_day(), tomorrow)
        self.picture("midnight")

    def test_a_session_over_midnight_is_in_both_days(self):
        self.setting("panel-items", "['today-tokens', 'total-tokens', 'budget:daily']")
        midnight_s = int(time.time()) // QUARTER_S * QUARTER_S
        self.step(EVENING, midnight_s - 60)
        today = self.live_where_midnight_is_at(midnight_s)
        self.wait_label("0 120 $0.05 left")
        self.step(MORNING)
        self.wait_label("30 150 $0.04 left")
        self.open_menu()
        self.wait_row("Today", str(MORNING))
        self.assertEqual(self.row("Total"), str(EVENING + MORNING))
        points = f"{self.indicator}._usageMenu._chart._points.slice(-2)"
        self.assertEqual(self.shell.eval(f"{points}.map(({{usage}}) => usage.freshTokens)"), [EVENING, MORNING])
        self.assertEqual(self.last_day(), today)
        self.picture("after-midnight")
