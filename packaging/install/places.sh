# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2034 # the other parts read these variables
# Where everything goes. Nothing else in the installer knows a path of the user's.

UNIT=octally.service
BUS_NAME=io.github.octally.Octally
EXTENSION_ID=octally@octally.github.io

find_places() {
    [ -d "${HOME:-}" ] || die "HOME is '${HOME:-}', which is no folder; set it to your home folder"
    if [ "$(id -u)" = 0 ] && [ -n "${SUDO_USER:-}" ]; then
        die "this is for $SUDO_USER, but runs as root; run it without sudo, it asks for sudo where that is needed"
    fi
    DATA_HOME=$(base_folder XDG_DATA_HOME .local/share)
    CONFIG_HOME=$(base_folder XDG_CONFIG_HOME .config)
    STATE_HOME=$(base_folder XDG_STATE_HOME .local/state)
    if [ -z "${XDG_RUNTIME_DIR:-}" ] && [ -d "/run/user/$(id -u)" ]; then
        XDG_RUNTIME_DIR=/run/user/$(id -u) # `su` leaves it out
        export XDG_RUNTIME_DIR
    fi

    PROGRAM=$HOME/.local/bin/octally
    BASH_COMPLETION=$DATA_HOME/bash-completion/completions/octally
    ZSH_COMPLETION=$DATA_HOME/zsh/site-functions/_octally
    FISH_COMPLETION=$CONFIG_HOME/fish/completions/octally.fish
    # man looks beside the folder of the program, whatever XDG_DATA_HOME says.
    MANUAL_FOLDER=$HOME/.local/share/man/man1
    CONFIG_FILE=$CONFIG_HOME/octally/config.toml
    OPENCODE_CONFIG=$CONFIG_HOME/opencode
    # `plugin`, not `plugins`: with the latter OpenCode 1.0 refuses to start, the former every version loads.
    PLUGIN_FILE=$OPENCODE_CONFIG/plugin/octally.js
    FOLDERS_RECORD=$STATE_HOME/octally/folders-made-by-install

    WANTED_LINK=$CONFIG_HOME/systemd/user/default.target.wants/$UNIT
    find_session_places
}

# The XDG base directory specification says to ignore relative values.
base_folder() {
    case ${!1:-} in
        /*) printf '%s' "${!1%/}" ;;
        *) printf '%s' "$HOME/$2" ;;
    esac
}

# The session (user manager, bus, shell) may have been started without the XDG_DATA_HOME of this shell, and then looks
# into the default folder. Its unit path tells. A user manager that reads neither belongs to another home folder.
find_session_places() {
    USER_MANAGER='' SESSION_DATA=$DATA_HOME
    local unit_path folder
    if unit_path=$(systemctl --user show --property=UnitPath --value 2>/dev/null); then
        for folder in "$HOME/.local/share" "$DATA_HOME"; do
            case " $unit_path " in
                *" $folder/systemd/user "*) USER_MANAGER=yes SESSION_DATA=$folder ;;
            esac
        done
    fi
    UNIT_FILE=$SESSION_DATA/systemd/user/$UNIT
    UNIT_EXTRA=$UNIT_FILE.d/50-this-machine.conf
    BUS_FILE=$SESSION_DATA/dbus-1/services/$BUS_NAME.service
    DESKTOP_FILE=$SESSION_DATA/applications/$BUS_NAME.desktop
    ICON_FOLDER=$SESSION_DATA/icons/hicolor
    EXTENSION_FOLDER=$SESSION_DATA/gnome-shell/extensions/$EXTENSION_ID
}

# OpenCode's data folders, one a line, in the order in which Octally looks for them, and read as it reads them.
opencode_data_folders() {
    if [ -n "${OPENCODE_DATA_DIR:-}" ]; then
        tr ',' '\n' <<<"$OPENCODE_DATA_DIR" | sed -e 's/^[[:space:]]*//' -e 's/[[:space:]]*$//' -e '/^$/d'
    else
        printf '%s\n' "$DATA_HOME/opencode"
    fi
}
