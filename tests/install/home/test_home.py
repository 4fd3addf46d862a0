# SPDX-License-Identifier: GPL-3.0-or-later
"""install.sh in a home folder of its own, on any machine: no user manager, no bus, no desktop of the developer's.

The program is the real one ($OCTALLY_BIN). What needs a running systemd is in ../booted.
"""

import os
import pathlib
import pty
import resource
import shutil
import stat
import subprocess
import tempfile
import unittest

REPO = pathlib.Path(__file__).resolve().parents[3]
INSTALL = REPO / "packaging/install.sh"
PLUGIN = ".config/opencode/plugin/octally.js"
UNIT = ".local/share/systemd/user/octally.service"
BUS_FILE = ".local/share/dbus-1/services/io.github.octally.Octally.service"
ENTRY = ".local/share/applications/io.github.octally.Octally.desktop"
ICONS = ".local/share/icons/hicolor"
CONFIG = ".config/octally/config.toml"
COMPLETION = ".local/share/bash-completion/completions/octally"
EXTENSION = ".local/share/gnome-shell/extensions/octally@octally.github.io"
MANUAL = ".local/share/man/man1"


class InHome(unittest.TestCase):
    def setUp(self):
        self.program = os.environ.get("OCTALLY_BIN", "")
        if not os.access(self.program, os.X_OK):
            self.skipTest("OCTALLY_BIN names no program; build it first")
        self.box = pathlib.Path(tempfile.mkdtemp(prefix="octally install "))
        self.addCleanup(shutil.rmtree, self.box)
        self.home = self.box / "home of somebody"
        self.home.mkdir()
        (self.box / "runtime").mkdir(mode=0o700)

    def environment(self, **more):
        # A runtime folder of its own: the developer's bus and user manager stay out of it.
        return {"HOME": str(self.home), "PATH": os.environ["PATH"], "TMPDIR": str(self.box),
                "XDG_RUNTIME_DIR": str(self.box / "runtime"), "LANG": "C.UTF-8", **more}

    def call(self, *options, expect=0, **more):
        done = subprocess.run([INSTALL, *options], env=self.environment(**more), cwd="/", stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def install(self, *options, **more):
        return self.call("--binary", self.program, "--no-extension", *options, **more)

    def listing(self):
        """{path: mode, and for files what tells a rewritten one}"""
        result = {}
        for path in sorted(self.home.rglob("*")):
            info = path.lstat()
            file = (info.st_size, info.st_mtime_ns, info.st_ino) if stat.S_ISREG(info.st_mode) else ()
            result[str(path.relative_to(self.home))] = (oct(info.st_mode), *file)
        return result

    def write(self, relative, text="{}\n"):
        path = self.home / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path


class Installing(InHome):
    def test_a_dry_run_names_every_file_and_writes_none(self):
        said = self.install("--dry-run", "--plugin")
        for file in (".local/bin/octally", CONFIG, PLUGIN, UNIT, BUS_FILE, ENTRY, COMPLETION, f"{MANUAL}/octally-report.1"):
            self.assertIn(f"would install {self.home}/{file}\n", said)
        self.assertEqual(self.listing(), {})

    def test_the_files_are_in_place_with_absolute_paths(self):
        said = self.install("--plugin")
        program = self.home / ".local/bin/octally"
        self.assertEqual(program.read_bytes(), pathlib.Path(self.program).read_bytes())
        self.assertEqual(stat.S_IMODE(program.stat().st_mode), 0o755)
        self.assertIn(f'\nExecStart="{program}" daemon\n', (self.home / UNIT).read_text())
        self.assertIn(f'\nExec="{program}" daemon\n', (self.home / BUS_FILE).read_text())
        self.assertIn(f'\nExec="{program}" top\n', (self.home / ENTRY).read_text())
        for icon in ("scalable/apps/io.github.octally.Octally.svg", "symbolic/apps/io.github.octally.Octally-symbolic.svg"):
            self.assertTrue((self.home / ICONS / icon).is_file(), icon)
        self.assertEqual((self.home / PLUGIN).read_bytes(), (REPO / "plugin/dist/octally.js").read_bytes())
        self.assertEqual(stat.S_IMODE((self.home / CONFIG).stat().st_mode), 0o600)
        self.assertIn("not in PATH", said)

    def test_completions_and_manual_pages_are_those_of_the_program(self):
        self.install()
        script = subprocess.run([self.program, "completions", "bash"], capture_output=True, check=True).stdout
        self.assertEqual((self.home / COMPLETION).read_bytes(), script)
        shells = {"zsh": ".local/share/zsh/site-functions/_octally", "fish": ".config/fish/completions/octally.fish"}
        for shell, file in shells.items():
            self.assertEqual((self.home / file).exists(), shutil.which(shell) is not None, shell)
        pages = {page.name for page in (self.home / MANUAL).iterdir()}
        self.assertLessEqual({"octally.1", "octally-report.1", "octally-export.1"}, pages)

    def test_a_program_that_writes_neither_is_installed_without(self):
        older = self.box / "older octally"
        older.write_text("#!/bin/sh\n[ $# = 0 ] || exit 2\n")
        older.chmod(0o755)
        said = self.call("--binary", str(older), "--no-extension")
        self.assertIn("skipped: completions for bash", said)
        self.assertIn("skipped: manual pages", said)
        self.assertFalse((self.home / COMPLETION).exists())

    def test_it_ends_with_the_programs_own_glance(self):
        said = self.install()
        glance = subprocess.run([self.program], env=self.environment(), capture_output=True, text=True)
        self.assertTrue(glance.stdout + glance.stderr)
        self.assertIn((glance.stdout + glance.stderr).strip().splitlines()[0], said)

    def test_a_second_run_changes_nothing(self):
        self.install("--plugin")
        before = self.listing()
        self.assertIn("nothing to do", self.install())
        self.assertEqual(self.listing(), before)

    def test_only_what_differs_is_written_again(self):
        self.install("--plugin")
        before = self.listing()
        (self.home / PLUGIN).write_text("// an older one\n")
        self.install()
        changed = [path for path, info in self.listing().items() if info != before.get(path)]
        self.assertEqual([p for p in changed if not p.endswith("plugin")], [PLUGIN])

    def test_a_configuration_of_the_users_stays(self):
        config = self.write(CONFIG, "[alerts]\nidle_threshold_minutes = 5\n")
        self.install()
        self.assertEqual(config.read_text(), "[alerts]\nidle_threshold_minutes = 5\n")

    def test_xdg_folders_are_respected_and_relative_ones_ignored(self):
        data, config = self.box / "data", self.box / "config"
        self.install("--plugin", XDG_DATA_HOME=str(data), XDG_CONFIG_HOME=str(config), XDG_STATE_HOME="relative")
        self.assertTrue((data / "dbus-1/services/io.github.octally.Octally.service").is_file())
        self.assertTrue((config / "opencode/plugin/octally.js").is_file())
        self.assertFalse((self.home / ".config").exists())
        self.assertTrue((self.home / ".local/state/octally").is_dir())

    def test_a_path_with_every_odd_character_survives(self):
        self.home = self.box / 'a "quoted" 100% $HOME `x` \\ home'
        self.home.mkdir()
        self.install()
        escaped = str(self.home).replace("\\", "\\\\").replace('"', '\\"')
        unit = escaped.replace("%", "%%").replace("$", "$$")
        bus = escaped.replace("$", "\\$").replace("`", "\\`")
        self.assertIn(f'ExecStart="{unit}/.local/bin/octally" daemon', (self.home / UNIT).read_text())
        entry = bus.replace("\\", "\\\\").replace("%", "%%")
        self.assertIn(f'Exec="{bus}/.local/bin/octally" daemon', (self.home / BUS_FILE).read_text())
        self.assertIn(f'Exec="{entry}/.local/bin/octally" top', (self.home / ENTRY).read_text())


class Plugin(InHome):
    def answer(self, text, *options):
        """Runs install.sh on a terminal on which somebody types text."""
        pid, terminal = pty.fork()
        if pid == 0:
            command = [str(INSTALL), "--binary", self.program, "--no-extension", *options]
            os.execve(INSTALL, command, self.environment())
        os.write(terminal, text.encode())
        said = b""
        while True:
            try:
                said += (part := os.read(terminal, 4096))
            except OSError:  # how Linux says that the other side has closed a terminal
                part = b""
            if not part:
                break
        os.close(terminal)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0, said.decode())
        return said.decode()

    def test_nobody_to_ask_means_no_plugin(self):
        self.write(".config/opencode/opencode.json")
        self.assertIn("skipped: the plugin of OpenCode: nobody to ask; use --plugin", self.install())
        self.assertFalse((self.home / PLUGIN).exists())

    def test_it_is_asked_for_and_told_what_it_costs(self):
        self.write(".config/opencode/opencode.json")
        said = self.answer("n\n")
        self.assertIn("fetches its own plugin package from npm", said)
        self.assertFalse((self.home / PLUGIN).exists())
        self.answer("y\n")
        self.assertTrue((self.home / PLUGIN).exists())

    def test_without_opencode_there_is_nothing_to_ask(self):
        said = self.install(PATH="/usr/bin:/bin")
        self.assertIn("skipped: the plugin of OpenCode: no OpenCode was found", said)

    def test_a_second_copy_is_reported(self):
        self.write(".config/opencode/plugins/octally.js")
        said = self.call("--binary", self.program, "--no-extension", "--plugin", expect=1)
        self.assertIn("plugins/octally.js is a second copy", said)


