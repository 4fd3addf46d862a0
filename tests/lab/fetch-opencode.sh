#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Puts the real OpenCode (newest 1.18) into ${XDG_CACHE_HOME:-~/.cache}/octally-tests/opencode, from npm:
#   bin/opencode   the executable
#   config/        its plugin package, which OpenCode would otherwise fetch at its first start
# Kept once it is there; --newest asks npm again.
set -euo pipefail

case $(uname -m) in
    x86_64) package=opencode-linux-x64 ;;
    aarch64) package=opencode-linux-arm64 ;;
    *) echo "fetch-opencode.sh: npm has no OpenCode for $(uname -m)" >&2; exit 1 ;;
esac
dir=${XDG_CACHE_HOME:-$HOME/.cache}/octally-tests/opencode
mkdir -p "$dir"
exec 9>"$dir.lock"
flock 9
[ "${1:-}" != --newest ] && [ -e "$dir/ready" ] && exit 0
rm -f "$dir/ready"

quiet=(--no-audit --no-fund --ignore-scripts --loglevel error)
npm install "${quiet[@]}" --prefix "$dir" "$package@~1.18" >&2
mkdir -p "$dir/bin" "$dir/config"
ln -sfn "../node_modules/$package/bin/opencode" "$dir/bin/opencode"
version=$(sed -n 's/^ *"version": "\(.*\)",*$/\1/p' "$dir/node_modules/$package/package.json")
npm install "${quiet[@]}" --prefix "$dir/config" "@opencode-ai/plugin@~1.18" >&2
echo "$version" > "$dir/ready"
