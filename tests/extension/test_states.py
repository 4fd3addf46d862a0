# SPDX-License-Identifier: GPL-3.0-or-later
"""What the panel and the menu say when the figures are not simply there."""

from case import ExtensionCase
from peer import Peer, now_ms, session

HOUR_MS = 3600 * 1000


class States(ExtensionCase):
    def test_a_service_that_is_not_installed_is_named_with_the_remedy(self):
        self.restart_extension()
        self.wait_label("not installed")
        self.assertEqual(self.mood(), "missing")
        self.assertEqual(self.accessible_name(), "OpenCode usage: not installed")
        texts = self.open_menu()
        self.assertIn("The octally service is not installed", texts)
        self.assertTrue(any("Install it from github.com/octally/octally" in text for text in texts))
        self.assertNotIn("Session", texts)
        self.picture("missing")

    def test_the_bus_starts_an_installed_service_and_starting_shows(self):
        with self.service_file("/bin/sleep 600"):
            self.restart_extension()
            self.wait_label("starting")
            self.assertIn("Starting", self.open_menu())
            self.start_peer()
            self.wait_label("12.3k · $0.42")

    def test_a_service_that_does_not_start_says_why(self):
        with self.service_file("/bin/false"):
            self.restart_extension()
            self.wait_label("error")
            texts = self.open_menu()
            self.assertIn("The octally service did not start", texts)
            self.assertTrue(any("journalctl --user --unit octally" in text for text in texts))

    def test_stale_figures_stay_but_say_since_when_and_why(self):
        peer = self.start_peer()
        reason = "opencode.db is locked: close the program that holds it"
        peer.set(Freshness={"state": "stale", "since_ms": now_ms() - 5 * HOUR_MS, "reason": reason})
        self.shell.wait(lambda: self.mood() == "stale", "the icon of stale figures")
        self.assertEqual(self.label(), "12.3k · $0.42")
        self.assertIn("figures are out of date", self.accessible_name())
        texts = self.open_menu()
        self.assertTrue(any(text.startswith("Figures of ") for text in texts))
        self.assertIn(reason, texts)
        self.assertIn("Session", texts)
        self.picture("stale")

    def test_no_opencode_data_is_not_a_zero(self):
        self.start_peer(Session={}, Freshness={"state": "empty", "since_ms": 1, "reason": "No OpenCode data in /x"})
        self.wait_label("no data")
        texts = self.open_menu()
        self.assertIn("No OpenCode data in /x", texts)
        self.assertNotIn("Total", texts)

    def test_an_error_shows_its_reason_and_no_figures(self):
        self.start_peer(Freshness={"state": "error", "since_ms": now_ms(), "reason": "The ledger is from a newer version"})
        self.wait_label("error")
        texts = self.open_menu()
        self.assertIn("The ledger is from a newer version", texts)
        self.assertNotIn("Total", texts)

    def test_a_service_that_vanished_is_stopped_and_comes_back(self):
        peer = self.start_peer()
        self.wait_label("12.3k · $0.42")
        peer.kill()
        self.wait_label("stopped")
        texts = self.open_menu()
        self.assertTrue(any(text.startswith("The octally service stopped at ") for text in texts))
        self.start_peer()
        self.wait_label("12.3k · $0.42")
        self.wait_text("Total")
        self.assertFalse(any(text.startswith("The octally service stopped") for text in self.texts()))

    def test_a_restart_within_the_grace_time_moves_nothing(self):
        peer = self.start_peer()
        self.wait_label("12.3k · $0.42")
        successor = Peer(own=False)
        self.addCleanup(successor.kill)
        self.shell.eval(
            f"globalThis.labels = []; {self.indicator}._readout._labels[0].connect('notify::text', l => labels.push(l.text)); 1"
        )
        peer.kill()
        successor.own()
        # It offers its notifications anew: by that it is known that the extension has seen the successor.
        self.shell.wait(lambda: successor.calls("Speak") == [[True]], "the call of the successor")
        self.assertEqual(self.label(), "12.3k · $0.42")
        self.assertEqual(self.shell.eval("labels"), [])

    def test_no_run_yet_has_a_word(self):
        self.start_peer(Session={})
        self.wait_label("no session")

    def test_busy_waiting_and_idle_show(self):
        peer = self.start_peer()
        for state, spoken in (("busy", "Busy"), ("waiting", "Waiting for you"), ("idle", "Idle")):
            peer.set(State=state)
            self.shell.wait(lambda expected=state: self.mood() == expected, state)
            self.assertIn(f"OpenCode usage: {spoken}, 12.3k fresh tokens", self.accessible_name())

    def test_running_sessions_are_listed_without_those_that_ended(self):
        self.start_peer(
            Sessions=[
                session("ses_1", "Waits", "waiting"),
                session("ses_2", "Works", "busy", since_ms=now_ms() - 3 * HOUR_MS),
                session("ses_3", "Helper of Works", "busy", parent="ses_2"),
                session("ses_4", "Over", "gone"),
            ]
        )
        self.open_menu()
        self.wait_text("Waits")
        texts = self.texts()
        self.assertIn("Busy · 3 hours", texts)
        self.assertNotIn("Helper of Works", texts)
        self.assertNotIn("Over", texts)

    def test_hundreds_of_sessions_leave_room_for_the_rest_of_the_menu(self):
        self.start_peer(Sessions=[session(f"ses_{i}", f"Session number {i}") for i in range(512)])
        self.open_menu()
        self.wait_text("507 more")
        texts = self.texts()
        self.assertEqual(sum(text.startswith("Session number ") for text in texts), 5)
        self.assertIn("Preferences", texts)
