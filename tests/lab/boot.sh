#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Boots the test tree's own systemd as PID 1 in fresh namespaces, waits for the user manager of the
# user dev (uid 1000), runs a command beside it as that user, and powers off. Needs root.
#
#   boot.sh [--setenv NAME VALUE | --ro-bind PATH INSIDE]... -- COMMAND...
#
# Inside are a real `systemd --user`, journald, logind and session bus, no network, and the places that
# sandbox.sh gives: /octally, /out ($OCTALLY_TEST_OUT/boot), /opt/opencode, /opt/bin. All changes to the tree are thrown away.
# OCTALLY_TEST_ROOT names another tree than the cached trixie.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
uid=1000

outer() {
    [ "$(id -u)" = 0 ] || { echo "boot.sh: needs root, for systemd as PID 1" >&2; exit 77; }
    local cache=${XDG_CACHE_HOME:-$HOME/.cache}/octally-tests
    local target=${CARGO_TARGET_DIR:-$(cd "$here/../.." && pwd)/target}
    export BOOT_TOP BOOT_CACHE=$cache BOOT_ROOT=${OCTALLY_TEST_ROOT:-$cache/root-trixie}
    BOOT_TOP=$(cd "$here/../.." && pwd)
    export BOOT_OUT=${OCTALLY_TEST_OUT:-$BOOT_TOP/target/tests}/boot BOOT_BIN=${OCTALLY_BIN:-$target/ci/octally}
    [ -e "$BOOT_ROOT.ready" ] || { echo "boot.sh: no test tree in $BOOT_ROOT: run $here/build-root.sh" >&2; exit 1; }
    mkdir -p "$BOOT_OUT"
    chmod 0777 "$BOOT_OUT"
    export BOOT_WORK BOOT_STAGE=manager
    BOOT_WORK=$(mktemp -d)
    # Every mount below belongs to this namespace and goes with it.
    local status=0
    setpriv --pdeathsig KILL unshare --mount --propagation private "$0" "$@" || status=$?
    rm -rf "$BOOT_WORK"
    chown -R --reference="$BOOT_OUT/.." "$BOOT_OUT"
    exit $status
}

read_options() {
    environment=() binds=()
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
        case $1 in
            --setenv) environment+=("$2=$3") ;;
            --ro-bind) binds+=("$2" "$3") ;;
            *) echo "boot.sh: unknown option $1" >&2; exit 2 ;;
        esac
        shift 3
    done
    [ $# -gt 1 ] || { echo "usage: boot.sh [OPTION...] -- COMMAND..." >&2; exit 2; }
    shift
    command=("$@")
}

wait_for() { # TENTHS COMMAND...: until the command succeeds
    local tenths=$1; shift
    for _ in $(seq "$tenths"); do "$@" && return 0; sleep 0.1; done
    return 1
}

# Starts the machine in a cgroup of its own, runs the command in it, and takes it down again.
manager() {
    read_options "$@"
    mkdir "$BOOT_WORK/cgroup"
    mount -t cgroup2 cgroup2 "$BOOT_WORK/cgroup"
    group=$BOOT_WORK/cgroup/octally-test-$$
    mkdir "$group"
    trap power_off EXIT
    ( echo "$BASHPID" > "$group/cgroup.procs"
      export BOOT_STAGE=machine
      exec setpriv --pdeathsig KILL \
          unshare --mount --pid --fork --cgroup --uts --ipc --net --kill-child "$0" "${binds[@]}"
    ) > "$BOOT_OUT/boot.log" 2>&1 &
    unshare_pid=$!
    if ! wait_for 100 find_init || ! wait_for 600 user_manager_is_up; then
        echo "boot.sh: the user manager did not start" >&2
        tail -20 "$BOOT_OUT/boot.log" >&2
        exit 1
    fi
    enter setpriv --reuid=$uid --regid=$uid --clear-groups env -i PATH=/usr/bin:/bin:/usr/sbin:/sbin LANG=C.UTF-8 \
        USER=dev LOGNAME=dev HOME=/home/dev XDG_RUNTIME_DIR=/run/user/$uid OUT=/out \
        DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/$uid/bus OCTALLY_BIN="/opt/bin/$(basename "$BOOT_BIN")" \
        PYTHONPATH=/octally/tests/lab PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
        ${CI:+CI="$CI"} "${environment[@]}" "${command[@]}"
}

