#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a data folder as OpenCode 1.18 would leave it after so many messages.

    benches/generate.py --messages 100000 [--format sqlite|json] [--parts-mib N] FOLDER

Deterministic: the same number gives the same rows. Sessions of 50 messages, half a minute apart, are spread
over 400 days. One message in seven is a user's, with the bulk that real ones have; the others are model
calls with tokens and costs of a plausible size, one session in three with two models. The tables are those of
OpenCode 1.18.33 that usage is read from; of its log of events there is the last one of each session.
"""

import argparse
import json
import os
import random
import sqlite3

SCHEMA = """
CREATE TABLE project (id text PRIMARY KEY, worktree text NOT NULL, vcs text, name text,
    time_created integer NOT NULL, time_updated integer NOT NULL, sandboxes text NOT NULL);
CREATE TABLE session (id text PRIMARY KEY, project_id text NOT NULL, workspace_id text, parent_id text,
    slug text NOT NULL, directory text NOT NULL, path text, title text NOT NULL, version text NOT NULL,
    share_url text, summary_additions integer, summary_deletions integer, summary_files integer,
    summary_diffs text, metadata text, cost real DEFAULT 0 NOT NULL, tokens_input integer DEFAULT 0 NOT NULL,
    tokens_output integer DEFAULT 0 NOT NULL, tokens_reasoning integer DEFAULT 0 NOT NULL,
    tokens_cache_read integer DEFAULT 0 NOT NULL, tokens_cache_write integer DEFAULT 0 NOT NULL,
    revert text, permission text, agent text, model text, time_created integer NOT NULL,
    time_updated integer NOT NULL, time_compacting integer, time_archived integer);
CREATE TABLE message (id text PRIMARY KEY, session_id text NOT NULL, time_created integer NOT NULL,
    time_updated integer NOT NULL, data text NOT NULL);
CREATE TABLE part (id text PRIMARY KEY, message_id text NOT NULL, session_id text NOT NULL,
    time_created integer NOT NULL, time_updated integer NOT NULL, data text NOT NULL);
CREATE TABLE event_sequence (aggregate_id text PRIMARY KEY, seq integer NOT NULL, owner_id text);
CREATE TABLE event (id text PRIMARY KEY, aggregate_id text NOT NULL, seq integer NOT NULL, type text NOT NULL,
    data text NOT NULL);
