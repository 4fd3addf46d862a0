# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the usage went, the budgets, and the details of a session: the parts of the menu that unfold."""

import datetime

from case import ExtensionCase
from peer import budget, now_ms, session, usage

ITEM = "Models, projects and agents"
UNKNOWN_SESSION = "io.github.octally.Error.UnknownSession"


def rows(by, *names):
    """Rows of Report, the first name is the largest."""
    count = len(names)
    made = [{**usage(1000 * (count - i), float(count - i)), by: name} for i, name in enumerate(names)]
    return [{key: value for key, value in row.items() if key != "models"} for row in made]


class Unfolding(ExtensionCase):
    def show(self, text):
        """Unfolds the row with this label, wherever it is in the scrolling part, and keeps the focus there."""
        self.focus_row(text)
        self.shell.key("Return")
        # GNOME Shell 51 moves the focus to what is unfolded.
        self.focus_row(text)

    def focus_row(self, text):
        self.shell.eval(
            f"(label => {{ let row = label; while (!row._delegate?.menu) row = row.get_parent();"
            f" row.grab_key_focus(); }})([...lab.walk({self.menu})].find(a => a.text === {text!r})); 1"
        )

    def requests(self, peer):
        """The requests of Report so far."""
        return [request for (request,) in peer.calls("Report")]

    def click_choice(self, label):
        """Clicks a button of a switch in the unfolded breakdown."""
        self.shell.click_actor(
            f"[...lab.walk({self.indicator}._usageMenu._breakdown.menu.actor)].find(a => a.mapped && a.label === {label!r})"
        )


class Breakdown(Unfolding):
    def setUp(self):
        super().setUp()
        # What was chosen last stays chosen.
        self.shell.eval(f"Object.assign({self.indicator}._usageMenu._breakdown, {{_by: 'model', _period: 'today'}}); 1")

    def test_nothing_is_asked_while_it_is_folded(self):
        peer = self.start_peer()
        self.open_menu()
        peer.set(Today=usage(fresh=1500))
        self.wait_text("1.5k")
        self.assertEqual(self.requests(peer), [])

    def test_the_models_of_today_stand_there_before_the_answer(self):
        self.start_peer().on_call("Report", [], delay_ms=2000)
        self.open_menu()
        self.show(ITEM)
        self.wait_text("anthropic/claude-sonnet-4-5")
        self.assertIn("81%", self.texts())

    def test_shares_by_model_with_estimates_and_what_has_no_price(self):
        peer = self.start_peer()
        models = rows("model", "a/first", "a/second", "b/third")
        models[2] = {**models[2], "cost_billed_usd": 0.0, "cost_estimated_usd": 0.1, "unpriced_steps": 2}
        peer.on_call("Report model", models)
        self.open_menu()
        self.show(ITEM)
        self.wait_text("2 steps without a price")
        texts = self.texts()
        start = texts.index("a/first")
        self.assertEqual(texts[start : start + 4], ["a/first", "3.0k", "50%", "$3.00"])
        self.assertIn("~$0.10", texts)
        self.assertTrue(any(name.startswith("a/first, 50%, 3.0k fresh tokens") for name in self.row_names()), self.row_names())

    def test_projects_are_named_by_their_folders_and_the_rest_is_one_row(self):
        peer = self.start_peer()
        peer.on_call("Report project", rows("project", *(f"/home/dev/p{i}" for i in range(9))))
        self.open_menu()
        self.show(ITEM)
        self.click_choice("Projects")
        self.wait_text("4 others")
        texts = self.texts()
        self.assertIn("p0", texts)
        self.assertIn("p4", texts)
        self.assertNotIn("p5", texts)
        self.assertTrue(any(name.startswith("p0 (/home/dev/p0), 20%") for name in self.row_names()), self.row_names())

    def test_what_has_no_agent_says_so(self):
        peer = self.start_peer()
        nameless = rows("agent", "build", "nobody")
        del nameless[1]["agent"]
        peer.on_call("Report agent", nameless)
        self.open_menu()
        self.show(ITEM)
        self.click_choice("Agents")
        self.wait_text("Not recorded")
        self.assertIn("build", self.texts())

    def test_the_period_is_asked_for(self):
        peer = self.start_peer()
        today = datetime.date.today().isoformat()
        self.open_menu()
        self.show(ITEM)
        self.shell.wait(lambda: self.requests(peer), "the question for today")
        self.click_choice("Month")
        self.shell.wait(lambda: len(self.requests(peer)) == 2, "the question for the month")
        self.click_choice("7 days")
        self.shell.wait(lambda: len(self.requests(peer)) == 3, "the question for the week")
        self.assertEqual(
            self.requests(peer),
            [{"by": "model", "since": today}, {"by": "model", "since": f"{today[:8]}01"}, {"by": "model", "last": 7}],
        )

    def test_a_slow_answer_of_another_question_does_not_show(self):
        peer = self.start_peer()
        peer.on_call("Report project", rows("project", "/late"), delay_ms=2000)
        peer.on_call("Report agent", rows("agent", "plan"))
        self.open_menu()
        self.show(ITEM)
        self.click_choice("Projects")
        self.wait_text("Reading…")
        self.click_choice("Agents")
        self.wait_text("plan")
        # Those by model, by agent and, at last, by project.
        self.wait_answered(peer, "Report", 3)
        self.assertIn("plan", self.texts())
        self.assertNotIn("late", self.texts())

    def test_an_error_is_told_with_its_reason(self):
        self.start_peer().on_call("Report", error="the ledger is locked")
        self.open_menu()
        self.show(ITEM)
        self.wait_text("The figures could not be read: the ledger is locked")

    def test_the_switches_can_be_used_with_the_keyboard(self):
        peer = self.start_peer()
        peer.on_call("Report project", rows("project", "/home/dev/api"))
        self.open_menu()
        self.show(ITEM)
        self.shell.wait(lambda: self.requests(peer), "the first question")
        self.shell.key("Down")
        focus = "global.stage.get_key_focus()?.accessible_name"
        # Down leads to the nearest button below.
        self.assertEqual(self.shell.eval(focus), "By agent")
        self.shell.key("Left")
        self.assertEqual(self.shell.eval(focus), "By project")
        self.shell.key("Return")
        self.wait_text("api")


