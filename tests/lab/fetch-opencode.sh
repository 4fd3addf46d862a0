#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Puts the real OpenCode into ${XDG_CACHE_HOME:-~/.cache}/octally-tests/opencode, from npm: the newest 1.18,
# and with --older also one of each older generation, below older/VERSION. Each folder has
#   bin/opencode   the executable
#   config/        its plugin package, which OpenCode would otherwise fetch at its first start
#   ready          its version, once all of it is there
# Kept once it is there; --newest asks npm again for the newest.
set -euo pipefail

older=(
    1.1.65 # a late one of those that keep everything in JSON files
    1.2.27 # an early one with a database, which takes those files over
)

case $(uname -m) in
    x86_64) package=opencode-linux-x64 ;;
    aarch64) package=opencode-linux-arm64 ;;
    *) echo "fetch-opencode.sh: npm has no OpenCode for $(uname -m)" >&2; exit 1 ;;
esac

fetch() { # FOLDER VERSION: unless it is there
    local dir=$1 version
    local quiet=(--no-audit --no-fund --ignore-scripts --loglevel error)
    [ ! -e "$dir/ready" ] || return 0
    npm install "${quiet[@]}" --prefix "$dir" "$package@$2" >&2
    mkdir -p "$dir/bin" "$dir/config"
    ln -sfn "../node_modules/$package/bin/opencode" "$dir/bin/opencode"
    version=$(sed -n 's/^ *"version": "\(.*\)",*$/\1/p' "$dir/node_modules/$package/package.json")
    npm install "${quiet[@]}" --prefix "$dir/config" "@opencode-ai/plugin@$2" >&2
    echo "$version" > "$dir/ready"
}

dir=${XDG_CACHE_HOME:-$HOME/.cache}/octally-tests/opencode
mkdir -p "$dir"
exec 9>"$dir.lock"
flock 9
[ "${1:-}" != --newest ] || rm -f "$dir/ready"
fetch "$dir" "~1.18"
[ "${1:-}" = --older ] || exit 0
for version in "${older[@]}"; do fetch "$dir/older/$version" "$version"; done
