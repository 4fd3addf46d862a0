#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Inside the sandbox: pack.sh puts into the zip what GNOME's own packer does, file by file.
set -eu
cd /octally/extension
set --
for source in *.js layout.css menu prefs icons; do
    case $source in
    extension.js | prefs.js | eslint.config.js) ;;
    *) set -- "$@" "--extra-source=$source" ;;
    esac
done
mkdir /tmp/gnome /tmp/ours
gnome-extensions pack --force --podir=po "$@" --out-dir=/tmp/gnome . > /dev/null
./pack.sh /tmp/ours > /dev/null
python3 - <<'PYTHON'
import pathlib
import sys
import zipfile


def contents(folder):
    """Name -> bytes of the zip in a folder; an entry of a folder is no file."""
    [path] = pathlib.Path(folder).glob("*.zip")
    archive = zipfile.ZipFile(path)
    return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}


theirs, ours = contents("/tmp/gnome"), contents("/tmp/ours")
for name in sorted(theirs.keys() | ours.keys()):
    if theirs.get(name) != ours.get(name):
        print(f"{name}: differs, or is in one zip only", file=sys.stderr)
sys.exit(theirs != ours)
PYTHON
