# SPDX-License-Identifier: GPL-3.0-or-later
"""The menu: figures, models, refresh, keyboard, and that it does nothing while it is closed."""

from case import ExtensionCase
from peer import figures, pace, session, usage


class Menu(ExtensionCase):
    def test_the_table_shows_billed_and_estimated_apart(self):
        self.start_peer()
        texts = self.open_menu()
        start = texts.index("Total")
        self.assertEqual(texts[start : start + 5], ["Total", "98.8M", "<1%", "$1,234.56", "~$98.70"])
        start = texts.index("Today")
        self.assertEqual(texts[start : start + 5], ["Today", "234.6k", "30%", "$3.50", "~$0.10"])

    def test_a_submenu_lists_the_models_and_what_has_no_price(self):
        self.start_peer()
        self.open_menu()
        self.click_item("Total")
        self.wait_text("anthropic/claude-sonnet-4-5")
        self.assertIn("openai/gpt-5-mini", self.texts())
        self.assertIn("3 steps without a price", self.texts())
        self.picture("models")

    def test_dozens_of_models_scroll_and_leave_preferences_on_the_screen(self):
        models = [{**usage(1000 - i), "model": f"provider/model-{i}"} for i in range(40)]
        sessions = [session(f"ses_{i}", f"Session number {i}") for i in range(9)]
        self.start_peer(Total=usage(models=models), Sessions=sessions)
        self.open_menu()
        self.wait_text("4 more")
        self.click_item("Total")
        self.wait_text("provider/model-0")
        _, top, _, height = self.shell.rect(self.shell.labelled(self.menu, "Preferences"))
        self.assertLess(top + height, self.shell.eval("global.screen_height"))
        self.picture("many-models")

    def test_a_usage_that_cannot_be_priced_is_not_free(self):
        self.start_peer(Session={**figures()["Session"], "cost_billed_usd": 0.0, "unpriced_steps": 2})
        self.wait_label("12.3k · ?")
        texts = self.open_menu()
        start = texts.index("Session")
        self.assertEqual(texts[start + 3], "–")
        self.assertIn("2 steps without a price", self.accessible_name())

    def test_a_pace_whose_steps_have_no_price_is_no_zero(self):
        self.start_peer(Pace=pace(1200, 0, unpriced_steps=3))
        texts = self.open_menu()
        start = texts.index("Pace")
        self.assertEqual(texts[start + 1 : start + 4], ["1.2k/min", "", "–"])
        self.assertIn("Pace: 1.2k fresh tokens per minute, 3 steps without a price", self.row_names())

    def test_an_open_menu_follows_and_a_closed_one_rests(self):
        peer = self.start_peer()
        self.open_menu()
        peer.set(Today=usage(fresh=1500))
        self.wait_text("1.5k")
        self.shell.close_menu(self.indicator)
        cell = f"{self.indicator}._usageMenu._table.rows.today._cells.freshTokens.text"
        peer.set(Today=usage(fresh=1600), Session={**figures()["Session"], "fresh": 77})
        self.wait_label("77 · $0.42")
        self.assertEqual(self.shell.eval(cell), "1.5k")
        self.assertEqual(self.shell.eval(f"{self.indicator}._usageMenu._timerId"), 0)
        self.assertIn("1.6k", self.open_menu())

    def test_refresh_shows_that_it_works_and_when_it_was_done(self):
        peer = self.start_peer()
        peer.on_refresh(result={"steps_added": 1, "problems": []}, hold=True)
        self.open_menu()
        self.click_item("Refresh Statistics")
        self.wait_text("Refreshing…")
        spinner = f"{self.indicator}._usageMenu._refresh._item._spinner.mapped"
        self.assertTrue(self.shell.eval(spinner))
        self.picture("refreshing")
        self.click_item("Refresh Statistics")
        peer.release()
        self.wait_text("Refreshed at ")
        self.assertFalse(self.shell.eval(spinner))
        self.assertTrue(self.shell.eval(f"{self.indicator}.menu.isOpen"))
        self.assertEqual(peer.refreshes(), 1)
        self.picture("refreshed")

    def test_a_failed_refresh_shows_the_reason(self):
        peer = self.start_peer()
        peer.on_refresh(error="the ledger is locked by another octally")
        self.open_menu()
        self.click_item("Refresh Statistics")
        self.wait_text("the ledger is locked by another octally")
        self.assertIn("Failed", self.texts())
        self.assertIn("Total", self.texts())

    def test_problems_of_a_refresh_come_with_their_remedy(self):
        problem = {
            "severity": "warning", "code": "broken_row", "what": "2 rows could not be read",
            "where": "opencode.db", "remedy": "Run octally doctor.", "count": 2,
        }
        self.start_peer().on_refresh(result={"problems": [problem]})
        self.open_menu()
        self.click_item("Refresh Statistics")
        self.wait_text("2 rows could not be read (opencode.db). Run octally doctor.")
        self.assertIn("1 problem while reading", self.texts())

    def test_refresh_without_a_service_says_what_is_missing(self):
        self.restart_extension()
        self.wait_label("not installed")
        self.open_menu()
        self.click_item("Refresh Statistics")
        self.wait_text("The statistics could not be refreshed")

    def test_the_dashboard_says_why_it_cannot_be_opened(self):
        self.start_peer()
        self.assertIn("There is none in this version", self.open_menu())
        self.click_item("Open Dashboard")
        self.assertTrue(self.shell.eval(f"{self.indicator}.menu.isOpen"))
        self.assertIn("Open Dashboard: There is none in this version", self.row_names())

    def test_a_session_tells_where_it_runs_and_with_which_model(self):
        where = {"project": "/home/dev/octally", "model": "anthropic/claude-sonnet-4-5"}
        self.start_peer(Sessions=[session("ses_1", "Works", **where), session("ses_2", "Waits", "waiting")])
        texts = self.open_menu()
        self.assertIn("octally · claude-sonnet-4-5", texts)
        self.assertLess(texts.index("Waits"), texts.index("Works"))
        self.assertTrue(any(name.startswith("Works: Busy, octally, claude-sonnet-4-5, 4.0k fresh tokens") for name in self.row_names()))

    def test_the_keyboard_reaches_every_item_and_each_has_a_name(self):
        self.start_peer(Sessions=[session("ses_1", "Mend the parser")])
        self.open_menu()
        focus = "(f => f?.accessible_name || f?.label_actor?.text || null)(global.stage.key_focus)"
        reached = []
        for _ in range(16):
            self.shell.key("Down")
            reached.append(self.shell.eval(focus))
        beginnings = (
            "Session: 12.3k fresh tokens", "Today: ", "Month: ", "Total: ", "Pace: ", "Mend the parser: Busy",
            "Refresh Statistics", "Open Dashboard: ", "Preferences",
        )
        for beginning in beginnings:
            self.assertTrue(any(name and name.startswith(beginning) for name in reached), (beginning, reached))
        self.assertNotIn(None, reached)

    def test_a_submenu_opens_with_the_keyboard(self):
        self.start_peer()
        self.open_menu()
        self.shell.key("Down")
        self.shell.key("Return")
        self.wait_text("anthropic/claude-sonnet-4-5")
        self.assertIn("anthropic/claude-sonnet-4-5: 10.0k fresh tokens, cache hit rate 91%, $0.40 billed", self.row_names())
