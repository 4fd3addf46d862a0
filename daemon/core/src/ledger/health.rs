// SPDX-License-Identifier: GPL-3.0-or-later
//! Whether the ledger is sound: for `octally doctor`.

use rusqlite::Connection;

use super::{Ledger, LedgerError, errors, parts, returns, span, trees};

/// What `octally doctor` says about the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerHealth {
    /// Schema version.
    pub schema: i64,
    /// Size of file and WAL in bytes.
    pub bytes: u64,
    /// Steps counted.
    pub steps: u64,
    /// Sessions kept.
    pub sessions: u64,
    /// `None` if SQLite's integrity check and the sums are right; else what is wrong.
    pub damage: Option<String>,
}

impl Ledger {
    /// Its size, counts and integrity; reads all of it.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`].
    pub fn health(&self) -> Result<LedgerHealth, LedgerError> {
        let schema = self.schema()?;
        let count = |sql: &str| {
            self.read(|connection| connection.query_row(sql, [], |row| row.get::<_, i64>(0)))
                .map(i64::unsigned_abs)
        };
        Ok(LedgerHealth {
            schema,
            bytes: self.bytes(),
            steps: count("SELECT count(*) FROM step WHERE is_counted")?,
            sessions: count("SELECT count(*) FROM session")?,
            damage: self.damage()?,
        })
    }

    /// Size of file and WAL in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        let mut wal = self.path().as_os_str().to_owned();
        wal.push("-wal");
        [self.path().as_os_str(), &wal]
            .iter()
            .filter_map(|path| std::fs::metadata(path).ok())
            .map(|file| file.len())
            .sum()
    }

    fn damage(&self) -> Result<Option<String>, LedgerError> {
        let verdict: String = self.read(|connection| {
            connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        })?;
        if verdict != "ok" {
            return Ok(Some(verdict));
        }
        let sums = self.read(|connection| {
            connection.query_row(SUMS_DIFFER, [], |row| row.get::<_, Option<String>>(0))
        })?;
        match sums {
            None => self.read(kept_differ),
            Some(_) => Ok(sums),
        }
    }
}

/// What is kept of the sums and differs from them.
fn kept_differ(connection: &Connection) -> rusqlite::Result<Option<String>> {
    if !span::spans_are_kept(connection)? {
        return Ok(None);
    }
    let has_days = connection
        .prepare("SELECT 1 FROM setting WHERE name = 'day_zone'")?
        .exists([])?;
    let found = if span::differ(connection)? {
        "the spans of the sessions differ from the steps"
    } else if errors::differ(connection)? {
        "the errors that are counted differ from the steps"
    } else if parts::differ(connection)? {
        "the sums of agents and projects differ from those of the sessions"
    } else if has_days && returns::differ(connection)? {
        "the sessions that are counted by day differ from those of the days"
    } else if trees::differ(connection)? {
        "the trees of the sessions differ from the sessions"
    } else {
        return Ok(None);
    };
    Ok(Some(found.into()))
}

/// The name of a sum table that differs from the steps, or NULL.
const SUMS_DIFFER: &str = "
    WITH steps(n, tokens, billed, estimated, wrong) AS (
        SELECT count(*), coalesce(sum(input + output + reasoning + cache_read + cache_write), 0),
               coalesce(sum(CASE price WHEN 0 THEN price_nano_usd END), 0),
               coalesce(sum(CASE price WHEN 1 THEN price_nano_usd END), 0),
               coalesce(sum(iif(cost_note IS NULL, 0, 1 + coalesce(stored_nano_usd, 0)
                   + coalesce(corrected_nano_usd, 0) + (corrected_nano_usd IS NULL))), 0)
        FROM step WHERE is_counted),
    quarters(n, tokens, billed, estimated, wrong) AS (
        SELECT coalesce(sum(steps), 0), coalesce(sum(input + output + reasoning + cache_read + cache_write), 0),
               coalesce(sum(billed_nano_usd), 0), coalesce(sum(estimated_nano_usd), 0),
               coalesce(sum(wrong_steps + wrong_nano_usd + corrected_nano_usd + uncorrected_steps), 0)
        FROM quarter),
    days(n, tokens, billed, estimated, wrong) AS (
        SELECT coalesce(sum(steps), 0), coalesce(sum(input + output + reasoning + cache_read + cache_write), 0),
               coalesce(sum(billed_nano_usd), 0), coalesce(sum(estimated_nano_usd), 0),
               -- Days of before these sums were kept are made again with the next record.
               iif((SELECT 1 FROM setting WHERE name = 'day_zone'), coalesce(sum(wrong_steps + wrong_nano_usd + corrected_nano_usd + uncorrected_steps), 0),
                   (SELECT wrong FROM quarters))
        FROM day),
    models(n, tokens, billed, estimated, wrong) AS (
        SELECT coalesce(sum(steps), 0), coalesce(sum(input + output + reasoning + cache_read + cache_write), 0),
               coalesce(sum(billed_nano_usd), 0), coalesce(sum(estimated_nano_usd), 0),
               coalesce(sum(wrong_steps + wrong_nano_usd + corrected_nano_usd + uncorrected_steps), 0)
        FROM model_sum)
    SELECT CASE
        WHEN (SELECT n, tokens, billed, estimated, wrong FROM steps)
             IS NOT (SELECT n, tokens, billed, estimated, wrong FROM quarters)
            THEN 'the quarter-hour sums differ from the steps'
        WHEN (SELECT n, tokens, billed, estimated, wrong FROM steps)
             IS NOT (SELECT n, tokens, billed, estimated, wrong FROM days)
            THEN 'the day sums differ from the steps'
        WHEN (SELECT n, tokens, billed, estimated, wrong FROM steps)
             IS NOT (SELECT n, tokens, billed, estimated, wrong FROM models)
            THEN 'the sums of the models differ from the steps'
        WHEN (SELECT n FROM steps) IS NOT (SELECT coalesce(sum(steps), 0) FROM day_session)
            THEN 'the sessions of the days differ from the steps'
        WHEN EXISTS (SELECT 1 FROM setting WHERE name = 'day_zone')
             AND (SELECT billed + estimated FROM steps)
                 IS NOT (SELECT coalesce(sum(billed_nano_usd + estimated_nano_usd), 0) FROM day_session)
            THEN 'the costs of the sessions of the days differ from the steps'
        WHEN EXISTS (
            SELECT session_id, model_id, agent_id, host_id, sum(steps), sum(input), sum(output), sum(reasoning),
                   sum(cache_read), sum(cache_write), sum(billed_nano_usd), sum(estimated_nano_usd),
                   sum(unpriced_steps), sum(wrong_steps), sum(wrong_nano_usd), sum(corrected_nano_usd),
                   sum(uncorrected_steps)
            FROM quarter GROUP BY session_id, model_id, agent_id, host_id EXCEPT SELECT * FROM session_sum)
            OR (SELECT n FROM steps) IS NOT (SELECT coalesce(sum(steps), 0) FROM session_sum)
            THEN 'the sums of the sessions differ from the steps'
        WHEN EXISTS (SELECT tool_id, sum(calls), sum(failed), sum(open), sum(timed), sum(duration_ms)
                     FROM tool_use GROUP BY tool_id EXCEPT SELECT * FROM tool_sum)
            THEN 'the sums of the tools differ from the steps'
        WHEN (SELECT n FROM steps) IS NOT (SELECT coalesce(sum(steps), 0) FROM day_hour)
            AND EXISTS (SELECT 1 FROM setting WHERE name = 'day_zone')
            THEN 'the sums of the hours differ from the steps'
    END";
