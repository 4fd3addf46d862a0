// SPDX-License-Identifier: GPL-3.0-or-later
//! Which tools the steps called: read behind everything else, newest step first, resumable at any step.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::forget::FORGOTTEN;
use super::{Ledger, LedgerError};
use crate::model::QUARTER_MS;
use crate::source::{Outcome, ToolCall};

/// A step whose tools have not been read yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolTask {
    /// The ledger's number of the step.
    pub number: i64,
    /// OpenCode's message id.
    pub step_id: String,
    /// The session it belongs to.
    pub session_id: String,
    /// False for a fork's copy of a step whose calls count where they were made.
    pub is_own: bool,
}

/// What became of a task.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolsOfStep {
    /// The ledger's number of the step.
    pub number: i64,
    /// Its calls.
    pub calls: Vec<ToolCall>,
    /// Whether some of its calls could not be read.
    pub is_partly_unread: bool,
}

/// How far the reading of tools is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ToolsLeft {
    /// Steps that have not been looked at.
    pub steps: u64,
    /// Steps some of whose calls could not be read.
    pub unreadable_steps: u64,
}

/// As the migration that brought tools makes it.
const LEFT: &str =
    "CREATE INDEX IF NOT EXISTS step_tools_left ON step (created_ms) WHERE tools_read = 0";

/// Leaves the index to [`Ledger::index_tools_left`]: all at once is less work than step by step.
pub(super) fn drop_index_of_left(tx: &Connection) -> rusqlite::Result<()> {
    tx.execute_batch("DROP INDEX IF EXISTS step_tools_left")
}

impl Ledger {
    /// Makes the index of what is left to read, which a ledger does without while it is filled.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`].
    pub fn index_tools_left(&mut self) -> Result<(), LedgerError> {
        let is_there = self.read(|connection| {
            let sql = "SELECT 1 FROM sqlite_schema WHERE name = 'step_tools_left'";
            connection.prepare_cached(sql)?.exists([])
        })?;
        if is_there {
            return Ok(());
        }
        self.write(|tx| tx.execute_batch(LEFT))
    }

    /// The next steps to read the tools of, newest first; of one session if it is given.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`].
    pub fn tool_tasks(
        &self,
        session_id: Option<&str>,
        limit: usize,
    ) -> Result<Vec<ToolTask>, LedgerError> {
        let of = match session_id {
            Some(_) => "step.session_id = (SELECT id FROM session WHERE uid = ?1)",
            None => "?1 IS NULL",
        };
        let sql = format!(
            "SELECT step.id, step.uid, session.uid, is_counted OR NOT is_inherited
             FROM step JOIN session ON session.id = step.session_id
             WHERE tools_read = 0 AND authority <> {FORGOTTEN} AND {of} ORDER BY step.created_ms DESC LIMIT ?2"
        );
        self.read(|connection| {
            connection
                .prepare_cached(&sql)?
                .query_map(params![session_id, limit as i64], |row| {
                    Ok(ToolTask {
                        number: row.get(0)?,
                        step_id: row.get(1)?,
                        session_id: row.get(2)?,
                        is_own: row.get(3)?,
                    })
                })?
                .collect()
        })
    }

    /// How far it is.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`].
    pub fn tools_left(&self) -> Result<ToolsLeft, LedgerError> {
        let count = |sql: &str| {
            self.read(|connection| connection.query_row(sql, [], |row| row.get::<_, i64>(0)))
                .map(i64::unsigned_abs)
        };
        Ok(ToolsLeft {
            steps: count(&format!(
                "SELECT count(*) FROM step WHERE tools_read = 0 AND authority <> {FORGOTTEN}"
            ))?,
            unreadable_steps: count("SELECT count(*) FROM step WHERE tools_read = 2")?,
        })
    }

    /// Records what was read in one transaction. A step that another process has done meanwhile is left
    /// alone.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`]; then nothing of it is recorded.
    pub fn record_tools(&mut self, found: &[ToolsOfStep]) -> Result<(), LedgerError> {
        if found.is_empty() {
            return Ok(());
        }
        self.write(|tx| found.iter().try_for_each(|step| record(tx, step)))
    }
}

