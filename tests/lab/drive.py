# SPDX-License-Identifier: GPL-3.0-or-later
"""Drives a headless GNOME Shell like a person, from inside session.sh.

    from drive import Shell
    shell = Shell()
    indicator = shell.indicator("octally@octally.github.io")   # a JavaScript expression
    shell.wait(lambda: shell.texts(indicator) == ["1.2k"], "the label")
    shell.click_actor(indicator)
    shell.screenshot("menu", shell.rect(f"{indicator}.menu.actor", pad=8))

An "actor" is always a JavaScript expression as a string; it is evaluated in the shell at the time of
use, with `Main`, `imports` and `lab` (drive.js) in scope. Every wait ends with the effect or raises
TimeoutError; nothing sleeps and hopes. Screenshots go to $OUT as PNG.
"""

import json
import os
import pathlib
import subprocess
import time

from gi.repository import Gio, GLib

SHELL = ("org.gnome.Shell", "/org/gnome/Shell")
PRELUDE = pathlib.Path(__file__).with_name("drive.js")
FOCUS_WINDOW = "global.display.focus_window"


class ShellError(Exception):
    """JavaScript that threw inside the shell."""


def bus_call(bus, destination, path, interface, method, arguments=None, timeout_ms=20000):
    """A method call; arguments is a GLib.Variant tuple or None, the reply comes unpacked as a tuple."""
    reply = bus.call_sync(destination, path, interface, method, arguments, None, 0, timeout_ms, None)
    return reply.unpack()


def wait_until(condition, what, timeout_s=20, every_s=0.05):
    """Returns the first truthy value of condition(); raises TimeoutError that says what was waited for."""
    end = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(f"after {timeout_s} s still waiting for {what}; last seen: {value!r}")
        time.sleep(every_s)


