#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# the Rust workspace: format, lints, tests
# shellcheck source=tests/suites/checks.sh
. "$(dirname "$0")/checks.sh"
cd "$top" || exit 1

tests() {
    if cargo nextest --version > /dev/null 2>&1; then
        count "cargo nextest" 's/.* tests\{0,1\} run: \([0-9]*\) passed.*/\1/p' \
            's/.* tests\{0,1\} run: .* \([0-9]*\) failed.*/\1/p' \
            cargo nextest run --locked --workspace --no-fail-fast --status-level fail
    else
        count "cargo test" 's/^test result: .* \([0-9]*\) passed;.*/\1/p' 's/^test result: .*; \([0-9]*\) failed;.*/\1/p' \
            cargo test --locked --workspace --no-fail-fast
    fi
}

need_rust || { check "Rust is here" false; finish; }
need_command dbus-daemon dbus-daemon
check "cargo fmt" cargo fmt --all --check
check "cargo clippy" cargo clippy --locked --workspace --all-targets --quiet -- -D warnings
tests
check "documentation" env RUSTDOCFLAGS=-Dwarnings cargo doc --locked --workspace --no-deps --quiet
finish
