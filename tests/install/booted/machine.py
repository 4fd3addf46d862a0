# SPDX-License-Identifier: GPL-3.0-or-later
"""The booted machine as the installer's tests see it: commands, the unit, the bus, and waiting."""

import os
import pathlib
import shlex
import subprocess
import time

HOME = pathlib.Path.home()
REPO = pathlib.Path(__file__).resolve().parents[3]
INSTALL = REPO / "packaging/install.sh"
NAME = "io.github.octally.Octally"
UNIT = "octally.service"
EXTENSION = "octally@octally.github.io"


def has_program():
    return os.access(os.environ.get("OCTALLY_BIN", ""), os.X_OK)


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
