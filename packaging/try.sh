#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Shows Octally at work without installing it, on a machine that may have neither GNOME nor OpenCode:
#
#   packaging/try.sh
#
# In a throw-away folder without network it runs the real OpenCode against a mock model on the loopback,
# the daemon, the plugin, and a real headless GNOME Shell with the extension; makes two OpenCode turns;
# leaves target/try/top-bar.png and target/try/menu.png with their figures; and prints the same figures.
# Nothing of yours is read or changed. Downloads are kept in ${XDG_CACHE_HOME:-~/.cache}/octally-tests.
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/octally-tests
mkdir -p "$cache"
# shellcheck source=tests/suites/needs.sh
. "$top/tests/suites/needs.sh"

if ! command -v apt-get > /dev/null; then
    cat >&2 <<'NEEDS'
try.sh: this runs on Debian 12 or newer. Elsewhere it would need mmdebstrap, bubblewrap, uidmap, npm,
gcc, Rust, and a Debian mirror in OCTALLY_TEST_MIRROR; packaging/install.sh works here.
NEEDS
    exit 1
fi

echo "Preparing: a Debian tree with GNOME Shell, OpenCode, and Octally itself (minutes the first time)"
need_sandbox
need_opencode
need_octally

export OCTALLY_TEST_OUT=$top/target/try
mkdir -p "$OCTALLY_TEST_OUT"
rm -f "$OCTALLY_TEST_OUT"/*.png
in_session python3 /octally/packaging/try/two_turns.py
printf '\nScreenshots: %s %s\n' "$OCTALLY_TEST_OUT/top-bar.png" "$OCTALLY_TEST_OUT/menu.png"
