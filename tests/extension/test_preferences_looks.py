# SPDX-License-Identifier: GPL-3.0-or-later
"""The preferences in light, dark, high contrast, large text, German and Hebrew: pictures to be looked at, names in every language."""

from drive import bus_call, set_setting
from gi.repository import GLib
from case import BUS
from peer import budget
from prefs_case import TABS, PreferencesCase

DESKTOP = "org.gnome.desktop.interface"
A11Y = "org.gnome.desktop.a11y.interface"
GERMAN = ("Leiste", "Meldungen", "Budgets", "Daten", "Info")
HEBREW = ("סרגל", "התראות", "תקציבים", "נתונים", "על אודות")
ENGLISH = ("Panel", "Notifications", "Budgets", "Data", "About")


class Looks(PreferencesCase):
    def setUp(self):
        super().setUp()
        budgets = [
            budget("all", "month", 50, 41, crossed=80),
            budget("parser", "day", 2, 3, project="/home/dev/parser", counts="all"),
        ]
        self.serve(Budgets=budgets, SnoozedUntilMs=0)

    def look(self, name, key, value, back):
        """Pictures of all pages with a setting of the desktop."""
        self.addCleanup(set_setting, *key, back)
        set_setting(*key, value)
        self.pictures(name, ENGLISH)

    def pictures(self, name, pages):
        window = self.open_preferences()
        for number, page in enumerate(pages, 1):
            window.press(page, *TABS)
            self.wait_page(window, page)
            self.assertEqual(window.unnamed(), [], page)
            window.screenshot(f"preferences-{name}-{number}")

    def language(self, locale):
        """The preferences' process starts in this language: it has an environment of its own."""
        self.environment(locale)
        self.addCleanup(self.environment, "C.UTF-8")

    def environment(self, locale):
        variables = GLib.Variant("(a{ss})", ({"LANG": locale, "LANGUAGE": "", "LC_ALL": locale},))
        bus_call(self.shell.session, *BUS, "UpdateActivationEnvironment", variables)

    def test_dark(self):
        self.look("dark", (DESKTOP, "color-scheme"), "prefer-dark", "default")

    def test_high_contrast(self):
        self.look("contrast", (A11Y, "high-contrast"), "true", "false")

    def test_large_text(self):
        self.look("large", (DESKTOP, "text-scaling-factor"), "1.5", "1.0")

    def test_german(self):
        self.language("de_DE.UTF-8")
        self.pictures("german", GERMAN)

    def test_hebrew_from_right_to_left(self):
        self.language("he_IL.UTF-8")
        self.pictures("hebrew", HEBREW)
