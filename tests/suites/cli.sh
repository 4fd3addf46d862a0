#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# the command line with real shells, terminals, and other programs' parsers
# shellcheck source=tests/suites/checks.sh
. "$(dirname "$0")/checks.sh"

need_octally || { check "the executable is built" false; finish; }
# Debian's own Python finds Debian's modules. What cannot be had is a SKIPPED test.
need_packages bash zsh fish man-db python3 python3-jsonschema python3-prometheus-client tmux
python=/usr/bin/python3
[ -x "$python" ] || python=python3
count_lines cli "$python" "$top/tests/lab/runner.py" cli "$top/tests/cli"
finish
