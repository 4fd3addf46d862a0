# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The daemon's unit and D-Bus file, what this machine needs differently, and the start.

install_service() {
    fill "$REPO/data/$UNIT" "$(unit_escape "$(dirname -- "$PROGRAM")" | sed 's/\$/$$/g')" >"$WORK/unit"
    fill "$REPO/data/$BUS_NAME.service" "$(bus_escape "$(dirname -- "$PROGRAM")")" >"$WORK/bus"
    put_file 644 "$WORK/unit" "$UNIT_FILE"
    put_file 644 "$WORK/bus" "$BUS_FILE"
    ! did "install $BUS_FILE" || reload_bus
    if [ -n "$USER_MANAGER" ]; then
        adapt_unit
        start_unit
    elif [ -d /run/systemd/system ]; then
        skip "starting the daemon now: systemd's user manager for $HOME does not run; it starts at the next login"
        link_unit
        restart_by_bus
    else
        skip "the systemd unit: no systemd runs here; the session bus starts the daemon when something asks for it"
        restart_by_bus
    fi
}

# Inside double quotes of a unit file: man 5 systemd.syntax, and systemd.unit for "%". ExecStart= expands "$" besides.
unit_escape() { printf '%s\n' "$1" | sed -e 's/[\\"]/\\&/g' -e 's/%/%%/g'; }

# Inside double quotes of Exec=, which the bus splits as a shell would.
bus_escape() { printf '%s\n' "$1" | sed -e 's/[\\"$`]/\\&/g'; }

# The drop-in with what differs here from the shipped unit; none where nothing does.
adapt_unit() {
    {
        passed_environment
        writable_folders
        sandbox_works || without_sandbox
    } >"$WORK/lines"
    if [ -s "$WORK/lines" ]; then
        {
            echo "# Made by packaging/install.sh; the rest is in octally.service, beside this folder."
            echo "[Service]"
            cat "$WORK/lines"
        } >"$WORK/extra"
        put_file 644 "$WORK/extra" "$UNIT_EXTRA"
    else
        drop_file "$UNIT_EXTRA"
    fi
}

# A variable that only this shell knows would send the daemon and the command line to different places.
passed_environment() {
    local name
    systemctl --user show-environment >"$WORK/manager-environment" || return 0
    for name in XDG_{DATA,CONFIG,STATE,CACHE}_HOME OPENCODE_{DATA_DIR,DB,MODELS_PATH} OCTALLY_{LEDGER,CONFIG}; do
        if [ -n "${!name:-}" ] && ! grep -qxF -- "$name=${!name}" "$WORK/manager-environment"; then
            printf 'Environment="%s=%s"\n' "$name" "$(unit_escape "${!name}")"
        fi
    done
}

