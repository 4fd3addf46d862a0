#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs all tests of the project, or the suites that are named:
#
#   packaging/test.sh [SUITE...]      packaging/test.sh --list
#
# It installs what it needs by itself: Debian packages (as root or through sudo), npm packages, crates,
# a small Debian tree with a GNOME Shell, and the real OpenCode. Downloads are kept in
# ${XDG_CACHE_HOME:-~/.cache}/octally-tests, logs and screenshots in target/tests. Each suite ends with a
# line "SUITE: N passed, N failed"; the exit status is 0 when nothing failed. What cannot run here is a
# line that says SKIPPED and why; with CI=true it is a failure.
set -uo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top" || exit 1
suites=(rust scripts cli plugin extension desktop system mcp install)
minutes_per_suite=35
logs=$top/target/tests/logs

usage() { sed -n '3,/^set /{/^#/s/^# \{0,1\}//p}' "$0"; }

list() {
    local suite
    for suite in "${suites[@]}"; do
        printf '%-10s %s\n' "$suite" "$(sed -n '3s/^# //p' "tests/suites/$suite.sh")"
    done
}

run_suite() { # NAME: its output to the terminal and to its log
    local started=$SECONDS status tee_pid
    printf '\n=== %s\n' "$1"
    exec 3> >(exec tee "$logs/$1.log")
    tee_pid=$!
    # In the background, so that a signal to this script is acted on at once.
    timeout --kill-after=20 "${minutes_per_suite}m" "tests/suites/$1.sh" >&3 2>&1 3>&- < /dev/null &
    running=$!
    wait "$running"
    status=$?
    [ "$status" != 124 ] || echo "$1: stopped after $minutes_per_suite minutes" >&3
    kill_group KILL
    exec 3>&-
    wait "$tee_pid"
    note_result "$1" "$status" $((SECONDS - started))
}

# timeout leads a process group of its own: whatever the suite started is in it.
kill_group() { kill -"$1" -- "-$running" 2>/dev/null; }

stop() {
    trap - INT TERM
    kill_group TERM
    exit 130
}

note_result() { # NAME STATUS SECONDS
    local line
    line=$(grep -E "^$1: [0-9]+ passed, [0-9]+ failed" "$logs/$1.log" | tail -1)
    # A suite that dies before its closing line, or fails in spite of it, counts as one failure.
    [ -n "$line" ] || line="$1: 0 passed, 1 failed (ended with status $2 and no closing line)"
    read -r _ passed _ failed _ <<< "$line"
    if [ "$failed" = 0 ] && [ "$2" != 0 ]; then
        failed=1
        line="$line (but it ended with status $2)"
    fi
    total_passed=$((total_passed + passed))
    total_failed=$((total_failed + failed))
    summary+="$line  [$3 s]"$'\n'
}

case ${1:-} in
    -h | --help) usage; exit 0 ;;
    --list) list; exit 0 ;;
    -*) usage >&2; exit 2 ;;
esac
for suite in "$@"; do
    [ -x "tests/suites/$suite.sh" ] || { echo "test.sh: no suite named $suite; --list shows them" >&2; exit 2; }
done
[ $# -eq 0 ] || suites=("$@")

running=
trap stop INT TERM
mkdir -p "$logs"
total_passed=0 total_failed=0 summary=
for suite in "${suites[@]}"; do run_suite "$suite"; done
printf '\n=== all suites\n%s' "$summary"
for suite in "${suites[@]}"; do grep -h "^SKIPPED" "$logs/$suite.log"; done
echo "$total_passed passed, $total_failed failed"
[ "$total_failed" = 0 ]
