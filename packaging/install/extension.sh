# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The GNOME Shell extension: its files, its compiled schema, and its place among the enabled ones.

OLDEST_SHELL=46

install_extension() {
    wants_extension || return 0
    stage_extension "$WORK/extension"
    put_folder "$WORK/extension" "$EXTENSION_FOLDER"
    enable_extension
    ! did "install $EXTENSION_FOLDER" ||
        say "GNOME Shell loads new extensions at the next login: log out and in again to see Octally in the top bar."
}

wants_extension() {
    local version
    if [ "$EXTENSION" = no ]; then
        skip "the GNOME Shell extension (--no-extension)"
    elif ! have gnome-shell; then
        skip "the GNOME Shell extension: there is no GNOME Shell"
    elif version=$(shell_version) && [ "${version:-0}" -lt $OLDEST_SHELL ]; then
        skip "the GNOME Shell extension: it needs GNOME Shell $OLDEST_SHELL, this is ${version:-of unknown version}"
    elif ! have glib-compile-schemas; then
        skip "the GNOME Shell extension: glib-compile-schemas is missing; install libglib2.0-bin (Debian, Ubuntu)" \
            "or glib2 (Fedora, Arch) and run this again"
    elif ! have python3; then
        skip "the GNOME Shell extension: python3, which packs it, is missing; install it and run this again"
    else
        return 0
    fi
    return 1
}

shell_version() { gnome-shell --version 2>/dev/null | sed -n 's/^GNOME Shell \([0-9]*\).*/\1/p'; }

# What pack.sh would put into a release, unpacked as the shell wants it.
stage_extension() {
    local zip
    zip=$("$REPO/extension/pack.sh" "$WORK") || die "$REPO/extension/pack.sh failed; mend what is reported above"
    mkdir -- "$1"
    python3 -m zipfile -e "$zip" "$1"
    glib-compile-schemas --strict "$1/schemas" || die "the settings schema in $REPO/extension/schemas does not compile"
    chmod -R u=rwX,go=rX -- "$1"
}

# By the setting, since the running shell does not know the extension before the next login.
enable_extension() {
    if ! settings get org.gnome.shell enabled-extensions >"$WORK/enabled" 2>/dev/null; then
        skip "enabling the extension: GNOME's settings cannot be read here; after the next login run:" \
            "gnome-extensions enable $EXTENSION_ID"
        return 0
    fi
    if ! grep -qF "'$EXTENSION_ID'" "$WORK/enabled"; then
        act "enable $EXTENSION_ID" set_extension_list enabled-extensions add
    fi
    if settings get org.gnome.shell disabled-extensions | grep -qF "'$EXTENSION_ID'"; then
        act "take $EXTENSION_ID off the disabled extensions" set_extension_list disabled-extensions drop
    fi
    if [ "$(settings get org.gnome.shell disable-user-extensions)" = true ]; then
        say "All extensions are switched off in GNOME; to switch them on:" \
            "gsettings set org.gnome.shell disable-user-extensions false"
    fi
}

# set_extension_list KEY add|drop
set_extension_list() {
    local list
    list=$(settings get org.gnome.shell "$1" | without_extension)
    [ "$2" = drop ] || list=${list:+$list, }"'$EXTENSION_ID'"
    # A list that the administrator has fixed cannot be written.
    settings set org.gnome.shell "$1" "[$list]" || true
    settings get org.gnome.shell "$1" >"$WORK/list"
    if [ "$2" = add ] && ! grep -qF "'$EXTENSION_ID'" "$WORK/list"; then
        complain "$EXTENSION_ID could not be enabled; after the next login run: gnome-extensions enable $EXTENSION_ID"
    fi
}

# The inside of a printed string array, without our id: '@as []' or "['a@b', 'c@d']".
without_extension() {
    sed -e 's/^@as //' -e 's/^\[//' -e 's/\]$//' -e "s/'$EXTENSION_ID'//g" \
        -e 's/\(, \)\{2,\}/, /g' -e 's/^, //' -e 's/, $//'
}

# gsettings needs a session bus to write; where none runs (a console login), a short one does.
settings() {
    local bus=${XDG_RUNTIME_DIR:-/nonexistent}/bus
    if [ -n "${DBUS_SESSION_BUS_ADDRESS:-}" ] || [ -S "$bus" ] || ! have dbus-run-session; then
        gsettings "$@"
    else
        dbus-run-session -- gsettings "$@"
    fi
}

remove_extension() {
    local key
    if have gsettings && settings list-keys org.gnome.shell >/dev/null 2>&1; then
        for key in enabled-extensions disabled-extensions; do
            if settings get org.gnome.shell $key | grep -qF "'$EXTENSION_ID'"; then
                act "take $EXTENSION_ID off GNOME's $key" set_extension_list $key drop
            fi
        done
        [ ! -d "$EXTENSION_FOLDER/schemas" ] || reset_extension_settings
    fi
    drop_folder "$EXTENSION_FOLDER"
}

# Where the zip was unpacked by hand, or in part, nobody has compiled the schema that is needed for it.
reset_extension_settings() {
    local schemas=$EXTENSION_FOLDER/schemas
    if [ ! -e "$schemas/gschemas.compiled" ] && have glib-compile-schemas &&
        glib-compile-schemas --targetdir="$WORK" "$schemas"; then
        schemas=$WORK
    fi
    act "reset the extension's settings" \
        settings --schemadir "$schemas" reset-recursively org.gnome.shell.extensions.octally ||
        complain "the extension's settings could not be reset; to do it by hand:" \
            "dconf reset -f /org/gnome/shell/extensions/octally/"
}
