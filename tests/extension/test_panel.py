# SPDX-License-Identifier: GPL-3.0-or-later
"""The top bar: what it shows, where, in which order and colour, and the pins that choose it."""

from case import ExtensionCase
from peer import budget, figures, pace, session, usage

PINNED_TODAY = "['state', 'session-tokens', 'session-cost', 'today-tokens', 'today-cost']"


class Panel(ExtensionCase):
    def pin(self, row):
        """The expression of the pin with this row's name."""
        name = f"Show in the top bar: {row}"
        return f"[...lab.walk({self.menu})].find(a => a.mapped && a.accessible_name === '{name}')"

    def pinned(self, row):
        """Whether a screen reader is told that the pin is pressed."""
        state = "imports.gi.Atk.StateType.CHECKED"
        return self.shell.eval(f"{self.pin(row)}.get_accessible().ref_state_set().contains_state({state})")

    def panel_picture(self, name):
        """A screenshot of the indicator and its surroundings."""
        x, y, width, height = self.shell.rect(self.indicator, 24)
        self.shell.screenshot(f"extension-panel-{name}", (x, y, width, height))

    def test_the_setting_chooses_what_is_shown_and_in_which_order(self):
        self.start_peer(Pace=pace(1200, 3.6), Budgets=[budget(limit=50, spent=20), budget("week", spent=49, limit=40)])
        for items, label in (
            ("['session-tokens']", "12.3k"),
            ("['today-cost', 'session-cost']", "$3.50 + ~$0.10 $0.42"),
            ("['month-tokens', 'month-cost', 'state']", "1.2M · $40.00"),
            ("['total-cost']", "$1,235 + ~$98.70 + ?"),
            ("['cost-per-hour', 'tokens-per-minute']", "$3.60/h · 1.2k/min"),
            ("['budget:all', 'budget']", "$30.00 left $9.00 over"),
            ("@as []", ""),
        ):
            with self.subTest(items):
                self.setting("panel-items", items)
                self.wait_label(label)

    def test_the_glyph_stands_where_the_setting_says(self):
        self.start_peer()
        children = f"{self.indicator}._readout.get_children().filter(a => a.visible).map(a => a.text ?? '*')"
        self.setting("panel-items", "['today-tokens', 'state', 'session-cost']")
        self.shell.wait(lambda: self.shell.eval(children) == ["234.6k", "*", "$0.42"], "the glyph in the middle")
        self.panel_picture("glyph-in-the-middle")

    def test_icon_only_and_figures_only(self):
        self.start_peer()
        glyph = f"{self.indicator}._readout._glyph.mapped"
        for style, label, has_glyph in (("icon", "", True), ("text", "12.3k · $0.42", False), ("both", "12.3k · $0.42", True)):
            self.setting("panel-style", f"'{style}'")
            self.wait_label(label)
            self.assertEqual(self.shell.eval(glyph), has_glyph)
            self.shell.wait(lambda: "12.3k fresh tokens" in self.accessible_name(), "the same for a screen reader")
            self.panel_picture(style)

    def test_a_pin_shows_its_row_and_hides_it_again(self):
        self.start_peer()
        self.open_menu()
        self.assertFalse(self.pinned("Today"))
        self.shell.click_actor(self.pin("Today"))
        self.wait_label("12.3k · $0.42 234.6k · $3.50 + ~$0.10")
        self.assertTrue(self.pinned("Today"))
        self.assertTrue(self.shell.eval(f"{self.indicator}.menu.isOpen"))
        self.picture("pinned")
        self.shell.click_actor(self.pin("Session"))
        self.wait_label("234.6k · $3.50 + ~$0.10")
        self.shell.click_actor(self.pin("Session"))
        self.wait_label("234.6k · $3.50 + ~$0.10 12.3k · $0.42")
        self.shell.click_actor(self.pin("Today"))
        self.wait_label("12.3k · $0.42")
        # The rows have not opened under the clicks.
        self.assertNotIn("anthropic/claude-sonnet-4-5", self.texts())

    def test_every_row_has_a_pin(self):
        self.start_peer(Pace=pace())
        self.setting("panel-items", "@as []")
        self.open_menu()
        for row, label in (
            ("Session", "12.3k · $0.42"), ("Today", "234.6k · $3.50 + ~$0.10"), ("Month", "1.2M · $40.00"),
            ("Total", "98.8M · $1,235 + ~$98.70 + ?"), ("Pace", "1.2k/min · $3.60/h"),
        ):
            with self.subTest(row):
                self.shell.click_actor(self.pin(row))
                self.wait_label(label)
                self.shell.click_actor(self.pin(row))
                self.wait_label("")

    def test_tab_reaches_the_pin_and_space_presses_it(self):
        self.start_peer()
        self.open_menu()
        focus = "global.stage.key_focus?.accessible_name ?? ''"
        self.shell.key("Down")
        self.assertTrue(self.shell.eval(focus).startswith("Session: "), self.shell.eval(focus))
        self.shell.key("Tab")
        self.assertEqual(self.shell.eval(focus), "Show in the top bar: Session")
        self.picture("pin-focused")
        self.shell.key("space")
        self.wait_label("")
        self.shell.key("Return")
        self.wait_label("12.3k · $0.42")
        self.shell.key("Shift_L", "Tab")
        self.assertTrue(self.shell.eval(focus).startswith("Session: "))
        self.shell.key("Tab")
        self.shell.key("Tab")
        self.assertTrue(self.shell.eval(focus).startswith("Today: "))
        self.shell.key("Tab")
        self.shell.key("Down")
        self.assertTrue(self.shell.eval(focus).startswith("Month: "))

    def test_the_hint_says_once_what_pins_are_for(self):
        self.start_peer()
        hint = "Pin a row to see its figures in the top bar"
        self.setting("show-pin-hint", "true")
        self.assertIn(hint, self.open_menu())
        self.picture("hint")
        self.click_item(hint)
        self.shell.wait(lambda: hint not in self.texts(), "the hint to go")
        self.assertTrue(self.shell.eval(f"{self.indicator}.menu.isOpen"))
        self.restart_extension()
        self.wait_label("12.3k · $0.42")
        self.assertNotIn(hint, self.open_menu())

    def test_the_hint_goes_by_the_keyboard_and_with_the_first_pin(self):
        self.start_peer()
        hint = "Pin a row to see its figures in the top bar"
        self.setting("show-pin-hint", "true")
        self.open_menu()
        self.shell.key("Down")
        self.shell.key("Return")
        self.shell.wait(lambda: hint not in self.texts(), "the hint to go")
        self.setting("show-pin-hint", "true")
        self.shell.wait(lambda: hint in self.texts(), "the hint")
        self.setting("panel-items", PINNED_TODAY)
        self.shell.click_actor(self.pin("Today"))
        self.shell.wait(lambda: hint not in self.texts(), "the hint to go")

    def test_left_center_and_right(self):
        self.start_peer()
        for position in ("left", "center", "right"):
            self.setting("panel-position", f"'{position}'")
            box = f"Main.panel._{position}Box.contains({self.indicator})"
            self.shell.wait(box, f"the indicator in the {position} part")
            self.wait_label("12.3k · $0.42")
            self.assertIn("Session", self.open_menu())
            self.shell.screenshot(f"extension-position-{position}", (0, 0, 1280, 400))
            self.shell.close_menu(self.indicator)
            self.restart_extension()
            self.shell.wait(box, f"the indicator in the {position} part again")

    def test_colour_only_above_the_threshold(self):
        peer = self.start_peer()
        coloured = f"{self.indicator}._readout._labels[0].has_style_class_name('octally-alert')"
        self.setting("panel-alert-usd-per-day", "4.0")
        self.assertFalse(self.shell.eval(coloured))
        self.panel_picture("below-threshold")
        peer.set(Today=usage(fresh=9, billed=4.0))
        self.shell.wait(coloured, "the colour")
        self.panel_picture("above-threshold")
        self.setting("panel-alert-usd-per-day", "4.5")
        self.shell.wait(f"!{coloured}", "the colour to go")

    def test_an_exceeded_budget_is_coloured_alone(self):
        self.start_peer(Budgets=[budget(limit=10, spent=12)])
        self.setting("panel-items", "['session-cost', 'budget:all']")
        self.wait_label("$0.42 $2.00 over")
        coloured = f"{self.indicator}._readout._labels.map(l => l.has_style_class_name('octally-alert'))"
        self.assertEqual(self.shell.eval(coloured), [False, True])
        self.panel_picture("budget")

    def test_it_hides_while_nothing_runs(self):
        peer = self.start_peer(Sessions=[session("ses_1", "Works")])
        self.setting("panel-hide-when-unused", "true")
        visible = f"{self.indicator}.mapped"
        self.assertTrue(self.shell.eval(visible))
        peer.set(Sessions=[session("ses_1", "Works", "gone")], State="gone")
        self.shell.wait(f"!({visible})", "the indicator to hide")
        peer.set(Sessions=[session("ses_1", "Works")], State="busy")
        self.shell.wait(visible, "the indicator")
        # An open menu is not taken away under the user's hands.
        self.open_menu()
        peer.set(Sessions=[], State="gone", Session={**figures()["Session"], "fresh": 7})
        self.wait_label("7 · $0.42")
        self.shell.wait(f"{self.indicator}._throttle._pauseId === 0", "the last of the changes")
        self.assertTrue(self.shell.eval(f"{self.indicator}.menu.isOpen"))
        self.shell.close_menu(self.indicator)
        self.shell.wait(f"!({visible})", "the indicator to hide with its menu")
        peer.kill()
        self.shell.wait(visible, "the indicator of a service that is gone")
