# SPDX-License-Identifier: GPL-3.0-or-later
"""The real OpenCode, configured as the README says: its model calls a tool, and the answer reaches the model."""

import json
import os
import pathlib
import re
import shutil
import tempfile
import unittest

import truth
from mock_provider import MockProvider
from opencode import OpenCode

README = pathlib.Path(__file__).parents[2] / "README.md"


def snippet(first_words):
    """The first block of JSON in the README after these words."""
    _, after = README.read_text().split(first_words, 1)
    return json.loads(re.search(r"```json\n(.*?)```", after, re.S).group(1))


class Configured(unittest.TestCase):
    """Every test has a home and a provider of its own."""

    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="mcp-"))
        self.addCleanup(shutil.rmtree, self.home, ignore_errors=True)
        self.provider = MockProvider(self.home / "requests.jsonl").start()
        self.addCleanup(self.provider.stop)

    def opencode(self, version):
        """Installed and configured as the README says, with octally on the PATH."""
        opencode = OpenCode(self.provider, home=self.home, version=version)
        file = opencode.config / "opencode.json"
        config = json.loads(file.read_text())
        config["mcp"] = snippet("OpenCode 1.x")["mcp"]
        file.write_text(json.dumps(config))
        bin = self.home / "bin"
        bin.mkdir(exist_ok=True)
        (bin / "octally").symlink_to(os.environ["OCTALLY_BIN"])
        opencode.env["PATH"] = f"{bin}:{opencode.env['PATH']}"
        return opencode

    def check(self, version):
        opencode = self.opencode(version)
        opencode.run("Say hello")
        first = truth.counted(truth.read_log(self.provider.log_path))
        opencode.run("What did I use? mock:octally")
        results = self.provider.tool_results
        self.assertTrue(results, "no tool result reached the provider")
        usage = json.loads(results[-1][-1])
        # The call itself may be recorded already; what was answered before is.
        self.assertGreaterEqual(usage["totals"]["steps"], len(first))
        self.assertEqual(usage["freshness"]["state"], "fresh")
        self.assertIn("mock/test-model", [row["name"] for row in usage["rows"]])

    def test_the_newest(self):
        self.check(None)

    def test_an_early_one_with_a_database(self):
        self.check("1.2.27")

    def test_one_that_keeps_json_files(self):
        self.check("1.1.65")

    def test_the_server_is_listed_as_connected(self):
        opencode = self.opencode(None)
        listing = opencode.start("mcp", "list", stdout=-1, stderr=-2)
        text, _ = listing.communicate(timeout=60)
        self.assertRegex(text, r"octally.*connected")

    def test_the_snippet_of_the_later_opencode_names_the_same_command(self):
        earlier, later = snippet("OpenCode 1.x")["mcp"], snippet("OpenCode 2.x")["mcp"]["servers"]
        self.assertEqual(later["octally"]["command"], earlier["octally"]["command"])
