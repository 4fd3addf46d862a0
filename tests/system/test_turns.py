# SPDX-License-Identifier: GPL-3.0-or-later
"""Real OpenCode turns of every kind, and the command line's reports against the provider's own log.

No plugin and no daemon: the database is the only source here.
"""

import datetime
import hashlib
import pathlib
import tempfile
import zoneinfo

import truth
from drive import wait_until
from mock_provider import MockProvider
from octally import CommandLine
from opencode import OpenCode
from report_case import ReportCase

OTHER = "mock/second-model"
CLAUDE = "mock-anthropic/test-claude"
FREE = "mock/free-model"


class Turns(ReportCase):
    """All turns are run once; every test asks for another view of them."""

    @classmethod
    def setUpClass(cls):
        cls.home = pathlib.Path(tempfile.mkdtemp(prefix="turns-"))
        cls.provider = MockProvider(cls.home / "requests.jsonl").start()
        cls.addClassCleanup(cls.provider.stop)
        cls.opencode = OpenCode(cls.provider, home=cls.home)
        cls.octally = CommandLine(cls.home)
        cls.sessions = {}
        cls.run_turns()
        cls.serve_turns()

    @classmethod
    def run_turns(cls):
        """`opencode run`, with a report after each, so that the ledger grows turn by turn."""
        turns = {
            "plain": ("Say hello", {}),
            "tools": ("Say hello mock:tools3,cache,reason", {}),
            "claude": ("Say hello mock:tool,cache,cachewrite", {"model": CLAUDE}),
            "free": ("Say hello mock:cache", {"model": FREE}),
            "subagent": ("Delegate mock:subagent,childtool,childreason", {}),
            "retried": ("Say hello mock:fail500once", {}),
            "refused": ("Say hello mock:fail400", {"expect_failure": True}),
        }
        for name, (prompt, options) in turns.items():
            cls.sessions[name] = cls.opencode.run(prompt, **options)
            cls.octally.report("day")
        cls.opencode.run("Now the other model mock:reason", model=OTHER, session=cls.sessions["tools"])

    @classmethod
    def serve_turns(cls):
        """`opencode serve`: a turn that is aborted, one after it, and a fork."""
        with cls.opencode.serve() as server:
            session = cls.sessions["served"] = server.create_session()
            server.prompt(session, "Say hello")
            server.prompt_async(session, "Talk long mock:slow")
            sent = cls.provider.pieces_sent[session]
            wait_until(lambda: cls.provider.pieces_sent[session] > sent + 3, "the slow answer to be under way")
            server.abort(session)
            server.wait_idle(session)
            server.prompt(session, "Say hello again mock:cache")
            cls.octally.report("day")
            cls.sessions["fork"] = server.fork(session)
            server.prompt(cls.sessions["fork"], "In the fork")

    def records(self):
        return truth.read_log(self.provider.log_path)

    def test_the_turns_were_of_every_kind(self):
        kinds = {(r["kind"], r["status"], r["delivered"]) for r in self.records()}
        wanted = {("title", 200, True), ("answer", 200, True), ("answer", 200, False)}
        self.assertLessEqual(wanted | {("answer", 500, False), ("answer", 400, False)}, kinds)
        tokens = truth.usage(self.records()).tokens
        self.assertTrue(all(tokens.values()), tokens)

    def test_every_model_call_is_counted_once_and_in_its_own_session(self):
        self.assert_reports(self.octally, self.records())

    def test_a_ledger_made_at_once_equals_the_one_made_turn_by_turn(self):
        at_once = CommandLine(self.home, ledger=self.home / "other.db").report("model")
        self.assertEqual(at_once["rows"], self.octally.report("model")["rows"])

    def test_asking_again_changes_nothing(self):
        self.assertEqual(self.octally.report("day"), self.octally.report("day"))

    def test_a_sub_agent_is_not_counted_in_its_parent(self):
        records = [r for r in self.records() if r["parent_session"] == self.sessions["subagent"]]
        self.assertEqual(truth.usage(records).steps, 2)
        child, = {r["session"] for r in records}
        self.assert_usage(self.octally.rows("session", "session")[child], truth.usage(records))

    def test_the_day_is_todays_in_the_zone_that_is_asked_for(self):
        for zone in ("Europe/Berlin", "Pacific/Kiritimati"):
            days = truth.by(self.records(), lambda r: day_of(r["at_ms"], zone))
            self.assert_rows(self.octally.rows("day", "day", "--tz", zone), days)

    def test_a_failed_and_an_aborted_turn_cost_nothing(self):
        self.assertNotIn(self.sessions["refused"], self.octally.rows("session", "session"))
        aborted = [r for r in self.records() if r["session"] == self.sessions["served"] and not r["delivered"]]
        self.assertEqual([r["tags"] for r in aborted], [["slow"]])

    def test_opencodes_database_is_left_as_it_was(self):
        before = database_files(self.opencode.data)
        self.octally.report("day")
        CommandLine(self.home, ledger=self.home / "third.db").report("day")
        self.assertEqual(database_files(self.opencode.data), before)

    def test_the_ledger_is_private(self):
        ledger = self.home / ".local/share/octally/ledger.db"
        self.assertEqual(ledger.stat().st_mode & 0o777, 0o600)
        self.assertEqual(ledger.parent.stat().st_mode & 0o777, 0o700)


def day_of(at_ms, zone):
    at = datetime.datetime.fromtimestamp(at_ms / 1000, zoneinfo.ZoneInfo(zone))
    return at.date().isoformat()


def database_files(folder):
    """Size, time and content of the database and its log; the shared memory file is no content."""
    files = sorted(p for p in folder.iterdir() if p.name.startswith("opencode.db") and not p.name.endswith("-shm"))
    return [(p.name, p.stat().st_mtime_ns, hashlib.sha256(p.read_bytes()).hexdigest()) for p in files]
