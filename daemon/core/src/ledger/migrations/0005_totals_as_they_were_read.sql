-- SPDX-License-Identifier: GPL-3.0-or-later
-- What the totals of a session of OpenCode 2 show and its rows do not is recorded when it appears. For that
-- the ledger keeps what the totals were when they were last read, and where the rows may still change.

-- read_ms: when the session was last read. resume_seq: rows from here on may still change. settled: a digest
-- of the rows before it that can hold a call; messages: how many there are. The six sums are OpenCode's own totals then, NULL
-- where it keeps none. gone_*: what is known of the session and these totals do not hold, as after an older
-- copy of the file was put back; what is recorded of the remainder is not taken from it again.
CREATE TABLE session_reading (
    source_id INTEGER NOT NULL REFERENCES source ON DELETE CASCADE, session_uid TEXT NOT NULL,
    read_ms INTEGER NOT NULL, resume_seq INTEGER NOT NULL, settled INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    input INTEGER, output INTEGER, reasoning INTEGER, cache_read INTEGER, cache_write INTEGER,
    nano_usd INTEGER,
    gone_input INTEGER NOT NULL DEFAULT 0, gone_output INTEGER NOT NULL DEFAULT 0,
    gone_reasoning INTEGER NOT NULL DEFAULT 0, gone_cache_read INTEGER NOT NULL DEFAULT 0,
    gone_cache_write INTEGER NOT NULL DEFAULT 0, gone_nano_usd INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (source_id, session_uid)
) WITHOUT ROWID;
