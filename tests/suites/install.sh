#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# packaging/install.sh in a home folder and on a booted machine with a user manager (tests/install)
# shellcheck source=tests/suites/checks.sh
. "$(dirname "$0")/checks.sh"

need_octally || { check "the executable is built" false; finish; }
need_command python3 python3
need_command dbus-run-session dbus
need_command gdbus libglib2.0-bin
count_lines install-home python3 "$top/tests/lab/runner.py" install-home "$top/tests/install/home"

if [ "$(id -u)" != 0 ]; then
    skip "the booted machine" "booting systemd needs root"
    finish
fi
need_sandbox || { check "the test tree is here" false; finish; }
count_lines install-booted "$top/tests/lab/boot.sh" -- \
    python3 /octally/tests/lab/runner.py install-booted /octally/tests/install/booted
finish