find_init() {
    init=$(awk '{ print $1 }' "/proc/$unshare_pid/task/$unshare_pid/children" 2>/dev/null) && [ -n "$init" ]
}

enter() {
    nsenter -t "$init" --mount --pid --uts --ipc --net --cgroup --root --wd="/proc/$init/cwd" "$@"
}

user_manager_is_up() {
    kill -0 "$unshare_pid" 2>/dev/null || return 1
    [ "$(enter systemctl is-active user@$uid.service 2>/dev/null)" = active ]
}

power_off() {
    enter systemctl poweroff --force --force 2>/dev/null || true
    wait_for 50 sh -c "! kill -0 $unshare_pid 2>/dev/null" || kill -9 "$init" 2>/dev/null || true
    wait "$unshare_pid" 2>/dev/null || true
    wait_for 20 sh -c "find '$group' -depth -type d -exec rmdir {} + 2>/dev/null; ! test -e '$group'" || true
}

# Inside the new namespaces: an overlay on the tree with its own /proc, /dev, /run; then systemd.
machine() {
    local new=$BOOT_WORK/overlay/root
    mkdir "$BOOT_WORK/overlay"
    mount -t tmpfs tmpfs "$BOOT_WORK/overlay"
    mkdir "$BOOT_WORK"/overlay/{upper,work,root}
    mount -t overlay overlay -o "lowerdir=$BOOT_ROOT,upperdir=$BOOT_WORK/overlay/upper,workdir=$BOOT_WORK/overlay/work" "$new"
    echo lab > "$new/etc/hostname"
    kernel_mounts "$new"
    bind "$BOOT_TOP" "$new/octally" ro
    bind "$BOOT_OUT" "$new/out"
    [ ! -d "$BOOT_CACHE/opencode" ] || bind "$BOOT_CACHE/opencode" "$new/opt/opencode" ro
    [ ! -x "$BOOT_BIN" ] || bind "$(dirname "$BOOT_BIN")" "$new/opt/bin" ro
    while [ $# -gt 1 ]; do bind "$1" "$new$2" ro; shift 2; done
    # Not chroot: in one the user manager may not make user namespaces, and it then silently drops
    # ProtectSystem= and the like.
    mkdir -p "$new/old"
    cd "$new"
    pivot_root . old
    exec chroot . env -i container=lab PATH=/usr/bin:/bin:/usr/sbin:/sbin /bin/sh -c 'umount -l /old
        exec /usr/lib/systemd/systemd --system --show-status=0 --log-target=console systemd.unit=multi-user.target'
}

kernel_mounts() { # ROOT
    mount -t proc proc "$1/proc"
    mount --bind "$1/proc/sys" "$1/proc/sys"
    mount -o remount,bind,ro "$1/proc/sys"
    mount -t sysfs -o ro sysfs "$1/sys"
    mount -t cgroup2 cgroup2 "$1/sys/fs/cgroup"
    mount -t tmpfs -o mode=755 dev "$1/dev"
    mkdir "$1/dev/pts" "$1/dev/shm"
    for node in null zero full random urandom tty; do
        touch "$1/dev/$node"
        mount --bind "/dev/$node" "$1/dev/$node"
    done
    mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$1/dev/pts"
    ln -s pts/ptmx "$1/dev/ptmx"
    ln -s /proc/self/fd "$1/dev/fd"
    mount -t tmpfs -o mode=1777 shm "$1/dev/shm"
    mount -t tmpfs -o mode=755 run "$1/run"
    mount -t tmpfs -o mode=1777 tmp "$1/tmp"
}

bind() { # SOURCE TARGET [ro]
    if [ -d "$1" ]; then mkdir -p "$2"; else mkdir -p "$(dirname "$2")" && touch "$2"; fi
    mount --bind "$1" "$2"
    [ -z "${3:-}" ] || mount -o remount,bind,ro "$2"
}

"${BOOT_STAGE:-outer}" "$@"
