#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# the command line with real shells, terminals, and other programs' parsers
# shellcheck source=tests/suites/checks.sh
. "$(dirname "$0")/checks.sh"

need_octally || { check "the executable is built" false; finish; }
# Debian's own Python finds Debian's modules; one more comes from PyPI. What cannot be had is a SKIPPED test.
need_packages bash zsh fish man-db tmux python3 python3-venv python3-jsonschema python3-prometheus-client
python=$cache/cli-python/bin/python
if ! "$python" -c 'import opentelemetry.proto' 2> /dev/null; then
    /usr/bin/python3 -m venv --system-site-packages "$cache/cli-python" &&
        "$python" -m pip install --quiet --disable-pip-version-check opentelemetry-proto==1.45.2
fi
[ -x "$python" ] || python=python3
count_lines cli "$python" "$top/tests/lab/runner.py" cli "$top/tests/cli"
finish
