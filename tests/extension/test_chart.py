# SPDX-License-Identifier: GPL-3.0-or-later
"""The chart of the last days: what it shows under the pointer and the keyboard, and what it asks for."""

from case import ExtensionCase, gsettings
from peer import days, usage

INQUIRY = "{0}._usageMenu._chart._inquiry"


class ChartOfDays(ExtensionCase):
    def setUp(self):
        super().setUp()
        self.chart = f"{self.indicator}._usageMenu._chart._chart"
        self.addCleanup(gsettings, "reset", "org.gnome.shell.extensions.octally", "chart-days")
        self.addCleanup(gsettings, "reset", "org.gnome.shell.extensions.octally", "menu-measure")

    def point_at(self, index, count=7):
        """Moves the pointer over the bar of a day, 0 is the leftmost."""
        self.shell.run(f"await lab.steadyCentre(() => {self.chart});")
        x, y, width, height = self.shell.rect(self.chart)
        self.shell.move(int(x + (index + 0.5) * width / count), int(y + height / 2))

    def press(self, label):
        """Clicks a button above the chart."""
        block = f"{self.chart}.get_parent().get_parent()"
        self.shell.click_actor(f"[...lab.walk({block})].find(a => a.mapped && a.label === {label!r})")

    def focus(self):
        """Gives the chart the keyboard."""
        self.shell.eval(f"{self.chart}.grab_key_focus(); 1")

    def name(self):
        """What the chart says to a screen reader."""
        return self.shell.eval(f"{self.chart}.accessible_name")

    def asked(self, peer, by="day"):
        """The requests for rows of this kind so far."""
        return [request for (request,) in peer.calls("Report") if request["by"] == by]

    def test_it_shows_seven_days_and_their_sum(self):
        self.start_peer()
        texts = self.open_menu()
        self.assertIn("Last 7 days", texts)
        self.assertIn("1.1M fresh tokens · $21.09 billed · 18 steps", texts)
        self.assertIn("400k", texts)
        self.assertIn("310.0k", self.name())
        self.picture("chart")

    def test_the_pointer_shows_the_figures_of_a_day(self):
        self.start_peer(Week=days(40000, 120000, 0, 310000, 90000, 260000, 234567))
        self.open_menu()
        self.point_at(3)
        self.wait_text("310.0k fresh tokens · $6.20 billed · 3 steps")
        self.assertIn("310.0k fresh tokens", self.name())
        self.picture("chart-hover")
        self.point_at(2)
        self.wait_text("Not used")
        self.point_at(6)
        self.wait_text(", so far")
        self.shell.move(5, 500)
        self.wait_text("Last 7 days")

    def test_the_keyboard_walks_through_the_days(self):
        self.start_peer(Week=days(40000, 120000, 0, 310000, 90000, 260000, 234567))
        self.open_menu()
        self.focus()
        self.wait_text("234.6k fresh tokens")
        self.shell.key("Left")
        self.wait_text("260.0k fresh tokens")
        self.assertIn("260.0k fresh tokens", self.name())
        self.shell.key("Home")
        self.wait_text("40.0k fresh tokens")
        self.shell.key("Left")
        self.shell.key("Right")
        self.wait_text("120.0k fresh tokens")
        self.shell.key("End")
        self.wait_text(", so far")
        self.shell.key("Escape")
        self.shell.wait(f"!{self.indicator}.menu.isOpen", "the menu to close")

    def test_the_arrow_keys_reach_the_chart_and_leave_it(self):
        self.start_peer()
        self.open_menu()
        reached = []
        for _ in range(24):
            self.shell.key("Down")
            reached.append(self.shell.eval(f"global.stage.get_key_focus() === {self.chart}"))
        self.assertIn(True, reached)
        self.assertFalse(reached[-1] and reached[-2])

    def test_in_a_language_from_right_to_left_the_days_run_the_same_way(self):
        self.start_peer(Week=days(40000, 120000, 0, 310000, 90000, 260000, 234567))
        self.open_menu()
        self.shell.eval(f"{self.menu}.set_text_direction(imports.gi.Clutter.TextDirection.RTL); 1")
        try:
            self.point_at(0)
            self.wait_text("234.6k fresh tokens")
            self.focus()
            self.shell.key("Right")
            self.wait_text("260.0k fresh tokens")
            self.shell.key("Right")
            self.wait_text("90.0k fresh tokens")
            self.shell.key("Left")
            self.wait_text("260.0k fresh tokens")
            self.picture("chart-rtl")
        finally:
            self.shell.eval(f"{self.menu}.set_text_direction(imports.gi.Clutter.TextDirection.LTR); 1")

    def test_days_before_the_first_record_are_unknown(self):
        self.start_peer(Week=days(0, 0, 50000, 0, 70000), Total={**usage(120000), "steps": 6})
        self.open_menu()
        self.focus()
        self.shell.key("Home")
        self.wait_text("Nothing is recorded of this day")
        self.shell.key("End")
        self.shell.key("Left")
        self.wait_text("Not used")
        self.picture("chart-unknown")

    def test_thirty_days_are_asked_for_and_remembered(self):
        peer = self.start_peer()
        peer.on_call("Report day", days(*([None] * 4), *range(10000, 270000, 10000)))
        self.open_menu()
        self.assertEqual(self.asked(peer), [])
        self.press("30 days")
        self.wait_text("Last 30 days")
        self.shell.wait(lambda: "Reading…" not in self.texts(), "the answer")
        self.assertEqual(self.asked(peer), [{"by": "day", "last": 30}])
        self.focus()
        self.shell.key("Home")
        self.wait_text("Not used")
        self.picture("chart-30")
        self.shell.close_menu(self.indicator)
        peer.set(Today=usage(fresh=1600))
        self.settle(peer)
        self.assertFalse(self.shell.eval(f"Boolean({INQUIRY}._pauseId || {INQUIRY}._cancellable)".format(self.indicator)))
        self.assertEqual(len(self.asked(peer)), 1)
        self.assertIn("Last 30 days", self.open_menu())
        self.shell.wait(lambda: len(self.asked(peer)) == 2, "the second question")

    def test_a_flood_of_changes_is_a_few_questions(self):
        self.setting("chart-days", "30")
        peer = self.start_peer()
        peer.on_call("Report day", days(*range(10000, 310000, 10000)))
        self.open_menu()
        self.shell.wait(lambda: self.asked(peer), "the first question")
        for i in range(200):
            peer.set(Today=usage(fresh=i), Week=days(1, 2, 3, 4, 5, 6, i))
        self.shell.wait(lambda: len(self.asked(peer)) >= 2, "the question after the flood")
        self.assertLess(len(self.asked(peer)), 6)
        self.focus()
        self.wait_text("199 fresh tokens")

    def test_until_the_slow_answer_comes_the_days_are_unknown(self):
        self.setting("chart-days", "30")
        peer = self.start_peer()
        peer.on_call("Report day", days(*range(10000, 310000, 10000)), delay_ms=2000)
        self.open_menu()
        self.wait_text("Reading…")
        self.focus()
        self.shell.key("Home")
        self.wait_text("Nothing is recorded of this day")
        self.shell.key("End")
        self.wait_text("234.6k fresh tokens")
        self.shell.key("Home")
        self.wait_text("10.0k fresh tokens")

    def test_closing_before_the_answer_gives_it_up(self):
        self.setting("chart-days", "30")
        peer = self.start_peer()
        peer.on_call("Report day", days(1, 2), delay_ms=1000)
        self.open_menu()
        self.shell.wait(lambda: self.asked(peer), "the question")
        self.shell.close_menu(self.indicator)
        self.wait_answered(peer, "Report")
        self.assertIsNone(self.shell.eval(f"{INQUIRY}.answer".format(self.indicator)))

    def test_an_error_is_told_and_the_week_stays(self):
        self.setting("chart-days", "30")
        self.start_peer().on_call("Report", error="the ledger is being rebuilt")
        self.open_menu()
        self.wait_text("These days could not be read: the ledger is being rebuilt")
        self.focus()
        self.wait_text("234.6k fresh tokens")

    def test_the_measure_is_chosen_and_remembered(self):
        self.start_peer()
        self.open_menu()
        self.assertNotIn("$8.00", self.texts())
        self.press("Billed")
        self.wait_text("$8.00")
        self.assertIn("$6.20", self.name())
        self.shell.close_menu(self.indicator)
        self.assertIn("$8.00", self.open_menu())

    def test_only_measures_with_something_to_see_are_offered(self):
        free = [{**day, "cost_billed_usd": 0.0, "cost_estimated_usd": 0.5} for day in days(1000, 2000)]
        self.start_peer(Week=free)
        buttons = f"[...lab.walk({self.chart}.get_parent().get_parent())].filter(a => a.mapped && a.label).map(a => a.label)"
        self.open_menu()
        self.assertEqual(self.shell.eval(buttons), ["Fresh tokens", "Estimated", "7 days", "30 days"])
        self.wait_text("3.0k fresh tokens · ~$1.00 estimated · 6 steps")
