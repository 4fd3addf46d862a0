// SPDX-License-Identifier: GPL-3.0-or-later
//! What the user wants forgotten: a project, or everything older than so long.
//!
//! The figures go for good. The ids of the steps stay, with an authority above every reading's, so that
//! no source brings them back. A session is forgotten as a whole: what a part of it used could not be
//! told from OpenCode's totals of all of it.

use rusqlite::{Connection, OptionalExtension, ToSql, params};

use super::entry::{Entry, entry_columns, stored_entry};
use super::sums::{self, Sums};
use super::{Ledger, LedgerError, rebuild, refold, tools};
use crate::model::Zone;

/// The authority of a step that is forgotten.
pub(crate) const FORGOTTEN: i64 = 9;
/// Whether anything is to be told of a row of `session`: not where all that it had is forgotten.
pub(crate) const IS_TOLD_OF: &str = "(session.forgotten_before_ms IS NULL
    OR EXISTS (SELECT 1 FROM session_sum WHERE session_sum.session_id = session.id AND steps > 0))";
/// Before this instant everything of a project is forgotten, what is still to come included.
const FOR_EVER: i64 = i64::MAX;
/// Sessions of the project with an id, or of all that are at a path: a folder may have had several.
const OF_PROJECT: &str = "project_id IN (SELECT id FROM project WHERE uid = ?1 OR worktree = ?1)";

/// A project that is forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForgottenProject {
    /// OpenCode's id.
    pub id: String,
    /// Its path.
    pub worktree: String,
}

impl Ledger {
    /// Forgets a project, named by its id, or all that are at a path, and returns how many steps they had;
    /// `None` where there is none.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`]; then nothing is forgotten.
    pub fn forget_project(
        &mut self,
        project: &str,
        zone: &Zone,
    ) -> Result<Option<u64>, LedgerError> {
        self.write(|tx| {
            let found = tx.execute(
                "UPDATE project SET forgotten_before_ms = ?2 WHERE uid = ?1 OR worktree = ?1",
                params![project, FOR_EVER],
            )?;
            if found == 0 {
                return Ok(None);
            }
            tx.execute(
                &format!("UPDATE session SET forgotten_before_ms = ?2 WHERE {OF_PROJECT}"),
                params![project, FOR_EVER],
            )?;
            wipe(tx, OF_PROJECT, &project, zone).map(Some)
        })
    }

    /// Takes the forgetting of a project back: what OpenCode still has of it is read again. False where
    /// no such project is forgotten.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`].
    pub fn remember_project(&mut self, project: &str) -> Result<bool, LedgerError> {
        self.write(|tx| {
            let was_forgotten = tx.execute(
                "UPDATE project SET forgotten_before_ms = NULL
                 WHERE (uid = ?1 OR worktree = ?1) AND forgotten_before_ms IS NOT NULL",
                [project],
            )?;
            if was_forgotten == 0 {
                return Ok(false);
            }
            tx.execute(
                &format!(
                    "DELETE FROM step WHERE authority = ?2
                         AND session_id IN (SELECT id FROM session WHERE {OF_PROJECT})"
                ),
                params![project, FORGOTTEN],
            )?;
            tx.execute(
                &format!("UPDATE session SET forgotten_before_ms = NULL WHERE {OF_PROJECT}"),
                [project],
            )?;
            // What of it is older than the months that are kept is forgotten with the next look at these.
            tx.execute("DELETE FROM setting WHERE name = 'kept_since_ms'", [])?;
            refold::remake_kept(tx)?;
            rebuild::read_again(tx)?;
            Ok(true)
        })
    }

    /// The projects that are forgotten, by path.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`].
    pub fn forgotten_projects(&self) -> Result<Vec<ForgottenProject>, LedgerError> {
        self.read(|connection| {
            connection
                .prepare(
                    "SELECT uid, worktree FROM project WHERE forgotten_before_ms IS NOT NULL
                     ORDER BY worktree",
                )?
                .query_map([], |row| {
                    let (id, worktree) = (row.get(0)?, row.get(1)?);
                    Ok(ForgottenProject { id, worktree })
                })?
                .collect()
        })
    }

    /// The paths of the projects that are not forgotten, with and without steps.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`].
    pub fn project_paths(&self) -> Result<Vec<String>, LedgerError> {
        self.read(|connection| {
            connection
                .prepare(
                    "SELECT DISTINCT worktree FROM project WHERE forgotten_before_ms IS NULL
                     ORDER BY worktree",
                )?
                .query_map([], |row| row.get(0))?
                .collect()
        })
    }

    /// Forgets the sessions whose last step began before an instant (Unix milliseconds), and returns how
    /// many steps those had. Asked again for the same instant or an earlier one it does nothing.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`]; then nothing is forgotten.
    pub fn forget_before(&mut self, before_ms: i64, zone: &Zone) -> Result<u64, LedgerError> {
        if self
            .read(kept_since_ms)?
            .is_some_and(|since_ms| since_ms >= before_ms)
        {
            return Ok(0);
        }
        self.write(|tx| {
            sums::use_zone(tx, zone)?;
            tx.execute(
                "INSERT INTO setting VALUES ('kept_since_ms', ?)
                 ON CONFLICT DO UPDATE SET value = excluded.value",
                [before_ms.to_string()],
            )?;
            // Also what somebody went on with after it had been forgotten.
            tx.execute(
                &format!(
                    "UPDATE session SET forgotten_before_ms = ?1
                     WHERE coalesce(forgotten_before_ms < ?1, true) AND EXISTS (
                         SELECT 1 FROM step WHERE session_id = session.id AND authority <> {FORGOTTEN}
                             AND created_ms < ?1)
                     AND NOT EXISTS (
                         SELECT 1 FROM step WHERE session_id = session.id AND created_ms >= ?1)"
                ),
                [before_ms],
            )?;
            let copies = wipe_copies(tx, before_ms, zone)?;
            Ok(copies + wipe(tx, "forgotten_before_ms = ?1", &before_ms, zone)?)
        })
    }
}

