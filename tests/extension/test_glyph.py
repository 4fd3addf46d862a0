# SPDX-License-Identifier: GPL-3.0-or-later
"""The glyph in the top bar: one picture for each state, and a motion that costs nothing where nobody sees it."""

from case import UUID, ExtensionCase
from drive import set_setting
from peer import now_ms

DESKTOP = "org.gnome.desktop.interface"
STALE = {"state": "stale", "since_ms": 1, "reason": "The database is locked."}


class Glyph(ExtensionCase):
    def setUp(self):
        super().setUp()
        self.glyph = f"{self.indicator}._readout._glyph"

    def allow_motion(self):
        """Animations as on a machine with a graphics card: without one the shell inhibits them."""
        set_setting(DESKTOP, "enable-animations", "true")
        self.addCleanup(set_setting, DESKTOP, "enable-animations", "false")
        self.shell.eval("imports.gi.St.Settings.get().uninhibit_animations(); 1")
        self.addCleanup(self.shell.eval, "imports.gi.St.Settings.get().inhibit_animations(); 1")
        self.shell.wait("imports.gi.St.Settings.get().enable_animations", "animations")

    def icon(self):
        """The name of the picture's file."""
        return self.shell.eval(f"{self.glyph}.gicon.file.get_basename()").removesuffix("-symbolic.svg").removeprefix("octally-")

    def moves(self):
        """Whether the timer of the motion runs."""
        return self.shell.eval(f"{self.glyph}._timerId !== 0")

    def wait_icon(self, name):
        self.shell.wait(lambda: self.icon() == name, f"the icon {name}")

    def test_each_state_has_its_picture(self):
        peer = self.start_peer()
        for state, name in (("busy", "busy-1"), ("waiting", "waiting"), ("idle", "idle"), ("gone", "idle"), ("unknown", "idle")):
            peer.set(State=state)
            self.wait_icon(name)
        peer.set(Freshness=STALE)
        self.wait_icon("stale")
        peer.set(Freshness={"state": "error", "since_ms": now_ms(), "reason": "The ledger is from a newer version"})
        self.wait_icon("problem")
        peer.kill()
        self.wait_icon("missing")

    def test_the_icon_stands_on_the_grid_of_pixels(self):
        self.start_peer()
        picture = f"{self.glyph}.get_children()[0]"
        self.assertEqual(self.shell.rect(picture)[2:], (16, 16))
        place = f"[...{picture}.get_transformed_position(), ...{picture}.get_transformed_size()]"
        self.assertTrue(self.shell.eval(f"{place}.every(Number.isInteger)"), self.shell.eval(place))

    def test_it_moves_while_busy_and_only_then(self):
        self.allow_motion()
        peer = self.start_peer(State="idle")
        self.assertFalse(self.moves())
        peer.set(State="busy")
        self.shell.wait(self.moves, "the motion")
        for name in ("busy-2", "busy-3", "busy-4", "busy-1"):
            self.wait_icon(name)
        peer.set(State="waiting")
        self.wait_icon("waiting")
        self.assertFalse(self.moves())

    def test_without_animations_it_stands_still(self):
        self.start_peer(State="busy")
        self.assertFalse(self.moves())
        self.assertEqual(self.icon(), "busy-1")
        self.allow_motion()
        self.shell.wait(self.moves, "the motion")
        self.wait_icon("busy-2")
        set_setting(DESKTOP, "enable-animations", "false")
        self.shell.wait(lambda: not self.moves(), "the motion to end")
        self.assertEqual(self.icon(), "busy-1")

    def test_it_rests_where_it_is_not_seen(self):
        self.allow_motion()
        self.start_peer(State="busy")
        self.shell.wait(self.moves, "the motion")
        self.setting("panel-style", "'text'")
        self.shell.wait(lambda: not self.moves(), "the motion to end")
        self.setting("panel-style", "'both'")
        self.shell.wait(self.moves, "the motion")
        self.shell.eval("Main.layoutManager.panelBox.hide(); 1")
        self.addCleanup(self.shell.eval, "Main.layoutManager.panelBox.show(); 1")
        self.shell.wait(lambda: not self.moves(), "the motion to end behind a full screen")
        self.shell.eval("Main.layoutManager.panelBox.show(); 1")
        self.shell.wait(self.moves, "the motion")

    def test_no_motion_outlives_the_indicator(self):
        self.allow_motion()
        self.start_peer(State="busy")
        self.shell.wait(self.moves, "the motion")
        self.shell.eval(f"globalThis.oldGlyph = {self.glyph}; 1")
        self.setting("panel-position", "'left'")
        self.shell.wait(f"{self.glyph} !== oldGlyph && {self.glyph}._timerId !== 0", "the motion of the new one")
        self.assertEqual(self.shell.eval("oldGlyph._timerId"), 0)
        # What a lock of the screen does.
        self.shell.eval(f"globalThis.oldGlyph = {self.glyph}; 1")
        self.shell.set_extension(UUID, False)
        self.assertEqual(self.shell.eval("oldGlyph._timerId"), 0)
        self.shell.eval("delete globalThis.oldGlyph; 1")
        self.shell.set_extension(UUID, True)
        self.shell.wait(self.moves, "the motion after the lock")
