# SPDX-License-Identifier: GPL-3.0-or-later
"""The preferences window: its pages (the panel's has a file of its own) with pointer and keyboard, what it asks of
the service, what a screen reader reads."""

import pathlib

from peer import budget, settings
from prefs_case import DATA, PAGES, SWITCH, TITLE, PreferencesCase, snoozed

EXPORTED = pathlib.Path("octally-steps.csv")


class Preferences(PreferencesCase):
    def test_the_menu_opens_the_preferences(self):
        self.serve()
        self.open_menu()
        self.click_item("Preferences")
        self.addCleanup(self.end_preferences)
        self.shell.window(TITLE)
        self.shell.key("Alt_L", "F4")
        self.shell.wait(lambda: not self.shell.window_exists(TITLE), "the preferences to close")

    def test_everything_that_takes_the_focus_has_a_name(self):
        self.serve()
        window = self.open_preferences()
        for page, text in PAGES.items():
            with self.subTest(page):
                self.go_to(window, page)
                window.wait_text(text)
                self.assertEqual(window.unnamed(), [])
                window.screenshot(f"preferences-{page.lower()}")

    def test_the_keyboard_reaches_and_turns_a_switch(self):
        peer = self.serve()
        window = self.open_preferences("Notifications")
        window.wait_text("Turn Finished")
        for _ in range(30):
            if (window.focused() or ("", ""))[0] == "Turn Finished":
                break
            self.shell.key("Tab")
        # Not space: that no longer turns a switch of GTK 4.24.
        self.shell.key("Return")
        self.wait_calls(peer, "SetAlerts", [[{"finished": False}]])

    def test_without_the_service_it_is_started_by_a_button(self):
        with self.service_file("/bin/sleep 600"):
            window = self.open_preferences("Notifications")
            window.wait_text("The octally service is not running")
            self.assertFalse(window.has_text("Turn Finished"))
            window.screenshot("preferences-stopped")
            window.click("Start the octally service")
            self.serve()
            window.wait_text("Turn Finished")

    def test_a_service_that_is_not_installed_comes_with_a_command(self):
        window = self.open_preferences("Budgets")
        window.wait_text("The octally service is not installed")
        self.assertTrue(window.has_text("packaging/install.sh"))
        window.click("Copy the command")
        window.wait_text("The command is in the clipboard")
        window.screenshot("preferences-missing")

    def test_a_service_from_before_these_preferences_is_to_be_renewed(self):
        self.serve(Settings={})
        window = self.open_preferences("Notifications")
        window.wait_text("The octally service is older than these preferences")

    def test_a_service_that_goes_and_comes_is_followed(self):
        peer = self.serve()
        window = self.open_preferences("Notifications")
        window.wait_text("Turn Finished")
        peer.kill()
        window.wait_text("The octally service is not installed")
        self.serve(Settings=settings(finished=False))
        window.wait_text("Turn Finished")
        self.assertFalse(window.checked("Turn Finished"))


