# SPDX-License-Identifier: GPL-3.0-or-later
"""A window of a GTK application as a screen reader and a person meet it: names, roles, focus, clicks.

    window = Window(shell, "Octally", application="org.gnome.Shell.Extensions")
    window.click("Notifications")
    window.wait_text("Quiet Hours")
    window.unnamed()      # what can have the focus and has no name

It reads over AT-SPI and acts with the shell's own pointer and keyboard.
"""

import contextlib

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib  # noqa: E402

ACTIVE = Atspi.StateType
# What the focus passes through on its way to something that can be used.
CONTAINERS = {"filler", "panel", "list", "scroll pane", "viewport", "frame", "window", "grouping", "generic", "dialog", "alert"}


# What of a window's height does not scroll, and a place beside the rows, which would take the wheel for themselves.
HEADER, FOOTER, EDGE = 70, 50, 12


# Marks of direction are not to be read.
MARKS = dict.fromkeys(map(ord, "\u2068\u2069\u200e\u200f"))


class Window:
    """One window, by its title and the name of its application."""

    def __init__(self, shell, title, application):
        self.shell = shell
        self.title = title
        Atspi.init()
        self.frame = shell.window(title)
        self.application = shell.wait(lambda: self._find_application(application), f"{application} on the accessibility bus")

    def _find_application(self, name):
        desktop = Atspi.get_desktop(0)
        desktop.clear_cache()
        found = [app for app in children(desktop) if app.get_name() == name and app.get_child_count()]
        return found[-1] if found else None

    def showing(self):
        """Everything that is on the screen, in reading order."""
        self.application.clear_cache()
        return [item for item in walk(self.application) if has(item, ACTIVE.SHOWING)]

    def texts(self):
        """The names and descriptions of all that is on the screen."""
        found = []
        for item in self.showing():
            with contextlib.suppress(GLib.Error):  # It vanishes meanwhile.
                found += [text for text in (item.get_name(), item.get_description()) if text]
        return [text.translate(MARKS) for text in found]

    def has_text(self, text):
        """Whether some name or description contains this."""
        return any(text in told for told in self.texts())

    def wait_text(self, text):
        """Waits until it is there."""
        try:
            self.shell.wait(lambda: self.has_text(text))
        except TimeoutError:
            raise AssertionError(f"no {text!r} in the window: {self.texts()}") from None

    def wait_no_text(self, text):
        """Waits until it is gone."""
        self.shell.wait(lambda: not self.has_text(text), f"{text!r} to go")

    def find(self, name, *roles):
        """The first item on the screen of that name, of one of these roles if any are given; waits for it."""
        try:
            return self.shell.wait(lambda: self._find(name, roles))
        except TimeoutError:
            told = [(item.get_role_name(), item.get_name()) for item in self.showing() if item.get_name()]
            raise AssertionError(f"no {name!r} {roles} in the window: {told}") from None

    def _find(self, name, roles):
        for item in self.showing():
            with contextlib.suppress(GLib.Error):  # It vanishes meanwhile.
                if item.get_name() == name and (not roles or item.get_role_name() in roles):
                    return item
        return None

    def place(self, item):
        """The centre of an item on the screen."""
        x, y, _, _ = self.shell.window(self.title)
        extents = item.get_extents(Atspi.CoordType.WINDOW)
        return x + extents.x + extents.width / 2, y + extents.y + extents.height / 2

    def click(self, name, *roles):
        """Clicks the middle of an item with the pointer, once it stands still."""
        self.click_item(self.find(name, *roles))

    def press(self, name, *roles):
        """Has a button act as a screen reader does. The places that GTK tells are wrong from right to left."""
        Atspi.Action.do_action(self.find(name, *roles), 0)

    def click_item(self, item):
        last = None

        def at_rest():
            nonlocal last
            now, last_place = self.place(item), last
            last = now
            return now if now == last_place else None

        self.shell.click(*self.shell.wait(at_rest, f"{item.get_name()!r} to stand still"))

    def drag(self, name, target, begins=True):
        """Drags one text to another; both are to be in view. begins: it can be dragged."""
        self.shell.drag(self.place(self.find(name)), self.place(self.find(target)), self.showing, begins)

    def scroll_to(self, name, *roles):
        """Turns the wheel at the window's edge until the item is in view."""
        item = self.find(name, *roles)
        last = None
        while True:
            x, y, _, height = self.shell.window(self.title)
            _, middle = self.place(item)
            # At the page's end it moves no more.
            if y + HEADER < middle < y + height - FOOTER or middle == last:
                break
            last = middle
            self.shell.scroll(x + EDGE, y + height / 2, 1 if middle >= y + height - FOOTER else -1)
        return item

    def reach(self, name, *roles):
        """Scrolls to an item and clicks it."""
        self.scroll_to(name, *roles)
        self.click(name, *roles)

    def focused(self):
        """Name and role of what has the focus."""
        for item in reversed(self.showing()):
            if has(item, ACTIVE.FOCUSED):
                return item.get_name(), item.get_role_name()
        return None

    def unnamed(self):
        """Roles and places of what can have the focus on this page and has no name."""
        found = []
        for item in self.showing():
            role = item.get_role_name()
            if has(item, ACTIVE.FOCUSABLE) and role not in CONTAINERS and not name_of(item):
                found.append((role, path_of(item)))
        return found

    def checked(self, name):
        """Whether the switch of that name is on."""
        return self.is_on(name, "switch", "toggle button", "check box")

    def is_on(self, name, *roles):
        """Whether the item of that name is switched on or chosen."""
        item = self.find(name, *roles)
        return any(has(item, state) for state in (ACTIVE.CHECKED, ACTIVE.SELECTED, ACTIVE.PRESSED))

    def screenshot(self, name):
        """A picture of the window."""
        self.shell.screenshot(name, self.shell.window(self.title))


def children(item):
    """What is directly below."""
    for i in range(item.get_child_count()):
        child = item.get_child_at_index(i)
        if child:
            yield child


def walk(item):
    """An item and all below it; what vanishes meanwhile is left out."""
    try:
        yield item
        for child in children(item):
            yield from walk(child)
    except GLib.Error:
        return


def has(item, state):
    """Whether an item is in that state; what vanishes meanwhile is in none."""
    try:
        return item.get_state_set().contains(state)
    except GLib.Error:
        return False


def name_of(item):
    """What a screen reader says: the name, or that of its label, or of a list's item what stands in it."""
    if item.get_name():
        return item.get_name()
    if item.get_role_name() == "list item":
        return next((below.get_name() for below in walk(item) if below.get_name()), "")
    for relation in item.get_relation_set():
        if relation.get_relation_type() == Atspi.RelationType.LABELLED_BY:
            return relation.get_target(0).get_name()
    return ""


def path_of(item):
    """Names and roles from the window down, for messages."""
    names = []
    while item and item.get_role_name() != "application":
        names.append(item.get_name() or item.get_role_name())
        item = item.get_parent()
    return " > ".join(reversed(names))
