# SPDX-License-Identifier: GPL-3.0-or-later
"""The preferences window, and what its settings do."""

from case import ExtensionCase

TITLE = "Octally"


class Preferences(ExtensionCase):
    def test_the_menu_opens_the_preferences(self):
        self.start_peer()
        self.open_menu()
        self.click_item("Preferences")
        area = self.shell.window(TITLE)
        self.shell.screenshot("extension-preferences", area)
        self.shell.key("Alt_L", "F4")
        self.shell.wait(lambda: not self.shell.window_exists(TITLE), "the preferences to close")

    def test_the_threshold_is_written_when_the_service_appears_and_on_change(self):
        peer = self.start_peer(IdleThresholdMs=60000)
        self.shell.wait(lambda: peer.threshold_ms() == 15 * 60000, "the default threshold")
        self.setting("idle-threshold-minutes", "240")
        self.shell.wait(lambda: peer.threshold_ms() == 240 * 60000, "the changed threshold")

    def test_the_switch_of_the_threshold_leaves_the_threshold_alone(self):
        peer = self.start_peer()
        self.shell.wait(lambda: peer.threshold_ms() == 15 * 60000, "the default threshold")
        self.setting("notify-threshold", "false")
        self.setting("idle-threshold-minutes", "20")
        self.shell.wait(lambda: peer.threshold_ms() == 20 * 60000, "the changed threshold")