class NotificationSettings(PreferencesCase):
    def test_a_switch_is_sent_at_once(self):
        peer = self.serve()
        window = self.open_preferences("Notifications")
        window.click("Waiting for You", *SWITCH)
        self.wait_calls(peer, "SetAlerts", [[{"waiting": False}]])

    def test_what_the_service_refuses_is_told_and_taken_back(self):
        peer = self.serve()
        peer.on_call("SetAlerts", error="config.toml belongs to root: make it yours")
        window = self.open_preferences("Notifications")
        window.click("Turn Finished", *SWITCH)
        window.wait_text("config.toml belongs to root: make it yours")
        self.shell.wait(lambda: window.checked("Turn Finished"), "the switch to go back")
        window.screenshot("preferences-refused")

    def test_numbers_are_sent_with_their_types(self):
        peer = self.serve()
        window = self.open_preferences("Notifications")
        window.reach("Cost per Minute", "spin button")
        self.shell.key("Up")
        self.wait_calls(peer, "SetAlerts", [[{"tripwire_usd_per_minute": 5.5}]])
        window.reach("Idle Threshold", "spin button")
        self.shell.key("Up")
        self.shell.wait(lambda: [{"idle_threshold_minutes": 16}] in peer.calls("SetAlerts"), "the threshold")

    def test_numbers_of_the_whole_range_are_shown_and_kept(self):
        large = {"min_turn_seconds": 86000, "idle_threshold_minutes": 10000, "tripwire_usd_per_minute": 500000.0}
        peer = self.serve(Settings=settings(**large))
        window = self.open_preferences("Notifications")
        for row in ("Shortest Turn", "Idle Threshold", "Cost per Minute"):
            window.reach(row, "spin button")
            self.shell.key("Up")
        raised = [{"min_turn_seconds": 86005}, {"idle_threshold_minutes": 10001}, {"tripwire_usd_per_minute": 500000.5}]
        self.wait_calls(peer, "SetAlerts", [[change] for change in raised])

    def test_to_pass_by_a_number_with_more_digits_than_are_shown_does_not_round_it(self):
        peer = self.serve(Settings=settings(tripwire_usd_per_minute=0.125))
        window = self.open_preferences("Notifications")
        window.reach("Cost per Minute", "spin button")
        self.shell.key("Tab")
        # What comes after it has been handled.
        window.click("Compaction Loop", *SWITCH)
        self.wait_calls(peer, "SetAlerts", [[{"compaction_loop": False}]])

    def test_a_change_of_the_file_shows_at_once_and_is_not_sent_back(self):
        peer = self.serve()
        window = self.open_preferences("Notifications")
        self.assertTrue(window.checked("Turn Finished"))
        peer.set(Settings=settings(finished=False, quiet_hours="22:15-06:00", speaker="both", opencode_speaks=True))
        self.shell.wait(lambda: not window.checked("Turn Finished"), "the switch to follow")
        window.scroll_to("Who Tells It")
        window.wait_text("OpenCode is set up to show notices of its own")
        self.assertEqual(peer.calls("SetAlerts"), [])
        window.screenshot("preferences-speaker")

    def test_quiet_hours_are_switched_on_with_the_usual_night(self):
        peer = self.serve()
        window = self.open_preferences("Notifications")
        window.reach("Quiet Hours", *SWITCH)
        self.wait_calls(peer, "SetAlerts", [[{"quiet_hours": "22:00-07:00"}]])
        window.wait_text("From")
        window.screenshot("preferences-quiet")

    def test_snooze_begins_and_ends(self):
        peer = self.serve()
        window = self.open_preferences("Notifications")
        window.reach("Snooze all for 1 hour")
        self.wait_calls(peer, "Snooze", [["", 60]])
        peer.set(SnoozedUntilMs=snoozed())
        window.wait_text("Nothing is shown until ")
        window.click("End the snooze")
        self.wait_calls(peer, "Snooze", [["", 60], ["", 0]])


class BudgetSettings(PreferencesCase):
    def test_a_limit_that_is_not_changed_is_kept_to_the_last_digit(self):
        peer = self.serve(Budgets=[budget("all", "month", 2000000.125, 41)])
        window = self.open_preferences("Budgets")
        window.click("Change the budget all")
        window.wait_text("Limit in US Dollars")
        window.click("Limit in US Dollars", "spin button")
        self.shell.key("Tab")
        window.click("Save")
        self.shell.wait(lambda: peer.calls("SetBudget"), "the call of SetBudget")
        self.assertEqual(peer.calls("SetBudget")[0][1]["limit_usd"], 2000000.125)

    def test_a_budget_is_added(self):
        peer = self.serve(Budgets=[])
        window = self.open_preferences("Budgets")
        window.wait_text("No budgets yet")
        window.click("Add a budget")
        window.wait_text("Limit in US Dollars")
        self.assertEqual(window.unnamed(), [])
        window.screenshot("preferences-budget-new")
        window.click("Save")
        new = {"period": "month", "limit_usd": 50.0, "project": "", "counts": "billed", "warn_at": [50, 80, 100]}
        self.wait_calls(peer, "SetBudget", [["month", new]])
        window.wait_no_text("Limit in US Dollars")

    def test_what_is_wrong_with_a_budget_stands_in_the_dialog(self):
        peer = self.serve()
        peer.on_call("SetBudget", error="limit_usd: must be above 0")
        window = self.open_preferences("Budgets")
        window.click("Change the budget all")
        window.wait_text("Limit in US Dollars")
        window.click("Save")
        window.wait_text("limit_usd: must be above 0")
        window.screenshot("preferences-budget-wrong")
        self.shell.key("Escape")
        window.wait_no_text("Limit in US Dollars")

    def test_a_budget_is_removed_after_a_question(self):
        peer = self.serve()
        window = self.open_preferences("Budgets")
        window.click("Remove the budget all")
        window.wait_text("Remove the Budget “all”?")
        self.shell.key("Escape")
        window.wait_no_text("Remove the Budget “all”?")
        self.assertEqual(peer.calls("RemoveBudget"), [])
        window.click("Remove the budget all")
        window.click("Remove", "push button", "button")
        self.wait_calls(peer, "RemoveBudget", [["all"]])

    def test_spending_shows_while_it_happens(self):
        peer = self.serve()
        window = self.open_preferences("Budgets")
        window.wait_text("$41.00 spent, 82%")
        peer.set(Budgets=[budget("all", "month", 50, 45)])
        window.wait_text("$45.00 spent, 90%")
        peer.set(Budgets=[budget("all", "month", 50, 45), budget("parser", "day", 2, 3, project="/home/dev/parser", counts="all")])
        window.wait_text("$2.00 a day")
        window.wait_text("parser · /home/dev/parser · billed and estimated together · $3.00 spent, 150%")
        window.screenshot("preferences-budgets")


