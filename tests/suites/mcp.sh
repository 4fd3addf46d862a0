#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# octally mcp: the official MCP Inspector and the real OpenCode as its clients (tests/mcp)
# shellcheck source=tests/suites/checks.sh
. "$(dirname "$0")/checks.sh"

need_command python3 python3
need_command git git
need_inspector || { check "the MCP Inspector is here" false; finish; }
need_opencode --older || { check "OpenCode is here" false; finish; }
need_octally || { check "the executable is built" false; finish; }
export INSPECTOR OPENCODE_INSTALLED=$cache/opencode PYTHONPATH=$top/tests/lab PYTHONDONTWRITEBYTECODE=1
count_lines mcp python3 "$top/tests/lab/runner.py" mcp "$top/tests/mcp"
finish
