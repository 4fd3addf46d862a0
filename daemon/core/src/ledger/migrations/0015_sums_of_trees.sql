-- SPDX-License-Identifier: GPL-3.0-or-later
-- What it costs to tell of all time must not grow with the number of sessions either. Nothing of this is kept
-- while a first reading fills the ledger. An existing one is filled behind the migrations: trees need more than SQL.

-- What each agent (part 3) and each project (part 5; 0 for none) used in all its time.
CREATE TABLE part_sum (
    part INTEGER NOT NULL, number INTEGER NOT NULL, model_id INTEGER NOT NULL,
    steps INTEGER NOT NULL, input INTEGER NOT NULL, output INTEGER NOT NULL, reasoning INTEGER NOT NULL,
    cache_read INTEGER NOT NULL, cache_write INTEGER NOT NULL,
    billed_nano_usd INTEGER NOT NULL, estimated_nano_usd INTEGER NOT NULL, unpriced_steps INTEGER NOT NULL,
    wrong_steps INTEGER NOT NULL, wrong_nano_usd INTEGER NOT NULL, corrected_nano_usd INTEGER NOT NULL,
    uncorrected_steps INTEGER NOT NULL, PRIMARY KEY (part, number, model_id)
) WITHOUT ROWID;
-- How many different sessions have counted steps: part 0 all, 1 of a model, 2 of a provider (number: its first
-- model), 3 of an agent, 4 of a host, 5 of a project. Part 6: how many turns all of them have.
CREATE TABLE part_count (
    part INTEGER NOT NULL, number INTEGER NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (part, number)
) WITHOUT ROWID;
-- Sessions by a day on which they were used and by how many days ago they had been used before; 0 for never.
-- So the sessions of any days are added up without meeting one twice. Of the zone in setting `day_zone`.
CREATE TABLE day_return (
    day INTEGER NOT NULL, gap INTEGER NOT NULL, sessions INTEGER NOT NULL, PRIMARY KEY (day, gap)
) WITHOUT ROWID;
-- Steps that ended in an error, but for those that a fork inherited.
CREATE TABLE error_sum (error TEXT PRIMARY KEY, steps INTEGER NOT NULL) WITHOUT ROWID;

-- The sessions that are not alone: below another one that is known, or above one. root_id: the session above all;
-- of a circle of parents its first member.
CREATE TABLE family (
    session_id INTEGER PRIMARY KEY REFERENCES session, parent_id INTEGER, root_id INTEGER NOT NULL
);
CREATE INDEX family_root ON family (root_id);
CREATE INDEX family_circle ON family (root_id) WHERE parent_id IS NOT NULL AND root_id = session_id;
-- Each session, with all that is below it, that has counted steps and none above it. newest_ms: of its newest step;
-- length_ms: from the first to the last thing done. Its orders are indexed when it is full.
CREATE TABLE tree (
    root_id INTEGER PRIMARY KEY REFERENCES session, sub_agents INTEGER NOT NULL, newest_ms INTEGER NOT NULL,
    length_ms INTEGER NOT NULL, steps INTEGER NOT NULL, fresh INTEGER NOT NULL,
    billed_nano_usd INTEGER NOT NULL, estimated_nano_usd INTEGER NOT NULL
);
-- How many trees have a figure from first on, up to the next row's, and the sum of their figures. measure: 0
-- length, 1 steps, 2 fresh tokens, 3 billed, 4 estimated.
CREATE TABLE spread (
    measure INTEGER NOT NULL, first INTEGER NOT NULL, trees INTEGER NOT NULL, sum INTEGER NOT NULL,
    PRIMARY KEY (measure, first)
) WITHOUT ROWID;
-- The project (0 for none) that the sums still have a session in, while it is being saved with another one.
ALTER TABLE session ADD COLUMN moved_from INTEGER;
