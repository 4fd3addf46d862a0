# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a finished turn takes to the bus and to the top bar, in the real session: latency.py [TURNS] [PAUSE_S]

    tests/lab/sandbox.sh -- /octally/tests/lab/session.sh python3 /octally/benches/latency.py 100

The clock starts when the assistant message's row with its tokens can be read in opencode.db by another
process: a read-only connection asks every 2 ms whether the database changed, so the start is up to 2 ms
late. It stops at the PropertiesChanged signal whose total has the step, and at the change of the text in
the real shell. The figures are printed and asserted nowhere.
"""

import json
import sqlite3
import sys
import threading
import time

from gi.repository import Gio, GLib

from desk import Desk
from drive import wait_until
from octally import PATH, USAGE

POLL_S = 0.002
# A real turn takes some seconds, the mock's none: one right after the other is the flood that is slowed down.
PAUSE_S = 1
WATCH_LABEL = """
    globalThis.labelTimes = [];
    const label = [...lab.walk(%s)].find(a => a instanceof imports.gi.St.Label);
    label.connect('notify::text', () => globalThis.labelTimes.push([imports.gi.GLib.get_real_time() / 1000, label.text]));
"""


class CommitWatch(threading.Thread):
    """Notes when the number of finished assistant messages of the database grows: times_ms by number."""

    QUERY = "SELECT data FROM message WHERE session_id = ? ORDER BY time_created DESC, id DESC LIMIT 1"

    def __init__(self, database, session):
        super().__init__(daemon=True)
        self.database, self.session = database, session
        self.times_ms = []

    def run(self):
        connection = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, isolation_level=None)
        version, last = None, None
        while True:
            now, = connection.execute("PRAGMA data_version").fetchone()
            if now != version:
                version = now
                row = connection.execute(self.QUERY, (self.session,)).fetchone()
                message = json.loads(row[0]) if row else {}
                if message.get("tokens", {}).get("total") and message["time"]["created"] != last:
                    last = message["time"]["created"]
                    self.times_ms.append(time.time() * 1000)
            time.sleep(POLL_S)


class BusWatch(threading.Thread):
    """Notes when the daemon announces a total with that many steps: times_ms by steps."""

    def __init__(self):
        super().__init__(daemon=True)
        self.times_ms = {}
        self.ready = threading.Event()

    def run(self):
        context = GLib.MainContext()
        context.push_thread_default()
        bus = Gio.bus_get_sync(Gio.BusType.SESSION)
        bus.signal_subscribe(
            None, "org.freedesktop.DBus.Properties", "PropertiesChanged", PATH, USAGE, 0, self.changed)
        self.ready.set()
        GLib.MainLoop(context).run()

    def changed(self, _bus, _sender, _path, _interface, _signal, parameters):
        total = parameters.unpack()[1].get("Total")
        if total:
            self.times_ms.setdefault(total["steps"], time.time() * 1000)


def measure(turns, pause_s):
    """One turn after the other; returns two lists of milliseconds, to the signal and to the label."""
    desk = Desk()
    to_bus, to_label = [], []
    with desk.opencode.serve() as server:
        session = server.create_session("Latency")
        server.prompt(session, "Warm up")
        desk.wait_for_label(desk.usage())
        commits = CommitWatch(desk.opencode.data / "opencode.db", session)
        commits.start()
        bus = BusWatch()
        bus.start()
        bus.ready.wait()
        wait_until(lambda: commits.times_ms, "the first row")
        desk.shell.run(WATCH_LABEL % desk.indicator)
        for turn in range(1, turns + 1):
            time.sleep(pause_s)
            server.prompt(session, "Say hello")
            wait_until(lambda: len(commits.times_ms) > turn, "the row of the turn")
            wait_until(lambda: turn + 1 in bus.times_ms, "the signal of the turn")
            desk.wait_for_label(desk.usage())
            committed_ms = commits.times_ms[turn]
            to_bus.append(bus.times_ms[turn + 1] - committed_ms)
            to_label += [at_ms - committed_ms for at_ms in label_changes(desk)[-1:]]
    return to_bus, to_label


def label_changes(desk):
    """When the label changed since the last question; a rounded figure may stay the same for a turn."""
    return [at_ms for at_ms, _text in desk.shell.eval("globalThis.labelTimes.splice(0)")]


def percentile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def main():
    turns = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    pause_s = float(sys.argv[2]) if len(sys.argv) > 2 else PAUSE_S
    for name, values in zip(("PropertiesChanged", "text in the top bar"), measure(turns, pause_s)):
        figures = ", ".join(f"{label} {percentile(values, part):.1f} ms" for label, part in (("p50", 0.5), ("p99", 0.99)))
        print(f"from the row in opencode.db to the {name}: {figures}, most {max(values):.1f} ms, {len(values)} turns")


main()
