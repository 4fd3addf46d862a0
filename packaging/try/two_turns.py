# SPDX-License-Identifier: GPL-3.0-or-later
"""Two OpenCode turns, two screenshots, and the figures in words. packaging/try.sh runs it."""

import sys

import shown
import truth
from desk import Desk
from drive import set_setting
from octally import CommandLine


def print_log(records):
    """What the mock model handed out, call by call."""
    print("\nWhat the model handed out (title calls are kept in no database, so nobody counts them):")
    for record in records:
        mark = "" if truth.counted([record]) else "   not counted"
        tokens = ", ".join(f"{kind} {n}" for kind, n in record["tokens"].items() if n)
        print(f"  {record['kind']:7} {truth.model_of(record):22} {tokens}{mark}")
    usage = truth.usage(records)
    print(f"  together: {usage.fresh} fresh tokens, {usage.total} in all, ${usage.cost_usd:.6f}")


def print_screen(desk):
    """What the top bar and the menu show."""
    print(f"\nThe top bar:  {desk.label()}")
    texts = desk.menu_texts()
    for row in ("Session", "Today", "Total"):
        print(f"{row:13} {'  '.join(shown.cells_after(texts, row, 3))}")


def main():
    # The notification of the finished turn would lie over the menu's corner.
    set_setting("org.gnome.desktop.notifications", "show-banners", "false")
    desk = Desk()
    with desk.opencode.serve() as server:
        session = server.create_session("Try Octally")
        print("Two OpenCode turns ...")
        server.prompt(session, "Look around mock:tool,cache,reason")
        server.prompt(session, "Say hello mock:cache", model="mock/second-model")
        desk.wait_for_label(desk.usage())
        desk.screenshot_top_bar()
        desk.shell.open_menu(desk.indicator)
        desk.screenshot_menu()
        print_log(desk.records())
        print_screen(desk)
        print("\nThe command line:\n")
        print(CommandLine().call(), end="")


sys.exit(main())
