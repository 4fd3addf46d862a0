# SPDX-License-Identifier: GPL-3.0-or-later
"""The preferences' page of the panel: what it shows, moves and writes, and what it leaves as it is."""

import configparser
import pathlib

from case import gsettings, SCHEMA
from gi.repository import GLib
from prefs_case import PAGES, SWITCH, PreferencesCase

KEYFILE = pathlib.Path(GLib.get_user_config_dir(), "glib-2.0", "settings", "keyfile")
SETTINGS_GROUP = "org/gnome/shell/extensions/octally"


class PanelSettings(PreferencesCase):
    def items(self):
        return gsettings("get", SCHEMA, "panel-items")

    def test_to_look_at_the_preferences_writes_nothing(self):
        peer = self.serve()
        gsettings("reset-recursively", SCHEMA)
        self.addCleanup(gsettings, "set", SCHEMA, "show-pin-hint", "false")
        window = self.open_preferences()
        for page, text in PAGES.items():
            self.go_to(window, page)
            window.wait_text(text)
        # The shell has handled everything that was written so far.
        self.settle(peer)
        written = configparser.ConfigParser(interpolation=None)
        written.read(KEYFILE)
        self.assertEqual(dict(written[SETTINGS_GROUP]), {})
        self.assertEqual([peer.calls(method) for method in ("SetAlerts", "SetBudget", "SetRetention", "Snooze")], [[], [], [], []])

    def test_items_are_shown_moved_and_hidden_at_once(self):
        self.serve()
        self.setting("panel-items", "['state', 'session-tokens', 'session-cost']")
        window = self.open_preferences("Panel")
        window.reach("Move Session: cost forward")
        self.wait_label("$0.42 · 12.3k")
        self.assertEqual(self.items(), "['state', 'session-cost', 'session-tokens']")
        window.reach("Today: cost", *SWITCH)
        self.shell.wait(lambda: "today-cost" in self.items(), "the new item")
        window.click("Today: cost", *SWITCH)
        self.shell.wait(lambda: "today-cost" not in self.items(), "the item to go")

    def test_an_item_is_dragged_to_its_place(self):
        self.serve()
        self.setting("panel-items", "['state', 'session-tokens', 'session-cost', 'today-cost']")
        window = self.open_preferences("Panel")
        window.scroll_to("Today: cost", "label")
        window.drag("Today: cost", "Session: fresh tokens")
        self.wait_items("['state', 'today-cost', 'session-tokens', 'session-cost']")
        window.drag("State of the sessions", "Session: cost")
        self.wait_items("['today-cost', 'session-tokens', 'session-cost', 'state']")

    def test_an_item_that_is_dragged_below_the_shown_ones_is_the_last_of_them(self):
        self.serve()
        self.setting("panel-items", "['state', 'session-tokens', 'session-cost']")
        window = self.open_preferences("Panel")
        window.scroll_to("Today: cost", "label")
        # What is not shown is neither dragged ...
        window.drag("Today: cost", "Session: cost", begins=False)
        # ... nor does it keep what is dragged to it out.
        window.drag("Session: fresh tokens", "Today: cost")
        self.wait_items("['state', 'session-cost', 'session-tokens']")

    def wait_items(self, expected):
        try:
            self.shell.wait(lambda: self.items() == expected)
        except TimeoutError:
            self.assertEqual(self.items(), expected)

    def test_a_change_from_elsewhere_shows(self):
        self.serve()
        self.setting("panel-hide-when-unused", "false")
        window = self.open_preferences("Panel")
        self.assertFalse(window.checked("Hide When Nothing Runs"))
        gsettings("set", SCHEMA, "panel-hide-when-unused", "true")
        self.shell.wait(lambda: window.checked("Hide When Nothing Runs"), "the switch to follow")

    def test_a_currency_that_is_not_in_the_list_stays(self):
        self.serve()
        self.setting("currency", "XAU")
        self.setting("currency-rate", "0.00048828125")
        window = self.open_preferences("Panel")
        window.wait_text("XAU")
        gsettings("set", SCHEMA, "currency", "XAG")
        window.wait_text("XAG")
        self.assertEqual((gsettings("get", SCHEMA, "currency"), gsettings("get", SCHEMA, "currency-rate")), ("'XAG'", "0.00048828125"))

    def test_to_pass_by_the_numbers_of_the_panel_does_not_round_them(self):
        self.serve()
        self.setting("currency", "XAU")
        self.setting("currency-rate", "0.00048828125")
        self.setting("panel-alert-usd-per-day", "1.125")
        window = self.open_preferences("Panel")
        for row in ("Colour from This Cost of a Day", "Rate"):
            window.reach(row, "spin button")
            self.shell.key("Tab")
        self.setting("panel-items", self.items())
        window.reach("Today: cost", *SWITCH)
        # What was written before is there, too.
        self.shell.wait(lambda: "today-cost" in self.items(), "the new item")
        kept = [gsettings("get", SCHEMA, key) for key in ("currency-rate", "panel-alert-usd-per-day")]
        self.assertEqual(kept, ["0.00048828125", "1.125"])

    def test_a_currency_and_its_rate_change_the_figures_at_once(self):
        self.serve()
        for key in ("currency", "currency-rate", "currency-rate-date"):
            self.addCleanup(gsettings, "reset", SCHEMA, key)
        window = self.open_preferences("Panel")
        gsettings("set", SCHEMA, "currency", "EUR")
        window.wait_text("until you set it, costs are shown in US dollars")
        self.wait_label("12.3k · $0.42")
        window.reach("Rate", "spin button")
        self.shell.key("Control_L", "a")
        self.shell.type_text("2")
        self.shell.key("Return")
        self.wait_label("12.3k · €0.84")
        window.wait_text("How many EUR one US dollar is; set on")
        self.open_menu()
        self.wait_text("€0.84")
