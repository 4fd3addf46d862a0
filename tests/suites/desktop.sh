#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# the extension in a real GNOME Shell (tests/extension)
# shellcheck source=tests/suites/checks.sh
. "$(dirname "$0")/checks.sh"

right_to_left() { # COMMAND...: in the sandbox, beside a GNOME Shell that is mirrored
    "$top/tests/lab/sandbox.sh" --setenv CLUTTER_TEXT_DIRECTION rtl -- /octally/tests/lab/session.sh "$@"
}

need_sandbox || { check "the test tree is here" false; finish; }
need_octally || { check "the executable is built" false; finish; }
count_lines desktop in_session python3 /octally/tests/lab/runner.py desktop /octally/tests/extension
count_lines mirrored right_to_left python3 /octally/tests/lab/runner.py mirrored /octally/tests/extension BarLooks
finish
