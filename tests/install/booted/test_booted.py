# SPDX-License-Identifier: GPL-3.0-or-later
"""install.sh on a machine that runs systemd: tests/lab/boot.sh gives the user manager, the journal and the bus.

The tests are one story, in the order of their names: install, live with it, install again, remove. What each leaves
behind is where the next begins.
"""

import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import time
import unittest

HOME = pathlib.Path.home()
REPO = pathlib.Path(__file__).resolve().parents[3]
INSTALL = REPO / "packaging/install.sh"
NAME = "io.github.octally.Octally"
UNIT = "octally.service"
UNIT_FILE = HOME / ".local/share/systemd/user" / UNIT
EXTRA = UNIT_FILE.parent / f"{UNIT}.d/50-this-machine.conf"
PROGRAM = HOME / ".local/bin/octally"
OPENCODE_DATA = HOME / ".local/share/opencode"
PROBE = """
    touch "$HOME/not-here" 2>/dev/null && echo home-is-writable
    touch "$HOME/.local/share/probe" && rm "$HOME/.local/share/probe" && echo data-is-writable
    touch /usr/not-here 2>/dev/null && echo system-is-writable
    python3 -c 'import socket; socket.socket(socket.AF_INET)' 2>/dev/null && echo network-is-there
    true
"""


def run(*command, check=True):
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
    if check and done.returncode:
        raise AssertionError(f"{shlex.join(command)} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def install(*options):
    """Standard output of install.sh with the built program."""
    return run(str(INSTALL), "--binary", os.environ["OCTALLY_BIN"], *options).stdout


def unit(prop):
    return run("systemctl", "--user", "show", "--property", prop, "--value", UNIT).stdout.strip()


def bus(method, *arguments):
    service = "org.freedesktop.DBus"
    return run("busctl", "--user", "call", service, "/org/freedesktop/DBus", service, method, *arguments).stdout


def name_is_owned():
    return bus("NameHasOwner", "s", NAME).split() == ["b", "true"]


def wait_until(condition, what, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s for {what}\n{journal()}")
        time.sleep(0.02)


def journal():
    return run("journalctl", "--user", "--unit", UNIT, "--no-pager", "--lines", "20", check=False).stdout


def tree(folder):
    """Every path below the folder, folders with a slash."""
    paths = (str(p.relative_to(folder)) + ("/" if p.is_dir() else "") for p in folder.rglob("*"))
    # The desktop's sound manager writes its state when it likes.
    return sorted(p for p in paths if "wireplumber" not in p)


def mount_options(pid, path):
    """The options with which a process sees the file system of a folder."""
    mounts = {}
    for line in pathlib.Path(f"/proc/{pid}/mountinfo").read_text().splitlines():
        mounts[line.split()[4]] = line.split()[5].split(",")
    return next(mounts[str(p)] for p in (path, *path.parents) if str(p) in mounts)


def closed_database(path):
    """A database in WAL mode that its only user has closed, so that no -wal and no -shm are left."""
    script = "pragma journal_mode=wal; create table session(id text); create table message(id text);"
    path.parent.mkdir(parents=True, exist_ok=True)
    run("sqlite3", str(path), script)


class Story(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not os.access(os.environ.get("OCTALLY_BIN", ""), os.X_OK):
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
        run("busctl", "--user", "call", NAME, "/io/github/octally/Octally", "io.github.octally.Usage1", "Refresh")
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
        options = [f"--property={setting}".replace("%h", str(HOME)) for setting in settings]
        done = run("systemd-run", "--user", "--quiet", "--wait", "--pipe", "--collect", *options, *command)
        return done.stdout.strip()

    def test_07_the_units_settings_keep_out_the_network_and_the_rest_of_home(self):
        self.assertEqual(self.sandboxed("bash", "-c", PROBE), "data-is-writable")

    def test_08_a_database_that_opencode_has_closed_can_be_read_in_there(self):
        database = OPENCODE_DATA / "closed.db"
        closed_database(database)
        self.assertEqual([p.name for p in OPENCODE_DATA.iterdir()], ["closed.db"])
        self.assertEqual(self.sandboxed("sqlite3", "-readonly", str(database), "select count(*) from message"), "0")
        shutil.rmtree(OPENCODE_DATA)

    def test_09_a_second_run_changes_nothing(self):
        pid, files = unit("MainPID"), self.stamps()
        said = install()
        self.assertIn("nothing to do", said)
        self.assertEqual((unit("MainPID"), self.stamps()), (pid, files))

    def stamps(self):
        paths = [p for p in HOME.rglob("*") if p.is_file() and "octally/ledger" not in str(p)]
        return {str(p): (p.stat().st_ino, p.stat().st_mtime_ns) for p in paths}

    def test_10_a_new_program_is_started(self):
        pid = unit("MainPID")
        PROGRAM.chmod(0o700)
        self.assertIn(f"install {PROGRAM}", install())
        self.assertNotEqual(unit("MainPID"), pid)
        self.assertTrue(name_is_owned())

    def test_11_the_extension_is_in_place_and_enabled(self):
        folder = HOME / ".local/share/gnome-shell/extensions/octally@octally.github.io"
        self.assertTrue((folder / "schemas/gschemas.compiled").is_file())
        self.assertTrue((folder / "extension.js").is_file())
        self.assertFalse((folder / "tests").exists())
        enabled = run("gsettings", "get", "org.gnome.shell", "enabled-extensions").stdout.strip()
        self.assertEqual(enabled, "['other@example.org', 'octally@octally.github.io']")

    def test_12_variables_of_the_shell_reach_the_daemon(self):
        elsewhere = HOME / "else where"
        os.environ["OPENCODE_DATA_DIR"] = str(elsewhere)
        try:
            install()
        finally:
            del os.environ["OPENCODE_DATA_DIR"]
        environ = pathlib.Path(f"/proc/{unit('MainPID')}/environ").read_bytes().split(b"\0")
        self.assertIn(f"OPENCODE_DATA_DIR={elsewhere}".encode(), environ)
        install()
        self.assertFalse(EXTRA.exists())

    def test_13_without_user_namespaces_it_runs_unlocked_and_says_so(self):
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

    def test_14_uninstall_leaves_nothing(self):
        pid = unit("MainPID")
        run(str(INSTALL), "--uninstall", "--purge")
        self.assertEqual(tree(HOME), self.before)
        self.assertFalse(pathlib.Path(f"/proc/{pid}").exists())
        self.assertEqual(unit("LoadState"), "not-found")
        self.assertNotIn(NAME, bus("ListActivatableNames"))
        enabled = run("gsettings", "get", "org.gnome.shell", "enabled-extensions").stdout.strip()
        self.assertEqual(enabled, "['other@example.org']")

    def test_15_removing_it_again_is_no_error(self):
        self.assertIn("nothing to do", run(str(INSTALL), "--uninstall", "--purge").stdout)


if __name__ == "__main__":
    unittest.main()
