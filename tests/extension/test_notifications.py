# SPDX-License-Identifier: GPL-3.0-or-later
"""Idle and waiting: who is told what, how often, and when it goes away again."""

from case import ExtensionCase
from peer import now_ms, session, usage

IDLE = "OpenCode is idle: Mend the parser"
WAITS = "OpenCode waits for you: Mend the parser"


def turn():
    """The usage of a turn."""
    dictionary = usage(fresh=1200, billed=0.05)
    del dictionary["models"]
    return dictionary


class Notifications(ExtensionCase):
    def setUp(self):
        super().setUp()
        self.restart_extension()
        self.peer = self.start_peer()

    def finished(self, session_id="ses_1", title="Mend the parser", **details):
        self.peer.idle(session_id, cause="finished", title=title, turn=turn(), **details)

    def wait_titles(self, *titles):
        self.shell.wait(lambda: sorted(self.titles()) == sorted(titles), f"the notifications {titles}")

    def settle(self):
        """Waits until the shell has handled all that was sent: the label shows the last of it."""
        self.peer.set(Session={**usage(fresh=7), "id": "x"})
        self.wait_label("7 · $0.42")

    def test_a_finished_turn_is_told_with_its_cost(self):
        self.finished()
        self.shell.wait(self.shell.banner, "the banner")
        [told] = self.shell.notifications()
        self.assertEqual(told["title"], IDLE)
        self.assertEqual(told["body"], "This turn: 1.2k fresh tokens, $0.05 billed")
        self.shell.wait("Number.isFinite(lab.rect(Main.messageTray._banner)[0])", "the banner's place")
        self.shell.screenshot("extension-notification", self.shell.rect("Main.messageTray._banner", 10))

    def test_one_idle_period_is_told_once(self):
        since_ms = now_ms()
        self.finished(since_ms=since_ms)
        self.wait_titles(IDLE)
        self.shell.eval("Main.messageTray.getSources().forEach(s => s.destroy()); 1")
        self.peer.idle("ses_1", cause="threshold", title="Mend the parser", since_ms=since_ms)
        self.settle()
        self.assertEqual(self.titles(), [])

    def test_a_new_warning_takes_the_place_of_the_old_one(self):
        self.finished()
        self.wait_titles(IDLE)
        self.peer.waiting("ses_1", kind="permission", title="Mend the parser", since_ms=now_ms() + 5)
        self.wait_titles(WAITS)
        self.assertEqual(self.shell.notifications()[0]["body"], "It asks for a permission.")
        self.finished(since_ms=now_ms() + 10)
        self.wait_titles(IDLE)
        self.assertEqual(self.shell.eval("Main.messageTray.getSources().length"), 1)

    def test_two_sessions_have_one_each(self):
        self.finished()
        self.finished("ses_2", "Write the tests")
        self.wait_titles(IDLE, "OpenCode is idle: Write the tests")

    def test_the_threshold_says_how_long_nothing_happened(self):
        self.peer.idle("ses_1", cause="threshold", title="Mend the parser")
        self.wait_titles(IDLE)
        self.assertEqual(self.shell.notifications()[0]["body"], "Nothing has happened for 15 minutes.")

    def test_a_session_without_a_title_is_told_too(self):
        self.peer.idle("ses_1", cause="threshold")
        self.wait_titles("OpenCode is idle")

    def test_each_warning_can_be_switched_off(self):
        for key in ("notify-finished", "notify-threshold", "notify-waiting"):
            self.setting(key, "false")
        self.finished()
        self.peer.idle("ses_2", cause="threshold", title="Other")
        self.peer.waiting("ses_3", kind="question", title="Third")
        self.settle()
        self.assertEqual(self.titles(), [])

    def test_it_goes_when_the_session_goes_on(self):
        self.finished()
        self.wait_titles(IDLE)
        self.peer.set(Sessions=[session("ses_1", "Mend the parser", "busy", since_ms=now_ms() + 1000)])
        self.wait_titles()

    def test_a_list_that_is_older_than_the_warning_does_not_take_it_back(self):
        self.finished()
        self.wait_titles(IDLE)
        self.peer.set(Sessions=[session("ses_1", "Mend the parser", "busy", since_ms=now_ms() - 60000)])
        self.settle()
        self.assertEqual(self.titles(), [IDLE])

    def test_it_goes_when_the_run_ends(self):
        self.finished()
        self.wait_titles(IDLE)
        self.peer.set(Sessions=[])
        self.wait_titles()

    def test_a_run_that_has_ended_warns_of_nothing(self):
        self.peer.set(Sessions=[session("ses_1", "Mend the parser", "gone")])
        self.finished()
        self.settle()
        self.assertEqual(self.titles(), [])

    def test_a_click_opens_the_menu(self):
        self.finished()
        self.shell.wait(self.shell.banner, "the banner")
        self.shell.click_actor("Main.messageTray._banner")
        self.shell.wait(f"{self.indicator}.menu.isOpen", "the menu to open")

    def test_nothing_is_left_when_the_extension_is_disabled(self):
        self.finished()
        self.wait_titles(IDLE)
        self.restart_extension()
        self.assertEqual(self.titles(), [])
