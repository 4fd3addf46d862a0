#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Packs the extension: pack.sh FOLDER writes FOLDER/octally@octally.github.io.shell-extension.zip and
# prints its path. Needs python3; with msgfmt the translations go in, without it the zip speaks English.
#
# The schema goes in as XML: `gnome-extensions install` compiles it on the user's machine. Who unpacks
# the zip by hand runs glib-compile-schemas on its folder schemas/.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd)/octally@octally.github.io.shell-extension.zip
locale=$(mktemp -d)
trap 'rm -rf "$locale"' EXIT

if command -v msgfmt > /dev/null; then
    for po in "$here"/po/*.po; do
        folder=$locale/locale/$(basename "$po" .po)/LC_MESSAGES
        mkdir -p "$folder"
        msgfmt --check-format -o "$folder/octally.mo" "$po"
    done
else
    echo "pack.sh: no msgfmt (package gettext), so the zip has no translations" >&2
fi

python3 - "$here" "$locale" "$out" <<'PYTHON'
import pathlib
import sys
import zipfile

here, locale, out = map(pathlib.Path, sys.argv[1:])
PATTERNS = ["metadata.json", "*.css", "*.js", "menu/*.js", "prefs/*.js", "icons/*.svg", "schemas/*.gschema.xml"]
files = {path.relative_to(here): path for pattern in PATTERNS for path in here.glob(pattern)}
files |= {path.relative_to(locale): path for path in locale.rglob("*.mo")}
del files[pathlib.Path("eslint.config.js")]
with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
    for name in sorted(files):
        # A fixed date: the same files give the same zip.
        info = zipfile.ZipInfo(str(name))
        info.external_attr = 0o644 << 16
        info.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(info, files[name].read_bytes())
PYTHON
echo "$out"
