-- SPDX-License-Identifier: GPL-3.0-or-later
-- Which tools the steps called. Read behind everything else: totals never wait for it.

-- 0 not looked at yet, 1 read, 2 some of its calls could not be read.
ALTER TABLE step ADD COLUMN tools_read INTEGER NOT NULL DEFAULT 0;
-- What is left to do, newest first.
CREATE INDEX step_tools_left ON step (created_ms) WHERE tools_read = 0;

CREATE TABLE tool (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
-- timed: calls with a known duration; open: calls without an end.
CREATE TABLE tool_use (
    step_id INTEGER NOT NULL REFERENCES step, tool_id INTEGER NOT NULL REFERENCES tool,
    calls INTEGER NOT NULL, failed INTEGER NOT NULL, open INTEGER NOT NULL,
    timed INTEGER NOT NULL, duration_ms INTEGER NOT NULL, PRIMARY KEY (step_id, tool_id)
) WITHOUT ROWID;
-- The same by quarter hour of UTC and session.
CREATE TABLE tool_quarter (
    quarter INTEGER NOT NULL, session_id INTEGER NOT NULL, tool_id INTEGER NOT NULL,
    calls INTEGER NOT NULL, failed INTEGER NOT NULL, open INTEGER NOT NULL,
    timed INTEGER NOT NULL, duration_ms INTEGER NOT NULL, PRIMARY KEY (quarter, session_id, tool_id)
) WITHOUT ROWID;
