# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What every suite starts with: . "$(dirname "$0")/checks.sh"
#
# Counts checks and prints the closing line. A suite calls check, count and skip as often as it likes
# and ends with finish.
set -uo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
suite=$(basename "$0" .sh)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/octally-tests
passed=0 failed=0 skipped=0
mkdir -p "$cache" "$top/target/tests"
# shellcheck source=tests/suites/needs.sh
. "$top/tests/suites/needs.sh"

check() { # NAME COMMAND...: one check, passed when the command succeeds
    local name=$1 started=$SECONDS; shift
    echo "--- $name"
    if "$@"; then
        passed=$((passed + 1))
        echo "ok      $name ($((SECONDS - started)) s)"
    else
        failed=$((failed + 1))
        echo "FAILED  $name"
    fi
}

# For a command that counts its own tests: PASSED and FAILED are sed programs that print its numbers.
# A command that fails without a failed test, or prints no number, is one failure.
count() { # NAME PASSED FAILED COMMAND...
    local name=$1 find_passed=$2 find_failed=$3 log status ok bad; shift 3
    log=$(mktemp)
    echo "--- $name"
    "$@" 2>&1 | tee "$log"
    status=${PIPESTATUS[0]}
    # Colours would hide the numbers.
    sed -i 's/\x1b\[[0-9;]*m//g' "$log"
    ok=$(sed -n "$find_passed" "$log" | sum)
    bad=$(sed -n "$find_failed" "$log" | sum)
    rm -f "$log"
    if [ "$bad" = 0 ] && { [ "$status" != 0 ] || [ "$ok" = 0 ]; }; then
        echo "FAILED  $name: status $status, $ok tests"
        bad=1
    fi
    passed=$((passed + ok))
    failed=$((failed + bad))
}

sum() { awk '{ n += $1 } END { print n + 0 }'; }

# A suite of tests/lab/runner.py or alike, whose closing line is "NAME: N passed, N failed".
count_lines() { # NAME COMMAND...
    local name=$1; shift
    count "$name" "s/^$name: \([0-9]*\) passed, .*/\1/p" "s/^$name: .* passed, \([0-9]*\) failed.*/\1/p" "$@"
}

skip() { # NAME REASON: loud, and a failure where nothing may be skipped
    if [ "${CI:-}" = true ]; then
        failed=$((failed + 1))
        echo "FAILED  $1: cannot run here: $2"
    else
        skipped=$((skipped + 1))
        echo "SKIPPED $suite, $1: $2"
    fi
}

finish() {
    local extra=
    [ "$skipped" = 0 ] || extra=", $skipped SKIPPED"
    echo "$suite: $passed passed, $failed failed$extra"
    [ "$failed" = 0 ]
    exit
}
