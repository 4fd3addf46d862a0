# SPDX-License-Identifier: GPL-3.0-or-later
"""Real shells complete real names: what is typed, and a Tab, becomes what is in the ledger."""

import sqlite3
import subprocess
import unittest

from home import InHome
from terminal import Terminal

PROMPT = "ready> "
MODEL = "octally report daily --model mock/test-s"


class Completions(InHome):
    def setUp(self):
        super().setUp()
        self.run_octally("status")

    def start(self, command, *lines):
        self.need(command[0])
        terminal = Terminal(command, self.environment(PS1=PROMPT))
        self.addCleanup(terminal.close)
        terminal.wait_for(PROMPT)
        # What is typed is shown, too: only what is run has the word in one piece.
        terminal.type("\n".join([*lines, "echo set''up"]) + "\n")
        terminal.wait_for("setup")
        return terminal

    def tab(self, terminal, typed, expected):
        terminal.type(typed + "\t")
        try:
            terminal.wait_for(expected)
        finally:
            terminal.type("\x15")  # the line is not run

    def test_bash(self):
        bash = self.start(["bash", "--norc", "--noprofile", "-i"], "source <(octally completions bash)")
        self.tab(bash, MODEL, "test-small")
        self.tab(bash, "octally report daily --session ses_e07aaf0", "edffes4fxNKodSVTQ5b")
        self.tab(bash, "octally expo", "export")
        self.tab(bash, "octally report daily --project /ho", "/home/dev/p4")

    def test_bash_takes_a_word_with_a_colon_for_one(self):
        ledger, = self.home.rglob("ledger.db")
        with sqlite3.connect(ledger) as connection:
            connection.execute("INSERT INTO model (provider, model) VALUES ('ollama', 'qwen3:8b-q4')")
        connection.close()
        bash = self.start(["bash", "--norc", "--noprofile", "-i"], "source <(octally completions bash)")
        for typed in ["--model ollama/qw", "--model ollama/qwen3:", "--model ollama/qwen3:8", "--model=ollama/qwen3:8"]:
            bash.type(f"octally report daily {typed}\t\n")
            # No step has it: the program says which name it was given.
            bash.wait_for("no step has the model ollama/qwen3:8b-q4")

    def test_bash_by_the_file_of_the_installer(self):
        script = self.home / "octally-completion"
        script.write_text(self.run_octally("completions", "bash"))
        bash = self.start(["bash", "--norc", "--noprofile", "-i"], f". {script}")
        self.tab(bash, MODEL, "test-small")

    def test_zsh(self):
        folder = self.home / "functions"
        folder.mkdir()
        (folder / "_octally").write_text(self.run_octally("completions", "zsh"))
        zsh = self.start(["zsh", "-f", "-i"], f"fpath=({folder} $fpath)", "autoload -U compinit", "compinit -u")
        self.tab(zsh, MODEL, "test-small")
        self.tab(zsh, "octally export --agent gene", "general")

    def test_fish(self):
        self.need("fish")
        ask = "octally completions fish | source; complete -C $argv[1]"
        for typed, expected in [(MODEL, "mock/test-small"), ("octally prices test-s", "test-small"), ("octally expo", "export")]:
            done = subprocess.run(["fish", "--no-config", "-c", ask, typed], env=self.environment(), capture_output=True,
                                  text=True, timeout=60)
            offered = [line.split("\t")[0] for line in done.stdout.splitlines()]
            self.assertEqual(offered, [expected], done.stderr)


if __name__ == "__main__":
    unittest.main()
