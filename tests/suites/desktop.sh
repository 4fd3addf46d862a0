#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# the extension in a real GNOME Shell (tests/extension)
#
# All of it in GNOME Shell 48, and in 50 and 51 what OCTALLY_TEST_SHELLS says:
#   short   one test of each class, so every file is run (the default)
#   whole   all of it
#   48      nothing
# shellcheck source=tests/suites/checks.sh
. "$(dirname "$0")/checks.sh"

tests=/octally/tests/extension
runner=(python3 /octally/tests/lab/runner.py)

right_to_left() { # COMMAND...: in the sandbox, beside a GNOME Shell that is mirrored
    "$top/tests/lab/sandbox.sh" --setenv CLUTTER_TEXT_DIRECTION rtl -- /octally/tests/lab/session.sh "$@"
}

# Testing and unstable change every day. A day on which their tree cannot be built is a loud line, but no
# failure, not even where nothing may be skipped: it says nothing about the extension.
without() { # NAME REASON
    skipped=$((skipped + 1))
    echo "SKIPPED $suite, $1: $2"
}

newer_shell() { # NAME SUITE
    local only=()
    case ${OCTALLY_TEST_SHELLS:-short} in
        short) only=(--one-of-each) ;;
        whole) ;;
        48) without "$1" "OCTALLY_TEST_SHELLS is 48"; return ;;
        *) check "OCTALLY_TEST_SHELLS is short, whole or 48" false; return ;;
    esac
    need_sandbox "$2" || { without "$1" "the tree of Debian $2 cannot be built here"; return; }
    count_lines "$1" in_tree "$2" "${runner[@]}" "$1" "$tests" "${only[@]}"
}

# Pictures and logs of each tree in a folder of its own.
in_tree() { # SUITE COMMAND...
    local debian=$1; shift
    OCTALLY_TEST_ROOT=$cache/root-$debian OCTALLY_TEST_OUT=$top/target/tests/$debian in_session "$@"
}

need_sandbox || { check "the test tree is here" false; finish; }
need_octally || { check "the executable is built" false; finish; }
count_lines desktop in_session "${runner[@]}" desktop "$tests"
count_lines mirrored right_to_left "${runner[@]}" mirrored "$tests" BarLooks
newer_shell desktop-50 forky
newer_shell desktop-51 sid
finish
