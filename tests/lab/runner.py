# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the unittest files (test_*.py) of a folder: runner.py NAME FOLDER [--one-of-each] [PATTERN...]

One line per test with its time, then the closing line "NAME: N passed, N failed". PATTERN picks tests
by a part of their name, --one-of-each only one of each class: the one that the class names as `essence`,
else the first. A skipped test is a loud line; under CI it counts as failed.
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


def one_of_each(suite):
    """Of each class only one test, with its class's own beginning and end."""
    chosen = {}
    for test in flattened(suite):
        method = test.id().rpartition(".")[2]
        if type(test) not in chosen or method == getattr(type(test), "essence", None):
            chosen[type(test)] = test
    return unittest.TestSuite(chosen.values())


def flattened(suite):
    """The tests of a suite of suites."""
    for entry in suite:
        if isinstance(entry, unittest.TestSuite):
            yield from flattened(entry)
        else:
            yield entry


def main():
    name, folder, *patterns = sys.argv[1:]
    is_short = "--one-of-each" in patterns
    patterns = [pattern for pattern in patterns if pattern != "--one-of-each"]
    loader = unittest.TestLoader()
    loader.testNamePatterns = [f"*{pattern}*" for pattern in patterns] or None
    sys.path.insert(0, folder)
    lines = Lines()
    suite = loader.discover(folder, top_level_dir=folder)
    (one_of_each(suite) if is_short else suite).run(lines)
    skipped = f", {lines.skips} SKIPPED" if lines.skips else ""
    nothing = "" if lines.testsRun or patterns else " (no tests were found)"
    print(f"{name}: {lines.passed} passed, {lines.failed} failed{skipped}{nothing}", flush=True)
    sys.exit(1 if lines.failed or not lines.testsRun else 0)


main()
