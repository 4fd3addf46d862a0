#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# packaging/install.sh on a booted machine with a user manager (tests/install)
# shellcheck source=tests/suites/checks.sh
. "$(dirname "$0")/checks.sh"

if [ "$(id -u)" != 0 ]; then
    skip "the booted machine" "booting systemd needs root"
    finish
fi
need_sandbox || { check "the test tree is here" false; finish; }
need_octally || { check "the executable is built" false; finish; }
count_lines install "$top/tests/install/run.sh"
finish
