#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long `octally reconcile` takes, and its peak memory against a limit.

    benches/reconcile.py [--messages 1000000] [--octally PROGRAM] [--check]

Makes the data, reads it once, and then reconciles without and with the sessions of each line. Fails with
--check when the memory is above the limit, and always when the lines do not add up.
"""

import argparse
import json
import os
import pathlib
import sys
import tempfile

from generate import generate
from sync import LIMIT_MIB, Run


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--octally", default="target/release/octally")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    program = str(pathlib.Path(options.octally).resolve())
    with tempfile.TemporaryDirectory() as folder:
        generate(os.path.join(folder, "data"), options.messages)
        environment = {"HOME": folder, "PATH": os.environ["PATH"], "TZ": "UTC"}
        common = ["--data-dir", os.path.join(folder, "data"), "--ledger", os.path.join(folder, "ledger.db")]
        Run([program, *common, "report", "model"], environment)
        figures = {"messages": options.messages}
        for name, more in (("reconcile", []), ("with_sessions", ["--sessions"])):
            run = Run([program, *common, "reconcile", "--json", *more], environment)
            assert json.loads(run.text)["adds_up"]
            figures[name] = {"seconds": round(run.seconds, 2), "peak_mib": round(run.mib, 1)}
    print(json.dumps(figures, indent=2))
    worst = max(figures[name]["peak_mib"] for name in ("reconcile", "with_sessions"))
    if options.check and worst > LIMIT_MIB:
        print(f"above the limit of {LIMIT_MIB} MiB", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
