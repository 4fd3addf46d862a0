# SPDX-License-Identifier: GPL-3.0-or-later
"""The extension and the real service, without any OpenCode data: who starts whom, and do they understand each other."""

from case import ExtensionCase


class RealService(ExtensionCase):
    def setUp(self):
        super().setUp()
        self.offer_real_service()

    def start(self):
        """Enables the extension, which has the bus start the service."""
        self.restart_extension()
        self.wait_label("no data")

    def test_enabling_the_extension_starts_the_service(self):
        self.assertFalse(self.owned())
        self.start()
        self.assertTrue(self.owned())
        self.assertIn("No OpenCode data yet", self.open_menu())

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
