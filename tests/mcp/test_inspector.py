# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that the official inspector can ask, in both eras of the protocol, over data of real OpenCodes."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from inspector import ERAS, Inspector, InspectorError
from opencode import environment

FIXTURES = pathlib.Path(__file__).parents[2] / "daemon/core/tests/fixtures"
TOOLS = ["budget_status", "provider_trends", "refresh_index", "session_cost", "top_sessions", "usage_summary"]
EVER = 20000


class WithInspector(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = pathlib.Path(tempfile.mkdtemp(prefix="inspector-"))
        shutil.copytree(FIXTURES / "v1-fork-subagent-1.18.33/opencode", cls.home / ".local/share/opencode")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.home)

    def report(self, by, *options):
        """What the command line says."""
        command = [os.environ["OCTALLY_BIN"], "report", by, *options, "--json"]
        env = {**environment(self.home), "TZ": "UTC"}
        return json.loads(subprocess.run(command, env=env, capture_output=True, check=True).stdout)

    def in_both_eras(self):
        return [Inspector(self.home, era) for era in ERAS]

    def test_the_tools_are_listed_and_their_schemas_are_portable(self):
        for inspector in self.in_both_eras():
            tools = inspector("tools/list")["tools"]
            self.assertEqual(sorted(tool["name"] for tool in tools), TOOLS)
            for tool in tools:
                self.assertIn("outputSchema", tool)
            strict = inspector.run("tools/list", "--strict")
            self.assertEqual(strict.returncode, 0, strict.stderr)
            self.assertNotIn("Issue:", strict.stderr)

    def test_every_tool_answers_as_its_schema_promises(self):
        totals = self.report("model")["totals"]
        providers = {row["provider"] for row in self.report("provider", "--last", "366")["rows"]}
        for inspector in self.in_both_eras():
            usage = inspector.tool("usage_summary", last_days=EVER, by="model")
            self.assertEqual(usage["totals"]["tokens"], totals["tokens"])
            self.assertEqual(usage["totals"]["cost"], totals["cost"])
            top = inspector.tool("top_sessions", last_days=EVER)["sessions"]
            self.assertEqual(sum(s["inclusive"]["steps"] for s in top), totals["steps"])
            cost = inspector.tool("session_cost", session_id=top[0]["id"])
            self.assertEqual(cost["inclusive"], top[0]["inclusive"])
            trends = inspector.tool("provider_trends", last_days=366)["providers"]
            self.assertEqual({trend["provider"] for trend in trends}, providers)
            self.assertEqual(inspector.tool("budget_status")["budgets"], [])
            self.assertEqual(inspector.tool("refresh_index", thorough=True)["steps_added"], 0)

    def test_every_resource_can_be_read(self):
        for inspector in self.in_both_eras():
            templates = inspector("resources/templates/list")["resourceTemplates"]
            self.assertEqual(len(templates), 4)
            uris = [resource["uri"] for resource in inspector("resources/list")["resources"]]
            for head in ("metrics/summary", "providers", "providers/", "models/", "projects/", "sessions/"):
                uri = next(uri for uri in uris if uri.startswith(f"octally://{head}"))
                self.assertEqual(inspector.resource(uri)["freshness"]["state"], "fresh", uri)

    def test_the_prompts_bring_their_figures(self):
        for inspector in self.in_both_eras():
            prompts = [prompt["name"] for prompt in inspector("prompts/list")["prompts"]]
            self.assertEqual(prompts, ["weekly_review", "why_was_this_session_expensive"])
            for name in prompts:
                messages = inspector("prompts/get", "--prompt-name", name)["messages"]
                self.assertIn("fresh", messages[0]["content"]["text"])

    def test_a_misspelt_name_is_corrected(self):
        for inspector in self.in_both_eras():
            with self.assertRaisesRegex(InspectorError, "did you mean octally://metrics/summary"):
                inspector("resources/read", "--uri", "octally://metrics/sumary")

    def test_many_calls_at_once_are_all_answered(self):
        options = ("--tool-name", "usage_summary", "--load", "--load-requests", "500", "--load-concurrency", "50")
        for inspector in self.in_both_eras():
            done = inspector.run("tools/call", *options)
            self.assertEqual(done.returncode, 0, done.stderr)
            print(done.stdout.strip())
