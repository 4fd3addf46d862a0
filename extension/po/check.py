#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares the places of each text, as in "{count}", with those of its translation: check.py FILE.po...

A plural form may leave out {count} where it stands for one number only, as "two hours" may be a word.
"""

import gettext
import io
import re
import subprocess
import sys


def catalog(po):
    """Every translated form: (text, number of the plural form or None) -> translation."""
    compiler = subprocess.run(["msgfmt", "--check", "--output-file=-", po], capture_output=True)
    if compiler.returncode:
        sys.exit(compiler.stderr.decode())
    forms = {}
    for key, translation in gettext.GNUTranslations(io.BytesIO(compiler.stdout))._catalog.items():
        text, number = key if isinstance(key, tuple) else (key, None)
        if text:
            forms[text, number] = translation
    return forms


def places(text):
    """As in {count}."""
    return set(re.findall(r"\{\w+\}", text))


def problems(forms):
    """One line for each translation whose places are not those of the text."""
    last = max((number for _, number in forms if number is not None), default=0)
    for (text, number), translation in forms.items():
        wanted, found = places(text), places(translation)
        may_lack = {"{count}"} if number is not None and number < last else set()
        if found - wanted or wanted - found - may_lack:
            yield f"{text!r}: {translation!r}"


def main():
    failed = False
    for po in sys.argv[1:]:
        for problem in problems(catalog(po)):
            print(f"{po}: other places than the text: {problem}", file=sys.stderr)
            failed = True
    sys.exit(failed)


main()
