# SPDX-License-Identifier: GPL-3.0-or-later
"""From a real OpenCode turn to the number in a real top bar, over the real bus."""

import unittest

import shown
import truth
from desk import Desk
from drive import wait_until
from gi.repository import GLib
from octally import SESSIONS, CommandLine


class Desktop(unittest.TestCase):
    """One session for all tests; each makes its own turns in one `opencode serve`."""

    @classmethod
    def setUpClass(cls):
        cls.desk = Desk(permission={"webfetch": "ask"})
        cls.shell, cls.daemon = cls.desk.shell, cls.desk.daemon
        server = cls.desk.opencode.serve()
        cls.server = server.__enter__()
        cls.addClassCleanup(server.stop)
        cls.first = cls.server.create_session("The first session")
        cls.server.prompt(cls.first, "Say hello mock:tool,cache,reason")

    def tearDown(self):
        self.shell.close_menu(self.desk.indicator)

    def assert_bus(self, name, usage):
        """A usage property of the daemon, to the token."""
        shown_usage = self.daemon.get(name)
        self.assertEqual(shown_usage["tokens"], usage.tokens)
        self.assertEqual((shown_usage["fresh"], shown_usage["total"]), (usage.fresh, usage.total))
        self.assertEqual(shown_usage["steps"], usage.steps)
        self.assertAlmostEqual(shown_usage["cost_billed_usd"], usage.cost_usd, places=8)

    def wait_for_bus(self, usage):
        wait_until(lambda: self.daemon.get("Total")["total"] == usage.total, f"a total of {usage.total} on the bus")

    def assert_row(self, name, usage):
        """A row of the open menu: fresh tokens, cache hit rate, cost billed."""
        texts = self.desk.menu_texts()
        tokens, rate, cost = shown.cells_after(texts, name, 3)
        self.assertTrue(shown.tokens_match(tokens, usage.fresh), f"{name}: {tokens} for {usage.fresh}")
        self.assertEqual(rate, f"{round(100 * usage.tokens['cache_read'] / usage.context)}%", texts)
        self.assertTrue(shown.money_matches(cost, usage.cost_usd), f"{name}: {cost} for {usage.cost_usd}")

    def test_bus_label_and_menu_show_the_turns(self):
        self.desk.wait_for_label(self.desk.usage())
        self.server.prompt(self.first, "And again mock:cache", model="mock/second-model")
        self.server.prompt(self.first, "Delegate mock:subagent,childtool,childreason")
        usage = self.desk.usage()
        self.desk.wait_for_label(usage)
        for name in ("Session", "Today", "Month", "Total"):
            with self.subTest(name):
                self.assert_bus(name, usage)
        self.shell.open_menu(self.desk.indicator)
        for name in ("Session", "Today", "Total"):
            with self.subTest(f"{name} in the menu"):
                self.assert_row(name, usage)
        self.desk.screenshot_top_bar()
        self.desk.screenshot_menu()

    def test_the_command_line_says_the_same(self):
        usage = self.desk.usage()
        self.wait_for_bus(usage)
        totals = CommandLine().report("day")["totals"]
        self.assertEqual({kind: totals["tokens"][kind] for kind in truth.KINDS}, usage.tokens)

    def test_a_click_on_refresh_statistics_reads_again(self):
        self.desk.wait_for_label(self.desk.usage())
        before = self.daemon.get("UpdatedMs")
        self.shell.open_menu(self.desk.indicator)
        self.shell.click_actor(self.shell.labelled(self.desk.menu, "Refresh Statistics"))
        self.shell.wait(lambda: any(t.startswith("Refreshed at") for t in self.desk.menu_texts()), "the menu to say so")
        self.assertGreater(self.daemon.get("UpdatedMs"), before)
        self.desk.screenshot_menu("menu-refreshed")

    def test_a_finished_turn_raises_a_notification(self):
        # The mock provider takes no ten seconds.
        self.daemon.set_alerts(min_turn_seconds=GLib.Variant("u", 0))
        session = self.server.create_session("Count the beans")
        self.server.prompt(session, "Say hello")
        usage = self.desk.usage(session)

        def announced():
            return [n for n in self.shell.notifications() if "Count the beans" in n["title"] + (n["body"] or "")]

        notification, = self.shell.wait(announced, "a notification")
        self.assertIn("idle", notification["title"])
        text = f"{notification['title']} {notification['body']}"
        self.assertTrue(any(shown.money_matches(word.strip(".,:()"), usage.cost_usd) for word in text.split()), text)
        if self.shell.banner():
            self.shell.screenshot("notification", self.shell.rect("Main.messageTray._banner", pad=10))

    def test_states_follow_the_turn(self):
        session = self.server.create_session("Long talk")
        sent = self.provider_pieces(session)
        self.server.prompt_async(session, "Talk long mock:slow")
        wait_until(lambda: self.provider_pieces(session) > sent + 3, "the slow answer to be under way")
        wait_until(lambda: self.state_of(session) == "busy", "the session to be busy on the bus")
        self.assertEqual(self.daemon.get("State"), "busy")
        self.shell.open_menu(self.desk.indicator)
        self.shell.wait(lambda: "Long talk" in self.desk.menu_texts(), "the session in the menu")
        self.desk.screenshot_menu("menu-busy")
        self.server.abort(session)
        wait_until(lambda: self.state_of(session) == "idle", "the session to be idle on the bus")

    def provider_pieces(self, session):
        return self.desk.provider.pieces_sent[session]

    def state_of(self, session):
        return {s["id"]: s["state"] for s in self.daemon.get("Sessions", SESSIONS)}.get(session)

    def test_a_question_to_the_user_is_waiting(self):
        session = self.server.create_session("Ask me")
        self.server.prompt_async(session, "Look it up mock:webfetch")
        wait_until(lambda: self.state_of(session) == "waiting", "the session to be waiting on the bus")
        # Not aborted: OpenCode forgets the usage of a call whose tool never ran.
        self.server.allow(session)
        wait_until(lambda: self.state_of(session) == "idle", "the session to be idle on the bus")

    def test_killed_and_started_again_it_has_lost_nothing(self):
        self.desk.wait_for_label(self.desk.usage())
        self.daemon.kill()
        self.server.prompt(self.first, "While nobody looks mock:tool")
        self.shell.wait(lambda: self.desk.label() == "stopped", "the top bar to say that the service is gone")
        self.desk.screenshot_top_bar("top-bar-stopped")
        self.shell.open_menu(self.desk.indicator)
        self.shell.click_actor(self.shell.labelled(self.desk.menu, "Refresh Statistics"))
        usage = self.desk.usage()
        self.desk.wait_for_label(usage)
        for name in ("Session", "Today", "Total"):
            self.assert_bus(name, usage)

    def test_killed_in_the_middle_of_turns_it_counts_each_once(self):
        self.daemon.start()
        session = self.server.create_session("Under fire")
        for n in range(4):
            sent = self.provider_pieces(session)
            self.server.prompt_async(session, f"Turn {n} mock:tools3")
            wait_until(lambda: self.provider_pieces(session) > sent, "the turn to begin")
            self.daemon.kill()
            self.daemon.start()
            self.server.wait_idle(session)
        self.wait_for_bus(self.desk.usage())
        self.assert_bus("Total", self.desk.usage())
