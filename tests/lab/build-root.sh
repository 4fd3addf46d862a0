#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Builds the root tree in which the desktop tests run: a small Debian with a GNOME Shell.
#
#   build-root.sh [SUITE [DIR]]     trixie (GNOME Shell 48, the default), forky (50), sid (51)
#
# The tree goes to ${XDG_CACHE_HOME:-~/.cache}/octally-tests/root-SUITE. DIR.ready appears when it is
# whole and holds the hash of what it was built from; a tree with the right hash is left alone. The
# mirror is the one this machine's own apt uses. Needs mmdebstrap; without root also uidmap and a line
# for the user in /etc/subuid and /etc/subgid.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
suite=${1:-trixie}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/octally-tests
dir=${2:-$cache/root-$suite}

mirror() {
    apt-get indextargets --format '$(SITE) $(ORIGIN) $(SUITE)' 2>/dev/null |
        awk '$2 == "Debian" && $1 !~ /security/ { print $1; exit }'
}

# What the tree depends on: this script and its list, not the day's package versions.
key=$( (echo "$suite"; cat "$here/packages.txt" "$here/build-root.sh") | sha256sum | cut -d' ' -f1)

mkdir -p "$(dirname "$dir")"
exec 9>"$dir.lock"
flock 9
[ "$(cat "$dir.ready" 2>/dev/null)" = "$key" ] && exit 0

remove_tree() {
    [ -e "$1" ] || return 0
    # A tree that an ordinary user built belongs to mapped ids; only a namespace may delete it.
    if [ "$(id -u)" = 0 ]; then rm -rf "$1"; else mmdebstrap --unshare-helper rm -rf "$1"; fi
}

site=${OCTALLY_TEST_MIRROR:-$(mirror)}
if [ -z "$site" ]; then
    echo "build-root.sh: this machine's apt lists no Debian mirror; set OCTALLY_TEST_MIRROR to one" >&2
    exit 1
fi
packages=$(sed -e 's/#.*//' "$here/packages.txt" | tr -s ' \n' ',' | sed 's/^,//; s/,$//')

rm -f "$dir.ready"
remove_tree "$dir.building"
echo "building the $suite test tree in $dir (some minutes, about 1.1 GB)" >&2
# Newer suites are often past their Valid-Until on a snapshot mirror, so the date is not checked.
mmdebstrap --quiet --variant=apt --include="$packages" \
    --aptopt='APT::Install-Recommends "false"' \
    --aptopt='Acquire::Check-Valid-Until "false"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/help/*' \
    --customize-hook='chroot "$1" useradd -m -u 1000 -s /bin/bash dev' \
    --customize-hook='chroot "$1" localedef -i de_DE -f UTF-8 de_DE.UTF-8' \
    --customize-hook='chroot "$1" localedef -i he_IL -f UTF-8 he_IL.UTF-8' \
    --customize-hook='rm -f "$1"/etc/apt/sources.list "$1"/var/log/apt/*' \
    --customize-hook='mkdir -p "$1/lab" "$1/out" "$1/octally"' \
    --customize-hook='mkdir -p "$1/var/lib/systemd/linger" && touch "$1/var/lib/systemd/linger/dev"' \
    "$suite" "$dir.building" "deb $site $suite main" >&2

remove_tree "$dir"
mv "$dir.building" "$dir"
echo "$key" > "$dir.ready"
