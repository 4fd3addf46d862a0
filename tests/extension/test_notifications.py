# SPDX-License-Identifier: GPL-3.0-or-later
"""What the service alerts of: who is told what, in which words, what its buttons do, when it goes away again."""

from case import UUID, ExtensionCase
from drive import set_setting
from peer import budget, now_ms, session, usage

IDLE = "OpenCode is idle: Mend the parser"
WAITS = "OpenCode waits for you: Mend the parser"
TRAY = "org.gnome.desktop.notifications"
NORMAL, HIGH = 1, 2
FOR_GOOD = 2**32 - 1
AWAY = (200, 600)


def turn():
    """The usage of a turn."""
    dictionary = usage(fresh=1200, billed=0.05)
    del dictionary["models"]
    return dictionary


class Notifications(ExtensionCase):
    def setUp(self):
        super().setUp()
        # A pointer that is where a banner appears would not count as one that points at it.
        self.shell.move(*AWAY)
        self.restart_extension()
        self.peer = self.start_peer()
        self.wait_spoken(True)

    def wait_spoken(self, on, times=1):
        """Waits until the extension has said so many times whether it draws."""
        self.shell.wait(lambda: self.peer.calls("Speak").count([on]) == times, f"Speak({on}), {times} times")

    def session_alert(self, kind, session_id="ses_1", title="Mend the parser", **details):
        self.peer.alert(kind, f"session:{session_id}", session_id=session_id, title=title, **details)

    def withdraw(self, notice_id="session:ses_1"):
        self.peer.emit("Alerts1", "Withdrawn", notice_id)

    def budget_alert(self, **details):
        """Four fifths of a month's budget."""
        self.peer.alert("budget", "budget:all", budget=budget("all", "month", 50, 41, crossed=80), threshold=80, **details)

    def wait_titles(self, *titles):
        self.shell.wait(lambda: sorted(self.titles()) == sorted(titles), f"the notifications {titles}")

    def wait_told(self, title):
        """Waits for exactly one notification, and returns it."""
        self.wait_titles(title)
        [told] = self.shell.notifications()
        return told

    def wait_banner(self):
        """Waits until a banner is on the screen."""
        place = "lab.rect(Main.messageTray._banner)"
        self.shell.wait(f"Main.messageTray._banner !== null && Number.isFinite({place}[0])", "the banner")

    def banner_picture(self, name):
        """A screenshot of the banner."""
        self.wait_banner()
        self.shell.screenshot(f"extension-{name}", self.shell.rect("Main.messageTray._banner", 10))

    def click_action(self, label):
        """Opens the banner with the pointer over it, and clicks its button."""
        self.wait_banner()
        x, y, width, height = self.shell.rect("Main.messageTray._banner")
        self.shell.move(x + width // 2, y + height // 2)
        button = f"[...lab.walk(Main.messageTray._banner)].find(a => a.mapped && a.label === {label!r})"
        self.shell.wait(f"!!{button}", f"the button {label!r}")
        self.banner_picture(f"notification-{label.split()[0].lower()}")
        self.shell.click_actor(button)
        self.shell.wait("Main.messageTray._banner === null", "the banner to go")

    def test_a_finished_turn_is_told_with_its_cost(self):
        self.session_alert("finished", turn=turn())
        self.shell.wait(self.shell.banner, "the banner")
        told = self.wait_told(IDLE)
        self.assertEqual(told["body"], "This turn: 1.2k fresh tokens, $0.05 billed")
        self.assertEqual(told["urgency"], NORMAL)
        self.assertEqual(told["actions"], ["Show Details", "Snooze"])
        self.banner_picture("notification")

    def test_idle_says_how_long_nothing_happened(self):
        self.session_alert("idle")
        self.assertEqual(self.wait_told(IDLE)["body"], "Nothing has happened for 15 minutes.")

    def test_waiting_is_urgent_and_says_what_for(self):
        self.session_alert("waiting", asks="question")
        told = self.wait_told(WAITS)
        self.assertEqual((told["body"], told["urgency"]), ("It asks a question.", HIGH))

    def test_a_budget_is_told_with_what_is_left(self):
        self.budget_alert()
        told = self.wait_told("Monthly budget: 80% spent")
        self.assertTrue(told["body"].startswith("$41.00 of $50.00 spent, $9.00 left until "), told)
        self.assertEqual(told["actions"], ["Raise to $75.00", "Show Details", "Snooze"])

    def tripwire_alert(self):
        """Half as much again as the limit."""
        self.peer.alert("tripwire", "tripwire", usd_per_minute=7.5, limit_usd_per_minute=5.0, title="Mend the parser")

    def test_the_tripwire_and_a_compaction_loop_are_told(self):
        self.tripwire_alert()
        self.peer.alert("compaction_loop", "compaction:ses_1", title="Mend the parser", compactions=4, within_ms=600000)
        self.wait_titles("OpenCode spends $7.50 per minute", "OpenCode compacts again and again: Mend the parser")
        self.assertEqual({told["urgency"] for told in self.shell.notifications()}, {HIGH})

    def test_a_kind_of_the_future_is_left_alone(self):
        self.session_alert("sings")
        self.settle(self.peer)
        self.assertEqual(self.titles(), [])

    def test_the_same_notice_changes_in_place(self):
        first = "Main.messageTray.getSources()[0].notifications[0]"
        self.session_alert("finished")
        self.wait_titles(IDLE)
        self.shell.eval(f"globalThis.first = {first}; 1")
        self.addCleanup(self.shell.eval, "delete globalThis.first; 1")
        self.session_alert("idle")
        self.shell.wait(lambda: self.shell.notifications()[0]["body"] == "Nothing has happened for 15 minutes.", "the change")
        self.assertTrue(self.shell.eval(f"globalThis.first === {first}"))
        self.assertEqual(len(self.titles()), 1)

    def test_a_later_notice_of_a_session_takes_the_place_of_the_earlier_one(self):
        self.session_alert("finished")
        self.wait_titles(IDLE)
        self.session_alert("waiting", asks="permission")
        told = self.wait_told(WAITS)
        self.assertEqual((told["body"], told["urgency"]), ("It asks for a permission.", HIGH))
        self.shell.wait(lambda: WAITS in (self.shell.banner() or []), "the banner to say it")
        self.session_alert("finished")
        self.wait_titles(IDLE)
        self.assertEqual(self.peer.calls("Snooze"), [])

    def test_two_sessions_have_one_each(self):
        self.session_alert("finished")
        self.session_alert("finished", "ses_2", "Write the tests")
        self.wait_titles(IDLE, "OpenCode is idle: Write the tests")
        self.assertEqual(self.shell.eval("Main.messageTray.getSources().length"), 1)

    def test_what_no_longer_holds_goes(self):
        self.session_alert("finished")
        self.session_alert("finished", "ses_2", "Write the tests")
        self.wait_titles(IDLE, "OpenCode is idle: Write the tests")
        self.withdraw()
        self.wait_titles("OpenCode is idle: Write the tests")
        self.withdraw("session:ses_2")
        self.wait_titles()
        self.assertEqual(self.peer.calls("Snooze"), [])

    def test_withdrawing_what_is_not_there_is_quiet(self):
        self.withdraw("session:nobody")
        self.settle(self.peer)

    def test_a_click_opens_the_menu(self):
        self.session_alert("finished")
        self.shell.wait(self.shell.banner, "the banner")
        self.shell.click_actor("Main.messageTray._banner")
        self.shell.wait(f"{self.indicator}.menu.isOpen", "the menu to open")

    def test_snooze_is_for_half_an_hour(self):
        self.session_alert("finished")
        self.click_action("Snooze")
        self.shell.wait(lambda: self.peer.calls("Snooze"), "the call of Snooze")
        self.settle(self.peer)
        self.assertEqual(self.peer.calls("Snooze"), [["session:ses_1", 30]])
        self.assertEqual(self.titles(), [])

    def test_show_details_opens_the_menu(self):
        self.session_alert("waiting", asks="permission")
        self.click_action("Show Details")
        self.shell.wait(f"{self.indicator}.menu.isOpen", "the menu to open")

    def test_raise_writes_the_limit_that_it_shows(self):
        self.budget_alert()
        self.click_action("Raise to $75.00")
        self.shell.wait(lambda: self.peer.calls("SetBudget"), "the call of SetBudget")
        self.assertEqual(self.peer.calls("SetBudget"), [["all", {"limit_usd": 75.0}]])
        self.settle(self.peer)
        self.assertEqual(self.titles(), [])

    def test_the_limit_per_minute_is_raised_as_that_of_a_budget(self):
        self.tripwire_alert()
        self.assertEqual(self.wait_told("OpenCode spends $7.50 per minute")["actions"], ["Raise to $8.50", "Show Details", "Snooze"])
        self.click_action("Raise to $8.50")
        self.shell.wait(lambda: self.peer.calls("SetAlerts"), "the call of SetAlerts")
        self.assertEqual(self.peer.calls("SetAlerts"), [[{"tripwire_usd_per_minute": 8.5}]])
        self.settle(self.peer)
        self.assertEqual(self.titles(), [])

    def test_a_limit_that_cannot_be_raised_says_why(self):
        self.peer.on_call("SetBudget", error="config.toml cannot be written: make it yours")
        self.budget_alert()
        self.click_action("Raise to $75.00")
        self.wait_titles("The limit could not be raised")
        self.assertIn("config.toml cannot be written: make it yours", self.shell.notifications()[0]["body"])

    def test_one_that_the_user_puts_away_is_told_to_the_service(self):
        self.session_alert("finished")
        self.wait_titles(IDLE)
        self.shell.eval("Main.messageTray.getSources()[0].notifications[0].destroy(); 1")
        self.shell.wait(lambda: self.peer.calls("Snooze"), "the call of Snooze")
        self.assertEqual(self.peer.calls("Snooze"), [["session:ses_1", FOR_GOOD]])

    def test_do_not_disturb_keeps_the_banner_away(self):
        self.addCleanup(set_setting, TRAY, "show-banners", "true")
        set_setting(TRAY, "show-banners", "false")
        self.session_alert("waiting", asks="permission")
        self.wait_titles(WAITS)
        self.settle(self.peer)
        self.assertIsNone(self.shell.banner())

    def test_the_service_is_told_who_draws(self):
        self.shell.set_extension(UUID, False)
        self.wait_spoken(False)
        self.shell.set_extension(UUID, True)
        self.wait_spoken(True, 2)

    def test_what_the_service_has_on_the_screen_is_drawn_only_when_it_says_so(self):
        holding = {"id": "session:ses_1", "kind": "finished", "title": "Mend the parser", "since_ms": now_ms()}
        self.peer.set(Notices=[holding])
        self.peer.on_call("Speak", ["session:ses_1"])
        self.restart_extension()
        self.wait_spoken(True, 2)
        self.settle(self.peer)
        self.assertEqual(self.titles(), [])
        self.session_alert("waiting", asks="question")
        self.wait_titles(WAITS)

    def test_locking_hands_over_to_the_service_and_unlocking_takes_over(self):
        self.session_alert("finished")
        self.wait_titles(IDLE)
        self.peer.on_call("Speak", ["session:ses_1"])
        self.shell.lock()
        self.wait_spoken(False)
        self.assertNotIn(IDLE, self.titles())
        self.shell.unlock()
        self.wait_spoken(True, 2)
        self.wait_label("12.3k · $0.42")
        self.assertNotIn(IDLE, self.titles())
        self.assertEqual(self.peer.calls("Snooze"), [])

    def test_without_the_service_nothing_is_claimed(self):
        self.session_alert("finished")
        self.wait_titles(IDLE)
        self.peer.kill()
        self.wait_label("stopped")
        self.assertEqual(self.titles(), [])

    def test_after_a_restart_of_the_service_what_no_longer_holds_goes(self):
        self.session_alert("finished")
        self.session_alert("finished", "ses_2", "Write the tests")
        self.wait_titles(IDLE, "OpenCode is idle: Write the tests")
        self.peer.kill()
        holding = {"id": "session:ses_2", "kind": "finished", "since_ms": now_ms()}
        self.peer = self.start_peer(Notices=[holding])
        self.wait_spoken(True)
        self.shell.wait(lambda: IDLE not in self.titles(), "the first to go")

    def test_the_service_can_ask_for_the_details(self):
        self.peer.emit("Alerts1", "ShowDetails", "ses_1")
        self.shell.wait(f"{self.indicator}.menu.isOpen", "the menu to open")
        self.wait_text("No steps yet")

    def test_details_of_no_session_are_the_budgets(self):
        sessions = [session(f"ses_{i}", f"Session number {i}") for i in range(5)]
        self.peer.set(Sessions=sessions, Budgets=[budget(str(i), limit=100 + i) for i in range(4)])
        self.settle(self.peer)
        self.peer.emit("Alerts1", "ShowDetails", "")
        self.shell.wait(f"{self.indicator}.menu.isOpen", "the menu to open")
        self.shell.wait(lambda: self.is_in_view("of $103.00") and self.is_in_view("Budgets"), "the budgets to be in view")
        self.picture("details-of-budgets")
        # The next opening is one like any other.
        self.shell.close_menu(self.indicator)
        self.open_menu()
        self.shell.wait(lambda: not self.is_in_view("of $103.00"), "the top of the menu")

    def is_in_view(self, part):
        """Whether a text of the menu with this part stands between the edges of what scrolls."""
        text = f"[...lab.walk({self.menu})].find(a => a.mapped && a.text?.includes({part!r}))"
        view = f"{self.indicator}._usageMenu._area.actor"
        return self.shell.eval(
            f"((text, view) => {{ const [, y, , height] = lab.rect(text), [, top, , room] = lab.rect(view);"
            f" return y >= top && y + height <= top + room; }})({text}, {view})"
        )

    def test_lies_are_no_errors(self):
        self.peer.emit("Alerts1", "Alert", "budget", {"id": "budget:x", "kind": "budget", "budget": "many"})
        self.peer.emit("Alerts1", "Alert", "waiting", {"kind": "waiting"})
        self.peer.emit("Alerts1", "Alert", "finished", {"id": "session:x", "kind": "finished", "title": "x" * 100000})
        self.session_alert("finished")
        self.shell.wait(lambda: IDLE in self.titles(), "the true one")

    def test_nothing_is_left_when_the_extension_is_disabled(self):
        self.session_alert("finished")
        self.wait_titles(IDLE)
        self.restart_extension()
        self.assertEqual(self.titles(), [])
        self.assertEqual(self.peer.calls("Snooze"), [])
