# SPDX-License-Identifier: GPL-3.0-or-later
"""Older OpenCodes, really run: one that keeps JSON files and one with an early database, alone and as
the past of a newer one. Their figures mean something else than today's; the log says what was used.
"""

import pathlib
import tempfile

import truth
from mock_provider import MockProvider
from octally import CommandLine
from opencode import OpenCode
from report_case import ReportCase

JSON_FILES = "1.1.65"
DATABASE = "1.2.27"
NEWEST = None
OTHER = "mock/second-model"
CLAUDE = "mock-anthropic/test-claude"


class OlderVersions(ReportCase):
    """Every test has a home and a provider of its own; several versions may use them one after another."""

    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="older-"))
        self.provider = MockProvider(self.home / "requests.jsonl").start()
        self.addCleanup(self.provider.stop)
        self.octally = CommandLine(self.home)
        self.data = self.home / ".local/share/opencode"
        self.records = []

    def run_version(self, version, prompt, **options):
        """One `opencode run`; returns its session. Older versions do not tell the provider which session
        asks, so the records of the run are given its session here, and a sub-agent's another name."""
        seen = len(truth.read_log(self.provider.log_path))
        session = OpenCode(self.provider, home=self.home, version=version).run(prompt, **options)
        for record in truth.read_log(self.provider.log_path)[seen:]:
            by_child = "mock:subagent" in prompt and "subagent" not in record["tags"]
            record["session"] = f"child of {session}" if by_child else session
            record["reasoning_twice"] = version is not NEWEST
            self.records.append(record)
        return session

    def run_every_kind(self, version):
        """Turns of every kind; returns the session of the first."""
        first = self.run_version(version, "Say hello mock:tools3,cache,reason")
        self.run_version(version, "And again mock:reason", model=OTHER, session=first)
        self.run_version(version, "Say hello mock:tool,cache,cachewrite", model=CLAUDE)
        self.run_version(version, "Delegate mock:subagent,childtool,childreason")
        self.run_version(version, "Say hello mock:fail400", expect_failure=version is NEWEST)
        return first

    def assert_all_counted(self):
        """The reports of the ledger so far, and those of one that is made only now."""
        self.name_children()
        self.assert_reports(self.octally, self.records)
        self.assert_reports(CommandLine(self.home, ledger=self.home / f"{len(self.records)}.db"), self.records)

    def name_children(self):
        """Gives the sub-agent's records the one session that no run has named."""
        children = {r["session"] for r in self.records if r["session"].startswith("child of ")}
        unnamed = set(self.octally.rows("session", "session")) - {r["session"] for r in self.records}
        self.assertEqual(len(unnamed), len(children))
        for record in self.records:
            if record["session"] in children:
                record["session"], = unnamed

    def serve_and_delete(self, version):
        """A session, a fork of it with a step of its own, and the end of the source."""
        with OpenCode(self.provider, home=self.home, version=version).serve() as server:
            source = server.create_session("Source")
            server.prompt(source, "Say hello mock:tools3,cache")
            self.assert_total()
            fork = server.fork(source)
            self.assertEqual(len(server.messages(fork)["assistant"]), 4)
            self.assert_total()
            server.prompt(fork, "Go on mock:tool")
            server.delete(source)
            self.assert_total()

    def assert_total(self):
        """The totals alone: the log of an older version cannot tell the sessions of one process apart."""
        usage = truth.usage(truth.read_log(self.provider.log_path))
        self.assert_usage(self.octally.report("session")["totals"], usage)

    def has_database(self):
        return (self.data / "opencode.db").exists()

    def test_one_that_keeps_json_files(self):
        self.run_every_kind(JSON_FILES)
        self.assertFalse(self.has_database())
        self.assert_all_counted()

    def test_an_early_one_with_a_database(self):
        self.run_every_kind(DATABASE)
        self.assertTrue(self.has_database())
        self.assertFalse((self.data / "storage/message").exists())
        self.assert_all_counted()

    def test_an_upgrade_step_by_step_counts_the_past_once(self):
        session = self.run_every_kind(JSON_FILES)
        self.assert_all_counted()
        self.run_version(DATABASE, "Go on mock:tool,reason", session=session)
        self.assertTrue(self.has_database() and (self.data / "storage/message").exists())
        self.assert_all_counted()
        self.run_version(NEWEST, "Go on mock:tool,reason", session=session)
        self.assert_all_counted()

    def test_an_upgrade_that_leaves_the_past_behind_still_counts_it(self):
        self.run_version(JSON_FILES, "Say hello mock:tool,cache,reason")
        self.run_version(NEWEST, "Say hello mock:tool,cache,reason")
        self.assert_all_counted()

    def test_forked_and_deleted_in_json_files(self):
        self.serve_and_delete(JSON_FILES)

    def test_forked_and_deleted_in_an_early_database(self):
        self.serve_and_delete(DATABASE)
