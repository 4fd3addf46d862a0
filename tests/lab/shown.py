# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads figures back from the screen, to the precision with which they are shown.

The shell rounds: "2.3k" may stand for anything between 2250 and 2350. A figure is right when the true
number, rounded as coarsely as the text is, gives that text.
"""

import decimal
import re

UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


def tokens_match(text, number):
    """Whether a text such as "999" or "12.3k" stands for that number of tokens."""
    found = re.fullmatch(r"([\d.,]+)([kMGT]?)", text)
    return bool(found) and rounds_to(found[1].replace(",", ""), number / UNITS[found[2]], least_digits=1 if found[2] else 0)


def money_matches(text, usd):
    """Whether a text such as "$0.42" or "$0.0049" stands for that many US dollars."""
    found = re.fullmatch(r"\$([\d.,]+)", text)
    return bool(found) and rounds_to(found[1].replace(",", ""), usd, least_digits=2)


def rounds_to(digits, value, least_digits):
    """digits: what is shown; it may leave out zeros at the end, down to least_digits decimals at most."""
    places = max(least_digits, len(digits.partition(".")[2]))
    half = decimal.Decimal(1).scaleb(-places) / 2
    # A hair more than half a unit: the two sides may round a tie differently.
    return abs(decimal.Decimal(digits) - decimal.Decimal(repr(value))) <= half * decimal.Decimal("1.0001")


def cells_after(texts, name, count=4):
    """The texts that follow a row's name in what Shell.texts() read from a menu."""
    at = texts.index(name)
    return texts[at + 1 : at + 1 + count]
