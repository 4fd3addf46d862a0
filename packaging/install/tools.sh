# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A C compiler and a Rust that is new enough, from the distribution where it has them, and the release build.

provide_tools() {
    needed_rust=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$REPO/Cargo.toml")
    find_cargo || true
    local missing=()
    have cc || missing+=(compiler)
    [ -n "$CARGO" ] || missing+=(rust)
    [ ${#missing[@]} -eq 0 ] || install_tools "${missing[@]}"
}

# Sets CARGO (and RUSTC) to the first that is new enough. Rust's own installer puts it where PATH may not look yet;
# Ubuntu has cargo-1.89 and the like beside an older cargo.
find_cargo() {
    local candidate version
    CARGO=''
    for candidate in cargo "${CARGO_HOME:-$HOME/.cargo}/bin/cargo" /usr/bin/cargo-1.*; do
        have "$candidate" || continue
        # A rustup without a Rust answers with an error.
        version=$("$candidate" --version 2>/dev/null | sed -n 's/^cargo \([0-9.]*\).*/\1/p') || continue
        if [ -n "$version" ] && not_older "$version" "$needed_rust"; then
            CARGO=$(command -v -- "$candidate")
            case $CARGO in
                /usr/bin/cargo-1.*) export RUSTC="/usr/bin/rustc${CARGO#/usr/bin/cargo}" ;;
            esac
            return 0
        fi
    done
    return 1
}

# not_older A B: is version A equal to B or newer?
not_older() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$2" ]; }

install_tools() {
    local packages=() what
    [ "$(distribution)" != debian ] || refresh_package_lists
    for what in "$@"; do
        # Arch's rust package refuses to stand beside rustup, which only wants to be told to fetch a Rust.
        if [ "$what" = rust ] && have rustup; then continue; fi
        case $(distribution)-$what in
            debian-compiler) packages+=(gcc libc6-dev) ;;
            fedora-compiler | arch-compiler) packages+=(gcc) ;;
            debian-rust) mapfile -t -O ${#packages[@]} packages < <(debian_rust) ;;
            fedora-rust) packages+=(cargo rust) ;;
            arch-rust) packages+=(rust) ;;
            *) die "no $what was found, and this distribution is unknown here; install gcc and Rust $needed_rust" \
                "or newer (https://rustup.rs), then run this again" ;;
        esac
    done
    [ ${#packages[@]} -eq 0 ] || install_packages "${packages[@]}"
    [ -n "$DRY_RUN" ] || find_cargo || fetch_rust
}

distribution() {
    local id='' like=''
    if [ -r /etc/os-release ]; then
        id=$(. /etc/os-release && printf '%s' "${ID:-}")
        like=$(. /etc/os-release && printf '%s' "${ID_LIKE:-}")
    fi
    case " $id $like " in
        *' debian '* | *' ubuntu '*) printf debian ;;
        *' fedora '*) printf fedora ;;
        *' arch '*) printf arch ;;
        *) printf unknown ;;
    esac
}

# A fresh machine may have none, and then knows no package.
refresh_package_lists() {
    [ -z "$(package_version gcc)" ] || return 0
    act "run apt-get update" as_root apt-get --quiet update ||
        die "the package lists could not be fetched; mend what is reported above"
}

# The version that apt would install; nothing where there is none.
package_version() { apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: \([0-9][0-9.]*\).*/\1/p'; }

numbered_cargos() { apt-cache --names-only search '^cargo-1\.[0-9]+$' 2>/dev/null | sed 's/ .*//' | sort -Vr; }

# The packages of the first Rust that is new enough. Debian keeps one for its web browsers beside the release's own
# (cargo-web), Ubuntu has numbered ones. Where there is none, rustup fetches one, and curl fetches rustup.
debian_rust() {
    local cargo version
    for cargo in cargo cargo-web $(numbered_cargos); do
        version=$(package_version "$cargo")
        if [ -n "$version" ] && not_older "$version" "$needed_rust"; then
            printf '%s\n' "$cargo" "rustc${cargo#cargo}"
            certificates
            return 0
        fi
    done
    if [ -n "$(package_version rustup)" ]; then
        printf 'rustup\n'
    else
        have curl || printf 'curl\n'
    fi
    certificates
}

# Without them cargo and curl trust nobody; the packages of both only recommend them.
certificates() { [ -e /etc/ssl/certs/ca-certificates.crt ] || printf 'ca-certificates\n'; }

install_packages() {
    local command=()
    case $(distribution) in
        debian) command=(apt-get install --yes --no-install-recommends "$@") ;;
        fedora) command=(dnf install --assumeyes "$@") ;;
        arch) command=(pacman -S --needed --noconfirm "$@") ;;
    esac
    say "These packages are needed to build Octally: $*"
    act "run ${command[*]}" as_root "${command[@]}" ||
        die "the packages could not be installed; mend what is reported above, then run this again"
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif have sudo; then
        sudo "$@"
    else
        die "this needs root, and there is no sudo; run as root: $*, then run this again"
    fi
}

fetch_rust() {
    say "Octally needs Rust $needed_rust or newer, and this distribution has none."
    if [ "$FETCH_RUST" != yes ]; then
        local where="${CARGO_HOME:-$HOME/.cargo} and ${RUSTUP_HOME:-$HOME/.rustup}"
        if ! on_terminal || ! ask "Fetch Rust from the Rust project into $where now?" n; then
            die "no Rust $needed_rust; run this again with --fetch-rust, or install one from https://rustup.rs first"
        fi
    fi
    if have rustup; then
        act "run rustup toolchain install stable" rustup toolchain install stable --profile minimal || true
        act "run rustup default stable" rustup default stable || true
    else
        act "run the installer of https://sh.rustup.rs" run_rustup_installer || true
    fi
    find_cargo ||
        die "Rust $needed_rust could not be fetched; mend what is reported above, or install it from https://rustup.rs"
}

run_rustup_installer() {
    curl --proto '=https' --tlsv1.2 -sSf -o "$WORK/rustup.sh" https://sh.rustup.rs &&
        sh "$WORK/rustup.sh" -y --profile minimal --no-modify-path
}

# Sets BUILT_PROGRAM. Not through `act`, since a build that finds nothing to do is no change.
build() {
    local target=${CARGO_TARGET_DIR:-$REPO/target}
    case $target in /*) ;; *) target=$REPO/$target ;; esac
    BUILT_PROGRAM=$target/release/octally
    if [ -n "$DRY_RUN" ]; then
        say "would build $BUILT_PROGRAM (cargo fetches the libraries that Cargo.lock names)"
        [ -e "$BUILT_PROGRAM" ] || BUILT_PROGRAM=/dev/null
        return 0
    fi
    say "Building $BUILT_PROGRAM; the first time this takes some minutes."
    (cd -- "$REPO" && "$CARGO" build --release --locked --package octally --target-dir "$target") ||
        die "the build failed; the compiler's message above says why"
}
