#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck source-path=SCRIPTDIR/install
# Installs Octally for the current user, from this checkout; --help tells the rest.
# The parts, one room each, are in packaging/install/.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@" # for who says: sh install.sh
set -euo pipefail

REPO=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
PARTS=$REPO/packaging/install
. "$PARTS/say.sh"
. "$PARTS/places.sh"
. "$PARTS/files.sh"
. "$PARTS/tools.sh"
. "$PARTS/shell.sh"
. "$PARTS/service.sh"
. "$PARTS/desktop.sh"
. "$PARTS/plugin.sh"
. "$PARTS/extension.sh"
. "$PARTS/remove.sh"

usage() {
    cat <<'TEXT'
usage: packaging/install.sh [OPTION...]
       packaging/install.sh --uninstall [--purge | --keep-data]

Installs Octally for the current user: the program with its manual pages and shell completions, its systemd user unit
and D-Bus file, the plugin of OpenCode, and the GNOME Shell extension where there is a GNOME Shell of 46 or newer. Root
is needed only where build tools are missing; it says first what it installs. Running it again brings everything up to
date and changes nothing else.

  --plugin        install the plugin of OpenCode without asking
  --no-plugin     do not install it. Without either option: asked on a terminal; otherwise only an installed plugin is
                  brought up to date
  --no-extension  do not install the GNOME Shell extension
  --binary FILE   install this program instead of building one
  --fetch-rust    where the distribution's Rust is too old, fetch one from the Rust project without asking
  --uninstall     remove all of it; asks about the ledger, the statistics and the configuration
  --purge         with --uninstall: remove these, too
  --keep-data     with --uninstall: keep them. Without a terminal this is what happens
  --dry-run       print what would be done, and change nothing
  --help          this text

Exit status: 0 done, 1 something failed (and the message says what and how to mend it), 2 wrong usage.
TEXT
}

wrong_usage() {
    printf 'install.sh: %s; see packaging/install.sh --help\n' "$*" >&2
    exit 2
}

parse_options() {
    GOAL=install PLUGIN=ask EXTENSION=yes BINARY='' FETCH_RUST=ask DATA=ask DRY_RUN=''
    while [ $# -gt 0 ]; do
        case $1 in
            --plugin) PLUGIN=yes ;;
            --no-plugin) PLUGIN=no ;;
            --no-extension) EXTENSION=no ;;
            --binary)
                [ $# -gt 1 ] || wrong_usage "--binary needs a file"
                BINARY=$2
                shift
                ;;
            --fetch-rust) FETCH_RUST=yes ;;
            --uninstall) GOAL=uninstall ;;
            --purge) DATA=purge ;;
            --keep-data) DATA=keep ;;
            --dry-run) DRY_RUN=yes ;;
            --help | -h)
                usage
                exit 0
                ;;
            *) wrong_usage "unknown option $1" ;;
        esac
        shift
    done
    [ "$GOAL" = uninstall ] || [ "$DATA" = ask ] || wrong_usage "--purge and --keep-data go with --uninstall"
}

install_program() {
    if [ -z "$BINARY" ]; then
        provide_tools
        build
    elif [ ! -f "$BINARY" ] || [ ! -x "$BINARY" ]; then
        die "--binary $BINARY is not a program; give the path of a built octally"
    else
        BUILT_PROGRAM=$BINARY
    fi
    put_file 755 "$BUILT_PROGRAM" "$PROGRAM"
}

# The example is all comments, so it changes nothing; it is the manual at the place where it is needed.
install_config() {
    [ -e "$CONFIG_FILE" ] || put_file 600 "$REPO/data/config.toml" "$CONFIG_FILE"
}

install_all() {
    choose_plugin
    install_program
    install_shell_parts
    install_config
    note_folders # before the program runs, which makes folders, too
    install_plugin
    install_extension
    install_service
    install_desktop_entry
    tell_changes
    tell_path
    tell_skipped
    show_glance
    exit "$FAILED"
}

tell_path() {
    case ":$PATH:" in
        *":$(dirname -- "$PROGRAM"):"*) ;;
        *) say "$(dirname -- "$PROGRAM") is not in PATH: log in again, or add it in your shell's start-up file." ;;
    esac
}

show_glance() {
    [ -z "$DRY_RUN" ] || return 0
    say ''
    local status=0
    "$PROGRAM" || status=$?
    case $status in
        0 | 3 | 4 | 5) ;; # no data yet, or something could not be read: the program has said so
        *) complain "$PROGRAM ended with $status; ask it for the reason: octally doctor" ;;
    esac
}

finish() {
    note_folders
    [ -z "${WORK:-}" ] || rm -rf -- "$WORK"
}

main() {
    parse_options "$@"
    find_places
    WORK=$(mktemp -d)
    trap finish EXIT
    case $GOAL in
        install) install_all ;;
        uninstall) uninstall_all ;;
    esac
}

main "$@"
