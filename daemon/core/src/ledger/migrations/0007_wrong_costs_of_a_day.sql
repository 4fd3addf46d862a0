-- SPDX-License-Identifier: GPL-3.0-or-later
-- What the stored costs that are known to be wrong add up to stands beside the other sums: a history of
-- message files may have one in nearly every step.

-- Such steps, what OpenCode stored for them, what those should have cost for which that is known, and those
-- for which it is not.
ALTER TABLE quarter ADD COLUMN wrong_steps INTEGER NOT NULL DEFAULT 0;
ALTER TABLE quarter ADD COLUMN wrong_nano_usd INTEGER NOT NULL DEFAULT 0;
ALTER TABLE quarter ADD COLUMN corrected_nano_usd INTEGER NOT NULL DEFAULT 0;
ALTER TABLE quarter ADD COLUMN uncorrected_steps INTEGER NOT NULL DEFAULT 0;
ALTER TABLE day ADD COLUMN wrong_steps INTEGER NOT NULL DEFAULT 0;
ALTER TABLE day ADD COLUMN wrong_nano_usd INTEGER NOT NULL DEFAULT 0;
ALTER TABLE day ADD COLUMN corrected_nano_usd INTEGER NOT NULL DEFAULT 0;
ALTER TABLE day ADD COLUMN uncorrected_steps INTEGER NOT NULL DEFAULT 0;

-- Quarters of 900,000 ms, rounded down also before 1970.
UPDATE quarter SET wrong_steps = wrong.steps, wrong_nano_usd = wrong.stored,
    corrected_nano_usd = wrong.corrected, uncorrected_steps = wrong.uncorrected
FROM (SELECT (created_ms - (created_ms % 900000 + 900000) % 900000) / 900000 AS quarter,
             session_id, model_id, agent_id, host_id, count(*) AS steps,
             coalesce(sum(stored_nano_usd), 0) AS stored,
             coalesce(sum(corrected_nano_usd), 0) AS corrected,
             sum(corrected_nano_usd IS NULL) AS uncorrected
      FROM step WHERE cost_note IS NOT NULL AND is_counted GROUP BY 1, 2, 3, 4, 5) AS wrong
WHERE quarter.quarter = wrong.quarter AND quarter.session_id = wrong.session_id
    AND quarter.model_id = wrong.model_id AND quarter.agent_id = wrong.agent_id
    AND quarter.host_id = wrong.host_id;

-- The days are made again when something is recorded next.
DELETE FROM setting WHERE name = 'day_zone';
