-- SPDX-License-Identifier: GPL-3.0-or-later
-- What the first nine migrations make of an empty file, in one step; a test compares the two.

CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE host (id INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE, label TEXT NOT NULL);
CREATE TABLE project (id INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE, worktree TEXT NOT NULL, name TEXT);
CREATE TABLE agent (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE model (
    id INTEGER PRIMARY KEY, provider TEXT NOT NULL, model TEXT NOT NULL, UNIQUE (provider, model)
);
CREATE TABLE session (
    id INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE, parent_uid TEXT, project_id INTEGER REFERENCES project,
    directory TEXT, agent TEXT, created_ms INTEGER, archived_ms INTEGER
, deleted_ms INTEGER);
CREATE INDEX session_parent ON session (parent_uid) WHERE parent_uid IS NOT NULL;
CREATE TABLE step (
    id INTEGER PRIMARY KEY, host_id INTEGER NOT NULL REFERENCES host, uid TEXT NOT NULL,
    session_id INTEGER NOT NULL REFERENCES session, turn_uid TEXT,
    model_id INTEGER NOT NULL REFERENCES model, agent_id INTEGER NOT NULL REFERENCES agent,
    created_ms INTEGER NOT NULL, completed_ms INTEGER,
    input INTEGER NOT NULL, output INTEGER NOT NULL, reasoning INTEGER NOT NULL,
    cache_read INTEGER NOT NULL, cache_write INTEGER NOT NULL,
    stored_nano_usd INTEGER, price INTEGER NOT NULL, price_nano_usd INTEGER NOT NULL,
    finish TEXT, error TEXT,
    is_inherited INTEGER NOT NULL, is_counted INTEGER NOT NULL, authority INTEGER NOT NULL DEFAULT 2, cost_note TEXT, corrected_nano_usd INTEGER, gone_ms INTEGER, gone INTEGER, tools_read INTEGER NOT NULL DEFAULT 0,
    UNIQUE (uid, host_id)
);
CREATE INDEX step_session ON step (session_id, created_ms);
CREATE INDEX step_created ON step (created_ms);
CREATE INDEX step_copy ON step (created_ms) WHERE is_inherited;
CREATE TABLE quarter (
    quarter INTEGER NOT NULL, session_id INTEGER NOT NULL, model_id INTEGER NOT NULL,
    agent_id INTEGER NOT NULL, host_id INTEGER NOT NULL,
    steps INTEGER NOT NULL, input INTEGER NOT NULL, output INTEGER NOT NULL, reasoning INTEGER NOT NULL,
    cache_read INTEGER NOT NULL, cache_write INTEGER NOT NULL,
    billed_nano_usd INTEGER NOT NULL, estimated_nano_usd INTEGER NOT NULL, unpriced_steps INTEGER NOT NULL, wrong_steps INTEGER NOT NULL DEFAULT 0, wrong_nano_usd INTEGER NOT NULL DEFAULT 0, corrected_nano_usd INTEGER NOT NULL DEFAULT 0, uncorrected_steps INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (quarter, session_id, model_id, agent_id, host_id)
) WITHOUT ROWID;
CREATE INDEX quarter_session ON quarter (session_id);
CREATE TABLE day (
    day INTEGER NOT NULL, model_id INTEGER NOT NULL, host_id INTEGER NOT NULL,
    steps INTEGER NOT NULL, input INTEGER NOT NULL, output INTEGER NOT NULL, reasoning INTEGER NOT NULL,
    cache_read INTEGER NOT NULL, cache_write INTEGER NOT NULL,
    billed_nano_usd INTEGER NOT NULL, estimated_nano_usd INTEGER NOT NULL, unpriced_steps INTEGER NOT NULL, wrong_steps INTEGER NOT NULL DEFAULT 0, wrong_nano_usd INTEGER NOT NULL DEFAULT 0, corrected_nano_usd INTEGER NOT NULL DEFAULT 0, uncorrected_steps INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (day, model_id, host_id)
) WITHOUT ROWID;
CREATE TABLE source (
    id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, generation TEXT NOT NULL, identity TEXT NOT NULL,
    scan_rowid INTEGER, updated_ms INTEGER NOT NULL, messages INTEGER NOT NULL, sessions INTEGER NOT NULL,
    last_rowid INTEGER NOT NULL, newest_ms INTEGER, read_ms INTEGER NOT NULL
, stamp TEXT);
CREATE TABLE source_session (
    source_id INTEGER NOT NULL REFERENCES source ON DELETE CASCADE, session_uid TEXT NOT NULL,
    seq INTEGER NOT NULL, PRIMARY KEY (source_id, session_uid)
) WITHOUT ROWID;
CREATE TABLE unread (
    source_id INTEGER NOT NULL REFERENCES source ON DELETE CASCADE, uid TEXT NOT NULL,
    code TEXT NOT NULL, what TEXT NOT NULL, PRIMARY KEY (source_id, uid)
) WITHOUT ROWID;
CREATE TABLE source_folder (
    source_id INTEGER NOT NULL REFERENCES source ON DELETE CASCADE, path TEXT NOT NULL,
    modified_ns INTEGER NOT NULL, files INTEGER NOT NULL, newest_ns INTEGER NOT NULL,
    digest INTEGER NOT NULL, unsettled INTEGER NOT NULL, PRIMARY KEY (source_id, path)
) WITHOUT ROWID;
CREATE INDEX step_wrong_cost ON step (created_ms) WHERE cost_note IS NOT NULL;
CREATE INDEX step_gone ON step (session_id) WHERE gone IS NOT NULL;
CREATE TABLE held (
    source_id INTEGER NOT NULL REFERENCES source ON DELETE CASCADE, session_uid TEXT NOT NULL,
    digest INTEGER NOT NULL, PRIMARY KEY (source_id, session_uid)
) WITHOUT ROWID;
CREATE INDEX held_session ON held (session_uid);
CREATE TABLE doubt (
    session_uid TEXT PRIMARY KEY, waits INTEGER NOT NULL, raised INTEGER NOT NULL
) WITHOUT ROWID;
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
CREATE TABLE day_session (
    day INTEGER NOT NULL, session_id INTEGER NOT NULL, model_id INTEGER NOT NULL, host_id INTEGER NOT NULL,
    steps INTEGER NOT NULL, PRIMARY KEY (day, session_id, model_id, host_id)
) WITHOUT ROWID;
CREATE INDEX step_error ON step (created_ms) WHERE error IS NOT NULL;
CREATE INDEX step_tools_left ON step (created_ms) WHERE tools_read = 0;
CREATE TABLE tool (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE tool_use (
    step_id INTEGER NOT NULL REFERENCES step, tool_id INTEGER NOT NULL REFERENCES tool,
    calls INTEGER NOT NULL, failed INTEGER NOT NULL, open INTEGER NOT NULL,
    timed INTEGER NOT NULL, duration_ms INTEGER NOT NULL, PRIMARY KEY (step_id, tool_id)
) WITHOUT ROWID;
CREATE TABLE tool_quarter (
    quarter INTEGER NOT NULL, session_id INTEGER NOT NULL, tool_id INTEGER NOT NULL,
    calls INTEGER NOT NULL, failed INTEGER NOT NULL, open INTEGER NOT NULL,
    timed INTEGER NOT NULL, duration_ms INTEGER NOT NULL, PRIMARY KEY (quarter, session_id, tool_id)
) WITHOUT ROWID;
