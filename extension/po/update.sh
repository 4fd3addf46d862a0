#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Writes octally.pot from the sources and brings the translations up to it. Needs gettext.
#
#   update.sh [--check]   with --check nothing is written: it fails where a text is missing, untranslated or
#                         doubtful, lacks a plural form, or has other places ({count}) than its translation
set -eu
cd "$(dirname "$0")/.."
pot=$(mktemp)
trap 'rm -f "$pot"' EXIT

extract() {
    find . -name '*.js' ! -path './node_modules/*' ! -path './tests/*' ! -name eslint.config.js | LC_ALL=C sort |
        xgettext --from-code=UTF-8 --language=JavaScript --keyword=_ --keyword=gettext --keyword=ngettext:1,2 \
            --no-location --package-name=octally --msgid-bugs-address=https://github.com/octally/octally/issues \
            --output=- --files-from=- | sed '/^"POT-Creation-Date:/d; s/charset=CHARSET/charset=UTF-8/'
}

complain() { # FILE WHAT TEXTS: fails where there are texts
    [ -z "$3" ] || { printf '%s has %s:\n%s\n' "$1" "$2" "$3" >&2; exit 1; }
}

extract > "$pot"
if [ "${1:-}" = --check ]; then
    cmp -s "$pot" po/octally.pot || { echo "po/octally.pot is out of date: run po/update.sh" >&2; exit 1; }
    for po in po/*.po; do
        complain "$po" "doubtful texts" "$(msgattrib --only-fuzzy --no-obsolete "$po")"
        complain "$po" "texts that are no more" "$(msgattrib --only-obsolete "$po")"
        complain "$po" "untranslated texts" "$(msgmerge --quiet --no-fuzzy-matching "$po" "$pot" | msgattrib --untranslated --no-obsolete)"
    done
    po/check.py po/*.po
else
    cp "$pot" po/octally.pot
    for po in po/*.po; do
        msgmerge --quiet --update --backup=off --no-fuzzy-matching --no-location "$po" po/octally.pot
        msgattrib --no-obsolete --output-file="$po" "$po"
    done
fi