fn record(tx: &Connection, step: &ToolsOfStep) -> rusqlite::Result<()> {
    let state = 1 + i64::from(step.is_partly_unread);
    let is_new = tx
        .prepare_cached("UPDATE step SET tools_read = ? WHERE id = ? AND tools_read = 0")?
        .execute([state, step.number])?;
    // Most steps call nothing.
    if is_new == 0 || step.calls.is_empty() {
        return Ok(());
    }
    for (name, sums) in &by_name(&step.calls) {
        let tool_id: i64 = tx
            .prepare_cached(
                "INSERT INTO tool (name) VALUES (?)
                 ON CONFLICT DO UPDATE SET name = excluded.name RETURNING id",
            )?
            .query_row([name], |row| row.get(0))?;
        let [calls, failed, open, timed, duration_ms] = *sums;
        tx.prepare_cached("INSERT OR REPLACE INTO tool_use VALUES (?, ?, ?, ?, ?, ?, ?)")?
            .execute([
                step.number,
                tool_id,
                calls,
                failed,
                open,
                timed,
                duration_ms,
            ])?;
    }
    add_to_sums(tx, step.number, 1)
}

/// Calls, failed, open, timed and milliseconds of each tool.
fn by_name(calls: &[ToolCall]) -> HashMap<&str, [i64; 5]> {
    let mut sums: HashMap<&str, [i64; 5]> = HashMap::new();
    for call in calls {
        let sum = sums.entry(&call.name).or_default();
        let duration_ms = call.duration_ms.map_or(0, u64::cast_signed);
        let more = [
            1,
            i64::from(call.outcome == Outcome::Failed),
            i64::from(call.outcome == Outcome::Open),
            i64::from(call.duration_ms.is_some()),
            duration_ms,
        ];
        for (sum, more) in sum.iter_mut().zip(more) {
            *sum = sum.saturating_add(more);
        }
    }
    sums
}

/// Adds (`sign` 1) or takes away (`sign` -1) the calls of a step, as they are recorded with it.
fn add_to_sums(tx: &Connection, step: i64, sign: i64) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "INSERT INTO tool_quarter
         SELECT (created_ms - (created_ms % ?2 + ?2) % ?2) / ?2, session_id, tool_id, ?3 * calls,
                ?3 * failed, ?3 * open, ?3 * timed, ?3 * duration_ms
         FROM tool_use JOIN step ON step.id = step_id WHERE step_id = ?1
         ON CONFLICT DO UPDATE SET calls = calls + excluded.calls, failed = failed + excluded.failed,
             open = open + excluded.open, timed = timed + excluded.timed,
             duration_ms = duration_ms + excluded.duration_ms",
    )?
    .execute([step, QUARTER_MS, sign])?;
    tx.prepare_cached(
        "INSERT INTO tool_sum
         SELECT tool_id, ?2 * calls, ?2 * failed, ?2 * open, ?2 * timed, ?2 * duration_ms
         FROM tool_use WHERE step_id = ?1
         ON CONFLICT DO UPDATE SET calls = calls + excluded.calls, failed = failed + excluded.failed,
             open = open + excluded.open, timed = timed + excluded.timed,
             duration_ms = duration_ms + excluded.duration_ms",
    )?
    .execute([step, sign])?;
    Ok(())
}

/// Makes the sums again from the calls of the steps.
pub(super) fn remake_sums(tx: &Connection) -> rusqlite::Result<()> {
    tx.execute_batch("DELETE FROM tool_quarter")?;
    tx.execute(
        "INSERT INTO tool_quarter
         SELECT (created_ms - (created_ms % ?1 + ?1) % ?1) / ?1, session_id, tool_id, sum(calls),
                sum(failed), sum(open), sum(timed), sum(duration_ms)
         FROM tool_use JOIN step ON step.id = step_id GROUP BY 1, 2, 3",
        [QUARTER_MS],
    )?;
    tx.execute_batch(
        "DELETE FROM tool_sum;
         INSERT INTO tool_sum SELECT tool_id, sum(calls), sum(failed), sum(open), sum(timed), sum(duration_ms)
         FROM tool_use GROUP BY tool_id",
    )
}

/// Takes back the calls of a step that is about to change or to be uncounted; they are read again.
pub(super) fn forget(tx: &Connection, step: i64) -> rusqlite::Result<()> {
    let was_read: Option<bool> = tx
        .prepare_cached("SELECT tools_read > 0 FROM step WHERE id = ?")?
        .query_row([step], |row| row.get(0))
        .optional()?;
    if was_read != Some(true) {
        return Ok(());
    }
    add_to_sums(tx, step, -1)?;
    tx.prepare_cached("DELETE FROM tool_use WHERE step_id = ?")?
        .execute([step])?;
    tx.prepare_cached("UPDATE step SET tools_read = 0 WHERE id = ?")?
        .execute([step])?;
    Ok(())
}
