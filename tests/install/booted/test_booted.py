# SPDX-License-Identifier: GPL-3.0-or-later
"""install.sh on a machine that runs systemd: tests/lab/boot.sh gives the user manager, the journal and the bus.

The tests are one story, in the order of their names: install, live with it, install again, remove. What each leaves
behind is where the next begins.
"""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time
import unittest

from machine import EXTENSION, HOME, INSTALL, NAME, REPO, UNIT
from machine import bus, has_program, install, journal, name_is_owned, run, unit, wait_until

UNIT_FILE = HOME / ".local/share/systemd/user" / UNIT
EXTRA = UNIT_FILE.parent / f"{UNIT}.d/50-this-machine.conf"
PROGRAM = HOME / ".local/bin/octally"
OPENCODE_DATA = HOME / ".local/share/opencode"
CLOSED_DATABASE = REPO / "daemon/core/tests/fixtures/1.15.13/opencode/opencode.db"
USAGE_CALL = ("busctl", "--user", "--json=short")
USAGE = (NAME, "/io/github/octally/Octally", "io.github.octally.Usage1")
PROBE = """
    touch "$HOME/not-here" 2>/dev/null && echo home-is-writable
    touch "$HOME/.local/share/probe" && rm "$HOME/.local/share/probe" && echo data-is-writable
    touch /usr/not-here 2>/dev/null && echo system-is-writable
    python3 -c 'import socket; socket.socket(socket.AF_INET)' 2>/dev/null && echo network-is-there
    true
"""


def tree(folder):
    """Every path below the folder, folders with a slash."""
    paths = (str(p.relative_to(folder)) + ("/" if p.is_dir() else "") for p in folder.rglob("*"))
    # The desktop's sound manager writes its state when it likes.
    return sorted(p for p in paths if "wireplumber" not in p)


def mount_options(pid, path):
    """The options with which a process sees the file system of a folder."""
    mounts = {}
    for line in pathlib.Path(f"/proc/{pid}/mountinfo").read_text().splitlines():
        mounts[line.split()[4].replace("\\040", " ")] = line.split()[5].split(",")
    return next(mounts[str(p)] for p in (path, *path.parents) if str(p) in mounts)


def statistics_of(pid):
    """What the plugin of a busy OpenCode with that process id would have written."""
    now_ms = int(time.time() * 1000)
    plain = {"totalTokens": 0, "tokensByModel": {}, "totalCost": 0, "costsByModel": {}}
    start_ticks = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    session = {"id": "ses_1", "parent": None, "state": "busy", "waiting_for": None, "since_ms": now_ms,
               "last_activity_ms": now_ms}
    run_record = {
        "id": "run-1", "pid": pid, "pid_start_ticks": int(start_ticks),
        "pid_namespace": os.readlink("/proc/self/ns/pid"),
        "boot_id": pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip(), "opencode": "1.18.33",
        "started_ms": now_ms, "last_activity_ms": now_ms, "ended_ms": None, "models": {}, "sessions": [session],
        "latest_steps": [],
    }
    return {
        "session": {**plain, "startTime": now_ms, "lastActivity": now_ms, "isIdle": False, "idleSince": None},
        "daily": {**plain, "date": time.strftime("%Y-%m-%d")},
        "total": {**plain, "installDate": now_ms},
        "octally": {"format": 1, "plugin": "0.1.0", "runs": [run_record]},
    }


def state():
    return json.loads(run(*USAGE_CALL, "get-property", *USAGE, "State").stdout)["data"]