/// Since when steps are kept, Unix milliseconds; `None` where they are kept for ever.
pub(super) fn kept_since_ms(connection: &Connection) -> rusqlite::Result<Option<i64>> {
    let found: Option<String> = connection
        .prepare_cached("SELECT value FROM setting WHERE name = 'kept_since_ms'")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(found.and_then(|text| text.parse().ok()))
}

/// The steps of a session that are to be forgotten and have their figures still.
pub(super) fn left_of(
    tx: &Connection,
    session: i64,
) -> rusqlite::Result<Vec<(i64, Entry<'static>)>> {
    let sql = concat!(
        "SELECT id, ",
        entry_columns!(),
        " FROM step WHERE session_id = ?1 AND authority <> ?2
             AND created_ms < (SELECT forgotten_before_ms FROM session WHERE id = ?1)"
    );
    tx.prepare_cached(sql)?
        .query_map([session, FORGOTTEN], |row| {
            Ok((row.get(0)?, stored_entry(row)?))
        })?
        .collect()
}

/// Nothing but a step's id, its place and the authority `?2`.
const WIPED: &str =
    "turn_uid = NULL, completed_ms = NULL, input = 0, output = 0, reasoning = 0, cache_read = 0,
     cache_write = 0, stored_nano_usd = NULL, price = 0, price_nano_usd = 0, finish = NULL, error = NULL,
     is_inherited = 0, is_counted = 0, authority = ?2, cost_note = NULL, corrected_nano_usd = NULL,
     tools_read = 1";

/// The same for what forks copied from before an instant, as it is when they are read after it: the sessions
/// that they are in go on. All that is kept of the sums is to be made again.
fn wipe_copies(tx: &Connection, before_ms: i64, zone: &Zone) -> rusqlite::Result<u64> {
    const OF: &str = "is_inherited AND created_ms < ?1";
    let sql = concat!(
        "SELECT id, ",
        entry_columns!(),
        " FROM step INDEXED BY step_copy WHERE is_inherited AND created_ms < ? AND is_counted"
    );
    let (mut sums, mut counted) = (Sums::default(), 0);
    let mut statement = tx.prepare(sql)?;
    let mut copies = statement.query([before_ms])?;
    while let Some(row) = copies.next()? {
        let copy = stored_entry(row)?;
        tools::forget(tx, row.get(0)?)?;
        sums.add(&copy.key, &copy.amounts, -1, zone);
        counted += 1;
    }
    sums.write(tx)?;
    tx.execute(
        &format!("UPDATE step SET {WIPED} WHERE {OF}"),
        params![before_ms, FORGOTTEN],
    )?;
    Ok(counted)
}

/// Takes the steps of some sessions out of every sum and table.
fn wipe(tx: &Connection, sessions: &str, value: &dyn ToSql, zone: &Zone) -> rusqlite::Result<u64> {
    let of = format!("session_id IN (SELECT id FROM session WHERE {sessions})");
    let counted: i64 = tx.query_row(
        &format!("SELECT count(*) FROM step WHERE is_counted AND {of}"),
        [value],
        |row| row.get(0),
    )?;
    tx.execute(&format!("DELETE FROM quarter WHERE {of}"), [value])?;
    tx.execute(
        &format!("DELETE FROM tool_use WHERE step_id IN (SELECT id FROM step WHERE {of})"),
        [value],
    )?;
    tx.execute(
        &format!("UPDATE step SET {WIPED} WHERE {of}"),
        params![value, FORGOTTEN],
    )?;
    wipe_readings(tx, sessions, value)?;
    refold::refold(tx, zone)?;
    tools::remake_sums(tx)?;
    refold::remake_kept(tx)?;
    Ok(counted.unsigned_abs())
}

/// Takes out the figures that are kept beside the steps of some sessions: those of rows that message files
/// replace, and the totals of OpenCode 2 as they were read.
fn wipe_readings(tx: &Connection, sessions: &str, value: &dyn ToSql) -> rusqlite::Result<()> {
    tx.execute(
        &format!(
            "UPDATE parted_row SET created_ms = NULL, model_id = NULL, input = NULL, output = NULL,
                 reasoning = NULL, cache_read = NULL, cache_write = NULL, stored_nano_usd = NULL
             WHERE (uid, host_id) IN (SELECT uid, host_id FROM step
                 WHERE session_id IN (SELECT id FROM session WHERE {sessions}))"
        ),
        [value],
    )?;
    tx.execute(
        &format!(
            "UPDATE session_reading SET input = NULL, output = NULL, reasoning = NULL, cache_read = NULL,
                 cache_write = NULL, nano_usd = NULL, gone_input = 0, gone_output = 0,
                 gone_reasoning = 0, gone_cache_read = 0, gone_cache_write = 0, gone_nano_usd = 0
             WHERE session_uid IN (SELECT uid FROM session WHERE {sessions})"
        ),
        [value],
    )?;
    Ok(())
}
