# SPDX-License-Identifier: GPL-3.0-or-later
"""Screenshots of the top bar to look at: every state, in light, dark, high contrast, large and right to left."""

import os

from case import ExtensionCase
from drive import set_setting
from peer import budget, now_ms, pace, session

DESKTOP = "org.gnome.desktop.interface"
A11Y = "org.gnome.desktop.a11y.interface"
CONTEXT = "imports.gi.St.ThemeContext.get_for_stage(global.stage)"
# Right to left, the pictures have names of their own.
DIRECTION = os.environ.get("CLUTTER_TEXT_DIRECTION", "ltr")
HOUR_MS = 3600 * 1000


class BarLooks(ExtensionCase):
    def full_peer(self):
        """A service of which everything has something to show."""
        sessions = [
            session("ses_1", "Mend the parser", since_ms=now_ms() - 130000, project="/home/dev/octally", model="anthropic/claude-sonnet-4-5"),
            session("ses_2", "May I run the tests?", "waiting", project="/home/dev/site", model="openai/gpt-5-mini", estimated=0.2),
            session("ses_3", "A title that is so long that no menu in the world has room for all of it", "idle", since_ms=now_ms() - 5 * HOUR_MS),
        ]
        return self.start_peer(Sessions=sessions, Pace=pace(estimated_per_hour_usd=0.4), Budgets=[budget(), budget("week", "week", limit=10, spent=12)])

    def states(self, name):
        """The top bar in every state, and the open menu below it."""
        peer = self.full_peer()
        self.setting("panel-items", "['state', 'session-tokens', 'session-cost', 'today-cost', 'budget']")
        for state in ("busy", "waiting", "idle"):
            peer.set(State=state)
            self.shell.wait(lambda expected=state: self.mood() == expected, state)
            self.bar(f"{name}-{state}")
        # From right to left an invisible sign holds the mark before its amount.
        self.assertIn("\u200e~" if DIRECTION == "rtl" else " ~", self.label())
        self.open_picture(name)
        for state, mood in (("stale", "stale"), ("error", "problem")):
            peer.set(Freshness={"state": state, "since_ms": now_ms(), "reason": "The database is locked."})
            self.shell.wait(lambda expected=mood: self.mood() == expected, mood)
            self.bar(f"{name}-{mood}")
        peer.kill()
        self.shell.wait(lambda: self.mood() == "missing", "missing")
        self.bar(f"{name}-missing")

    def bar(self, name):
        """A picture of the indicator. The shell takes the numbers of an area times the scale."""
        scale = self.shell.eval(f"{CONTEXT}.scale_factor")
        area = (number // scale for number in self.shell.rect(self.indicator, 8))
        self.shell.screenshot(f"extension-bar-{DIRECTION}-{name}", area)

    def open_picture(self, name):
        """A picture of the top of the screen with the open menu."""
        self.open_menu()
        self.assert_menu_on_screen()
        self.shell.screenshot(f"extension-bar-{DIRECTION}-{name}-menu")
        self.shell.close_menu(self.indicator)

    def test_dark(self):
        self.states("dark")

    def test_light(self):
        self.addCleanup(set_setting, DESKTOP, "color-scheme", "default")
        set_setting(DESKTOP, "color-scheme", "prefer-light")
        self.states("light")

    def test_high_contrast(self):
        self.addCleanup(set_setting, A11Y, "high-contrast", "false")
        set_setting(A11Y, "high-contrast", "true")
        self.states("high-contrast")

    def test_large_text(self):
        self.addCleanup(set_setting, DESKTOP, "text-scaling-factor", "1.0")
        set_setting(DESKTOP, "text-scaling-factor", "1.5")
        self.states("large-text")

    def test_scale_two(self):
        self.addCleanup(self.shell.eval, f"{CONTEXT}.scale_factor = 1; 1")
        self.shell.eval(f"{CONTEXT}.scale_factor = 2; 1")
        self.addCleanup(set_setting, DESKTOP, "text-scaling-factor", "1.0")
        set_setting(DESKTOP, "text-scaling-factor", "2.0")
        self.states("scale-2")

    def assert_menu_on_screen(self):
        """Nothing of the open menu hangs over an edge, and what ends it is in sight."""
        x, y, width, height = self.shell.eval(f"lab.rect({self.menu})")
        screen = self.shell.eval("[global.screen_width, global.screen_height]")
        self.assertGreaterEqual(x, 0)
        self.assertLessEqual(x + width, screen[0])
        self.assertLessEqual(y + height, screen[1])
        self.assertIn("Preferences", self.texts())
