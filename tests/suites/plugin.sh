#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# the OpenCode plugin: types, lints, tests, the bundled file
# shellcheck source=tests/suites/checks.sh
. "$(dirname "$0")/checks.sh"
plugin=$top/plugin
cd "$plugin" || exit 1

is_empty() { # FOLDER
    [ -z "$(ls -A "$1")" ] || { ls -A "$1"; return 1; }
}

# What lies in dist/ must be what the sources build today; built in a copy, so that nothing changes here.
dist_is_current() {
    local copy
    copy=$(mktemp -d)
    tar --exclude=./node_modules --exclude=./dist -cf - . | tar -C "$copy" -xf -
    ln -s "$plugin/node_modules" "$copy/node_modules"
    (cd "$copy" && npm run --silent build) && diff -r dist "$copy/dist"
    local status=$?
    rm -rf "$copy"
    [ $status = 0 ] || echo "dist/ is not what src/ builds: run npm run build in plugin/ and commit dist/"
    return $status
}

need_node_modules "$plugin" || { check "npm ci" false; finish; }
check "types and lints" npm run --silent check
temporary=$(mktemp -d)
count "bun test" 's/^ *\([0-9]*\) pass$/\1/p' 's/^ *\([0-9]*\) fail$/\1/p' env TMPDIR="$temporary" npx bun test
count "the bundled file in node" 's/^[#ℹ] pass \([0-9]*\)/\1/p' 's/^[#ℹ] fail \([0-9]*\)/\1/p' env TMPDIR="$temporary" node --test tests/*.node.mjs
check "the tests leave nothing behind" is_empty "$temporary"
rm -rf "$temporary"
check "dist is current" dist_is_current
finish
