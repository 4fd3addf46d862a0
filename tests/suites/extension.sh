#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# the extension without a shell: lints, types, pure tests under node and gjs, the reviewers' analyser
# shellcheck source=tests/suites/checks.sh
. "$(dirname "$0")/checks.sh"
extension=$top/extension
shexli=$cache/shexli

# The analyser of extensions.gnome.org wants a newer Python than Debian 12 has, so its wheels are
# fetched for the test tree's own.
need_shexli() {
    [ -d "$shexli/shexli" ] && return
    need_packages python3-pip || return
    local platforms=(--platform any) libc
    for libc in manylinux2014 manylinux_2_28 manylinux_2_34; do platforms+=(--platform "${libc}_$(uname -m)"); done
    /usr/bin/python3 -m pip install --quiet --disable-pip-version-check --no-warn-script-location --root-user-action ignore \
        --ignore-requires-python --python-version 3.13 --implementation cp --abi cp313 --abi abi3 --abi none \
        --only-binary=:all: "${platforms[@]}" --target "$shexli" shexli==0.2.1
}

# The zip as it is handed out, and nothing else.
analyse() {
    local zip
    zip=$("$extension/pack.sh" "$top/target/tests") || return 1
    "$top/tests/lab/sandbox.sh" --ro-bind "$shexli" /opt/shexli --ro-bind "$zip" /opt/octally.zip \
        --setenv PYTHONPATH /opt/shexli -- python3 -m shexli --format json /opt/octally.zip |
        python3 "$top/tests/suites/shexli_findings.py"
}

under_gjs() { "$top/tests/lab/sandbox.sh" -- gjs -m /octally/extension/tests/run.js; }

need_node_modules "$extension" || { check "npm ci" false; finish; }
check "eslint" npm --prefix "$extension" run --silent check
check "types" npm --prefix "$extension" run --silent types
counted=('s/.*extension: \([0-9]*\) passed.*/\1/p' 's/.*extension: .* passed, \([0-9]*\) failed.*/\1/p')
count "pure tests under node" "${counted[@]}" env LC_ALL=C.UTF-8 node "$extension/tests/run.js"
count "the bus contract" 's/^[#ℹ] pass \([0-9]*\)/\1/p' 's/^[#ℹ] fail \([0-9]*\)/\1/p' node --test "$extension/tests/contract.test.js"
if need_sandbox; then
    count "pure tests under gjs" "${counted[@]}" under_gjs
    check "the zip is the one that GNOME packs" "$top/tests/lab/sandbox.sh" -- /octally/tests/suites/same_zip.sh
    check "translations are complete" "$top/tests/lab/sandbox.sh" -- /octally/extension/po/update.sh --check
    if need_shexli; then check "shexli" analyse; else check "shexli is here" false; fi
else
    check "the test tree is here" false
fi
finish
