# SPDX-License-Identifier: GPL-3.0-or-later
"""The menu with everything in it, in every look: pictures to be looked at, and nothing beyond the screen."""

import contextlib

from case import ExtensionCase
from drive import set_setting
from peer import budget, days, now_ms, session, usage

DESKTOP = "org.gnome.desktop.interface"
HIGH_CONTRAST = "org.gnome.desktop.a11y.interface"
CONTEXT = "imports.gi.St.ThemeContext.get_for_stage(global.stage)"
# Whether a setting of the desktop has arrived in the shell; each of its looks follows at once.
SHELL_KNOWS = """(wanted => {{
    const now = new imports.gi.Gio.Settings({{schema_id: {schema!r}}}).get_value({key!r}).deepUnpack();
    return String(now) === String(isNaN(wanted) ? wanted : Number(wanted));
}})({value!r})"""
LONG = "A session whose title is much longer than any row of the menu could ever be wide"


def full():
    """Properties of a service with something in every section."""
    models = [
        {**usage(180000, 2.9), "model": "anthropic/claude-sonnet-4-5"},
        {**usage(40000, 0.6), "model": "openai/gpt-5-mini"},
        {**usage(14567, 0.0, estimated=0.1), "model": "opencode/grok-code"},
    ]
    for model in models:
        del model["models"]
    return {
        "Today": usage(234567, 3.5, estimated=0.1, models=models),
        "Month": usage(1234567, 40, models=models),
        "Sessions": [
            session("ses_1", "Mend the parser", since_ms=now_ms() - 130000),
            session("ses_2", LONG, "waiting", since_ms=now_ms() - 30000, billed=12.34, estimated=0.5),
        ],
        "Budgets": [
            budget(spent=42.1, left_usd=7.9, expected_share=1.12, ends_ms=now_ms() + 5 * 86400000),
            budget("api", "week", 10, 13.2, project="/home/dev/api", expected_share=1.9, counts="all", unpriced_steps=3),
            budget("today", "day", 20, 3.5, expected_share=0.4),
        ],
    }


def description():
    """What Describe answers."""
    models = [{**usage(3000, 0.08), "model": "anthropic/claude-sonnet-4-5"}, {**usage(1000, 0, estimated=0.02), "model": "x/" + "long" * 20}]
    agents = [{**usage(900, 0.03), "id": "ses_9", "title": "Find where the tokens are read", "agent": "explore"}]
    turns = [{**usage(500 + i, 0.01), "started_ms": now_ms() - i * 600000, "model": "anthropic/claude-sonnet-4-5"} for i in range(7)]
    for entry in models + agents + turns:
        del entry["models"]
    return {"models": models, "sub_agents": agents, "turns": turns}


class Looks(ExtensionCase):
    def setUp(self):
        super().setUp()
        self.peer = self.start_peer(**full())
        # What was chosen last stays chosen.
        self.shell.eval(f"Object.assign({self.indicator}._usageMenu._breakdown, {{_by: 'model', _period: 'today'}}); 1")
        self.peer.on_call("Describe", description())
        projects = [{**usage(50000 - 5000 * i, 1.5 - i / 10), "project": f"/home/dev/project-{i}"} for i in range(9)]
        models = [{**usage(60000 - 9000 * i, 1.2 - i / 10), "model": f"provider/model-{i}", "models": []} for i in range(4)]
        models.append(usage(14000, 0, estimated=0.1, unpriced=2, model="opencode/grok-code"))
        self.peer.on_call("Report model", models)
        self.peer.on_call("Report project", projects)
        self.peer.on_call("Report day", days(*([None] * 9), *range(10000, 220000, 10000)))

    def pictures(self, name):
        """Pictures of the menu folded, its end, with the breakdown and with a session's details; all of them fit."""
        self.open_menu()
        self.assert_fits()
        self.picture(f"look-{name}")
        self.shell.eval(f"{self.indicator}._usageMenu._area.actor.vadjustment.value = 1e6; 1")
        self.shell.run("await lab.drawn();")
        self.picture(f"look-{name}-end")
        self.show("Models, projects and agents", "2 steps without a price")
        self.assert_fits()
        self.picture(f"look-{name}-breakdown")
        self.show("Mend the parser", "Last turns")
        self.assert_fits()
        self.picture(f"look-{name}-details")
        self.shell.close_menu(self.indicator)

    def picture(self, name, pad=8):
        """The whole screen where it is scaled: the shell takes the numbers of an area times the scale."""
        if self.shell.eval(f"{CONTEXT}.scale_factor") == 1:
            super().picture(name, pad)
        else:
            self.shell.screenshot(f"extension-{name}")

    def show(self, item, text):
        """Unfolds an item wherever it is in the scrolling part, and waits for a text in it."""
        row = f"[...lab.walk({self.menu})].find(a => a.text === {item!r}).get_parent()"
        self.shell.eval(f"(row => {{ while (!row._delegate?.menu) row = row.get_parent(); row.grab_key_focus(); row.activate(); }})({row}); 1")
        self.wait_text(text)
        self.shell.run("await lab.drawn();")

    def assert_fits(self):
        """The menu is on the screen, and no text stands outside of it."""
        self.shell.run(f"await lab.steadyCentre(() => {self.menu});")
        x, y, width, height = self.shell.eval(f"lab.rect({self.menu})")
        self.assertGreater(width, 0)
        screen = self.shell.eval("[global.screen_width, global.screen_height]")
        self.assertGreaterEqual(x, 0)
        self.assertGreaterEqual(y, 0)
        self.assertLessEqual(x + width, screen[0])
        self.assertLessEqual(y + height, screen[1])
        outside = self.shell.eval(
            f"[...lab.walk({self.menu})].filter(a => a.mapped && a.text && a.width > 0).map(a => [a.text, ...lab.rect(a)])"
            f".filter(([, left,, wide]) => left < {x} || left + wide > {x + width})"
        )
        self.assertEqual(outside, [])

    @contextlib.contextmanager
    def changed(self, schema, key, value, usual):
        """A setting of the desktop for a while."""
        set_setting(schema, key, value)
        try:
            self.shell.wait(SHELL_KNOWS.format(schema=schema, key=key, value=value), f"{value} in the shell")
            self.shell.run("await lab.drawn();")
            yield
        finally:
            set_setting(schema, key, usual)

    @contextlib.contextmanager
    def scaled(self, factor):
        """The shell draws everything so many times as large, as on a screen of so many times the density."""
        self.shell.eval(f"{CONTEXT}.scale_factor = {factor}; 1")
        try:
            with self.changed(DESKTOP, "text-scaling-factor", str(factor), "1.0"):
                yield
        finally:
            self.shell.eval(f"{CONTEXT}.scale_factor = 1; 1")

    def test_dark(self):
        self.pictures("dark")

    def test_light(self):
        with self.changed(DESKTOP, "color-scheme", "prefer-light", "default"):
            self.pictures("light")

    def test_high_contrast(self):
        with self.changed(HIGH_CONTRAST, "high-contrast", "true", "false"):
            self.pictures("contrast")

    def test_large_text(self):
        with self.changed(DESKTOP, "text-scaling-factor", "1.5", "1.0"):
            self.pictures("text-150")

    def test_twice_the_size_on_a_small_screen(self):
        with self.scaled(2):
            self.pictures("scale-2")

    def test_three_times_the_size(self):
        with self.scaled(3):
            self.pictures("scale-3")

    def test_another_accent(self):
        with self.changed(DESKTOP, "accent-color", "purple", "blue"):
            self.pictures("purple")
