# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
# --uninstall: everything that the installer, the daemon and the plugin have made. What holds the user's figures or
# choices is asked about.

uninstall_all() {
    remove_service
    remove_desktop_entry
    remove_extension
    drop_file "$PLUGIN_FILE"
    drop_file "$PROGRAM"
    remove_shell_parts
    remove_leftovers
    remove_data
    drop_made_folders
    [ ${#CHANGED[@]} -gt 0 ] || say "Octally is not installed here; nothing to do."
    tell_skipped
    ! did "remove $PLUGIN_FILE" || say "An OpenCode that is running keeps the plugin until it ends."
    exit "$FAILED"
}

# Locks and drafts, which matter to nobody once the program is gone, and a configuration that was never touched.
remove_leftovers() {
    local folder file
    while IFS= read -r folder; do
        for file in "$folder"/stats.json.{lock,lock.break} "$folder"/stats.json.tmp-*; do drop_file "$file"; done
    done < <(opencode_data_folders)
    for file in "$STATE_HOME"/octally/{prices.json.tmp-*,.alerts.json.*,host-id.*.new} \
        "$(dirname -- "$CONFIG_FILE")"/.config.toml.*.octally-new; do
        drop_file "$file"
    done
    for file in "$PROGRAM" "$UNIT_FILE" "$UNIT_EXTRA" "$BUS_FILE" "$PLUGIN_FILE" "$CONFIG_FILE" "$EXTENSION_FOLDER" \
        "$DESKTOP_FILE" "${ICONS[@]/#/$ICON_FOLDER/}"; do
        drop_folder "$file.octally-new"
    done
    if is_untouched_config; then drop_file "$CONFIG_FILE"; fi
}

is_untouched_config() { cmp -s -- "$REPO/data/config.toml" "$CONFIG_FILE"; }

remove_data() {
    local files=() file
    mapfile -t files < <(data_files)
    [ ${#files[@]} -gt 0 ] || return 0
    if wants_purge "${files[@]}"; then
        for file in "${files[@]}"; do drop_file "$file"; done
        drop_empty_folders
    else
        for file in "${files[@]}"; do skip "$file (kept; --uninstall --purge removes it)"; done
    fi
}

# The ledger with SQLite's two companions, the configuration, this machine's id, prices, what was announced, and the
# plugin's statistics, also a damaged file that it has put aside. A stats.json of another writer has no key "octally",
# and stays.
data_files() {
    local file folder ledger=${OCTALLY_LEDGER:-$DATA_HOME/octally/ledger.db}
    for file in "$ledger" "$ledger-wal" "$ledger-shm" "$STATE_HOME/octally/host-id" \
        "$STATE_HOME/octally/"{prices.json,alerts.json,alerts.json.damaged} "$(dirname -- "$CONFIG_FILE")/prices.toml"; do
        [ ! -e "$file" ] || printf '%s\n' "$file"
    done
    if [ -e "$CONFIG_FILE" ] && ! is_untouched_config; then printf '%s\n' "$CONFIG_FILE"; fi
    while IFS= read -r folder; do
        if grep -qs '"octally"' -- "$folder/stats.json"; then printf '%s\n' "$folder/stats.json"; fi
        for file in "$folder"/stats.json.corrupt-*; do [ ! -e "$file" ] || printf '%s\n' "$file"; done
    done < <(opencode_data_folders)
}

wants_purge() {
    case $DATA in
        purge) return 0 ;;
        keep) return 1 ;;
    esac
    [ -z "$DRY_RUN" ] && on_terminal || return 1
    say "These hold your figures and settings:"
    printf '  %s\n' "$@"
    ask "Remove them, too?" n
}

# Made by the daemon, so they are in no record of the installer's.
drop_empty_folders() {
    local folder
    [ -z "$DRY_RUN" ] || return 0
    for folder in "$DATA_HOME/octally" "$(dirname -- "$CONFIG_FILE")" "$STATE_HOME/octally"; do
        [ ! -d "$folder" ] || rmdir --ignore-fail-on-non-empty -- "$folder"
    done
}
