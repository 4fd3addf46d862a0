-- SPDX-License-Identifier: GPL-3.0-or-later
-- What each model used in all its time, so that the totals need not be added up from all days.
CREATE TABLE model_sum (
    model_id INTEGER NOT NULL, host_id INTEGER NOT NULL,
    steps INTEGER NOT NULL, input INTEGER NOT NULL, output INTEGER NOT NULL, reasoning INTEGER NOT NULL,
    cache_read INTEGER NOT NULL, cache_write INTEGER NOT NULL,
    billed_nano_usd INTEGER NOT NULL, estimated_nano_usd INTEGER NOT NULL, unpriced_steps INTEGER NOT NULL,
    wrong_steps INTEGER NOT NULL, wrong_nano_usd INTEGER NOT NULL, corrected_nano_usd INTEGER NOT NULL,
    uncorrected_steps INTEGER NOT NULL, PRIMARY KEY (model_id, host_id)
) WITHOUT ROWID;
INSERT INTO model_sum
    SELECT model_id, host_id, sum(steps), sum(input), sum(output), sum(reasoning), sum(cache_read),
        sum(cache_write), sum(billed_nano_usd), sum(estimated_nano_usd), sum(unpriced_steps),
        sum(wrong_steps), sum(wrong_nano_usd), sum(corrected_nano_usd), sum(uncorrected_steps)
    FROM quarter GROUP BY model_id, host_id;

-- That the ledger is still being filled by a first reading is a setting of this name. Until now it was
-- seen by an index that was missing, and making that in the end read all steps again.
INSERT INTO setting
    SELECT 'filling', '1'
    WHERE NOT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'index' AND name = 'step_copy');
CREATE INDEX IF NOT EXISTS step_copy ON step (created_ms) WHERE is_inherited;

-- A stamp now also says that the rows of the other generation in the same file had been read.
UPDATE source SET stamp = NULL;

-- The event numbers of a database (see source_session), some rows of its table at a time: while the digest
-- of such a chunk is the same, none of its sessions has changed.
CREATE TABLE source_chunk (
    source_id INTEGER NOT NULL REFERENCES source ON DELETE CASCADE, first_rowid INTEGER NOT NULL,
    digest INTEGER NOT NULL, PRIMARY KEY (source_id, first_rowid)
) WITHOUT ROWID;
