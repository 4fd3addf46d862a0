-- SPDX-License-Identifier: GPL-3.0-or-later
-- Questions about all time are answered from sums that do not know of time: a few rows for each session.

-- The quarter hours of each session, added up.
CREATE TABLE session_sum (
    session_id INTEGER NOT NULL, model_id INTEGER NOT NULL, agent_id INTEGER NOT NULL, host_id INTEGER NOT NULL,
    steps INTEGER NOT NULL, input INTEGER NOT NULL, output INTEGER NOT NULL, reasoning INTEGER NOT NULL,
    cache_read INTEGER NOT NULL, cache_write INTEGER NOT NULL,
    billed_nano_usd INTEGER NOT NULL, estimated_nano_usd INTEGER NOT NULL, unpriced_steps INTEGER NOT NULL,
    wrong_steps INTEGER NOT NULL, wrong_nano_usd INTEGER NOT NULL, corrected_nano_usd INTEGER NOT NULL,
    uncorrected_steps INTEGER NOT NULL,
    PRIMARY KEY (session_id, model_id, agent_id, host_id)
) WITHOUT ROWID;
INSERT INTO session_sum
SELECT session_id, model_id, agent_id, host_id, sum(steps), sum(input), sum(output), sum(reasoning),
       sum(cache_read), sum(cache_write), sum(billed_nano_usd), sum(estimated_nano_usd), sum(unpriced_steps),
       sum(wrong_steps), sum(wrong_nano_usd), sum(corrected_nano_usd), sum(uncorrected_steps)
FROM quarter GROUP BY session_id, model_id, agent_id, host_id;

-- What no sum of a session tells, made again from its steps when one of them is recorded. steps: counted ones;
-- turns: user messages that these have; newest_ms: of its newest step. first_ms, ended_ms: when the first step that no fork
-- inherited began, and the last one ended.
CREATE TABLE session_span (
    session_id INTEGER PRIMARY KEY REFERENCES session, steps INTEGER NOT NULL, turns INTEGER NOT NULL,
    newest_ms INTEGER NOT NULL,
    first_ms INTEGER, ended_ms INTEGER
);
INSERT INTO session_span
SELECT session_id, sum(is_counted), count(DISTINCT iif(is_counted, turn_uid, NULL)), max(created_ms),
       min(iif(is_inherited, NULL, created_ms)),
       (SELECT max(created_ms, coalesce(completed_ms, created_ms)) FROM step AS own
        WHERE own.session_id = step.session_id AND NOT own.is_inherited ORDER BY own.created_ms DESC LIMIT 1)
FROM step GROUP BY session_id;

-- By hour of the day, of the zone in setting `day_zone`.
CREATE TABLE day_hour (hour INTEGER PRIMARY KEY, steps INTEGER NOT NULL, fresh INTEGER NOT NULL);

-- The calls of each tool, added up.
CREATE TABLE tool_sum (
    tool_id INTEGER PRIMARY KEY REFERENCES tool, calls INTEGER NOT NULL, failed INTEGER NOT NULL,
    open INTEGER NOT NULL, timed INTEGER NOT NULL, duration_ms INTEGER NOT NULL
);
INSERT INTO tool_sum SELECT tool_id, sum(calls), sum(failed), sum(open), sum(timed), sum(duration_ms)
FROM tool_quarter GROUP BY tool_id;

-- The days are made again, with their hours, when something is recorded next.
DELETE FROM setting WHERE name = 'day_zone';
