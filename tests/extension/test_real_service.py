# SPDX-License-Identifier: GPL-3.0-or-later
"""The extension and the real service, without any OpenCode data: who starts whom, and do they understand each other."""

from case import ExtensionCase
from drive import bus_call
from gi.repository import GLib
from peer import NAME, PATH, SESSIONS


class RealService(ExtensionCase):
    def setUp(self):
        super().setUp()
        if not self.real_service:
            self.skipTest("there is no built octally: set OCTALLY_BIN")
        self.write_service_file(self.real_service)
        self.addCleanup(self.write_service_file, None)

    def threshold_ms(self):
        arguments = GLib.Variant("(ss)", (SESSIONS, "IdleThresholdMs"))
        return bus_call(self.shell.session, NAME, PATH, "org.freedesktop.DBus.Properties", "Get", arguments)[0]

    def start(self):
        """Enables the extension, which has the bus start the service."""
        self.restart_extension()
        self.wait_label("no data")

    def test_enabling_the_extension_starts_the_service(self):
        self.assertFalse(self.owned())
        self.start()
        self.assertTrue(self.owned())
        self.assertIn("No OpenCode data yet", self.open_menu())

    def test_the_threshold_of_the_preferences_arrives(self):
        self.start()
        self.setting("idle-threshold-minutes", "42")
        self.shell.wait(lambda: self.threshold_ms() == 42 * 60000, "the threshold")

    def test_refresh_is_answered(self):
        self.start()
        self.open_menu()
        self.click_item("Refresh Statistics")
        self.wait_text("Refreshed at ")

    def test_refresh_starts_a_service_that_was_stopped(self):
        self.start()
        self.end_service()
        self.wait_label("stopped")
        self.open_menu()
        self.click_item("Refresh Statistics")
        self.wait_text("Refreshed at ")
        self.wait_label("no data")
