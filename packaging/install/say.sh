# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2034 # the other parts read these variables
# How the installer talks, and the one door through which it changes anything: `act`.

SKIPPED=() # what was left out, each with its reason
CHANGED=() # what was written or removed
FAILED=0   # 1 when something went wrong that did not stop the rest

say() { printf '%s\n' "$*"; }

# One line: what, where, how to mend it.
die() {
    printf 'install.sh: %s\n' "$*" >&2
    exit 1
}

# The same for what leaves the rest useful.
complain() {
    printf 'install.sh: %s\n' "$*" >&2
    FAILED=1
}

skip() { SKIPPED+=("$*"); }

have() { command -v -- "$1" >/dev/null 2>&1; }

# act WHAT COMMAND...: says it and does it; in a dry run it only says it.
act() {
    local what=$1
    shift
    CHANGED+=("$what")
    if [ -n "$DRY_RUN" ]; then
        say "would $what"
    else
        say "$what"
        "$@"
    fi
}

# Was this action taken? For what depends on it, as a restart does on a new program.
did() {
    local what
    for what in "${CHANGED[@]}"; do [ "$what" != "$1" ] || return 0; done
    return 1
}

on_terminal() { [ -t 0 ] && [ -t 1 ]; }

# ask QUESTION DEFAULT(y|n): answers by status.
ask() {
    local answer hint='[y/N]'
    [ "$2" = n ] || hint='[Y/n]'
    read -r -p "$1 $hint " answer || answer=$2
    case ${answer:-$2} in
        [Yy]*) return 0 ;;
        *) return 1 ;;
    esac
}

tell_changes() { [ ${#CHANGED[@]} -gt 0 ] || say "Everything is in place; nothing to do."; }

tell_skipped() {
    local reason
    for reason in "${SKIPPED[@]}"; do say "skipped: $reason"; done
}
