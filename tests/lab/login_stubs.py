# SPDX-License-Identifier: GPL-3.0-or-later
"""What a GNOME Shell wants from the system bus beyond python-dbusmock's logind template.

Adds a session and a user to the logind stand-in and serves the display manager's two registrations,
without which the shell shows warnings and has no lock screen. Runs until its bus goes; creates the
file named on the command line when it is ready.
"""

import os
import pathlib
import sys

import dbus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

MOCK = "org.freedesktop.DBus.Mock"
MANAGER = "org.freedesktop.login1.Manager"


def complete_logind(bus):
    """A session c1, and the methods that the template lacks or gets wrong for newer shells."""
    login = bus.get_object("org.freedesktop.login1", "/org/freedesktop/login1")
    login.AddSession("c1", "seat0", dbus.UInt32(os.getuid()), os.environ["USER"], True, dbus_interface=MOCK)
    user_path = 'ret = "/org/freedesktop/login1/user/%d" % args[0]'
    login.AddMethod(MANAGER, "GetUser", "u", "o", user_path, dbus_interface=MOCK)
    login.AddMethod(MANAGER, "CanRebootToBootLoaderMenu", "", "s", 'ret = "na"', dbus_interface=MOCK)


class DisplayManager(dbus.service.Object):
    """org.gnome.DisplayManager.Manager, as far as a session registers itself with it."""

    PROPERTIES = {"Version": "48.0"}

    @dbus.service.method("org.gnome.DisplayManager.Manager")
    def RegisterSession(self):
        pass

    @dbus.service.method("org.gnome.DisplayManager.Manager")
    def RegisterDisplay(self):
        pass

    @dbus.service.method("org.freedesktop.DBus.Properties", in_signature="ss", out_signature="v")
    def Get(self, _interface, name):
        return self.PROPERTIES[name]

    @dbus.service.method("org.freedesktop.DBus.Properties", in_signature="s", out_signature="a{sv}")
    def GetAll(self, _interface):
        return dbus.Dictionary(self.PROPERTIES, signature="sv")


def main():
    dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
    bus = dbus.SystemBus()
    complete_logind(bus)
    bus_name = dbus.service.BusName("org.gnome.DisplayManager", bus)
    manager = DisplayManager(bus, "/org/gnome/DisplayManager/Manager")
    pathlib.Path(sys.argv[1]).touch()
    GLib.MainLoop().run()
    del bus_name, manager  # both must outlive the loop


main()
