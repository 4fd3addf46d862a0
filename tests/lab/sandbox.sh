#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs a command in the test tree as an ordinary user (uid 1000, name dev), without root and without
# network: only its own loopback. The tree is read-only; /tmp, /run and /home are the sandbox's own
# and gone afterwards; all processes die with this one. Several may run at once on one tree.
#
#   sandbox.sh [BWRAP-OPTION...] -- COMMAND...
#
#   /octally        this repository, read-only
#   /out            $OCTALLY_TEST_OUT (target/tests), what is to be kept
#   /opt/opencode   what fetch-opencode.sh left in the cache, when it is there
#   /opt/bin        the folder of $OCTALLY_BIN (target/ci/octally), when it is there
#
# OCTALLY_TEST_ROOT names another tree than the cached trixie.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/octally-tests
root=${OCTALLY_TEST_ROOT:-$cache/root-trixie}
out=${OCTALLY_TEST_OUT:-$top/target/tests}
binary=${OCTALLY_BIN:-${CARGO_TARGET_DIR:-$top/target}/ci/octally}

options=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do options+=("$1"); shift; done
[ $# -gt 1 ] || { echo "usage: sandbox.sh [BWRAP-OPTION...] -- COMMAND..." >&2; exit 2; }
shift
[ -e "$root.ready" ] || { echo "sandbox.sh: no test tree in $root: run $here/build-root.sh" >&2; exit 1; }
mkdir -p "$out"

optional=()
[ -d "$cache/opencode" ] && optional+=(--ro-bind "$cache/opencode" /opt/opencode)
[ -x "$binary" ] && optional+=(--ro-bind "$(dirname "$binary")" /opt/bin --setenv OCTALLY_BIN "/opt/bin/$(basename "$binary")")
[ -n "${CI:-}" ] && optional+=(--setenv CI "$CI")

exec bwrap \
    --ro-bind "$root" / --dev /dev --proc /proc --ro-bind /sys /sys \
    --tmpfs /tmp --tmpfs /run --dir /run/systemd/seats --tmpfs /home --dir /home/dev --tmpfs /opt \
    --ro-bind "$top" /octally --bind "$out" /out --chdir /home/dev \
    --unshare-user --unshare-pid --unshare-ipc --unshare-net --unshare-uts --hostname lab \
    --uid 1000 --gid 1000 --die-with-parent --new-session --clearenv \
    --setenv PATH /usr/bin:/bin --setenv LANG C.UTF-8 --setenv TZ "${OCTALLY_TEST_TZ:-Europe/Berlin}" \
    --setenv USER dev --setenv LOGNAME dev --setenv HOME /home/dev --setenv OUT /out \
    --setenv PYTHONPATH /octally/tests/lab --setenv PYTHONDONTWRITEBYTECODE 1 --setenv PYTHONUNBUFFERED 1 \
    "${optional[@]}" "${options[@]}" "$@"
