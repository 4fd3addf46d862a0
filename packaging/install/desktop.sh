# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What the desktop knows the daemon's notices by: name, icons, and a row in its notification settings.

ICONS=("scalable/apps/$BUS_NAME.svg" "symbolic/apps/$BUS_NAME-symbolic.svg")

install_desktop_entry() {
    local icon
    fill "$REPO/data/$BUS_NAME.desktop" "$(entry_escape "$(dirname -- "$PROGRAM")")" >"$WORK/desktop"
    put_file 644 "$WORK/desktop" "$DESKTOP_FILE"
    for icon in "${ICONS[@]}"; do put_file 644 "$REPO/data/icons/hicolor/$icon" "$ICON_FOLDER/$icon"; done
}

# Inside double quotes of Exec=, as the Desktop Entry Specification has it: quoted first, and every backslash of that
# doubled by the rules of a string; "%" begins a field code.
entry_escape() { printf '%s\n' "$1" | sed -e 's/[\\"$`]/\\&/g' -e 's/\\/\\\\/g' -e 's/%/%%/g'; }

remove_desktop_entry() {
    local icon
    drop_file "$DESKTOP_FILE"
    for icon in "${ICONS[@]}"; do drop_file "$ICON_FOLDER/$icon"; done
}
