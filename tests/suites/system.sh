#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# the whole system: real OpenCode, daemon, plugin and GNOME Shell (tests/system)
# shellcheck source=tests/suites/checks.sh
. "$(dirname "$0")/checks.sh"

need_sandbox || { check "the test tree is here" false; finish; }
need_opencode --older || { check "OpenCode is here" false; finish; }
need_octally || { check "the executable is built" false; finish; }
count_lines system in_session python3 /octally/tests/lab/runner.py system /octally/tests/system
finish
