-- SPDX-License-Identifier: GPL-3.0-or-later
-- What a long history has new is told by the rows behind the latest one that was seen of its log of events: its
-- rowid and id. NULL where there is no log.
ALTER TABLE source ADD COLUMN log_end TEXT;
