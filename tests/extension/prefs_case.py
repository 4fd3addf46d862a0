# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the preferences share: the window, and a service that keeps what it is told."""

import contextlib
import os
import signal

from case import BUS, UUID, ExtensionCase
from drive import bus_call, wait_until
from gi.repository import GLib
from peer import budget, now_ms, settings
from window import Window

TITLE = "Octally"
PREFERENCES = "org.gnome.Shell.Extensions"
TABS = ("radio button", "toggle button", "page tab")
SWITCH = ("switch", "toggle button", "check box")
# A text of each page.
PAGES = {
    "Panel": "Top Bar",
    "Notifications": "Turn Finished",
    "Budgets": "$50.00 a month",
    "Data": "/home/dev/.local/share/octally/ledger.db",
    "About": "The ledger is whole.",
}
DAY_MS = 24 * 3600 * 1000

DATA = {
    "ledger": "/home/dev/.local/share/octally/ledger.db",
    "ledger_bytes": 12345678,
    "steps": 45678,
    "sessions": 321,
    "first_step_ms": 1735732800000,
    "keep_months": 0,
    "projects": [
        {"project": "/home/dev/parser", "steps": 40000, "cost_billed_usd": 300.5},
        {"project": "/home/dev/web", "steps": 5678, "cost_billed_usd": 12.25},
    ],
    "sources": [
        {
            "path": "/home/dev/.local/share/opencode/opencode.db", "generation": "sqlite", "messages": 45000,
            "newest_ms": 1735732800000, "problems": 0,
        },
        {"path": "/home/dev/.local/share/opencode/storage", "generation": "files", "messages": 678, "problems": 2},
    ],
}
CHECKS = [
    {"name": "ledger", "verdict": "ok", "what": "The ledger is whole.", "remedy": ""},
    {"name": "d-bus", "verdict": "note", "what": "Nobody starts the service.", "remedy": "Run octally daemon."},
    {"name": "plugin", "verdict": "warning", "what": "The plugin is not installed.", "remedy": "Run packaging/install.sh --plugin."},
    {"name": "prices", "verdict": "error", "what": "prices.toml cannot be read.", "remedy": "Mend line 3."},
]


class PreferencesCase(ExtensionCase):
    """The preferences window, in a process of its own that ends with the test."""

    def serve(self, **properties):
        """A service with something on every page."""
        properties = {"Settings": settings(), "Budgets": [budget("all", "month", 50, 41, crossed=80)], **properties}
        peer = self.start_peer(**properties)
        peer.on_call("Describe", DATA)
        peer.on_call("Diagnose", CHECKS)
        return peer

    def open_preferences(self, page=None):
        """The window, at a page."""
        self.addCleanup(self.end_preferences)
        bus_call(
            self.shell.session, "org.gnome.Shell", "/org/gnome/Shell", "org.gnome.Shell.Extensions",
            "LaunchExtensionPrefs", GLib.Variant("(s)", (UUID,)),
        )
        self.shell.wait(lambda: self.shell.window_exists(TITLE), "the preferences", timeout_s=60)
        window = Window(self.shell, TITLE, PREFERENCES)
        if page:
            self.go_to(window, page)
        return window

    def go_to(self, window, page):
        """Clicks the page's button, and waits until that page is there."""
        window.click(page, *TABS)
        self.wait_page(window, page)

    def wait_page(self, window, page):
        """Waits until that page is there."""
        self.shell.wait(lambda: window.is_on(page, *TABS), f"the page {page!r}")

    def end_preferences(self):
        """Ends the process that holds the window, so that the next test has a new one."""
        name = GLib.Variant("(s)", (PREFERENCES,))
        with contextlib.suppress(GLib.Error):
            (pid,) = bus_call(self.shell.session, *BUS, "GetConnectionUnixProcessID", name)
            os.kill(pid, signal.SIGKILL)
        # A call to the one that is ending would be lost.
        wait_until(lambda: not bus_call(self.shell.session, *BUS, "NameHasOwner", name)[0], "the preferences to end")
        wait_until(lambda: not self.shell.window_exists(TITLE), "the preferences to close")

    def wait_calls(self, peer, method, expected):
        """Waits until the service was called with exactly these arguments so far."""
        try:
            self.shell.wait(lambda: peer.calls(method) == expected)
        except TimeoutError:
            self.assertEqual(peer.calls(method), expected)


def snoozed():
    """An end of a snooze in the future."""
    return now_ms() + DAY_MS
