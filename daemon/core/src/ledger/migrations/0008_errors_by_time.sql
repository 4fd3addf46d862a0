-- SPDX-License-Identifier: GPL-3.0-or-later
-- Errors are few among many steps: finding them must not read all of them.
CREATE INDEX step_error ON step (created_ms) WHERE error IS NOT NULL;
