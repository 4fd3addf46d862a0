# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
# How a suite, or packaging/try.sh, gets what it needs. Every function returns at once when it is there,
# and says what is missing and how to get it when it cannot.

: "${top:?the top of the repository}" "${cache:?the folder of what is kept between runs}"

inspector_version=2.12.0

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

need_packages() { # PACKAGE...: Debian packages on this machine
    local package missing=()
    if ! command -v dpkg-query > /dev/null; then
        echo "this machine has no dpkg: install the equivalents of: $*" >&2
        return 1
    fi
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    echo "installing with apt: ${missing[*]}" >&2
    install_packages "${missing[@]}" && return
    echo "could not install them; run: apt-get install ${missing[*]}" >&2
    return 1
}

install_packages() {
    local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120)
    as_root "${apt[@]}" install -y --no-install-recommends "$@" > /dev/null && return
    # An index that is older than the mirror names files that are gone.
    as_root "${apt[@]}" update && as_root "${apt[@]}" install -y --no-install-recommends "$@" > /dev/null
}

need_command() { # COMMAND PACKAGE...: the packages only where the command is missing
    local command=$1; shift
    command -v "$command" > /dev/null || need_packages "$@"
}

# The Rust that the workspace asks for: the machine's own, else the one that Debian keeps for its browsers.
need_rust() {
    local wanted
    wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$top/Cargo.toml")
    # shellcheck source=/dev/null
    [ ! -e "$HOME/.cargo/env" ] || . "$HOME/.cargo/env"
    need_command cc gcc libc6-dev || return
    at_least "$(rust_version)" "$wanted" && return
    echo "installing Rust $wanted or newer (this machine has $(rust_version))" >&2
    need_packages cargo-web rustc-web rustfmt-web rust-clippy-web || return
    at_least "$(rust_version)" "$wanted" && return
    echo "Rust $wanted or newer is needed, this machine has $(rust_version): install it with rustup" >&2
    return 1
}

rust_version() { cargo --version 2>/dev/null | awk '{ v = $2 } END { print v ? v : 0 }'; }

at_least() { # HAVE WANTED: compares versions
    [ "$(printf '%s\n' "$2" "$1" | sort -V | head -1)" = "$2" ]
}

# Node 22 or newer: eslint asks for it, Debian 12 has 18. The binary comes from npm then.
need_node() {
    need_command npm nodejs npm || return
    at_least "$(node --version | tr -d v)" 20.19 && return
    local arch=x64
    [ "$(uname -m)" != aarch64 ] || arch=arm64
    [ -x "$cache/node/node_modules/node-linux-$arch/bin/node" ] ||
        npm install --no-audit --no-fund --ignore-scripts --loglevel error --prefix "$cache/node" "node-linux-$arch@22" || return
    export PATH=$cache/node/node_modules/node-linux-$arch/bin:$PATH
}

# The official MCP Inspector, which speaks both eras of the protocol; sets INSPECTOR.
need_inspector() {
    need_node || return
    local dir=$cache/inspector-$inspector_version
    export INSPECTOR=$dir/node_modules/.bin/mcp-inspector
    [ -x "$INSPECTOR" ] || npm install --no-audit --no-fund --ignore-scripts --loglevel error --prefix "$dir" \
        "@modelcontextprotocol/inspector@$inspector_version"
}

# What a folder's lock file names, unless that lock file is the one that was installed last.
need_node_modules() { # FOLDER
    need_node || return
    local stamp=$1/node_modules/.octally-lock quiet=(--no-audit --no-fund --loglevel error --prefix "$1")
    cmp -s "$1/package-lock.json" "$stamp" && return
    # npm ci refuses a lock file that was made where the registry lacks other platforms' optional
    # packages; npm install takes the same versions from it and leaves the file alone.
    npm ci "${quiet[@]}" > "$cache/npm-ci.log" 2>&1 || npm install --no-save "${quiet[@]}" || {
        cat "$cache/npm-ci.log" >&2
        return 1
    }
    cp "$1/package-lock.json" "$stamp"
}

need_sandbox() { # [SUITE]: the root tree with GNOME Shell, of trixie unless named, and what runs it
    need_packages mmdebstrap bubblewrap uidmap util-linux && "$top/tests/lab/build-root.sh" "${1:-trixie}"
}

need_opencode() { # [--older]: with it, the older versions too
    need_command npm nodejs npm && "$top/tests/lab/fetch-opencode.sh" "$@"
}

# The executable for the end-to-end tests, optimised but quick to build; sets OCTALLY_BIN.
need_octally() {
    need_rust || return
    (cd "$top" && cargo build --locked --quiet --profile ci --package octally) || return
    export OCTALLY_BIN=${CARGO_TARGET_DIR:-$top/target}/ci/octally
}

in_session() { # COMMAND...: in the sandbox, beside a GNOME Shell
    "$top/tests/lab/sandbox.sh" -- /octally/tests/lab/session.sh "$@"
}
