-- SPDX-License-Identifier: GPL-3.0-or-later
-- The same step may be kept by several generations of OpenCode's storage, each with its own idea of it.

-- Whose figures these are: 1 JSON files, 2 tables of 1.x, 3 tables of 2.x, 4 JSON parts of a turn that
-- later generations keep as one row. A lower one never replaces a higher one.
ALTER TABLE step ADD COLUMN authority INTEGER NOT NULL DEFAULT 2;
-- How the version that stored the cost is known to have got it wrong; the stored amount is kept.
ALTER TABLE step ADD COLUMN cost_note TEXT;

-- Folders of message files, as they looked when they were last read.
CREATE TABLE source_folder (
    source_id INTEGER NOT NULL REFERENCES source ON DELETE CASCADE, path TEXT NOT NULL,
    modified_ns INTEGER NOT NULL, files INTEGER NOT NULL, newest_ns INTEGER NOT NULL,
    digest INTEGER NOT NULL, unsettled INTEGER NOT NULL, PRIMARY KEY (source_id, path)
) WITHOUT ROWID;
