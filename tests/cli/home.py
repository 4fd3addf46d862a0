# SPDX-License-Identifier: GPL-3.0-or-later
"""A home folder with OpenCode's data in it, and the real program ($OCTALLY_BIN) run inside."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

REPO = pathlib.Path(__file__).resolve().parents[2]
FIXTURES = REPO / "daemon/core/tests/fixtures"


class InHome(unittest.TestCase):
    fixture = "v1-fork-subagent-1.18.33"

    def setUp(self):
        program = os.environ.get("OCTALLY_BIN", "")
        if not os.access(program, os.X_OK):
            self.skipTest("OCTALLY_BIN names no program; build it first")
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="octally-cli-"))
        self.addCleanup(shutil.rmtree, self.home)
        (self.home / "bin").mkdir()
        (self.home / "bin/octally").symlink_to(pathlib.Path(program).resolve())
        shutil.copytree(FIXTURES / self.fixture / "opencode", self.data)

    @property
    def data(self):
        return self.home / ".local/share/opencode"

    def environment(self, **more):
        return {"HOME": str(self.home), "PATH": f"{self.home}/bin:/usr/bin:/bin", "TZ": "UTC", "LANG": "C.UTF-8",
                "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent", "TERM": "xterm", **more}

    def run_octally(self, *args, expect=0, **more):
        done = subprocess.run(["octally", *args], env=self.environment(**more), capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return done.stdout

    def need(self, command):
        if not shutil.which(command):
            self.skipTest(f"{command} is not here: apt-get install {command}")
