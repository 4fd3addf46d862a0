-- SPDX-License-Identifier: GPL-3.0-or-later
-- What OpenCode has deleted or reverted stays and keeps counting. Now it is marked.

-- When no source was first found to have the row any more, Unix milliseconds, and how it went: 1 with its
-- session, 2 alone, 3 in a reverted turn (then the row may still be there, hidden).
ALTER TABLE step ADD COLUMN gone_ms INTEGER;
ALTER TABLE step ADD COLUMN gone INTEGER;
CREATE INDEX step_gone ON step (session_id) WHERE gone IS NOT NULL;
ALTER TABLE session ADD COLUMN deleted_ms INTEGER;

-- What each source held of each session when it was last looked at: a digest of its rows. A source that
-- cannot be reached keeps what it held.
CREATE TABLE held (
    source_id INTEGER NOT NULL REFERENCES source ON DELETE CASCADE, session_uid TEXT NOT NULL,
    digest INTEGER NOT NULL, PRIMARY KEY (source_id, session_uid)
) WITHOUT ROWID;
CREATE INDEX held_session ON held (session_uid);

-- Sessions whose rows have changed in some source: their steps are looked for. Those that wait do so for a
-- source that cannot be reached.
CREATE TABLE doubt (session_uid TEXT PRIMARY KEY, waits INTEGER NOT NULL) WITHOUT ROWID;

-- Which source held what until now is not known: every one may have held every session.
INSERT INTO held SELECT source.id, session.uid, -1 FROM source, session;