CREATE UNIQUE INDEX event_aggregate_seq_idx ON event (aggregate_id, seq);
CREATE INDEX message_session_time_created_id_idx ON message (session_id, time_created, id);
CREATE INDEX part_message_id_id_idx ON part (message_id, id);
"""
END_MS = 1_795_132_800_000
DAY_MS = 86_400_000
PER_SESSION = 50
# Provider, model, US dollars per million tokens: input, output, cache read, cache write.
MODELS = (
    ("anthropic", "claude-sonnet-4-5", 3.0, 15.0, 0.3, 3.75),
    ("openai", "gpt-5.2-codex", 1.75, 14.0, 0.175, 0.0),
    ("opencode", "grok-code", 0.0, 0.0, 0.0, 0.0),
    ("google", "gemini-3-pro-preview", 2.0, 12.0, 0.2, 0.0),
)


def identifier(prefix, ms, counter):
    return f"{prefix}_{(ms * 4096 + counter) % 2**48:012x}{counter:014d}"


def user(ms, rng):
    diff = "x" * int(rng.lognormvariate(6.5, 1.0))
    return {"role": "user", "time": {"created": ms}, "agent": "build", "summary": {"diffs": [{"patch": diff}]}}


def assistant(ms, rng, turn, models):
    provider, model, *rates = rng.choice(models)
    counts = [rng.randint(50, 6000), rng.randint(20, 900), rng.randint(0, 300), rng.randint(0, 90_000), 0]
    counts[4] = rng.randint(0, 4000) if provider == "anthropic" else 0
    kinds = (rates[0], rates[1], rates[1], rates[2], rates[3])
    cost = sum(count * rate for count, rate in zip(counts, kinds)) / 1e6
    tokens = {"total": sum(counts), "input": counts[0], "output": counts[1], "reasoning": counts[2],
              "cache": {"read": counts[3], "write": counts[4]}}
    return {"parentID": turn, "role": "assistant", "mode": "build", "agent": "build",
            "path": {"cwd": "/home/dev/app", "root": "/home/dev/app"}, "cost": round(cost, 9), "tokens": tokens,
            "modelID": model, "providerID": provider, "time": {"created": ms, "completed": ms + 4000},
            "finish": "stop"}


def rows(messages):
    """Sessions and messages in the order in which OpenCode would have written them."""
    rng = random.Random(1)
    sessions = -(-messages // PER_SESSION)
    session = turn = ""
    for n in range(messages):
        number, place = divmod(n, PER_SESSION)
        ms = END_MS - (sessions - number) * 400 * DAY_MS // sessions + place * 30_000
        if place == 0:
            session = identifier("ses", ms, n)
            models = rng.sample(MODELS, 2 if rng.random() < 0.33 else 1)
            yield "session", (session, "p1", "slug", "/home/dev/app", "A title", "1.18.33", "build", ms, ms)
        message = identifier("msg", ms, n)
        is_user = place % 7 == 0
        turn = message if is_user else turn
        data = user(ms, rng) if is_user else assistant(ms, rng, turn, models)
        text = json.dumps(data, separators=(",", ":"))
        yield "message", (message, session, ms, ms + 4000, text)


def generate(folder, messages, parts_mib=0):
    """A database; `parts_mib` of parts, which nobody who counts has to read, lie between the messages."""
    os.makedirs(folder, exist_ok=True)
    database = sqlite3.connect(os.path.join(folder, "opencode.db"))
    database.executescript("PRAGMA journal_mode = WAL;" + SCHEMA)
    database.execute("INSERT INTO project VALUES ('p1', '/home/dev/app', 'git', NULL, 0, 0, '[]')")
    columns = "id, project_id, slug, directory, title, version, agent, time_created, time_updated"
    part = json.dumps({"type": "tool", "output": "x" * (parts_mib * 2**20 // messages)})
    for table, row in rows(messages):
        if table == "session":
            database.execute(f"INSERT INTO session ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
            database.execute("INSERT INTO event_sequence VALUES (?, ?, NULL)", (row[0], PER_SESSION))
            log(database, row[0])
            continue
        database.execute("INSERT INTO message VALUES (?, ?, ?, ?, ?)", row)
        if parts_mib:
            identity, session, ms, updated_ms, _ = row
            values = ("prt" + identity[3:], identity, session, ms, updated_ms, part)
            database.execute("INSERT INTO part VALUES (?, ?, ?, ?, ?, ?)", values)
    database.commit()
    database.close()


def log(database, session):
    """The row of the latest event of a session in the log of events."""
    event = ("evt" + session[3:], session)
    database.execute("INSERT INTO event SELECT ? || printf('%05d', seq), aggregate_id, seq, 'message.updated.1', '{}'"
                     " FROM event_sequence WHERE aggregate_id = ?", event)


def generate_json(folder, messages):
    """The files of OpenCode 1.1 with the same calls."""
    storage = os.path.join(folder, "storage")
    for name in ("project", "session/p1", "message"):
        os.makedirs(os.path.join(storage, name), exist_ok=True)
    write(os.path.join(storage, "project/p1.json"), {"id": "p1", "worktree": "/home/dev/app"})
    for table, row in rows(messages):
        if table == "session":
            identity, project, _, directory, title, _, _, created_ms, updated_ms = row
            session = {"id": identity, "projectID": project, "directory": directory, "title": title,
                       "version": "1.1.65", "time": {"created": created_ms, "updated": updated_ms}}
            write(os.path.join(storage, "session/p1", identity + ".json"), session)
            os.makedirs(os.path.join(storage, "message", identity))
        else:
            identity, session, _, _, text = row
            message = json.loads(text)
            if message["role"] == "assistant":
                # Up to 1.3 the reasoning is inside output, and the total does not add it again.
                tokens = message["tokens"]
                tokens["output"] += tokens["reasoning"]
            message |= {"id": identity, "sessionID": session}
            write(os.path.join(storage, "message", session, identity + ".json"), message)


def write(path, value):
    with open(path, "w") as file:
        json.dump(value, file)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, required=True)
    parser.add_argument("--format", choices=("sqlite", "json"), default="sqlite")
    parser.add_argument("--parts-mib", type=int, default=0)
    parser.add_argument("folder")
    arguments = parser.parse_args()
    if arguments.format == "json":
        generate_json(arguments.folder, arguments.messages)
    else:
        generate(arguments.folder, arguments.messages, arguments.parts_mib)


if __name__ == "__main__":
    main()
