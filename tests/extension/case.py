# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the extension share: the shell, the extension's actors, a clean start for each test."""

import contextlib
import os
import pathlib
import signal
import subprocess
import unittest

from drive import Shell, bus_call, wait_until
from gi.repository import GLib
from peer import NAME, Peer, usage

UUID = "octally@octally.github.io"
SCHEMA = "org.gnome.shell.extensions.octally"
BUS = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
SERVICE_FILE = pathlib.Path(GLib.get_user_data_dir(), "dbus-1", "services", f"{NAME}.service")
SHELL_LOG = pathlib.Path(os.environ.get("LAB", "/tmp/lab"), "shell.log")


class ExtensionCase(unittest.TestCase):
    """One shell for all tests; no service is running and the menu is closed when a test begins."""

    shell = None
    # The bus's file for the real service. It is out of the way, so that only tests that want it start it.
    real_service = None
    # What settle() shows; a figure that no test has of its own.
    last_fresh = 900

    @classmethod
    def setUpClass(cls):
        if not ExtensionCase.shell:
            ExtensionCase.shell = Shell()
            ExtensionCase.real_service = SERVICE_FILE.read_text() if SERVICE_FILE.exists() else None
        cls.indicator = cls.shell.indicator(UUID)
        cls.menu = f"{cls.indicator}.menu.actor"
        cls.shell.wait(lambda: cls.shell.extension_state(UUID) in (1, 3), "the extension")
        # Shown only where a test asks for it: else it would be the first item of every menu.
        gsettings("set", SCHEMA, "show-pin-hint", "false")
        # One that is being started would appear in the middle of a test.
        cls.shell.wait(lambda: cls.shell.texts(cls.indicator) not in ([], ["starting"]), "the first status")
        cls.write_service_file(None)

    @classmethod
    def tearDownClass(cls):
        cls.write_service_file(cls.real_service)

    def setUp(self):
        self.log_start = SHELL_LOG.stat().st_size
        self.end_service()
        self.addCleanup(self.assert_quiet_log)
        self.addCleanup(self.clear_screen)
        self.addCleanup(self.end_service)

    def start_peer(self, **properties):
        """A stand-in for the service with these properties; the label is there when this returns."""
        peer = Peer(**properties)
        self.addCleanup(peer.kill)
        self.shell.wait(lambda: self.label() not in ("", "starting", "stopped", "not installed"), "the peer's figures")
        return peer

    def settle(self, peer):
        """Waits until the shell has handled all that the peer has sent: the label shows the last of it."""
        self.last_fresh += 1
        peer.set(Session={**usage(fresh=self.last_fresh), "id": "x"})
        self.wait_label(f"{self.last_fresh} · $0.42")

    def wait_answered(self, peer, method, times=1):
        """Waits until the peer has answered so often, late answers too, and the shell has handled it."""
        self.shell.wait(lambda: peer.answered(method) >= times, f"{times} answers of {method}")
        self.settle(peer)

    def end_service(self):
        """Ends whoever owns the service's name, and waits until the bus knows."""
        with contextlib.suppress(GLib.Error):
            (pid,) = bus_call(self.shell.session, *BUS, "GetConnectionUnixProcessID", GLib.Variant("(s)", (NAME,)))
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not self.owned(), "the service to end")

    def owned(self):
        """Whether anybody owns the service's name."""
        return bus_call(self.shell.session, *BUS, "NameHasOwner", GLib.Variant("(s)", (NAME,)))[0]

    def clear_screen(self):
        """No menu, no notification, no changed setting."""
        self.shell.eval(f"{self.indicator}?.menu.close(); 1")
        self.shell.eval("Main.messageTray.getSources().forEach(s => s.destroy()); 1")
        self.shell.wait("Main.messageTray._banner === null", "the banner to go")

    def assert_quiet_log(self):
        """The shell has logged no error that names a file of the extension."""
        with SHELL_LOG.open() as log:
            log.seek(self.log_start)
            told = log.read()
        self.assertNotIn(f"/extensions/{UUID}/", told)

    def restart_extension(self):
        """Off and on again, as a lock of the screen does."""
        self.shell.set_extension(UUID, False)
        self.shell.set_extension(UUID, True)

    @contextlib.contextmanager
    def service_file(self, command):
        """The bus starts the service with this command. Outside of this it knows no such service."""
        try:
            self.write_service_file(f"[D-BUS Service]\nName={NAME}\nExec={command}\n")
            yield
        finally:
            self.write_service_file(None)

    @classmethod
    def write_service_file(cls, text):
        """Replaces the bus's service file, or takes it away."""
        if text:
            SERVICE_FILE.parent.mkdir(parents=True, exist_ok=True)
            SERVICE_FILE.write_text(text)
        else:
            SERVICE_FILE.unlink(missing_ok=True)
        bus_call(cls.shell.session, *BUS, "ReloadConfig")

    def offer_real_service(self):
        """Lets the bus start the real service in this test."""
        if not self.real_service:
            self.skipTest("there is no built octally: set OCTALLY_BIN")
        self.write_service_file(self.real_service)
        self.addCleanup(self.write_service_file, None)

    def label(self):
        """What the panel says."""
        return " ".join(self.shell.texts(self.indicator))

    def accessible_name(self):
        """What the panel says to a screen reader."""
        return self.shell.eval(f"{self.indicator}.accessible_name")

    def mood(self):
        """The state that icon and colour show."""
        return self.shell.eval(f"{self.indicator}._readout._mood")

    def wait_label(self, text):
        """Waits until the panel says exactly this."""
        try:
            self.shell.wait(lambda: self.label() == text)
        except TimeoutError:
            raise AssertionError(f"the label is {self.label()!r} and not {text!r}") from None

    def open_menu(self):
        """Opens the menu with a click, and returns its texts."""
        self.shell.open_menu(self.indicator)
        return self.texts()

    def texts(self):
        """The texts of the open menu."""
        return self.shell.texts(self.menu)

    def wait_text(self, text):
        """Waits until some text of the menu contains this."""
        try:
            self.shell.wait(lambda: any(text in t for t in self.texts()))
        except TimeoutError:
            raise AssertionError(f"no {text!r} in the menu: {self.texts()}") from None

    def click_item(self, text):
        """Clicks the menu's item with this label."""
        self.shell.click_actor(self.shell.labelled(self.menu, text))

    def picture(self, name, pad=8):
        """A screenshot of the panel's right end and the open menu."""
        x, y, width, height = self.shell.rect(self.menu, pad)
        self.shell.screenshot(f"extension-{name}", (x, 0, width, y + height))

    def setting(self, key, value):
        """Changes a setting for this test; value in GVariant text."""
        self.addCleanup(gsettings, "set", SCHEMA, key, gsettings("get", SCHEMA, key))
        gsettings("set", SCHEMA, key, value)

    def titles(self):
        """The titles of the notifications that the shell holds."""
        return [notification["title"] for notification in self.shell.notifications()]

    def row_names(self):
        """The accessible names of the menu's visible items."""
        return self.shell.eval(
            f"[...lab.walk({self.menu})].filter(a => a.mapped && a.accessible_name).map(a => a.accessible_name)"
        )


def gsettings(*arguments):
    """The command with the schema of the installed extension; what it prints."""
    schemas = pathlib.Path(GLib.get_user_data_dir(), "gnome-shell", "extensions", UUID, "schemas")
    command = ["gsettings", "--schemadir", str(schemas), *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