class Budgets(Unfolding):
    def test_a_budget_says_what_is_spent_and_left_and_where_it_leads(self):
        self.start_peer(Budgets=[budget(spent=42.1, left_usd=7.9, expected_share=1.12, ends_ms=now_ms())])
        self.open_menu()
        self.wait_text("$42.10 of $50.00")
        self.assertTrue(any(text.startswith("$7.90 left · at this rate 112% by ") for text in self.texts()))
        self.assertIn("Budget for this month", self.texts())

    def test_one_that_is_spent_is_marked_and_told(self):
        over = budget("api", "week", 10, 13.2, project="/home/dev/api", counts="all", unpriced_steps=3)
        self.start_peer(Budgets=[over, budget("small", "day", 20, 1)])
        self.open_menu()
        self.wait_text("$3.20 over · billed and estimated together · 3 steps without a price")
        self.assertIn("Budget for this week · api", self.texts())
        classes = self.shell.eval(
            f"[...lab.walk({self.menu})].filter(a => a.style_class?.includes('octally-budget')).map(a => a.style_class)"
        )
        self.assertEqual([name.split("octally-")[-1] for name in classes], ["over", "within"])

    def test_without_budgets_there_is_no_heading(self):
        peer = self.start_peer(Budgets=[budget()])
        self.open_menu()
        self.wait_text("Budgets")
        peer.set(Budgets=[])
        self.shell.wait(lambda: "Budgets" not in self.texts(), "the heading to go")


