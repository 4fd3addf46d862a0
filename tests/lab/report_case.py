# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests of the command line's reports share: rows against the provider's log, exactly."""

import unittest

import truth


class ReportCase(unittest.TestCase):
    """A test that compares reports. Records are lines of the mock provider's log."""

    def assert_usage(self, row, usage):
        """A row of a report against a Usage of the log, to the token and to a billionth of a dollar."""
        self.assertEqual({kind: row["tokens"][kind] for kind in truth.KINDS}, usage.tokens)
        self.assertEqual(row["tokens"]["fresh"], usage.fresh)
        self.assertEqual(row["tokens"]["total"], usage.total)
        self.assertEqual(row["steps"], usage.steps)
        self.assertAlmostEqual(row["cost"]["billed_usd"], usage.cost_usd, places=8)
        self.assertEqual(row["cost"]["unpriced_steps"], usage.unpriced_steps)

    def assert_rows(self, rows, expected):
        """Rows by name against Usages by name: the same names, and each row exactly."""
        self.assertEqual(set(rows), set(expected))
        for name, usage in expected.items():
            with self.subTest(name):
                self.assert_usage(rows[name], usage)

    def assert_reports(self, octally, records):
        """The totals, the models and the sessions that these records have to give, and no problem."""
        report = octally.report("model")
        self.assertEqual(report["problems"], [])
        self.assert_usage(report["totals"], truth.usage(records))
        self.assert_rows({row["model"]: row for row in report["rows"]}, truth.by(records, truth.model_of))
        self.assert_rows(octally.rows("session", "session"), truth.by(records, lambda r: r["session"]))
