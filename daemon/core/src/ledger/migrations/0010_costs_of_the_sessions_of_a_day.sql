-- SPDX-License-Identifier: GPL-3.0-or-later
-- What the sessions of a day cost, so that a budget for one project need not fold a month of quarter hours
-- each time that something is used.

ALTER TABLE day_session ADD COLUMN billed_nano_usd INTEGER NOT NULL DEFAULT 0;
ALTER TABLE day_session ADD COLUMN estimated_nano_usd INTEGER NOT NULL DEFAULT 0;
ALTER TABLE day_session ADD COLUMN unpriced_steps INTEGER NOT NULL DEFAULT 0;

-- The days are made again when something is recorded next.
DELETE FROM setting WHERE name = 'day_zone';