# What is written to, or read by way of SQLite, outside the folders that the unit opens: by a variable or a link.
writable_folders() {
    local folder opened config
    opened=$(readlink -m -- "$HOME/.local")
    config=$(readlink -m -- "$HOME/.config/octally")
    {
        printf '%s\n' "$DATA_HOME" "$STATE_HOME" "$(dirname -- "$(readlink -m -- "${OCTALLY_CONFIG:-$CONFIG_FILE}")")"
        opencode_data_folders
        [ -z "${OCTALLY_LEDGER:-}" ] || dirname -- "$OCTALLY_LEDGER"
    } | while IFS= read -r folder; do
        folder=$(readlink -m -- "$folder")
        case $folder/ in
            "$opened"/share/* | "$opened"/state/* | "$config"/) ;;
            *) printf 'ReadWritePaths="-%s"\n' "$(unit_escape "$folder")" ;;
        esac
    done
}

# Tried out, since no single setting of the kernel or of AppArmor tells.
sandbox_works() {
    systemd-run --user --quiet --wait --collect --property=PrivateUsers=yes --property=ProtectSystem=strict \
        --property=ProtectHome=read-only --property=PrivateTmp=yes true 2>/dev/null
}

without_sandbox() {
    skip "the daemon's read-only view of the file system: this kernel refuses user namespaces to systemd's user units"
    printf '%s\n' PrivateUsers=no ProtectSystem=no ProtectHome=no PrivateTmp=no ReadWritePaths=
}

start_unit() {
    local changed=''
    if did "install $UNIT_FILE" || did "install $UNIT_EXTRA" || did "remove $UNIT_EXTRA"; then changed=yes; fi
    [ -z "$changed" ] || act "reload systemd's user manager" systemctl --user daemon-reload
    # What an older program did to the unit's start limit is forgiven.
    [ -n "$DRY_RUN" ] || systemctl --user reset-failed "$UNIT" 2>/dev/null || true
    if ! systemctl --user --quiet is-enabled "$UNIT" 2>/dev/null || ! systemctl --user --quiet is-active "$UNIT"; then
        act "enable and start $UNIT" enable_unit || not_started
    elif [ -n "$changed" ] || did "install $PROGRAM"; then
        act "restart $UNIT" systemctl --user restart "$UNIT" || not_started
    fi
}

# Its folder is made here, so that it is remembered.
enable_unit() {
    make_folder "$CONFIG_HOME/systemd/user"
    systemctl --user --quiet enable --now "$UNIT"
}

not_started() { complain "$UNIT did not start; see why: journalctl --user --unit=$UNIT --lines=20"; }

# As `systemctl --user enable` does it, without a manager to ask.
link_unit() {
    [ -L "$WANTED_LINK" ] || act "enable $UNIT" make_wanted_link
}

make_wanted_link() {
    make_folder "$(dirname -- "$WANTED_LINK")"
    ln -s -- "$UNIT_FILE" "$WANTED_LINK"
}

# The bus looks for new service files by itself only in folders that were there when it started.
reload_bus() {
    [ -z "$DRY_RUN" ] || return 0
    bus_call ReloadConfig >/dev/null 2>&1 ||
        skip "telling the session bus about $BUS_FILE: no session bus answers; the next login reads it"
}

# The old daemon is asked to end; the bus starts the new one when somebody needs it.
restart_by_bus() {
    ! did "install $PROGRAM" || [ -n "$DRY_RUN" ] || stop_by_bus
}

# Only the daemon that was installed here: the bus may be another home folder's, or the daemon a developer's.
stop_by_bus() {
    local pid
    pid=$(bus_call GetConnectionUnixProcessID "$BUS_NAME" 2>/dev/null | grep -o '[0-9]*' | tail -n 1) || return 0
    case $(readlink "/proc/$pid/exe") in
        "$PROGRAM" | "$PROGRAM (deleted)") kill -TERM "$pid" ;;
    esac
}

# bus_call METHOD [ARGUMENT]: a method of the session bus itself.
bus_call() {
    local bus=org.freedesktop.DBus path=/org/freedesktop/DBus
    if have busctl; then
        busctl --user call $bus $path $bus "$1" ${2:+s "$2"}
    elif have gdbus; then
        gdbus call --session --dest $bus --object-path $path --method "$bus.$1" ${2:+"$2"}
    else
        dbus-send --session --print-reply=literal --dest=$bus $path "$bus.$1" ${2:+string:"$2"}
    fi
}

remove_service() {
    if [ -n "$USER_MANAGER" ] && [ -e "$UNIT_FILE" ]; then
        act "stop and disable $UNIT" systemctl --user --quiet disable --now "$UNIT" || true
        [ -n "$DRY_RUN" ] || systemctl --user reset-failed "$UNIT" 2>/dev/null || true
    elif [ -e "$BUS_FILE" ] && [ -z "$DRY_RUN" ]; then
        stop_by_bus
    fi
    drop_file "$WANTED_LINK"
    drop_file "$UNIT_FILE"
    drop_file "$UNIT_EXTRA"
    [ ! -d "$UNIT_FILE.d" ] || [ -n "$DRY_RUN" ] || rmdir --ignore-fail-on-non-empty -- "$UNIT_FILE.d"
    drop_file "$BUS_FILE"
    if [ -n "$USER_MANAGER" ] && did "remove $UNIT_FILE"; then
        act "reload systemd's user manager" systemctl --user daemon-reload
    fi
    ! did "remove $BUS_FILE" || [ -n "$DRY_RUN" ] || bus_call ReloadConfig >/dev/null 2>&1 || true
}
