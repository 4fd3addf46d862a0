# SPDX-License-Identifier: GPL-3.0-or-later
"""The plugin's copy of the price list of the real OpenCode, offline and without a key."""

import json
import pathlib
import tempfile
import unittest

from drive import wait_until
from mock_provider import MockProvider
from opencode import OpenCode

PLUGIN = "/octally/plugin/dist/octally.js"


class PriceList(unittest.TestCase):
    def test_it_is_copied_after_the_first_turn(self):
        home = pathlib.Path(tempfile.mkdtemp(prefix="prices-"))
        provider = MockProvider(home / "requests.jsonl").start()
        self.addCleanup(provider.stop)
        opencode = OpenCode(provider, plugin=PLUGIN, home=home)
        copy = home / ".local/state/octally/prices.json"
        with opencode.serve() as server:
            session = server.create_session()
            self.assertFalse(copy.exists())
            server.prompt(session, "Say hello")
            wait_until(copy.exists, "the copy of the price list")
        self.assertEqual(copy.stat().st_mode & 0o777, 0o600)
        table = json.loads(copy.read_text())
        self.assertRegex(table["version"], r"^\d+\.\d+")
        self.assertGreater(len(table["providers"]), 50)
        self.assertTrue(all(rate > 0 for rate in table["providers"]["anthropic"]["claude-haiku-4-5"][:4]))
        self.assertEqual(table["providers"]["mock"]["free-model"][:4], [0, 0, 0, 0])