class DataSettings(PreferencesCase):
    def test_the_page_says_where_the_data_is(self):
        self.serve()
        window = self.open_preferences("Data")
        window.wait_text("/home/dev/.local/share/opencode/opencode.db")
        window.wait_text("45,678 steps")
        window.wait_text("12.3 MB")

    def test_retention_asks_before_it_removes(self):
        peer = self.serve()
        window = self.open_preferences("Data")
        window.wait_text("Keep Steps")
        window.reach("Keep Steps")
        self.shell.key("Down")
        self.shell.key("Return")
        window.wait_text("Remove Older Steps?")
        self.assertEqual(peer.calls("SetRetention"), [])
        window.click("Remove", "push button", "button")
        self.wait_calls(peer, "SetRetention", [[3]])

    def test_a_retention_that_is_not_in_the_list_stays(self):
        peer = self.serve()
        peer.on_call("Describe", {**DATA, "keep_months": 18})
        window = self.open_preferences("Data")
        window.wait_text("18 months")
        self.assertEqual(peer.calls("SetRetention"), [])

    def test_rebuild_asks_first(self):
        peer = self.serve()
        window = self.open_preferences("Data")
        window.reach("Rebuild the ledger")
        window.wait_text("Rebuild the Ledger?")
        window.click("Rebuild", "push button", "button")
        self.wait_calls(peer, "Rebuild", [[]])
        window.wait_text("The ledger has been rebuilt")

    def test_a_project_is_forgotten_after_a_question_and_can_be_read_again(self):
        peer = self.serve()
        peer.on_call("Forget", {"steps": 40000})
        window = self.open_preferences("Data")
        window.wait_text("2 projects in the ledger")
        window.reach("2 projects in the ledger")
        window.reach("Forget the project /home/dev/parser")
        window.wait_text("Forget This Project?")
        window.screenshot("preferences-forget")
        window.click("Forget", "push button", "button")
        self.wait_calls(peer, "Forget", [["/home/dev/parser"]])
        window.wait_text("40,000 steps forgotten")
        window.click("Read It Again")
        self.wait_calls(peer, "Remember", [["/home/dev/parser"]])

    def export(self, window):
        """Clicks through to the file that the dialog offers."""
        self.addCleanup(EXPORTED.unlink, missing_ok=True)
        window.reach("Export into a file")
        self.shell.wait(lambda: self.shell.window_exists("Export"), "the file dialog")
        self.shell.window("Export")
        self.shell.key("Return")
        # To read a dialog that goes can crash GTK.
        self.shell.wait(lambda: not self.shell.window_exists("Export"), "the file dialog to go")

    def test_an_export_that_fails_leaves_no_part_of_a_file(self):
        peer = self.serve()
        peer.on_call("Export", error="the ledger is busy: try again")
        window = self.open_preferences("Data")
        self.export(window)
        window.wait_text("the ledger is busy: try again")
        self.assertEqual(list(pathlib.Path().glob(f"*{EXPORTED.stem}*")), [])

    def test_an_export_goes_into_the_file_that_was_chosen(self):
        peer = self.serve()
        peer.on_call("Export", {"bytes": 1234})
        window = self.open_preferences("Data")
        self.export(window)
        self.shell.wait(lambda: peer.calls("Export"), "the call of Export")
        self.assertEqual(peer.calls("Export")[0][1], {"format": "csv", "what": "steps"})
        window.wait_text("1.2 kB exported")
        self.assertEqual(EXPORTED.stat().st_mode & 0o777, 0o600)


class AboutPage(PreferencesCase):
    def test_the_doctor_says_what_to_do(self):
        self.serve()
        window = self.open_preferences("About")
        for check in ("The plugin is not installed.", "Run packaging/install.sh --plugin.", "Mend line 3."):
            window.wait_text(check)
        window.wait_text("GPL-3.0-or-later")
        window.wait_text("0.1.0")
