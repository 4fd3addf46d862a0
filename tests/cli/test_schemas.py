# SPDX-License-Identifier: GPL-3.0-or-later
"""What every verb prints, and the golden files of the other tests, by an independent validator of JSON Schema."""

import json
import subprocess
import unittest

from home import REPO, InHome

try:
    import jsonschema
except ImportError:
    jsonschema = None

SCHEMAS = REPO / "docs/schema"
SNAPSHOTS = REPO / "daemon/octally"
COMMANDS = {
    # First, so that the others have a budget to print.
    "budget": ["budget", "set", "mine", "--limit", "5", "--json"],
    "status": ["status", "--json"],
    "analyze": ["analyze", "--json"],
    "stats": ["stats", "--json"],
    "sessions": ["sessions", "--json"],
    "prices": ["prices", "--json"],
    "reconcile": ["reconcile", "--json"],
    "doctor": ["doctor", "--json"],
    "ledger": ["ledger", "--json"],
    "export-steps": ["export", "--uncounted", "--format", "json"],
    "export-sessions": ["export", "--what", "sessions", "--format", "json"],
    "export-days": ["export", "--what", "days", "--format", "json"],
    "export-step": ["export", "--format", "jsonl"],
    "export-session": ["export", "--what", "sessions", "--format", "jsonl"],
    "export-day": ["export", "--what", "days", "--format", "jsonl"],
    "statusline-waybar": ["statusline", "--format", "waybar"],
}
ROWS = ["hourly", "daily", "weekly", "monthly", "session", "model", "provider", "project", "agent", "host"]


def strict(schema):
    """The same, with no key besides those that it names: users may meet more, our own output must not have them."""
    if isinstance(schema, dict):
        schema = {key: strict(value) for key, value in schema.items()}
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
    elif isinstance(schema, list):
        schema = [strict(value) for value in schema]
    return schema


@unittest.skipIf(jsonschema is None, "python3-jsonschema is not here")
class Schemas(InHome):
    def validator(self, name):
        schema = json.loads((SCHEMAS / f"{name}.json").read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        return jsonschema.Draft202012Validator(strict(schema))

    def print_json(self, args):
        done = subprocess.run(["octally", *args], env=self.environment(), capture_output=True, text=True, timeout=60)
        documents = done.stdout.splitlines() if "jsonl" in args else [done.stdout]
        self.assertTrue(documents and documents[0], done.stderr)
        return [json.loads(document) for document in documents]

    def test_what_is_printed_is_what_the_schema_says(self):
        for name, args in COMMANDS.items():
            for document in self.print_json(args):
                with self.subTest(name):
                    self.validator(name).validate(document)

    def test_every_schema_has_something_to_be_held_against(self):
        self.assertEqual({path.stem for path in SCHEMAS.glob("*.json")}, {*COMMANDS, "report", "session"})

    def test_what_is_kept_once_something_is_forgotten(self):
        (kept,) = self.print_json(["ledger", "--json"])
        project = kept["projects"][0]["project"]
        (kept,) = self.print_json(["ledger", "--json", "forget", "--yes", project])
        self.assertEqual(kept["forgotten_projects"], [project])
        self.validator("ledger").validate(kept)

    def test_every_kind_of_report(self):
        validator = self.validator("report")
        for rows in ROWS:
            with self.subTest(rows):
                validator.validate(*self.print_json(["report", rows, "--json"]))

    def test_each_session(self):
        validator = self.validator("session")
        for session in self.print_json(["sessions", "--json"])[0]["sessions"]:
            with self.subTest(session["id"]):
                validator.validate(*self.print_json(["session", session["id"], "--json"]))

    def test_without_any_data(self):
        for path in sorted(self.data.rglob("*"), reverse=True):
            path.unlink() if path.is_file() else path.rmdir()
        for name in ("status", "doctor", "ledger", "export-days", "statusline-waybar"):
            with self.subTest(name):
                self.validator(name).validate(*self.print_json(COMMANDS[name]))

    def test_golden_files(self):
        golden = {
            "status": "src/cli/snapshots/octally__cli__status__tests__the_json_keeps_its_shape.snap",
            "report": "tests/snapshots/cli_report__the_daily_json_is_golden.snap",
            "budget": "src/cli/budget/snapshots/octally__cli__budget__tests__the_json_keeps_its_shape.snap",
            "reconcile": "tests/snapshots/cli_reconcile__the_json_is_golden.snap",
            "export-steps": "tests/snapshots/cli_export__steps_json.snap",
            "export-sessions": "tests/snapshots/cli_export__sessions_json.snap",
            "export-days": "tests/snapshots/cli_export__days_json.snap",
        }
        for name, path in golden.items():
            with self.subTest(name):
                body = (SNAPSHOTS / path).read_text().split("---\n", 2)[2]
                self.validator(name).validate(json.loads(body))

    def test_a_wrong_document_is_refused(self):
        document = self.print_json(COMMANDS["export-days"])[0]
        document["rows"][0]["tokens"]["input"] = None
        with self.assertRaises(jsonschema.ValidationError):
            self.validator("export-days").validate(document)


if __name__ == "__main__":
    unittest.main()
