-- SPDX-License-Identifier: GPL-3.0-or-later
-- The first schema: every step once, the sums that reports are answered from, and how far each
-- source has been read. Instants are Unix milliseconds, money is billionths of a US dollar.

CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE host (id INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE, label TEXT NOT NULL);
CREATE TABLE project (id INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE, worktree TEXT NOT NULL, name TEXT);
CREATE TABLE agent (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE model (
    id INTEGER PRIMARY KEY, provider TEXT NOT NULL, model TEXT NOT NULL, UNIQUE (provider, model)
);

-- No titles: they are the user's words.
CREATE TABLE session (
    id INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE, parent_uid TEXT, project_id INTEGER REFERENCES project,
    directory TEXT, agent TEXT, created_ms INTEGER, archived_ms INTEGER
);
CREATE INDEX session_parent ON session (parent_uid) WHERE parent_uid IS NOT NULL;

-- price: 0 billed, 1 estimated, 2 unpriced. A step that is not counted is a call that ended without
-- usage, or a fork's copy of a step that is counted itself.
CREATE TABLE step (
    id INTEGER PRIMARY KEY, host_id INTEGER NOT NULL REFERENCES host, uid TEXT NOT NULL,
    session_id INTEGER NOT NULL REFERENCES session, turn_uid TEXT,
    model_id INTEGER NOT NULL REFERENCES model, agent_id INTEGER NOT NULL REFERENCES agent,
    created_ms INTEGER NOT NULL, completed_ms INTEGER,
    input INTEGER NOT NULL, output INTEGER NOT NULL, reasoning INTEGER NOT NULL,
    cache_read INTEGER NOT NULL, cache_write INTEGER NOT NULL,
    stored_nano_usd INTEGER, price INTEGER NOT NULL, price_nano_usd INTEGER NOT NULL,
    finish TEXT, error TEXT,
    is_inherited INTEGER NOT NULL, is_counted INTEGER NOT NULL,
    UNIQUE (uid, host_id)
);
CREATE INDEX step_session ON step (session_id, created_ms);
-- Copies are told from their originals by time and figures.
CREATE INDEX step_created ON step (created_ms);
CREATE INDEX step_copy ON step (created_ms) WHERE is_inherited;

-- Sums of counted steps by quarter hour of UTC: every zone's days, hours and months fold from them.
CREATE TABLE quarter (
    quarter INTEGER NOT NULL, session_id INTEGER NOT NULL, model_id INTEGER NOT NULL,
    agent_id INTEGER NOT NULL, host_id INTEGER NOT NULL,
    steps INTEGER NOT NULL, input INTEGER NOT NULL, output INTEGER NOT NULL, reasoning INTEGER NOT NULL,
    cache_read INTEGER NOT NULL, cache_write INTEGER NOT NULL,
    billed_nano_usd INTEGER NOT NULL, estimated_nano_usd INTEGER NOT NULL, unpriced_steps INTEGER NOT NULL,
    PRIMARY KEY (quarter, session_id, model_id, agent_id, host_id)
) WITHOUT ROWID;
CREATE INDEX quarter_session ON quarter (session_id);

-- The same by day of the zone in setting `day_zone`: the glance reads some hundred rows, not the history.
CREATE TABLE day (
    day INTEGER NOT NULL, model_id INTEGER NOT NULL, host_id INTEGER NOT NULL,
    steps INTEGER NOT NULL, input INTEGER NOT NULL, output INTEGER NOT NULL, reasoning INTEGER NOT NULL,
    cache_read INTEGER NOT NULL, cache_write INTEGER NOT NULL,
    billed_nano_usd INTEGER NOT NULL, estimated_nano_usd INTEGER NOT NULL, unpriced_steps INTEGER NOT NULL,
    PRIMARY KEY (day, model_id, host_id)
) WITHOUT ROWID;

-- How far each database has been read. scan_rowid: where a first reading that was cut off goes on,
-- NULL when done; updated_ms: every row written before has been seen; read_ms: when it was last read to
-- its end, during a first reading when that began.
CREATE TABLE source (
    id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, generation TEXT NOT NULL, identity TEXT NOT NULL,
    scan_rowid INTEGER, updated_ms INTEGER NOT NULL, messages INTEGER NOT NULL, sessions INTEGER NOT NULL,
    last_rowid INTEGER NOT NULL, newest_ms INTEGER, read_ms INTEGER NOT NULL
);
CREATE TABLE source_session (
    source_id INTEGER NOT NULL REFERENCES source ON DELETE CASCADE, session_uid TEXT NOT NULL,
    seq INTEGER NOT NULL, PRIMARY KEY (source_id, session_uid)
) WITHOUT ROWID;

-- Rows that could not be read: the id and the reason, nothing of their content.
CREATE TABLE unread (
    source_id INTEGER NOT NULL REFERENCES source ON DELETE CASCADE, uid TEXT NOT NULL,
    code TEXT NOT NULL, what TEXT NOT NULL, PRIMARY KEY (source_id, uid)
) WITHOUT ROWID;
