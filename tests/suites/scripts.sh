#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shell and Python scripts, licence headers
# shellcheck source=tests/suites/checks.sh
. "$(dirname "$0")/checks.sh"
cd "$top" || exit 1

shell_scripts() { git ls-files | xargs grep -lE '^#!/bin/(ba)?sh' -- | grep -v '\.py$'; }

sources() { git ls-files | grep -E '\.(rs|js|mjs|ts|py|sh|sql|css|toml)$|^\.ci/' | grep -vE '(^|/)dist/|package-lock'; }

headers() {
    local missing
    missing=$(sources | xargs grep -L 'SPDX-License-Identifier: GPL-3.0-or-later' --)
    [ -z "$missing" ] || { echo "no SPDX header in:"; echo "$missing"; return 1; }
}

python_compiles() {
    git ls-files '*.py' | xargs python3 -c '
import sys
for path in sys.argv[1:]:
    compile(open(path).read(), path, "exec")'
}

need_command git git
need_command shellcheck shellcheck || { check "shellcheck is here" false; finish; }
need_command python3 python3
# shellcheck disable=SC2046
check "shellcheck" shellcheck --external-sources --severity=warning $(shell_scripts)
check "licence headers" headers
check "Python compiles" python_compiles
finish
