#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Both parts of the installer's tests, and one closing line for them. Needs root, for the booted machine, and OCTALLY_BIN.
set -uo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
log=$(mktemp)
trap 'rm -f "$log"' EXIT

python3 "$top/tests/lab/runner.py" install-home "$top/tests/install/home" | tee -a "$log"
home=$?
"$top/tests/lab/boot.sh" -- python3 /octally/tests/lab/runner.py install-booted /octally/tests/install/booted | tee -a "$log"
booted=$?

# A part that breaks off before its closing line counts as one failure.
awk -v broken_off="$((2 - $(grep -c '^install-.*: .* passed, .* failed' "$log")))" '
    /^install-[a-z]*: .* passed, .* failed/ { passed += $2; failed += $4 }
    END { printf "install: %d passed, %d failed\n", passed, failed + broken_off }' "$log"
[ $home = 0 ] && [ $booted = 0 ]
