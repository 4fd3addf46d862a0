# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Files and folders in the user's home, some from templates: written only when they differ, and folders remembered, so that the uninstaller
# takes away those that the installer has made and no others.

# put_file MODE SOURCE TARGET
put_file() {
    local mode=$1 source=$2 target=$3
    if [ -f "$target" ] && cmp -s -- "$source" "$target" && [ "$(stat -L -c %a -- "$target")" = "$mode" ]; then
        return 0
    fi
    act "install $target" replace_file "$mode" "$source" "$target"
}

# By rename: a running program cannot be written to, and nobody sees half a file.
replace_file() {
    make_folder "$(dirname -- "$3")"
    cp -- "$2" "$3.octally-new" || cannot_write "$3"
    chmod "$1" "$3.octally-new"
    mv -f -- "$3.octally-new" "$3"
}

# put_folder SOURCE TARGET: the whole tree, replaced when anything in it differs.
put_folder() {
    [ -d "$2" ] && diff -rq -- "$1" "$2" >/dev/null && return 0
    act "install $2" replace_folder "$1" "$2"
}

replace_folder() {
    make_folder "$(dirname -- "$2")"
    rm -rf -- "$2.octally-new"
    cp -R -- "$1" "$2.octally-new" || cannot_write "$2"
    rm -rf -- "$2"
    mv -- "$2.octally-new" "$2"
}

cannot_write() {
    rm -rf -- "$1.octally-new"
    die "cannot write $1; make the folder writable, or free space"
}

# fill TEMPLATE FOLDER: the text with the program's folder, which the caller has escaped as the text's form asks.
fill() {
    local text
    text=$(<"$1")
    printf '%s\n' "${text//@bindir@/"$2"}"
}

MADE=() # the folders made in this run

# Missing folders get mode 0700, as the XDG base directory specification asks for.
make_folder() {
    [ ! -d "$1" ] || return 0
    make_folder "$(dirname -- "$1")"
    mkdir -m 700 -- "$1" || die "cannot make the folder $1; make $(dirname -- "$1") writable"
    MADE+=("$1")
}

# On the way out, even after an error: the record's own folder belongs to the record.
note_folders() {
    [ ${#MADE[@]} -gt 0 ] || return 0
    make_folder "$(dirname -- "$FOLDERS_RECORD")"
    printf '%s\n' "${MADE[@]}" >>"$FOLDERS_RECORD"
    MADE=()
}

drop_file() {
    if [ -e "$1" ] || [ -L "$1" ]; then act "remove $1" rm -f -- "$1"; fi
}

drop_folder() {
    if [ -e "$1" ] || [ -L "$1" ]; then act "remove $1" rm -rf -- "$1"; fi
}

# The record lies in a folder that it lists itself, so it is read before it goes.
drop_made_folders() {
    [ -f "$FOLDERS_RECORD" ] && [ -z "$DRY_RUN" ] || return 0
    local folders=() folder
    mapfile -t folders < <(sort -r -- "$FOLDERS_RECORD")
    rm -f -- "$FOLDERS_RECORD"
    for folder in "${folders[@]}"; do
        [ ! -d "$folder" ] || rmdir --ignore-fail-on-non-empty -- "$folder"
    done
}
