# SPDX-License-Identifier: GPL-3.0-or-later
"""A service that is wrong: missing keys, other types, huge texts. The menu shows what it can, and the shell's
log stays quiet (ExtensionCase looks at it after every test)."""

from case import ExtensionCase
from peer import figures, now_ms, session, usage

HUGE = "long\n" * 200000


class Lies(ExtensionCase):
    def look_at_everything(self):
        """Opens the menu and unfolds every row of it, one after the other."""
        self.open_menu()
        self.shell.run(
            f"for (const row of [...lab.walk({self.menu})].filter(a => a.mapped && a._delegate === a && a.menu)) "
            "{ row.activate(); await lab.drawn(); }"
        )
        self.assertTrue(self.shell.eval(f"{self.menu}.width <= global.screen_width"))

    def test_empty_dictionaries(self):
        peer = self.start_peer(Today={}, Month={}, Total={}, Week=[{}], Budgets=[{}], Sessions=[{}, {}], Pace={})
        peer.on_call("Report", [{}])
        self.look_at_everything()

    def test_texts_where_figures_should_be(self):
        wrong = {"fresh": "many", "steps": "some", "cost_billed_usd": "0.5", "unpriced_steps": "x", "models": "none", "total": True}
        entry = {**wrong, "id": "ses_1", "title": "Odd", "state": "purple", "since_ms": "yesterday", "last_activity_ms": "now"}
        budget = {"id": "b", "period": "century", "limit_usd": "much", "share": "half", "ends_ms": "soon", "left_usd": "rest"}
        peer = self.start_peer(Today=wrong, Month=wrong, Total=wrong, Week=[{**wrong, "day": "someday"}], Budgets=[budget], Sessions=[entry])
        peer.on_call("Report", [{**wrong, "model": True, "project": True, "day": True}])
        peer.on_call("Describe", {"models": "none", "turns": True, "sub_agents": [{**wrong, "id": True}]})
        self.look_at_everything()
        self.assertIn("Odd", self.texts())

    def test_figures_beyond_all_bounds(self):
        most = 2**53
        beyond = {**usage(most, 1e300), "steps": most, "unpriced_steps": most, "cost_estimated_usd": float("inf")}
        instants = {"since_ms": 2**62, "last_activity_ms": 2**62, "started_ms": 2**62, "ends_ms": 2**62}
        budget = {"id": "b", "period": "week", "limit_usd": 0.0, "spent_usd": 1e300, "share": 1e300, "left_usd": float("nan"), **instants}
        day = {key: value for key, value in beyond.items() if key != "models"}
        peer = self.start_peer(
            Session={**figures()["Session"], **beyond, **instants}, Today=beyond, Total=beyond, Week=[{**day, "day": "2026-11-26"}],
            Budgets=[budget], Sessions=[{**session("ses_1", "Odd"), **instants}], Freshness={"state": "stale", "since_ms": 2**62},
        )
        peer.on_call("Describe", {"turns": [{**day, **instants}]})
        self.look_at_everything()

    def test_huge_texts(self):
        models = [{**usage(10), "model": HUGE}]
        sessions = [session("ses_1", HUGE, project=HUGE, model=HUGE, agent=HUGE)]
        budget = {"id": "b", "period": "day", "project": HUGE, "limit_usd": 1.0, "spent_usd": 0.5}
        peer = self.start_peer(Today=usage(10, models=models), Sessions=sessions, Budgets=[budget])
        peer.on_call("Report", [{**usage(10), "model": HUGE, "project": HUGE}])
        peer.on_call("Describe", {"models": models, "turns": [{**usage(10), "model": HUGE, "started_ms": now_ms()}]})
        self.look_at_everything()
        self.picture("huge-texts")

    def test_the_same_session_twice(self):
        self.start_peer(Sessions=[session("ses_1", "Once"), session("ses_1", "Once more")])
        self.look_at_everything()
