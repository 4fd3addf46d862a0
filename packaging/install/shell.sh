# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Completions for the shells that are here, and manual pages. The program writes both itself.

install_shell_parts() {
    if [ ! -x "$BUILT_PROGRAM" ]; then # a dry run before the first build
        act "install completions and manual pages" true
        return 0
    fi
    install_completions bash "$BASH_COMPLETION"
    ! have zsh || install_completions zsh "$ZSH_COMPLETION"
    ! have fish || install_completions fish "$FISH_COMPLETION"
    install_manual
}

# install_completions SHELL TARGET
install_completions() {
    if "$BUILT_PROGRAM" completions "$1" >"$WORK/completions" 2>/dev/null; then
        put_file 644 "$WORK/completions" "$2"
    else
        skip "completions for $1 ($BUILT_PROGRAM does not write them)"
    fi
}

install_manual() {
    local page
    if ! "$BUILT_PROGRAM" man --dir "$WORK/man" 2>/dev/null; then
        skip "manual pages ($BUILT_PROGRAM does not write them)"
        return 0
    fi
    for page in "$WORK"/man/*.1; do put_file 644 "$page" "$MANUAL_FOLDER/${page##*/}"; done
}

remove_shell_parts() {
    local file
    for file in "$BASH_COMPLETION" "$ZSH_COMPLETION" "$FISH_COMPLETION" \
        "$MANUAL_FOLDER"/octally.1 "$MANUAL_FOLDER"/octally-*.1; do
        drop_file "$file"
        drop_file "$file.octally-new"
    done
}
