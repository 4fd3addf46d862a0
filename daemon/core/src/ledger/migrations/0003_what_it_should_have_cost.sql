-- SPDX-License-Identifier: GPL-3.0-or-later
-- Beside a stored cost that is known to be wrong: what the step should have cost, at the prices of the
-- time when it was recorded. NULL where that is unknown.
ALTER TABLE step ADD COLUMN corrected_nano_usd INTEGER;
-- There are few of them, and none at all for most users.
CREATE INDEX step_wrong_cost ON step (created_ms) WHERE cost_note IS NOT NULL;

-- Rows of 1.2 to 1.3 were recorded without their note: every source is read again.
UPDATE source SET scan_rowid = 0 WHERE generation = 'opencode_v1';
DELETE FROM source_session WHERE source_id IN (SELECT id FROM source WHERE generation = 'opencode_v2');
DELETE FROM source_folder;