class Story(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not has_program():
            raise unittest.SkipTest("OCTALLY_BIN names no program; build it first")
        # Something of the user's own in each folder that the installer shares with others.
        for own in (".local/bin/other", ".config/opencode/opencode.json", ".config/systemd/user/other.service"):
            (HOME / own).parent.mkdir(parents=True, exist_ok=True)
            (HOME / own).write_text("{}\n" if own.endswith(".json") else "\n")
        # A settings database that exists already does not count as left behind.
        run("gsettings", "set", "org.gnome.shell", "enabled-extensions", "['other@example.org']")
        cls.before = tree(HOME)
        cls.said = install("--plugin")

    def test_01_the_daemon_runs_and_starts_at_every_login(self):
        self.assertEqual(run("systemctl", "--user", "is-enabled", UNIT).stdout.strip(), "enabled")
        self.assertEqual(unit("ActiveState"), "active", journal())
        self.assertTrue(name_is_owned())
        self.assertIn("enable and start octally.service", self.said)

    def test_02_systemd_has_nothing_to_say_about_the_unit(self):
        done = run("systemd-analyze", "verify", "--user", str(UNIT_FILE), check=False)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def test_03_the_ledger_is_the_users_alone(self):
        folder = HOME / ".local/share/octally"
        self.assertEqual(folder.stat().st_mode & 0o777, 0o700)
        self.assertEqual((folder / "ledger.db").stat().st_mode & 0o777, 0o600)

    def test_04_the_bus_starts_it_on_demand(self):
        run("systemctl", "--user", "stop", UNIT)
        self.assertEqual(unit("Result"), "success", journal())  # "timeout": it had to be killed
        self.assertFalse(name_is_owned())
        run(*USAGE_CALL, "call", *USAGE, "Refresh")
        self.assertEqual(unit("ActiveState"), "active", "the bus started something else than the unit")

    def test_05_it_comes_back_after_kill_9(self):
        before = unit("MainPID")
        os.kill(int(before), signal.SIGKILL)
        wait_until(lambda: unit("MainPID") not in (before, "0") and name_is_owned(), "the daemon to be back")
        self.assertEqual(unit("NRestarts"), "1")

    def test_06_the_daemon_is_locked_in(self):
        pid = unit("MainPID")
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        self.assertRegex(status, r"NoNewPrivs:\t1")
        self.assertRegex(status, r"Seccomp:\t2")
        self.assertNotEqual(os.readlink(f"/proc/{pid}/ns/user"), os.readlink("/proc/self/ns/user"))
        for path, mode in (("/usr", "ro"), (HOME, "ro"), (HOME / ".local/share", "rw")):
            self.assertIn(mode, mount_options(pid, pathlib.Path(path)), path)

    def sandboxed(self, *command):
        """What a command says under the unit's own settings."""
        text = UNIT_FILE.read_text()
        settings = re.findall(r"^((?:Private|Protect|ReadWrite|Restrict|SystemCall|NoNew|Lock).*=.*)$", text, re.M)
        self.assertGreater(len(settings), 12)
        # systemd-run puts no specifiers in place.
        places = {"%h": HOME, "%E": HOME / ".config", "%S": HOME / ".local/state"}
        settings = [re.sub("%[hES]", lambda match: str(places[match[0]]), setting) for setting in settings]
        options = [f"--property={setting}" for setting in settings]
        done = run("systemd-run", "--user", "--quiet", "--wait", "--pipe", "--collect", *options, *command)
        return done.stdout.strip()

    def test_07_the_units_settings_keep_out_the_network_and_the_rest_of_home(self):
        self.assertEqual(self.sandboxed("bash", "-c", PROBE), "data-is-writable")

    def test_08_it_reads_a_database_that_opencode_has_closed(self):
        # Without -wal and -shm: SQLite must make them even for reading, which a read-only folder forbids.
        OPENCODE_DATA.mkdir(parents=True)
        database = OPENCODE_DATA / "opencode.db"
        shutil.copy(CLOSED_DATABASE, database)
        result = json.loads(run(*USAGE_CALL, "call", *USAGE, "Refresh").stdout)["data"][0]
        self.assertEqual(result["problems"]["data"], [])
        total = json.loads(run(*USAGE_CALL, "get-property", *USAGE, "Total").stdout)["data"]
        self.assertGreater(total["steps"]["data"], 0)
        self.assertEqual(database.read_bytes(), CLOSED_DATABASE.read_bytes())
        shutil.rmtree(OPENCODE_DATA)

    def test_09_it_sees_a_run_live_and_die_although_locked_in(self):
        process = subprocess.Popen(["sleep", "600"])
        self.addCleanup(process.kill)
        OPENCODE_DATA.mkdir(parents=True)
        self.addCleanup(shutil.rmtree, OPENCODE_DATA)
        (OPENCODE_DATA / "stats.json").write_text(json.dumps(statistics_of(process.pid)))
        wait_until(lambda: state() == "busy", "the run to be seen")
        process.kill()
        process.wait()
        wait_until(lambda: state() == "gone", "the run's end to be seen")

    def test_10_a_second_run_changes_nothing(self):
        pid, files = unit("MainPID"), self.stamps()
        said = install()
        self.assertIn("nothing to do", said)
        self.assertEqual((unit("MainPID"), self.stamps()), (pid, files))

    def stamps(self):
        paths = [p for p in HOME.rglob("*") if p.is_file() and "octally/ledger" not in str(p)]
        return {str(p): (p.stat().st_ino, p.stat().st_mtime_ns) for p in paths}

    def test_11_a_new_program_is_started(self):
        pid = unit("MainPID")
        PROGRAM.chmod(0o700)
        self.assertIn(f"install {PROGRAM}", install())
        self.assertNotEqual(unit("MainPID"), pid)
        self.assertTrue(name_is_owned())

    def test_12_the_extension_is_in_place_and_enabled(self):
        folder = HOME / ".local/share/gnome-shell/extensions" / EXTENSION
        self.assertTrue((folder / "schemas/gschemas.compiled").is_file())
        self.assertTrue((folder / "extension.js").is_file())
        self.assertFalse((folder / "tests").exists())
        enabled = run("gsettings", "get", "org.gnome.shell", "enabled-extensions").stdout.strip()
        self.assertEqual(enabled, f"['other@example.org', '{EXTENSION}']")

    def test_13_variables_of_the_shell_reach_the_daemon(self):
        elsewhere = HOME / "else where"
        elsewhere.mkdir()
        self.addCleanup(elsewhere.rmdir)
        # A list, of which the last comma means nothing.
        os.environ["OPENCODE_DATA_DIR"] = f"{elsewhere},"
        try:
            install()
        finally:
            del os.environ["OPENCODE_DATA_DIR"]
        environ = pathlib.Path(f"/proc/{unit('MainPID')}/environ").read_bytes().split(b"\0")
        self.assertIn(f"OPENCODE_DATA_DIR={elsewhere},".encode(), environ)
        self.assertIn("rw", mount_options(unit("MainPID"), elsewhere))
        install()
        self.assertFalse(EXTRA.exists())

    def test_14_without_user_namespaces_it_runs_unlocked_and_says_so(self):
        # The kernel's refusal cannot be had here without taking it from the whole machine.
        refusing = pathlib.Path("/tmp/refusing")
        refusing.mkdir()
        (refusing / "systemd-run").symlink_to("/bin/false")
        path = os.environ["PATH"]
        os.environ["PATH"] = f"{refusing}:{path}"
        try:
            said = install()
        finally:
            os.environ["PATH"] = path
        self.assertIn("skipped: the daemon's read-only view of the file system", said)
        self.assertIn("PrivateUsers=no", EXTRA.read_text())
        self.assertEqual(os.readlink(f"/proc/{unit('MainPID')}/ns/user"), os.readlink("/proc/self/ns/user"))
        self.assertRegex(pathlib.Path(f"/proc/{unit('MainPID')}/status").read_text(), r"Seccomp:\t2")

    def test_15_uninstall_leaves_nothing(self):
        pid = unit("MainPID")
        run(str(INSTALL), "--uninstall", "--purge")
        self.assertEqual(tree(HOME), self.before)
        self.assertFalse(pathlib.Path(f"/proc/{pid}").exists())
        self.assertEqual(unit("LoadState"), "not-found")
        self.assertNotIn(NAME, bus("ListActivatableNames"))
        enabled = run("gsettings", "get", "org.gnome.shell", "enabled-extensions").stdout.strip()
        self.assertEqual(enabled, "['other@example.org']")

    def test_16_removing_it_again_is_no_error(self):
        self.assertIn("nothing to do", run(str(INSTALL), "--uninstall", "--purge").stdout)


if __name__ == "__main__":
    unittest.main()
