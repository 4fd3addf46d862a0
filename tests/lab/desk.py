# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole set-up on one desktop: mock provider, OpenCode with the plugin, daemon, shell, extension.

    desk = Desk()
    with desk.opencode.serve() as server: ...
    desk.wait_for_label(desk.run_usage(session))

The system test, the latency measurement and packaging/try.sh stand on it.
"""

import json
import os
import pathlib

import shown
import truth
from drive import Shell
from mock_provider import MockProvider
from octally import Daemon
from opencode import OpenCode

TOP = pathlib.Path(__file__).parents[2]
UUID = json.loads((TOP / "extension/metadata.json").read_text())["uuid"]


class Desk:
    """Made once per session; all of it lives in the user's own home."""

    def __init__(self, permission=None):
        self.shell = Shell()
        self.provider = MockProvider(pathlib.Path(os.environ["OUT"]) / "requests.jsonl").start()
        self.opencode = OpenCode(self.provider, plugin=TOP / "plugin/dist/octally.js", permission=permission)
        self.daemon = Daemon()
        self.indicator = self.shell.indicator(UUID)
        self.menu = f"{self.indicator}.menu.actor"
        self.shell.wait(lambda: self.shell.extension_state(UUID) == 1, "the extension to be active")

    def records(self):
        """The provider's log."""
        return truth.read_log(self.provider.log_path)

    def usage(self, *sessions):
        """What has to be shown for these sessions and their sub-agents; without any, for everything."""
        return truth.usage([r for r in self.records() if not sessions or sessions_of(r) & set(sessions)])

    def label(self):
        """The text in the top bar."""
        return " ".join(self.shell.texts(self.indicator))

    def label_shows(self, usage):
        """Whether the top bar shows this usage: fresh tokens, then cost."""
        tokens, separator, cost = self.label().partition(" · ")
        return bool(separator) and shown.tokens_match(tokens, usage.fresh) and shown.money_matches(cost, usage.cost_usd)

    def wait_for_label(self, usage):
        """Until the top bar shows this usage; the message of a failure says what it shows instead."""
        try:
            self.shell.wait(lambda: self.label_shows(usage))
        except TimeoutError:
            wanted = f"{usage.fresh} fresh tokens and ${usage.cost_usd:.6f}"
            raise AssertionError(f"the top bar shows {self.label()!r} instead of {wanted}") from None

    def menu_texts(self):
        """Everything the open menu shows, in drawing order."""
        return self.shell.texts(self.menu)

    def screenshot_top_bar(self, name="top-bar"):
        x, y, width, height = self.shell.rect("Main.panel")
        return self.shell.screenshot(name, (x, y, width, height))

    def screenshot_menu(self, name="menu"):
        """The open menu, with the part of the panel above it."""
        left, top, width, height = self.shell.rect(self.menu, pad=12)
        return self.shell.screenshot(name, (left, 0, width, top + height))


def sessions_of(record):
    """A step counts for its own session and for its parent's."""
    return {record["session"], record["parent_session"]} - {None}
