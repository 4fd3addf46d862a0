-- SPDX-License-Identifier: GPL-3.0-or-later
-- Two databases may hold different figures for one step: those that were written later count, in whatever
-- order the two are read.

-- When OpenCode last wrote the row or file, Unix milliseconds, and which source that was; NULL where it is not
-- known. Of a remainder it is when the totals were read.
ALTER TABLE step ADD COLUMN updated_ms INTEGER;
ALTER TABLE step ADD COLUMN source_id INTEGER;

-- Where there are several sources of one generation, which of them was read last has decided until now: they
-- are read again.
UPDATE source SET scan_rowid = 0 WHERE generation = 'opencode_v1'
    AND (SELECT count(*) FROM source WHERE generation = 'opencode_v1') > 1;
UPDATE session_reading SET resume_seq = 0, settled = 1
    WHERE (SELECT count(*) FROM source WHERE generation = 'opencode_v2') > 1;
DELETE FROM source_session WHERE source_id IN (SELECT id FROM source WHERE generation = 'opencode_v2')
    AND (SELECT count(*) FROM source WHERE generation = 'opencode_v2') > 1;
DELETE FROM source_folder WHERE (SELECT count(*) FROM source WHERE generation = 'opencode_json') > 1;
