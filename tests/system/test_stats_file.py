# SPDX-License-Identifier: GPL-3.0-or-later
"""stats.json, written by the plugin inside the real OpenCode, against the provider's own log.

The daemon has no part in it. daemon/core/src/source/stats_file/README.md is the contract.
"""

import datetime
import json
import os
import pathlib
import tempfile
import unittest

import truth
from drive import wait_until
from mock_provider import MockProvider
from opencode import OpenCode

PLUGIN = "/octally/plugin/dist/octally.js"
OTHER = "mock/second-model"
FREE = "mock/free-model"


class StatsFile(unittest.TestCase):
    """Every test has a home, a provider and an OpenCode of its own."""

    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="stats-"))
        self.provider = MockProvider(self.home / "requests.jsonl").start()
        self.addCleanup(self.provider.stop)
        self.opencode = OpenCode(self.provider, plugin=PLUGIN, home=self.home)
        self.file = self.opencode.data / "stats.json"

    def stats(self):
        return json.loads(self.file.read_text()) if self.file.exists() else {}

    def records(self, *sessions):
        """The log; with sessions given, only their part of it."""
        log = truth.read_log(self.provider.log_path)
        return [r for r in log if not sessions or r["session"] in sessions]

    def assert_part(self, part, records):
        """One of session, daily and total against the log."""
        usage, models = truth.usage(records), truth.by(records, truth.model_of)
        self.assertEqual(part["totalTokens"], usage.total)
        self.assertEqual(part["tokensByModel"], {model: u.total for model, u in models.items()})
        self.assertAlmostEqual(part["totalCost"], usage.cost_usd, places=8)
        self.assertEqual(set(part["costsByModel"]), set(models))
        for model, of_model in models.items():
            self.assertAlmostEqual(part["costsByModel"][model], of_model.cost_usd, places=8)

    def assert_run(self, run, records):
        """An entry of octally.runs against the log of its sessions."""
        models = truth.by(records, truth.model_of)
        self.assertEqual(set(run["models"]), set(models))
        for model, usage in models.items():
            counted = run["models"][model]
            self.assertEqual({kind: counted[kind] for kind in truth.KINDS}, usage.tokens)
            self.assertEqual(counted["steps"], usage.steps)
            self.assertAlmostEqual(counted["cost_usd"], usage.cost_usd, places=8)

    def wait_for_total(self):
        """Until the file holds what the log holds."""
        wanted = truth.usage(self.records()).total
        wait_until(lambda: self.stats().get("total", {}).get("totalTokens") == wanted, f"a total of {wanted}")

    def test_every_kind_of_turn_is_in_it(self):
        with self.opencode.serve() as server:
            session = server.create_session()
            server.prompt(session, "Say hello mock:tools3,cache,reason")
            server.prompt(session, "Say hello", model=OTHER)
            server.prompt(session, "Say hello", model=FREE)
            server.prompt(session, "Delegate mock:subagent,childtool")
            sent = self.provider.pieces_sent[session]
            server.prompt_async(session, "Talk long mock:slow")
            wait_until(lambda: self.provider.pieces_sent[session] > sent + 3, "the slow answer to be under way")
            self.wait_for_state(session, "busy")
            self.assertFalse(self.stats()["session"]["isIdle"])
            server.abort(session)
            self.wait_for_state(session, "idle")
            self.wait_for_total()
            stats = self.stats()
        for part in ("session", "daily", "total"):
            with self.subTest(part):
                self.assert_part(stats[part], self.records())
        self.assertTrue(stats["session"]["isIdle"])
        self.assertLessEqual(stats["session"]["startTime"], stats["session"]["idleSince"])
        self.assertEqual(stats["daily"]["date"], datetime.date.today().isoformat())
        run, = stats["octally"]["runs"]
        self.assert_run(run, self.records())
        parents = {s["id"]: s["parent"] for s in run["sessions"]}
        child, = {r["session"] for r in self.records() if r["parent_session"]}
        self.assertEqual(parents, {session: None, child: session})

    def wait_for_state(self, session, state):
        def states():
            runs = self.stats().get("octally", {}).get("runs", [])
            return {s["id"]: s["state"] for run in runs for s in run["sessions"]}

        wait_until(lambda: states().get(session) == state, f"{session} to be {state}")

    def test_several_processes_at_once_lose_and_repeat_nothing(self):
        with self.opencode.serve() as server:
            served = server.create_session()
            runs = [self.opencode.start_run(f"Hello {n} mock:tools3,cache") for n in range(2)]
            for _ in range(3):
                server.prompt(served, "Say hello mock:tool", model=OTHER)
            sessions = [served, *(self.opencode.finish_run(run) for run in runs)]
            self.wait_for_total()
            stats = self.stats()
        for part in ("daily", "total"):
            self.assert_part(stats[part], self.records())
        self.assertEqual(len(stats["octally"]["runs"]), 3)
        for run in stats["octally"]["runs"]:
            own = [s["id"] for s in run["sessions"]]
            self.assertEqual(len(own), 1)
            sessions.remove(own[0])
            self.assert_run(run, self.records(*own))
        newest = max(stats["octally"]["runs"], key=lambda run: run["last_activity_ms"])
        self.assert_part(stats["session"], self.records(newest["sessions"][0]["id"]))

    def test_a_new_process_begins_a_run_and_keeps_the_total(self):
        self.opencode.run("Say hello")
        second = self.opencode.run("Say hello mock:tool")
        stats = self.stats()
        self.assert_part(stats["session"], self.records(second))
        self.assert_part(stats["total"], self.records())
        ended = [run["ended_ms"] for run in stats["octally"]["runs"]]
        self.assertTrue(all(ended), ended)

    def test_a_continued_session_and_a_fork_are_not_counted_again(self):
        session = self.opencode.run("Say hello mock:tool")
        self.opencode.run("Once more", session=session)
        self.opencode.run("In a fork", session=session, extra=["--fork"])
        self.assert_part(self.stats()["total"], self.records())

    def test_it_is_private_and_leaves_nothing_behind(self):
        self.opencode.run("Say hello")
        self.assertEqual(self.file.stat().st_mode & 0o777, 0o600)
        ours = sorted(name for name in os.listdir(self.opencode.data) if "stats" in name)
        self.assertLessEqual(set(ours), {"stats.json", "stats.json.lock"})
        self.assertNotIn("Say hello", self.file.read_text())
        self.assertNotIn("Mock answer", self.file.read_text())
