# SPDX-License-Identifier: GPL-3.0-or-later
"""Enable and disable, light and dark: nothing stays behind, and the sheet follows."""

import os
import pathlib

from case import BUS, UUID, ExtensionCase
from drive import bus_call, set_setting
from gi.repository import GLib
from peer import usage

# Enabled and disabled so often before each count.
ROUNDS = (20, 40, 40)
# The shell makes and drops a few objects of its own at times of its choosing: then it is counted again.
MORE_ROUNDS = 2
DESKTOP = "org.gnome.desktop.interface"


class Lifecycle(ExtensionCase):
    essence = "test_enabled_and_disabled_a_hundred_times_it_leaves_nothing_in_the_shell"

    def wrappers(self, name):
        """GObject wrappers alive in the shell while the extension is disabled."""
        self.shell.wait("Main.messageTray._banner === null", "the banner to go")
        path = pathlib.Path(os.environ["LAB"], f"heap-{name}")
        self.shell.dump_heap(path)
        with path.open(errors="replace") as heap:
            count = sum("GObject_Object" in line for line in heap)
        path.unlink()
        return count

    def match_rules(self):
        """How many signals of the session bus the shell listens to while the extension is disabled."""
        (owner,) = bus_call(self.shell.session, *BUS, "GetNameOwner", GLib.Variant("(s)", ("org.gnome.Shell",)))
        stats = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus.Debug.Stats")
        (numbers,) = bus_call(self.shell.session, *stats, "GetConnectionStats", GLib.Variant("(s)", (owner,)))
        return numbers["MatchRules"]

    def cycle(self, peer):
        """Enabled with figures, a notification and an open menu; then disabled."""
        self.shell.set_extension(UUID, True)
        self.wait_label("12.3k · $0.42")
        peer.alert("idle", session_id="ses_1", title="Mend the parser")
        self.shell.wait(lambda: self.titles(), "the notification")
        self.shell.eval(f"{self.indicator}.menu.open(); 1")
        self.unfold_everything()
        self.shell.set_extension(UUID, False)

    def unfold_everything(self):
        """One after the other, each with a moment to ask its question; the last one has no answer yet."""
        rows = f"[...lab.walk({self.menu})].filter(a => a.mapped && a._delegate === a && a.menu)"
        self.shell.run(f"for (const row of {rows}) {{ row.setSubmenuShown(true); await lab.sleep(20); }}")

    def test_enabled_and_disabled_a_hundred_times_it_leaves_nothing_in_the_shell(self):
        self.setting("chart-days", "30")
        peer = self.start_peer()
        peer.on_call("Report", [usage(day=f"2026-11-{i:02}", model=f"a/{i}") for i in range(1, 9)])
        peer.on_call("Describe", {"models": [usage(model="a/b")], "turns": [usage(started_ms=1)]}, delay_ms=30)
        self.addCleanup(self.shell.set_extension, UUID, True)
        counts, rules = [], []
        for cycles in ROUNDS + (ROUNDS[0],) * MORE_ROUNDS:
            if len(counts) >= len(ROUNDS) and counts[-1] == counts[-2]:
                break
            for _ in range(cycles):
                self.cycle(peer)
            counts.append(self.wrappers(len(counts)))
            rules.append(self.match_rules())
        print(f"        wrappers after {ROUNDS} cycles: {counts}", flush=True)
        self.assertEqual(counts[-1], counts[-2], counts)
        self.assertEqual(rules[-1], rules[-2], rules)

    def test_disabling_while_the_service_starts_is_quiet(self):
        with self.service_file("/bin/sleep 600"):
            for _ in range(5):
                self.restart_extension()
            self.wait_label("starting")

    def test_a_lock_of_the_screen_takes_the_figures_away_and_brings_them_back(self):
        self.start_peer()
        self.shell.lock()
        self.shell.wait(f"!{self.indicator}", "the indicator to go")
        self.shell.unlock()
        self.shell.wait(f"!!{self.indicator}", "the indicator")
        self.wait_label("12.3k · $0.42")

    def test_the_sheet_follows_light_and_dark(self):
        self.start_peer()
        sheet = f"Main.extensionManager.lookup('{UUID}').stylesheet.get_basename()"
        self.addCleanup(set_setting, DESKTOP, "color-scheme", "default")
        for scheme, variant in (("prefer-light", "light"), ("prefer-dark", "dark")):
            set_setting(DESKTOP, "color-scheme", scheme)
            self.shell.wait(f"{sheet} === 'stylesheet-{variant}.css'", f"the {variant} sheet")
            self.open_menu()
            self.picture(variant)
            self.shell.close_menu(self.indicator)

    def test_the_columns_stand_below_each_other(self):
        self.start_peer()
        self.open_menu()
        rows = f"{self.indicator}._usageMenu._table.rows"
        edges = self.shell.eval(
            f"['session', 'today', 'total'].map(row => {rows}[row]._cells.all.map(cell => "
            "Math.round(cell.get_transformed_position()[0] + cell.width)))"
        )
        self.assertEqual(edges[0], edges[1])
        self.assertEqual(edges[1], edges[2])