class Shell:
    """The running shell of this session. Construct it once: it brings its own pointer and keyboard."""

    def __init__(self):
        self.session = Gio.bus_get_sync(Gio.BusType.SESSION)
        self.system = Gio.bus_get_sync(Gio.BusType.SYSTEM)
        self.out = pathlib.Path(os.environ.get("OUT", "/tmp"))
        self.eval(PRELUDE.read_text())
        self.leave_overview()

    # Asking the shell.

    def eval(self, expression, timeout_ms=20000):
        """The value of a JavaScript expression, through JSON; a promise is awaited."""
        arguments = GLib.Variant("(s)", (expression,))
        ok, text = bus_call(self.session, *SHELL, SHELL[0], "Eval", arguments, timeout_ms)
        if not ok:
            raise ShellError(f"{text}\n  in: {expression[:300]}")
        return json.loads(text) if text else None

    def run(self, body, timeout_ms=20000):
        """Runs statements in an async function; `return` gives the value."""
        return self.eval(f"(async () => {{{body}}})()", timeout_ms)

    def wait(self, condition, what=None, timeout_s=20):
        """Waits for a callable or a JavaScript expression to become truthy, and returns the value."""
        if callable(condition):
            return wait_until(condition, what or "a condition", timeout_s)
        return wait_until(lambda: self.eval(condition), what or condition, timeout_s)

    def version(self):
        """The shell's version, for example "48.7"."""
        module = "resource:///org/gnome/shell/misc/config.js"
        return self.run(f"return (await import('{module}')).PACKAGE_VERSION;")

    # Reading.

    def indicator(self, uuid):
        """The expression of an extension's button in the panel."""
        return f"Main.panel.statusArea[{json.dumps(uuid)}]"

    def extension_state(self, uuid):
        """1 active, 2 inactive, 3 error, 4 out of date; None when the shell does not know it."""
        return self.eval(f"Main.extensionManager.lookup({json.dumps(uuid)})?.state ?? null")

    def extension_error(self, uuid):
        """The error text of an extension in state 3, else an empty string."""
        return self.eval(f"String(Main.extensionManager.lookup({json.dumps(uuid)})?.error ?? '')")

    def texts(self, actor):
        """The texts of all visible labels below an actor, in drawing order; [] when it is not there."""
        return self.eval(f"(a => a ? lab.texts(a) : [])({actor})")

    def tree(self, actor):
        """Class, style class, text and accessible name of everything below an actor, for messages."""
        return self.eval(f"lab.tree({actor})")

    def rect(self, actor, pad=0):
        """x, y, width, height on the screen in pixels, widened by pad and cut at the screen's edges."""
        x, y, width, height = self.eval(f"lab.rect({actor})")
        screen_width, screen_height = self.eval("[global.screen_width, global.screen_height]")
        left, top = max(0, x - pad), max(0, y - pad)
        right, bottom = min(screen_width, x + width + pad), min(screen_height, y + height + pad)
        return left, top, right - left, bottom - top

    def labelled(self, root, text):
        """The expression of the visible label with exactly this text below root."""
        return f"lab.find({root}, {json.dumps(text)})"

    def notifications(self):
        """All notifications that the shell holds: dicts with source, title, body, urgency, actions."""
        return self.eval(
            "Main.messageTray.getSources().flatMap(s => s.notifications.map(n => ({source: s.title,"
            " title: n.title, body: n.body, urgency: n.urgency, actions: n.actions.map(a => a.label)})))"
        )

    def banner(self):
        """The texts of the notification on the screen, or None."""
        return self.eval("Main.messageTray._banner ? lab.texts(Main.messageTray._banner) : null")

    # Acting.

    def move(self, x, y):
        """Moves the pointer and waits until the shell has taken it in."""
        self.run(f"await lab.move({x}, {y});")

    def click(self, x, y, button=1):
        """Moves there, presses and releases a button of the pointer."""
        self.run(f"await lab.click({x}, {y}, {button});")

    def drag(self, start, end, answered, begins=True):
        """Presses the button at one place (x, y), moves to another, and releases it there, once the application has
        answered: what it has not taken in by then is not dropped. begins: something is dragged."""
        self.run(f"await lab.drag({json.dumps(start)}, {json.dumps(end)}, {json.dumps(begins)});")
        answered()
        self.run(f"await lab.move({end[0]}, {end[1]});")
        answered()
        self.run("lab.button(1, false);")

    def scroll(self, x, y, clicks):
        """Moves there and turns the wheel, down by so many clicks, or up."""
        self.run(f"await lab.scroll({x}, {y}, {clicks});")

    def click_actor(self, actor, button=1):
        """Waits until the actor is on the screen and at rest, then clicks its centre."""
        x, y = self.run(f"return await lab.steadyCentre(() => {actor});")
        self.click(x, y, button)

    def key(self, *names):
        """Presses keys together, by their Clutter names: key("Alt_L", "F4")."""
        self.run(f"await lab.chord({json.dumps(list(names))});")

    def type_text(self, text):
        """Types a text on the keyboard."""
        self.run(f"await lab.type({json.dumps(text)});")

    def open_menu(self, indicator):
        """Clicks the indicator unless its menu is open, and waits for the menu."""
        if not self.eval(f"{indicator}.menu.isOpen"):
            self.click_actor(indicator)
        self.wait(f"{indicator}.menu.isOpen", "the menu to open")

    def close_menu(self, indicator):
        """Closes the indicator's menu with Escape if it is open."""
        if self.eval(f"{indicator}.menu.isOpen"):
            self.key("Escape")
        self.wait(f"!{indicator}.menu.isOpen", "the menu to close")

    def leave_overview(self):
        """Out of the overview that every session starts in. It may still be opening, so it is hidden
        until it stays hidden; the padlock of unsafe mode goes from the panel too."""
        self.eval("Main.panel.statusArea.quickSettings._unsafeMode?.hide?.(); 1")
        busy = "Main.overview.visible || Main.overview.animationInProgress || Main.layoutManager._startingUp"
        calm = 0

        def stays_hidden():
            nonlocal calm
            calm = calm + 1 if not self.eval(busy) else 0
            if not calm:
                self.eval("Main.overview.hide(); 1")
            return calm >= 6

        wait_until(stays_hidden, "the overview to stay hidden", every_s=0.1)

    def screenshot(self, name, area=None):
        """Writes $OUT/name.png, of the whole screen or of (x, y, width, height); returns the path."""
        path = str(self.out / f"{name}.png")
        method, arguments = "Screenshot", GLib.Variant("(bbs)", (False, False, path))
        if area:
            method, arguments = "ScreenshotArea", GLib.Variant("(iiiibs)", (*map(int, area), False, path))
        service = "org.gnome.Shell.Screenshot"
        ok, written = bus_call(self.session, service, "/org/gnome/Shell/Screenshot", service, method, arguments)
        if not ok:
            raise ShellError(f"no screenshot was written to {path}")
        return written

    # Windows, the session, settings.

    def window(self, title, timeout_s=30):
        """x, y, width, height of the focused window with that title, once it has stopped moving."""
        find = f"global.get_window_actors().map(a => a.meta_window).find(w => w.title === {json.dumps(title)})"
        frame = "(r => [r.x, r.y, r.width, r.height])(w.get_frame_rect())"
        last = None

        def at_rest():
            nonlocal last
            now = self.eval(f"(w => w && {FOCUS_WINDOW} === w ? {frame} : null)({find})")
            same, last = bool(now and now[2] and now == last), now
            return now if same else None

        return wait_until(at_rest, f"a window named {title!r}", timeout_s, every_s=0.25)

    def window_exists(self, title):
        """Whether any window has that title."""
        return self.eval(f"global.get_window_actors().some(a => a.meta_window.title === {json.dumps(title)})")

    def set_extension(self, uuid, enabled):
        """Enables or disables an extension and waits for its state."""
        method = "EnableExtension" if enabled else "DisableExtension"
        service = "org.gnome.Shell.Extensions"
        bus_call(self.session, *SHELL, service, method, GLib.Variant("(s)", (uuid,)))
        state = 1 if enabled else 2
        self.wait(lambda: self.extension_state(uuid) == state, f"{method} of {uuid}")

    def lock(self):
        """Locks the screen and waits until it is."""
        service = "org.gnome.ScreenSaver"
        bus_call(self.session, service, "/org/gnome/ScreenSaver", service, "Lock")
        self.wait_locked()

    def wait_locked(self):
        """Waits until the curtain is down: an unlock before that leaves it half down, and the next lock is lost."""
        self.wait('Main.sessionMode.currentMode === "unlock-dialog" && Main.screenShield.active', "the lock screen")

    def unlock(self):
        """Unlocks as the login manager does, and waits until the curtain is up again."""
        login = "org.freedesktop.login1"
        bus_call(self.system, login, "/org/freedesktop/login1/session/c1", f"{login}.Session", "Unlock")
        self.wait('Main.sessionMode.currentMode === "user" && !Main.screenShield.active', "the unlocked session")

    def suspend(self, asleep):
        """Tells the session that the machine goes to sleep (True, which locks) or wakes up (False)."""
        value = ("org.freedesktop.login1.Manager", "PrepareForSleep", "b", [GLib.Variant("b", asleep)])
        login = "org.freedesktop.login1"
        path, mock = "/org/freedesktop/login1", "org.freedesktop.DBus.Mock"
        bus_call(self.system, login, path, mock, "EmitSignal", GLib.Variant("(sssav)", value))

    def dump_heap(self, path):
        """Collects garbage and writes a heap dump; lines with "GObject_Object" are the wrappers alive."""
        # What a collection frees is let go a moment later, and may free more.
        dump = f"imports.system.dumpHeap({json.dumps(str(path))})"
        self.run(f"for (let i = 0; i < 3; i++) {{ imports.system.gc(); await lab.sleep(100); }} {dump};", 60000)


def set_setting(schema, key, value):
    """gsettings set; value in GVariant text."""
    subprocess.run(["gsettings", "set", schema, key, value], check=True)
