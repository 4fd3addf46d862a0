#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# the extension in a real GNOME Shell (tests/extension)
# shellcheck source=tests/suites/checks.sh
. "$(dirname "$0")/checks.sh"

need_sandbox || { check "the test tree is here" false; finish; }
need_octally || { check "the executable is built" false; finish; }
count_lines desktop in_session python3 /octally/tests/lab/runner.py desktop /octally/tests/extension
finish
