-- SPDX-License-Identifier: GPL-3.0-or-later
-- Which sessions had counted steps on a day, so that reports by day, week, month and model need not fold
-- all quarter hours to tell how many there were.

CREATE TABLE day_session (
    day INTEGER NOT NULL, session_id INTEGER NOT NULL, model_id INTEGER NOT NULL, host_id INTEGER NOT NULL,
    steps INTEGER NOT NULL, PRIMARY KEY (day, session_id, model_id, host_id)
) WITHOUT ROWID;

-- The days are made again, with their sessions, when something is recorded next.
DELETE FROM setting WHERE name = 'day_zone';

-- How the files of a database looked when everything in it had been read: while they look the same, a new
-- process need not ask. NULL where they may have changed without showing it.
ALTER TABLE source ADD COLUMN stamp TEXT;
