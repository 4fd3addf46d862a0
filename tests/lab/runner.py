# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the unittest files (test_*.py) of a folder: runner.py NAME FOLDER [PATTERN...]

One line per test with its time, then the closing line "NAME: N passed, N failed". PATTERN picks tests
by a part of their name. A skipped test is a loud line; under CI it counts as failed.
"""

import os
import sys
import time
import traceback
import unittest


class Lines(unittest.TestResult):
    """One line per test as it ends, the reason right below."""

    def __init__(self):
        super().__init__()
        self.passed = self.failed = self.skips = 0
        self.started = time.monotonic()

    def startTest(self, test):
        super().startTest(test)
        self.started = time.monotonic()

    def line(self, word, test, detail=""):
        print(f"{word:7} {time.monotonic() - self.started:6.1f} s  {test}{detail}", flush=True)

    def addSuccess(self, test):
        self.passed += 1
        self.line("ok", test)

    def addFailure(self, test, err):
        self.failed += 1
        self.line("FAILED", test)
        traceback.print_exception(*err, file=sys.stdout)

    addError = addFailure

    def addSubTest(self, test, subtest, err):
        if err:
            self.addFailure(subtest, err)

    def addSkip(self, test, reason):
        if os.environ.get("CI"):
            self.failed += 1
            self.line("FAILED", test, f": may not be skipped here: {reason}")
        else:
            self.skips += 1
            self.line("SKIPPED", test, f": {reason}")


def main():
    name, folder, *patterns = sys.argv[1:]
    loader = unittest.TestLoader()
    loader.testNamePatterns = [f"*{pattern}*" for pattern in patterns] or None
    sys.path.insert(0, folder)
    lines = Lines()
    loader.discover(folder, top_level_dir=folder).run(lines)
    skipped = f", {lines.skips} SKIPPED" if lines.skips else ""
    nothing = "" if lines.testsRun or patterns else " (no tests were found)"
    print(f"{name}: {lines.passed} passed, {lines.failed} failed{skipped}{nothing}", flush=True)
    sys.exit(1 if lines.failed or not lines.testsRun else 0)


main()
