# SPDX-License-Identifier: GPL-3.0-or-later
"""What people do to their history in the newest OpenCode: forks, compaction, reverting, deleting.

Whatever OpenCode copies or removes, what the provider handed out was used once. Only the database is
read, no plugin helps; what is removed has to be in the ledger before, so those tests report first.
"""

import pathlib
import tempfile
import urllib.error

import truth
from mock_provider import MockProvider
from octally import CommandLine
from opencode import OpenCode
from report_case import ReportCase

OTHER = "mock/second-model"


class History(ReportCase):
    """Every test has a home, a provider and an `opencode serve` of its own."""

    def setUp(self):
        home = pathlib.Path(tempfile.mkdtemp(prefix="history-"))
        self.provider = MockProvider(home / "requests.jsonl").start()
        self.addCleanup(self.provider.stop)
        self.octally = CommandLine(home)
        self.server = self.enterContext(OpenCode(self.provider, home=home).serve())
        self.session = self.server.create_session()
        self.server.prompt(self.session, "Say hello mock:tools3,cache,reason")
        self.server.prompt(self.session, "And again mock:tool", model=OTHER)

    def records(self):
        return truth.read_log(self.provider.log_path)

    def assert_all_counted(self):
        self.assert_reports(self.octally, self.records())

    def test_a_fork_has_only_the_steps_that_were_made_in_it(self):
        second_prompt = self.server.messages(self.session)["user"][1]
        whole, part = self.server.fork(self.session), self.server.fork(self.session, before=second_prompt)
        fork_of_fork = self.server.fork(whole)
        copies = [len(self.server.messages(fork)["assistant"]) for fork in (whole, part, fork_of_fork)]
        self.assertEqual(copies, [6, 4, 6])
        self.assert_all_counted()
        for fork in (part, fork_of_fork, whole, self.session):
            self.server.prompt(fork, "Go on mock:cache")
        self.assert_all_counted()

    def test_a_fork_stands_for_a_source_that_was_deleted_unseen(self):
        forks = [self.server.fork(self.session) for _ in range(2)]
        self.server.prompt(forks[0], "Go on")
        self.server.delete(self.session)
        report = self.octally.report("session")
        self.assert_usage(report["totals"], truth.usage(self.records()))
        self.assertLessEqual({row["session"] for row in report["rows"]}, set(forks))

    def test_a_source_that_is_deleted_after_its_fork_is_counted_once(self):
        fork = self.server.fork(self.session)
        self.assert_all_counted()
        self.server.delete(self.session)
        self.server.prompt(fork, "Go on")
        self.assert_all_counted()

    def test_a_reverted_turn_stays(self):
        self.assert_all_counted()
        self.server.revert(self.session, self.server.messages(self.session)["user"][1])
        self.assert_all_counted()
        self.server.prompt(self.session, "Something else instead mock:reason")
        self.assertEqual(len(self.server.messages(self.session)["assistant"]), 4 + 1)
        self.assert_all_counted()

    def test_a_deleted_message_stays(self):
        self.assert_all_counted()
        message = self.server.messages(self.session)["assistant"][-1]
        self.server.delete(self.session, message)
        self.assertNotIn(message, self.server.messages(self.session)["assistant"])
        self.assert_all_counted()

    def test_a_deleted_session_stays_with_its_sub_agent(self):
        self.server.prompt(self.session, "Delegate mock:subagent,childtool,childreason")
        self.assert_all_counted()
        child, = {r["session"] for r in self.records() if r["parent_session"]}
        self.server.delete(self.session)
        for session in (self.session, child):
            with self.assertRaises(urllib.error.HTTPError) as refused:
                self.server.messages(session)
            refused.exception.close()
            self.assertEqual(refused.exception.code, 404)
        self.assert_all_counted()
        other = self.server.create_session()
        self.server.prompt(other, "Say hello")
        self.assert_all_counted()

    def test_the_summary_of_a_compaction_counts(self):
        self.server.compact(self.session, model=OTHER)
        summaries = [r for r in self.records() if r["kind"] == "compaction"]
        self.assertEqual([truth.model_of(r) for r in summaries], [OTHER])
        self.assert_all_counted()
        self.server.prompt(self.session, "Go on mock:tool")
        self.server.prompt(self.server.fork(self.session), "Go on here")
        self.assert_all_counted()
