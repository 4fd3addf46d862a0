-- SPDX-License-Identifier: GPL-3.0-or-later
-- A message file of 0.5 with several steps knows better than the row that was made of it, and replaces it. What that
-- row said must be known all the same: only a turn that has one is in the totals of OpenCode 2, and forks copy the
-- row's figures, which are those of no step. Without figures: a row that was not read since this is kept.
CREATE TABLE parted_row (
    uid TEXT NOT NULL, host_id INTEGER NOT NULL REFERENCES host, created_ms INTEGER, model_id INTEGER REFERENCES model,
    input INTEGER, output INTEGER, reasoning INTEGER, cache_read INTEGER, cache_write INTEGER,
    stored_nano_usd INTEGER,
    PRIMARY KEY (uid, host_id)
) WITHOUT ROWID;
CREATE INDEX parted_row_created ON parted_row (created_ms);

-- Until now all of them were taken to have one: what was worked out from that stays as it is. The rows that are
-- still there are read again.
INSERT INTO parted_row (uid, host_id) SELECT uid, host_id FROM step WHERE authority = 4 AND instr(uid, '#') = 0;
UPDATE source SET scan_rowid = 0 WHERE generation = 'opencode_v1' AND EXISTS (SELECT 1 FROM parted_row);
