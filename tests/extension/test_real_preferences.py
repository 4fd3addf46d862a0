# SPDX-License-Identifier: GPL-3.0-or-later
"""The preferences and the real service: what is clicked stands in config.toml, what stands there shows."""

import os
import pathlib
import signal

from case import BUS
from drive import bus_call
from gi.repository import GLib
from peer import NAME
from prefs_case import PreferencesCase

CONFIG = pathlib.Path(GLib.get_user_config_dir(), "octally", "config.toml")
SWITCH = ("switch", "toggle button", "check box")


class RealPreferences(PreferencesCase):
    def setUp(self):
        super().setUp()
        self.offer_real_service()
        self.addCleanup(CONFIG.unlink, missing_ok=True)
        self.restart_extension()
        self.wait_label("no data")

    def config(self):
        return CONFIG.read_text() if CONFIG.exists() else ""

    def reload(self):
        """Tells the service that config.toml has changed."""
        (pid,) = bus_call(self.shell.session, *BUS, "GetConnectionUnixProcessID", GLib.Variant("(s)", (NAME,)))
        os.kill(pid, signal.SIGHUP)

    def test_a_switch_is_written_and_a_change_by_hand_shows(self):
        window = self.open_preferences("Notifications")
        window.wait_text("Turn Finished")
        window.click("Turn Finished", *SWITCH)
        self.shell.wait(lambda: "finished = false" in self.config(), "the switch in config.toml")
        CONFIG.write_text(self.config().replace("finished = false", "finished = true\nidle = false"))
        self.reload()
        self.shell.wait(lambda: window.checked("Turn Finished"), "the switch to follow the file")
        self.assertFalse(window.checked("Nothing Happens"))

    def test_a_budget_is_written_and_removed(self):
        window = self.open_preferences("Budgets")
        window.click("Add a budget")
        window.wait_text("Limit in US Dollars")
        window.click("Save")
        self.shell.wait(lambda: "[budgets.month]" in self.config(), "the budget in config.toml")
        window.wait_text("$50.00 a month")
        window.click("Remove the budget month")
        window.click("Remove", "push button", "button")
        window.wait_text("No budgets yet")
        self.assertNotIn("[budgets.month]", self.config())

    def test_an_export_is_a_file_with_what_was_told(self):
        exported = pathlib.Path("octally-steps.csv")
        self.addCleanup(exported.unlink, missing_ok=True)
        window = self.open_preferences("Data")
        window.wait_text("ledger.db")
        window.reach("Export into a file")
        self.shell.wait(lambda: self.shell.window_exists("Export"), "the file dialog")
        self.shell.window("Export")
        self.shell.key("Return")
        # To read a dialog that goes can crash GTK.
        self.shell.wait(lambda: not self.shell.window_exists("Export"), "the file dialog to go")
        self.shell.wait(exported.exists, "the file")
        window.wait_text("exported")
        self.assertTrue(window.has_text(f"{exported.stat().st_size} byte exported"), window.texts())

    def test_the_doctor_and_the_ledger_are_those_of_the_service(self):
        window = self.open_preferences("Data")
        window.wait_text("ledger.db")
        self.go_to(window, "About")
        window.wait_text("In order")