# On a session bus without systemd: the program is installed, asked for, replaced, and asked for again.
ON_A_BUS = """
set -e
bus() { gdbus call --session --dest org.freedesktop.DBus --object-path /org/freedesktop/DBus --method "$@"; }
start() { bus org.freedesktop.DBus.StartServiceByName "$NAME" 0 >/dev/null; }
pid() { bus org.freedesktop.DBus.GetConnectionUnixProcessID "$NAME" | grep -o '[0-9]*' | tail -n 1; }
"$INSTALL" --binary "$OCTALLY_BIN" --no-extension >/dev/null
start
old=$(pid)
readlink "/proc/$old/exe"
chmod 700 "$HOME/.local/bin/octally"
"$INSTALL" --binary "$OCTALLY_BIN" --no-extension >/dev/null
timeout 20 tail --pid="$old" -f /dev/null
start
readlink "/proc/$(pid)/exe"
"$INSTALL" --uninstall --purge >/dev/null
bus org.freedesktop.DBus.ListActivatableNames | grep -c "$NAME" || true
"""


class WithoutSystemd(InHome):
    def test_the_bus_starts_the_program_that_is_installed(self):
        for command in ("dbus-run-session", "gdbus"):
            if not shutil.which(command):
                self.skipTest(f"there is no {command}")
        environment = self.environment(
            INSTALL=str(INSTALL), OCTALLY_BIN=self.program, NAME="io.github.octally.Octally",
            # A bus looks up its user's home folder elsewhere than in HOME.
            XDG_DATA_HOME=str(self.home / ".local/share"))
        done = subprocess.run(["dbus-run-session", "--", "bash", "-c", ON_A_BUS], env=environment, cwd="/",
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
        program = f"{self.home}/.local/bin/octally"
        self.assertEqual(done.stdout.split("\n"), [program, program, "0", ""], done.stderr)
        self.assertEqual(self.listing(), {})


# A desktop whose list of extensions is the administrator's: gsettings can read it and not write.
LOCKED_DESKTOP = {
    "gnome-shell": "#!/bin/sh\necho GNOME Shell 48.7\n",
    "gsettings": """#!/bin/sh
case $1 in
    get) echo "@as []" ;;
    set) echo "The key is not writable" >&2; exit 1 ;;
esac
""",
}


class LockedDesktop(InHome):
    def test_a_list_of_extensions_that_cannot_be_written_stops_nothing_else(self):
        if not shutil.which("glib-compile-schemas"):
            self.skipTest("there is no glib-compile-schemas")
        programs = self.box / "programs"
        programs.mkdir()
        for name, text in LOCKED_DESKTOP.items():
            (programs / name).write_text(text)
            (programs / name).chmod(0o755)
        path = f"{programs}:{os.environ['PATH']}"
        said = self.call("--binary", self.program, expect=1, PATH=path)
        self.assertIn("could not be enabled; after the next login run: gnome-extensions enable", said)
        self.assertTrue((self.home / EXTENSION / "metadata.json").is_file())
        self.assertTrue((self.home / UNIT).is_file())


class Uninstalling(InHome):
    def test_the_home_folder_is_as_it_was_before(self):
        self.write(".local/bin/other")
        self.write(".config/opencode/opencode.json")
        (self.home / ".config/opencode/plugin").mkdir()
        before = {path: info[0] for path, info in self.listing().items()}
        self.install("--plugin")
        self.assertNotEqual({path: info[0] for path, info in self.listing().items()}, before)
        self.call("--uninstall", "--purge")
        self.assertEqual({path: info[0] for path, info in self.listing().items()}, before)

    def test_an_empty_home_is_empty_again(self):
        self.install("--plugin")
        self.call("--uninstall", "--purge")
        self.assertEqual(self.listing(), {})

    def test_figures_and_settings_stay_unless_told_otherwise(self):
        self.install()
        ledger = self.write(".local/share/octally/ledger.db", "figures")
        config = self.write(CONFIG, "[alerts]\nidle_threshold_minutes = 5\n")
        stats = self.write(".local/share/opencode/stats.json", '{"octally": {}}')
        said = self.call("--uninstall")
        for file in (ledger, config, stats):
            self.assertTrue(file.exists())
            self.assertIn(f"skipped: {file} (kept;", said)
        self.call("--uninstall", "--purge")
        self.assertEqual([p for p in self.home.rglob("*") if p.is_file()], [])

    def test_locks_and_drafts_go_and_files_of_others_stay(self):
        self.install()
        data = ".local/share/opencode"
        ours = [self.write(f"{data}/stats.json.{end}") for end in ("lock", "lock.break", "tmp-1-a")]
        others = [self.write(f"{data}/{name}") for name in ("stats.json", "opencode.db", "auth.json")]
        self.call("--uninstall", "--purge")
        self.assertEqual([p.exists() for p in ours], [False] * 3)
        self.assertEqual([p.exists() for p in others], [True] * 3)

    def test_what_killed_processes_and_damaged_files_have_left_goes(self):
        self.install()
        drafts = [
            self.write(".local/state/octally/prices.json.tmp-4711"), self.write(".local/state/octally/.alerts.json.a1B2c3"),
            self.write(".local/state/octally/host-id.4711.new"), self.write(".config/octally/.config.toml.a1B2c3.octally-new"),
        ]
        damaged = self.write(".local/share/opencode/stats.json.corrupt-1795172640000")
        self.assertIn(f"skipped: {damaged} (kept;", self.call("--uninstall"))
        self.assertEqual([p.exists() for p in drafts], [False] * 4)
        self.call("--uninstall", "--purge")
        self.assertEqual([p for p in self.home.rglob("*") if p.is_file()], [])

    def test_every_listed_data_folder_is_tidied_up(self):
        folders = [self.box / name for name in ("one", "two")]
        locks = [folder / "stats.json.lock" for folder in folders]
        for lock in locks:
            lock.parent.mkdir()
            lock.write_text("")
        # As the program reads the list: with blanks, and with a comma at the end.
        self.call("--uninstall", OPENCODE_DATA_DIR=f" {folders[0]} , {folders[1]},")
        self.assertEqual([lock.exists() for lock in locks], [False, False])

    def test_a_link_to_an_extension_that_is_gone_goes(self):
        link = self.home / EXTENSION
        link.parent.mkdir(parents=True)
        link.symlink_to(self.box / "gone")
        self.assertIn(f"remove {link}", self.call("--uninstall"))
        self.assertFalse(link.is_symlink())

    def test_a_dry_run_removes_nothing(self):
        self.install("--plugin")
        before = self.listing()
        said = self.call("--uninstall", "--purge", "--dry-run")
        self.assertIn(f"would remove {self.home}/{PLUGIN}", said)
        self.assertEqual(self.listing(), before)

    def test_nothing_installed_is_no_error(self):
        self.assertIn("not installed here", self.call("--uninstall"))


class WrongUse(InHome):
    def test_each_mistake_is_one_line_that_says_how_to_mend_it(self):
        cases = [
            (["--no-such"], 2, "unknown option --no-such; see"),
            (["--binary"], 2, "--binary needs a file; see"),
            (["--purge"], 2, "go with --uninstall; see"),
            (["--binary", "/no/such"], 1, "/no/such is not a program; give"),
        ]
        for options, status, words in cases:
            with self.subTest(options):
                said = self.call(*options, expect=status)
                self.assertIn(words, said)
                self.assertEqual(len(said.splitlines()), 1, said)
        self.assertEqual(self.listing(), {})

    def test_a_home_that_is_no_folder(self):
        self.assertIn("set it to your home folder", self.call("--dry-run", expect=1, HOME="/no/such"))

    def test_a_folder_that_cannot_be_written_to(self):
        self.write(".local", "a file where a folder should be")
        self.assertIn(f"cannot make the folder {self.home}/.local", self.call("--binary", self.program, expect=1))

    def test_what_cannot_be_written_whole_is_not_left_in_part(self):
        # A limit on the size of files meets the copy as a full disk does, in the middle.
        command = [INSTALL, "--binary", self.program, "--no-extension"]
        done = subprocess.run(command, env=self.environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)))
        self.assertEqual(done.returncode, 1)
        self.assertIn("octally; make the folder writable, or free space", done.stderr)
        self.assertEqual(list((self.home / ".local/bin").iterdir()), [])

    def test_help_names_every_option(self):
        text = self.call("--help")
        for line in INSTALL.read_text().splitlines():
            option = line.strip().split(")")[0].split(" |")[0]
            if option.startswith("--") and line.strip().endswith((";;", ")")):
                self.assertIn(option, text)


if __name__ == "__main__":
    unittest.main()