class Details(Unfolding):
    def described(self, **others):
        """An answer of Describe."""
        models = rows("model", "anthropic/claude-sonnet-4-5")
        agents = [{**row, "id": "ses_9", "agent": "explore", "title": "Find it"} for row in rows("x", "y")]
        turns = [{**row, "started_ms": now_ms()} for row in rows("model", "openai/gpt-5-mini")]
        del agents[0]["x"]
        return {"models": models, "sub_agents": agents, "turns": turns, **others}

    def asked(self, peer):
        """The sessions that were asked for so far."""
        return [session_id for (session_id,) in peer.calls("Describe")]

    def test_a_session_unfolds_to_its_models_sub_agents_and_turns(self):
        peer = self.start_peer()
        peer.on_call("Describe", self.described())
        self.open_menu()
        self.assertEqual(self.asked(peer), [])
        self.show("Mend the parser")
        self.wait_text("Last turns")
        texts = self.texts()
        for text in ("Models", "anthropic/claude-sonnet-4-5", "Sub-agents", "explore · Find it"):
            self.assertIn(text, texts)
        self.assertTrue(any(text.endswith(" · openai/gpt-5-mini") for text in texts), texts)
        self.assertEqual(self.asked(peer), ["ses_1"])

    def test_it_unfolds_with_the_keyboard_and_every_line_has_a_name(self):
        self.start_peer().on_call("Describe", self.described())
        self.open_menu()
        self.show("Mend the parser")
        self.wait_text("Last turns")
        focus = "(f => f?.accessible_name || null)(global.stage.key_focus)"
        reached = []
        for _ in range(6):
            self.shell.key("Down")
            reached.append(self.shell.eval(focus))
        self.assertEqual(reached[:2], ["Models", "anthropic/claude-sonnet-4-5: 1.0k fresh tokens, cache hit rate 99%, $1.00 billed"])
        self.assertNotIn(None, reached)
        self.shell.key("Left")
        self.shell.wait(lambda: "Last turns" not in self.texts(), "the details to go")

    def test_a_focus_on_what_gives_way_stays_in_the_menu(self):
        peer = self.start_peer()
        peer.on_call("Describe", self.described(), delay_ms=500)
        self.open_menu()
        self.focus_row("Mend the parser")
        self.shell.key("Right")
        focus = "(f => f?.accessible_name || null)(global.stage.get_key_focus())"
        self.assertEqual(self.shell.eval(focus), "Reading…")
        self.shell.wait(lambda: self.shell.eval(focus) == "Models", "the focus on the first line of the answer")
        self.focus_row("Today")
        self.shell.key("Right")
        model = self.shell.eval(focus)
        self.assertIn("claude-sonnet-4-5", model)
        figures = usage(fresh=999, models=[{**usage(998), "model": "anthropic/claude-sonnet-4-5"}])
        del figures["models"][0]["models"]
        peer.set(Today=figures)
        self.shell.wait(lambda: "998" in (self.shell.eval(focus) or ""), "the focus on the same model with its new figures")

    def test_a_slow_answer_says_that_it_is_read(self):
        self.start_peer().on_call("Describe", self.described(), delay_ms=2000)
        self.open_menu()
        self.show("Mend the parser")
        self.wait_text("Reading…")
        self.wait_text("Last turns")
        self.assertNotIn("Reading…", self.texts())

    def test_a_session_that_vanished_says_so(self):
        peer = self.start_peer()
        peer.on_call("Describe", error="there is no session ses_1", error_name=UNKNOWN_SESSION)
        self.open_menu()
        self.show("Mend the parser")
        self.wait_text("The service no longer knows this session")

    def test_an_error_is_told_with_its_reason(self):
        self.start_peer().on_call("Describe", error="the ledger is locked")
        self.open_menu()
        self.show("Mend the parser")
        self.wait_text("The details could not be read: the ledger is locked")

    def test_folding_before_the_answer_gives_it_up(self):
        peer = self.start_peer()
        peer.on_call("Describe", self.described(), delay_ms=1000)
        self.open_menu()
        self.show("Mend the parser")
        self.wait_text("Reading…")
        self.shell.key("Return")
        self.wait_answered(peer, "Describe")
        self.assertNotIn("Last turns", self.texts())

    def test_what_is_unfolded_stays_so_when_the_order_changes(self):
        first, second = session("ses_1", "Mend the parser"), session("ses_2", "Write the manual")
        peer = self.start_peer(Sessions=[first, second])
        peer.on_call("Describe", self.described())
        self.open_menu()
        self.show("Write the manual")
        self.wait_text("Last turns")
        peer.set(Sessions=[{**second, "state": "waiting"}, first])
        self.wait_text("Waiting for you")
        texts = self.texts()
        self.assertLess(texts.index("Write the manual"), texts.index("Last turns"))
        self.assertLess(texts.index("Last turns"), texts.index("Mend the parser"))

    def test_the_details_follow_the_session(self):
        peer = self.start_peer()
        peer.on_call("Describe", self.described())
        self.open_menu()
        self.show("Mend the parser")
        self.wait_text("Last turns")
        peer.on_call("Describe", self.described(models=rows("model", "x/new-one")))
        peer.set(Sessions=[session("ses_1", "Mend the parser", fresh=9000)])
        self.wait_text("x/new-one")

    def test_a_session_that_ends_takes_its_details_along(self):
        peer = self.start_peer()
        peer.on_call("Describe", self.described(), delay_ms=1000)
        self.open_menu()
        self.show("Mend the parser")
        self.wait_text("Reading…")
        peer.set(Sessions=[])
        self.shell.wait(lambda: "Mend the parser" not in self.texts(), "the session to go")
        self.wait_answered(peer, "Describe")
