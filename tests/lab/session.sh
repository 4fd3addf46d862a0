#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A whole desktop session, inside the sandbox: session.sh COMMAND...
#
# Makes a private "system" bus with stand-ins for the login manager and the display manager, a session
# bus, and a headless GNOME Shell with the extension enabled; runs COMMAND once the shell has finished
# starting, and returns its status. $LAB (/tmp/lab) holds the logs: shell.log, daemon.log, login.log and
# bus.log; in the end they are copied to $OUT/logs.
# Where $OCTALLY_BIN is set, the bus starts the real daemon on demand.
#
#   EXTENSION    folder of the extension (/octally/extension); "none": no extension
#   MONITOR      size of the only monitor (1280x720)
#   ANIMATIONS   true or false (false: what slides makes blind clicks miss)
#   SHELL_WRAP   put before gnome-shell, for example "env LD_PRELOAD=..."
#   BEFORE_SHELL a file to source before the shell starts
set -u
here=$(cd "$(dirname "$0")" && pwd)
name=io.github.octally.Octally

know_program() { # what the installer puts there, but that the daemon's log is kept
    local data=$HOME/.local/share
    mkdir -p "$data/applications"
    cat > "$data/dbus-1/services/$name.service" <<SERVICE
[D-BUS Service]
Name=$name
Exec=/bin/sh -c 'exec $OCTALLY_BIN daemon >>$LAB/daemon.log 2>&1'
SERVICE
    sed "s|@bindir@|$(dirname "$OCTALLY_BIN")|" "$here/../../data/$name.desktop" > "$data/applications/$name.desktop"
}

if [ -z "${LAB_INSIDE:-}" ]; then
    export LAB=${LAB:-/tmp/lab}
    umask 077
    mkdir -p "$LAB/runtime" "$HOME/.local/share/dbus-1/services"
    [ -z "${OCTALLY_BIN:-}" ] || know_program
    # Services that the bus starts inherit the bus's environment, so all of it is set out here.
    export LAB_INSIDE=1 XDG_RUNTIME_DIR=$LAB/runtime XDG_SESSION_ID=c1 XDG_SESSION_TYPE=wayland \
        XDG_CURRENT_DESKTOP=GNOME WAYLAND_DISPLAY=wayland-0 GDK_BACKEND=wayland LIBGL_ALWAYS_SOFTWARE=1 \
        GSETTINGS_BACKEND=keyfile ADW_DISABLE_PORTAL=1 DBUS_SYSTEM_BUS_ADDRESS=unix:path=$LAB/system-bus
    # The bus and what it starts tell their own story into a file; the command keeps the terminal.
    exec dbus-run-session -- "$0" "$@" 3>&1 4>&2 > "$LAB/bus.log" 2>&1
fi
exec >&3 2>&4 3>&- 4>&-

wait_for() { # TENTHS COMMAND...: until the command succeeds
    local tenths=$1; shift
    for _ in $(seq "$tenths"); do "$@" && return 0; sleep 0.1; done
    return 1
}

start_system_bus() {
    cat > "$LAB/system-bus.conf" <<XML
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type><keep_umask/><listen>unix:path=$LAB/system-bus</listen>
  <policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>
XML
    read -r bus_pid < <(dbus-daemon --config-file="$LAB/system-bus.conf" --fork --print-pid)
    python3 -m dbusmock --system --template logind > "$LAB/login.log" 2>&1 &
    login_pid=$!
    gdbus wait --system --timeout 20 org.freedesktop.login1 || return 1
    python3 "$here/login_stubs.py" "$LAB/login-stubs.ready" >> "$LAB/login.log" 2>&1 &
    stubs_pid=$!
    wait_for 200 test -e "$LAB/login-stubs.ready"
}

install_extension() { # FOLDER
    local id target po folder
    id=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["uuid"])' "$1/metadata.json")
    target=$HOME/.local/share/gnome-shell/extensions/$id
    mkdir -p "$target"
    tar -C "$1" --exclude=./node_modules --exclude=./tests -cf - . | tar -C "$target" -xf -
    [ ! -d "$target/schemas" ] || glib-compile-schemas "$target/schemas"
    for po in "$target"/po/*.po; do
        [ -e "$po" ] || continue
        folder=$target/locale/$(basename "$po" .po)/LC_MESSAGES
        mkdir -p "$folder" && msgfmt -o "$folder/octally.mo" "$po"
    done
    gsettings set org.gnome.shell enabled-extensions "['$id']"
}

quiet_settings() {
    gsettings set org.gnome.shell disable-user-extensions false
    gsettings set org.gnome.shell welcome-dialog-last-shown-version 9999
    gsettings set org.gnome.desktop.session idle-delay 0
    # The pointer is born at 0,0: its first motion would open the overview.
    gsettings set org.gnome.desktop.interface enable-hot-corners false
    gsettings set org.gnome.desktop.interface enable-animations "${ANIMATIONS:-false}"
}

shell_is_up() {
    kill -0 "$shell_pid" 2>/dev/null || exit 1
    gdbus call --session -d org.gnome.Shell -o /org/gnome/Shell -m org.gnome.Shell.Eval \
        Main.layoutManager._startingUp 2>/dev/null | grep -q "true, 'false'"
}

stop_all() {
    trap - EXIT
    kill "$shell_pid" 2>/dev/null
    wait_for 50 sh -c "! kill -0 $shell_pid 2>/dev/null" || kill -9 "$shell_pid" 2>/dev/null
    kill "$bus_pid" "$login_pid" "$stubs_pid" 2>/dev/null
    mkdir -p "$OUT/logs" && cp "$LAB"/*.log "$OUT/logs/"
}

shell_pid='' bus_pid='' login_pid='' stubs_pid=''
trap stop_all EXIT
start_system_bus || { echo "session.sh: the login stand-ins did not start" >&2; cat "$LAB/login.log" >&2; exit 1; }
extension=${EXTENSION:-/octally/extension}
[ "$extension" = none ] || install_extension "$extension" || exit 1
quiet_settings
# shellcheck source=/dev/null
[ -z "${BEFORE_SHELL:-}" ] || . "$BEFORE_SHELL"
${SHELL_WRAP:-} gnome-shell --headless --no-x11 --unsafe-mode --wayland-display "$WAYLAND_DISPLAY" \
    --virtual-monitor "${MONITOR:-1280x720}" > "$LAB/shell.log" 2>&1 &
shell_pid=$!
echo "$shell_pid" > "$LAB/shell.pid"
if ! wait_for 600 shell_is_up; then
    echo "session.sh: GNOME Shell did not start" >&2
    tail -40 "$LAB/shell.log" >&2
    exit 1
fi
"$@"
