# SPDX-License-Identifier: GPL-3.0-or-later
"""Notices from end to end: real turns, the real daemon, the real shell's banners and its own notification server.

The extension draws while the screen is unlocked; while it is locked the daemon sends. Nothing is told twice."""

import json
import os
import pathlib
import signal
import subprocess
import unittest

from desk import Desk
from drive import wait_until
from octally import SESSIONS

CONFIG = """[alerts]
min_turn_seconds = 0
"""
BUDGET = """
[budgets.today]
period = "day"
limit_usd = {limit_usd}
warn_at = [50]
"""
ALERTS = "io.github.octally.Alerts1"
BY_EXTENSION = "OpenCode waits for you: "
BY_DAEMON = "OpenCode asks for a permission"


class Notices(unittest.TestCase):
    """One session for all tests; each makes its own turns in one `opencode serve`."""

    @classmethod
    def setUpClass(cls):
        cls.desk = Desk(permission={"webfetch": "ask"})
        cls.shell, cls.daemon = cls.desk.shell, cls.desk.daemon
        cls.daemon.start()
        cls.configure(CONFIG)
        cls.addClassCleanup(cls.configure, "")
        server = cls.desk.opencode.serve()
        cls.server = server.__enter__()
        cls.addClassCleanup(server.stop)

    @classmethod
    def configure(cls, text):
        """The user's config.toml, read by the daemon when this returns."""
        file = pathlib.Path.home() / ".config/octally/config.toml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        os.kill(cls.daemon.pid(), signal.SIGHUP)
        wait_until(lambda: bool(cls.daemon.get("Budgets", ALERTS)) == ("[budgets" in text), "the budgets of config.toml")

    def setUp(self):
        self.shell.eval("Main.messageTray.getSources().forEach(s => s.destroy()); 1")
        log = pathlib.Path(os.environ["LAB"], f"signals-{self._testMethodName}.log")
        with log.open("w") as out:
            self.monitor = subprocess.Popen(["gdbus", "monitor", "--session", "--dest", "io.github.octally.Octally"], stdout=out)
        self.addCleanup(self.monitor.wait)
        self.addCleanup(self.monitor.kill)
        wait_until(lambda: "is owned by" in log.read_text(), "the monitor of the bus")
        self.signals = log

    def alerts(self, kind):
        """How often the daemon has asked the extension to draw a notice of this kind."""
        return self.signals.read_text().count(f"{ALERTS}.Alert ('{kind}'")

    def told(self, part):
        """The notifications with this part in title or text: whoever has drawn them."""
        return [told for told in self.shell.notifications() if part in f"{told['title']} {told['body']}"]

    def wait_told(self, part):
        """Waits for such a notification, and returns the only one."""
        told, = self.shell.wait(lambda: self.told(part), f"a notification with {part!r}")
        return told

    def policy_of(self, title):
        """The row of the desktop's notification settings that decides about the notification with this title."""
        return self.shell.eval(
            f"Main.messageTray.getSources().find(s => s.notifications.some(n => n.title === {json.dumps(title)})).policy.id")

    def wait_gone(self, part):
        self.shell.wait(lambda: not self.told(part), f"the notification with {part!r} to go")

    def state_of(self, session):
        return {s["id"]: s["state"] for s in self.daemon.get("Sessions", SESSIONS)}.get(session)

    def ask(self, title):
        """A session that waits for a permission."""
        session = self.server.create_session(title)
        self.server.prompt_async(session, "Look it up mock:webfetch")
        wait_until(lambda: self.state_of(session) == "waiting", "the session to be waiting on the bus")
        return session

    def answer(self, session):
        self.server.allow(session)
        self.server.wait_idle(session)

    def lock(self):
        """Locks the screen, and takes care that no test leaves it locked."""
        self.shell.lock()
        self.addCleanup(self.unlock)

    def unlock(self):
        """Unlocks, and waits until the extension draws again."""
        if self.shell.eval('Main.sessionMode.currentMode === "unlock-dialog"'):
            self.shell.unlock()
        self.shell.wait(f"!!{self.desk.indicator}", "the indicator")
        self.shell.wait(lambda: self.desk.label() not in ("", "starting"), "the figures")

    def test_what_holds_is_handed_over_by_the_lock_screen_and_never_told_twice(self):
        session = self.ask("Handed over")
        self.assertEqual(self.wait_told("Handed over")["title"], BY_EXTENSION + "Handed over")
        self.lock()
        # What the extension drew is gone with it, and the daemon has sent it.
        self.assertEqual(self.wait_told("Handed over")["title"], BY_DAEMON)
        self.unlock()
        self.assertEqual(self.wait_told("Handed over")["title"], BY_DAEMON)
        self.assertEqual(self.policy_of(BY_DAEMON), "io.github.octally.Octally")
        self.answer(session)
        self.wait_gone(BY_DAEMON)
        self.assertEqual(self.alerts("waiting"), 1)

    def test_what_happens_while_the_screen_is_locked_is_told_by_the_daemon_once(self):
        self.lock()
        session = self.ask("While you were away")
        self.assertEqual(self.wait_told("While you were away")["title"], BY_DAEMON)
        self.shell.screenshot("notice-locked")
        self.unlock()
        self.assertEqual(self.wait_told("While you were away")["title"], BY_DAEMON)
        self.assertEqual(self.alerts("waiting"), 0)
        self.answer(session)
        self.wait_gone(BY_DAEMON)

    def spent_usd(self):
        """Of today, that of other tests included."""
        self.daemon.refresh()
        return self.daemon.get("Today")["cost_billed_usd"]

    def test_a_budget_is_told_once_also_after_a_restart_of_the_daemon(self):
        session = self.server.create_session("Spend")
        before_usd = self.spent_usd()
        self.server.prompt(session, "Say hello")
        spent_usd = self.spent_usd()
        # The next turn passes the half of it.
        limit_usd = 2 * spent_usd + (spent_usd - before_usd)
        self.configure(CONFIG + BUDGET.format(limit_usd=limit_usd))
        self.assertEqual(self.told("Daily budget"), [])
        while self.spent_usd() < limit_usd / 2:
            self.server.prompt(session, "Say hello again")
        self.wait_told("Daily budget")
        self.shell.screenshot("notice-budget")
        self.assertEqual(self.alerts("budget"), 1)
        self.daemon.kill()
        self.wait_gone("Daily budget")
        self.daemon.start()
        self.shell.wait(lambda: self.desk.label() not in ("stopped", "starting"), "the figures")
        # It has looked at everything once it tells of the next turn.
        self.server.prompt(session, "Say hello once more")
        self.wait_told("OpenCode is idle: Spend")
        self.assertEqual(self.told("Daily budget"), [])
        self.assertEqual(self.alerts("budget"), 1)
