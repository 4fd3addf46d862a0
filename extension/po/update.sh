#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Writes octally.pot from the sources and brings the translations up to it. Needs gettext.
#
#   update.sh [--check]   with --check nothing is written: it fails where a text is missing or untranslated
set -eu
cd "$(dirname "$0")/.."
pot=$(mktemp)
trap 'rm -f "$pot"' EXIT

extract() {
    xgettext --from-code=UTF-8 --language=JavaScript --keyword=_ --keyword=gettext --keyword=ngettext:1,2 \
        --no-location --package-name=octally --msgid-bugs-address=https://github.com/octally/octally/issues \
        --output=- ./*.js menu/*.js prefs/*.js | sed '/^"POT-Creation-Date:/d; s/charset=CHARSET/charset=UTF-8/'
}

extract > "$pot"
if [ "${1:-}" = --check ]; then
    cmp -s "$pot" po/octally.pot || { echo "po/octally.pot is out of date: run po/update.sh" >&2; exit 1; }
    for po in po/*.po; do
        missing=$(msgmerge --quiet --no-fuzzy-matching "$po" "$pot" | msgattrib --untranslated --no-obsolete)
        [ -z "$missing" ] || { printf '%s lacks:\n%s\n' "$po" "$missing" >&2; exit 1; }
    done
else
    cp "$pot" po/octally.pot
    for po in po/*.po; do msgmerge --quiet --update --backup=off --no-fuzzy-matching --no-location "$po" po/octally.pot; done
fi
