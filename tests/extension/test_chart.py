# SPDX-License-Identifier: GPL-3.0-or-later
"""The chart of the last days: what it shows under the pointer and the keyboard, and what it asks for."""

from case import ExtensionCase


class ChartOfDays(ExtensionCase):
    def test_it_shows_seven_days(self):
        self.start_peer()
        texts = self.open_menu()
        self.assertIn("Last 7 days", texts)
        self.picture("chart")
