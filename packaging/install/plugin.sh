# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The plugin of OpenCode: one file in its global plugin folder. OpenCode itself is never run.

# Before the build, so that nobody has to wait for the question.
choose_plugin() {
    if wants_plugin; then PLUGIN=yes; else PLUGIN=no; fi
}

install_plugin() {
    local built=$REPO/plugin/dist/octally.js
    [ "$PLUGIN" = yes ] || return 0
    [ -f "$built" ] || die "$built is missing from this checkout; restore it with: git checkout -- plugin/dist"
    put_file 644 "$built" "$PLUGIN_FILE"
    if [ -e "$OPENCODE_CONFIG/plugins/octally.js" ]; then
        complain "$OPENCODE_CONFIG/plugins/octally.js is a second copy of the plugin, and OpenCode loads both;" \
            "remove it"
    fi
}

wants_plugin() {
    case $PLUGIN in
        yes) return 0 ;;
        no) skip "the plugin of OpenCode (--no-plugin)"; return 1 ;;
    esac
    [ ! -e "$PLUGIN_FILE" ] || return 0
    if ! opencode_is_here; then
        skip "the plugin of OpenCode: no OpenCode was found; once it is there, run this again, or use --plugin"
    elif ! on_terminal; then
        skip "the plugin of OpenCode: nobody to ask; use --plugin"
    elif [ -n "$DRY_RUN" ]; then
        skip "the plugin of OpenCode: here you would be asked; use --plugin or --no-plugin"
    elif ask_for_plugin; then
        return 0
    else
        skip "the plugin of OpenCode, as you said; use --plugin when you change your mind"
    fi
    return 1
}

ask_for_plugin() {
    say "The plugin tells which sessions are busy, waiting or idle, which no database holds; totals work without it."
    say "With any plugin, OpenCode fetches its own plugin package from npm at the next start, and waits for that"
    say "(some 10 seconds; without a network more than a minute, each time)."
    ask "Install the plugin to $PLUGIN_FILE?" y
}

opencode_is_here() {
    if have opencode || [ -x "$HOME/.opencode/bin/opencode" ] || [ -d "$OPENCODE_CONFIG" ]; then return 0; fi
    local folder
    while IFS= read -r folder; do
        [ ! -d "$folder" ] || return 0
    done < <(opencode_data_folders)
    return 1
}
