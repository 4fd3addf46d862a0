-- SPDX-License-Identifier: GPL-3.0-or-later
-- What the user wants forgotten. Its steps stay as bare ids, so that they are not read again, without figures
-- and with an authority that no reading has: 9.

-- Steps of it that began before this instant are forgotten, Unix milliseconds; NULL for none. That of a
-- project holds for its sessions that are still to come.
ALTER TABLE session ADD COLUMN forgotten_before_ms INTEGER;
ALTER TABLE project ADD COLUMN forgotten_before_ms INTEGER;
