# SPDX-License-Identifier: GPL-3.0-or-later
"""What the extension costs GNOME Shell while OpenCode works, beside the shell without it, and beside another extension.

    tests/lab/sandbox.sh -- /octally/tests/lab/session.sh python3 /octally/benches/shell_cpu.py 10
    tests/lab/sandbox.sh --ro-bind FOLDER /opt/peer --setenv PATH FOLDERS -- \
        /octally/tests/lab/session.sh python3 /octally/benches/shell_cpu.py 10 --phase 120 --peer /opt/peer

One turn of the real OpenCode follows the other, for as many busy minutes with the extension as without it, half a minute
of each in turn, so that what else goes on at the machine hits both. The shell is asked nothing meanwhile. The menu is
closed. CPU time is user and system time of the shell's process; that of the programs that it has started, as far as they
have ended, is counted by itself, and so is that of our daemon, which goes on in every phase. The figures are printed and
asserted nowhere.

A peer is the unpacked folder of any other extension. One that asks on a timer wants phases of several of its periods, and
the folders of the programs that it starts in the PATH.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import shutil
import subprocess
import time

from desk import UUID, Desk

EXTENSIONS = pathlib.Path.home() / ".local/share/gnome-shell/extensions"
ACTIVE = 1
# As the shell itself installs one while it runs.
LOAD = """
    const manager = Main.extensionManager;
    const folder = imports.gi.Gio.File.new_for_path({path});
    await manager.loadExtension(manager.createExtensionObject({uuid}, folder, 2));
"""


@dataclasses.dataclass
class Cost:
    """CPU seconds within some time, and the turns of OpenCode in it."""

    shell_s: float = 0
    started_s: float = 0
    daemon_s: float = 0
    elapsed_s: float = 0
    turns: int = 0

    def __add__(self, other):
        return Cost(*(a + b for a, b in zip(dataclasses.astuple(self), dataclasses.astuple(other))))

    def __sub__(self, other):
        return Cost(*(a - b for a, b in zip(dataclasses.astuple(self), dataclasses.astuple(other))))

    def share(self, used_s):
        """Percent of a core."""
        return 100 * used_s / self.elapsed_s


def cpu_s(pid):
    """User and system time so far: of a process, and of those that it has started and that have ended."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    own, children = (sum(map(int, fields[at : at + 2])) for at in (11, 13))
    return own / os.sysconf("SC_CLK_TCK"), children / os.sysconf("SC_CLK_TCK")


class Bench:
    def __init__(self, arguments):
        self.desk = Desk()
        self.phase_s = arguments.phase
        self.pid = int(pathlib.Path(os.environ["LAB"], "shell.pid").read_text())
        self.peer = self.install(pathlib.Path(arguments.peer)) if arguments.peer else None
        self.names = {UUID: "with the extension", None: "without it"}
        if self.peer:
            self.names[self.peer] = f"with {self.peer}"

    def install(self, folder):
        """The peer, known to the running shell and switched off; its name."""
        uuid = json.loads((folder / "metadata.json").read_text())["uuid"]
        target = EXTENSIONS / uuid
        shutil.copytree(folder, target, dirs_exist_ok=True)
        if (target / "schemas").exists():
            subprocess.run(["glib-compile-schemas", str(target / "schemas")], check=True)
        self.desk.shell.run(LOAD.format(path=json.dumps(str(target)), uuid=json.dumps(uuid)))
        return uuid

    def only(self, wanted):
        """Of ours and the peer that one is on; none for None."""
        shell = self.desk.shell
        for uuid in filter(None, self.names):
            if uuid == wanted or shell.extension_state(uuid) == ACTIVE:
                shell.set_extension(uuid, uuid == wanted)

    def used(self):
        """What was used so far."""
        shell_s, started_s = cpu_s(self.pid)
        return Cost(shell_s, started_s, cpu_s(self.desk.daemon.pid())[0], time.monotonic())

    def phase(self, server, session):
        """Turns until the phase is over."""
        before, turns = self.used(), 0
        while time.monotonic() < before.elapsed_s + self.phase_s:
            server.prompt(session, "Say hello mock:cache")
            turns += 1
        return dataclasses.replace(self.used() - before, turns=turns)

    def run(self, minutes):
        """The cost of each phase, all of its turns together."""
        costs = dict.fromkeys(self.names, Cost())
        with self.desk.opencode.serve() as server:
            session = server.create_session("Busy")
            for _ in range(max(1, round(minutes * 60 / self.phase_s))):
                for uuid in self.names:
                    self.only(uuid)
                    server.prompt(session, "Warm up")
                    costs[uuid] += self.phase(server, session)
        return costs

    def tell(self, costs):
        """Each phase, then what each extension adds to the shell without it."""
        bare = costs[None]
        for uuid, cost in costs.items():
            print(
                f"gnome-shell {self.names[uuid]}: {cost.share(cost.shell_s):.2f} % of a core, programs that it started "
                f"{cost.share(cost.started_s):.2f} %, our daemon {cost.share(cost.daemon_s):.2f} %; "
                f"{cost.turns / cost.elapsed_s * 60:.0f} turns a minute, {cost.elapsed_s / 60:.1f} minutes"
            )
        for uuid in filter(None, costs):
            cost = costs[uuid]
            more = cost.share(cost.shell_s) - bare.share(bare.shell_s)
            started = cost.share(cost.started_s) - bare.share(bare.started_s)
            print(
                f"{uuid}: {more:.2f} % of a core in gnome-shell, {more / 100 * cost.elapsed_s / cost.turns * 1000:.1f} ms a turn; "
                f"{started:.2f} % in the programs that it starts"
            )


def main():
    parser = argparse.ArgumentParser(description="the shell's processor with an extension and without it")
    parser.add_argument("minutes", nargs="?", type=float, default=10, help="busy minutes of each (10)")
    parser.add_argument("--phase", type=float, default=30, help="seconds until the next takes its turn (30)")
    parser.add_argument("--peer", help="the unpacked folder of another extension, as the third in turn")
    arguments = parser.parse_args()
    bench = Bench(arguments)
    bench.tell(bench.run(arguments.minutes))


main()
