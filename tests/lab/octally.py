# SPDX-License-Identifier: GPL-3.0-or-later
"""The meter under test: its command line in a given home, and its daemon on this session's bus."""

import json
import os
import pathlib
import signal
import subprocess

from gi.repository import Gio, GLib

from drive import bus_call, wait_until
from opencode import environment

NAME = "io.github.octally.Octally"
PATH = "/io/github/octally/Octally"
USAGE = "io.github.octally.Usage1"
SESSIONS = "io.github.octally.Sessions1"
ALERTS = "io.github.octally.Alerts1"


class CommandLine:
    """`octally` for the person with that home. Without a ledger given, theirs."""

    def __init__(self, home=None, ledger=None):
        self.env = environment(home or pathlib.Path.home())
        if ledger:
            self.env["OCTALLY_LEDGER"] = str(ledger)

    def call(self, *arguments, expect=0):
        """Standard output as text; the exit status must be the expected one."""
        command = [os.environ["OCTALLY_BIN"], *arguments]
        done = subprocess.run(command, env=self.env, capture_output=True, text=True, timeout=60)
        if done.returncode != expect:
            raise AssertionError(f"{command} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def report(self, by, *options):
        """`octally report BY --json`, parsed."""
        return json.loads(self.call("report", by, "--json", *options))

    def rows(self, by, key, *options):
        """{key: row} of a report."""
        return {row[key]: row for row in self.report(by, *options)["rows"]}


class Daemon:
    """The daemon as the session bus starts it."""

    def __init__(self):
        self.bus = Gio.bus_get_sync(Gio.BusType.SESSION)

    def start(self):
        """Started by the bus, unless it runs; returns when it owns its name."""
        arguments = GLib.Variant("(su)", (NAME, 0))
        self.ask_bus("StartServiceByName", arguments)

    def ask_bus(self, method, arguments):
        service = "org.freedesktop.DBus"
        return bus_call(self.bus, service, "/org/freedesktop/DBus", service, method, arguments)

    def is_running(self):
        return self.ask_bus("NameHasOwner", GLib.Variant("(s)", (NAME,)))[0]

    def pid(self):
        return self.ask_bus("GetConnectionUnixProcessID", GLib.Variant("(s)", (NAME,)))[0]

    def kill(self):
        """kill -9, and waits until the bus has noticed."""
        os.kill(self.pid(), signal.SIGKILL)
        wait_until(lambda: not self.is_running(), "the daemon's name to be free")

    def get(self, name, interface=USAGE):
        """A property, unpacked."""
        arguments = GLib.Variant("(ss)", (interface, name))
        return bus_call(self.bus, NAME, PATH, "org.freedesktop.DBus.Properties", "Get", arguments)[0]

    def set_alerts(self, **changes):
        """What the user wants to be told of; each value is a GLib.Variant."""
        bus_call(self.bus, NAME, PATH, ALERTS, "SetAlerts", GLib.Variant("(a{sv})", (changes,)))

    def refresh(self):
        """The Refresh method; returns what was read."""
        return bus_call(self.bus, NAME, PATH, USAGE, "Refresh")[0]
