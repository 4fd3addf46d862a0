# SPDX-License-Identifier: GPL-3.0-or-later
"""The first login after install.sh: a GNOME Shell that starts then has the extension on, with no other step."""

import json
import unittest

from machine import EXTENSION, HOME, INSTALL, has_program, install, run, wait_until

SHELL_UNIT = "octally-test-shell.service"
ENVIRONMENT = ("LIBGL_ALWAYS_SOFTWARE=1", "XDG_CURRENT_DESKTOP=GNOME", "XDG_SESSION_TYPE=wayland")
ACTIVE = 1
EXTENSION_FOLDER = HOME / ".local/share/gnome-shell/extensions" / EXTENSION


def extension():
    """What the shell says about the extension: {} where it does not know it, None where no shell answers."""
    done = run("busctl", "--user", "--json=short", "call", "org.gnome.Shell", "/org/gnome/Shell",
               "org.gnome.Shell.Extensions", "GetExtensionInfo", "s", EXTENSION, check=False)
    if done.returncode:
        return None
    return {key: value["data"] for key, value in json.loads(done.stdout)["data"][0].items()}


def start_shell():
    run("systemd-run", "--user", "--quiet", f"--unit={SHELL_UNIT}", *[f"--setenv={e}" for e in ENVIRONMENT],
        "gnome-shell", "--headless", "--no-x11", "--wayland-display", "wayland-0", "--virtual-monitor", "1280x720")


class Login(unittest.TestCase):
    def setUp(self):
        if not has_program():
            self.skipTest("OCTALLY_BIN names no program; build it first")
        self.addCleanup(run, str(INSTALL), "--uninstall", "--purge")

    def test_an_extension_that_was_unpacked_by_hand_is_removed_whole(self):
        install()
        # Its schema is compiled by no one then.
        (EXTENSION_FOLDER / "schemas/gschemas.compiled").unlink()
        run("gsettings", "set", "org.gnome.shell", "enabled-extensions", "[]")
        self.assertIn("reset the extension's settings", run(str(INSTALL), "--uninstall", "--purge").stdout)
        self.assertFalse(EXTENSION_FOLDER.exists())

    def test_the_extension_is_on_and_goes_with_the_uninstall(self):
        install()
        start_shell()
        self.addCleanup(run, "systemctl", "--user", "stop", SHELL_UNIT)
        wait_until(lambda: (extension() or {}).get("state") == ACTIVE, "the extension to be active", seconds=60)
        self.assertEqual(extension()["error"], "")
        run(str(INSTALL), "--uninstall", "--purge")
        wait_until(lambda: extension().get("state") != ACTIVE, "the extension to be off")


if __name__ == "__main__":
    unittest.main()
