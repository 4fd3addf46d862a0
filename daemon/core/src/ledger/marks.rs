// SPDX-License-Identifier: GPL-3.0-or-later
//! What OpenCode has deleted or reverted: marked, kept and counted as before.
//!
//! `held` is what each source had of each session when it was last looked at, `doubt` the sessions where
//! that has changed. Marks say nothing about figures: no sum depends on them.

use rusqlite::{Connection, OptionalExtension, params};

use super::{Host, Ledger, LedgerError};
use crate::model::Gone;

/// How a session stands in one source, against what the source held of it before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The session.
    pub session_id: String,
    /// See [`Holding`](crate::source::Holding); `None` where the source has no such session any more.
    pub digest: Option<i64>,
    /// Whether its steps have to be looked for. Those of a session that is marked are in any case.
    pub is_doubtful: bool,
}

/// A step as far as its mark needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marked {
    /// The ledger's number of it.
    pub id: i64,
    /// Its id.
    pub uid: String,
    /// The user message that caused it.
    pub turn_uid: Option<String>,
    /// How it went, if it has.
    pub gone: Option<Gone>,
}

/// A session whose steps have to be looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// The session.
    pub session_id: String,
    /// Whether it waits for a source that could not be reached.
    pub waits: bool,
    /// How often it was doubted.
    pub raised: i64,
}

/// What was found out about a doubtful session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What was looked into; a later doubt stays.
    pub doubt: Doubt,
    /// Whether all sources have lost it; `None` where that cannot be told.
    pub is_deleted: Option<bool>,
    /// Whether a source that cannot be reached may have what is missed.
    pub waits: bool,
}

impl Ledger {
    /// Whether a session is known and not marked as deleted.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`].
    pub fn is_shown(&self, session_id: &str) -> Result<bool, LedgerError> {
        self.read(|connection| {
            connection
                .prepare_cached("SELECT 1 FROM session WHERE uid = ? AND deleted_ms IS NULL")?
                .exists([session_id])
        })
    }

    /// The number of a source; `None` for one never read.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`]; the same for every question below.
    pub fn source_id(&self, path: &str) -> Result<Option<i64>, LedgerError> {
        self.read(|connection| {
            connection
                .prepare_cached("SELECT id FROM source WHERE path = ?")?
                .query_row([path], |row| row.get(0))
                .optional()
        })
    }

    /// The next `limit` sessions that a source held, after an id and up to another, with their digests.
    ///
    /// # Errors
    /// See [`Self::source_id`].
    pub fn held_between(
        &self,
        source_id: i64,
        after: &str,
        until: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, i64)>, LedgerError> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT session_uid, digest FROM held
                     WHERE source_id = ?1 AND session_uid > ?2 AND (?3 IS NULL OR session_uid <= ?3)
                     ORDER BY session_uid LIMIT ?4",
                )?
                .query_map(params![source_id, after, until, limit as i64], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })?
                .collect()
        })
    }

    /// What a source held of one session.
    ///
    /// # Errors
    /// See [`Self::source_id`].
    pub fn held(&self, source_id: i64, session_id: &str) -> Result<Option<i64>, LedgerError> {
        self.read(|connection| {
            connection
                .prepare_cached("SELECT digest FROM held WHERE source_id = ? AND session_uid = ?")?
                .query_row(params![source_id, session_id], |row| row.get(0))
                .optional()
        })
    }

    /// Remembers how sessions stand in a source, and which of them have to be looked into.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`]; then nothing is remembered.
    pub fn note_changes(&mut self, source_id: i64, changes: &[Change]) -> Result<(), LedgerError> {
        self.write(|tx| {
            for change in changes {
                note_change(tx, source_id, change)?;
            }
            Ok(())
        })
    }

    /// Puts a session among those that have to be looked into.
    ///
    /// # Errors
    /// See [`Self::source_id`].
    pub fn raise_doubt(&mut self, session_id: &str) -> Result<(), LedgerError> {
        self.write(|tx| doubt(tx, session_id))
    }

    /// The next `limit` sessions to look into after an id, in the order of ids.
    ///
    /// # Errors
    /// See [`Self::source_id`].
    pub fn doubts_after(&self, id: &str, limit: usize) -> Result<Vec<Doubt>, LedgerError> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT session_uid, waits, raised FROM doubt WHERE session_uid > ?
                     ORDER BY session_uid LIMIT ?",
                )?
                .query_map(params![id, limit as i64], |row| {
                    Ok(Doubt {
                        session_id: row.get(0)?,
                        waits: row.get(1)?,
                        raised: row.get(2)?,
                    })
                })?
                .collect()
        })
    }

    /// The sources that had a session when they were last looked at.
    ///
    /// # Errors
    /// See [`Self::source_id`].
    pub fn holders(&self, session_id: &str) -> Result<Vec<String>, LedgerError> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT path FROM held JOIN source ON source.id = source_id WHERE session_uid = ?",
                )?
                .query_map([session_id], |row| row.get(0))?
                .collect()
        })
    }

    /// The next `limit` steps of a session after a number, with their marks. Those of other hosts are
    /// none of our sources' business.
    ///
    /// # Errors
    /// See [`Self::source_id`].
    pub fn marked_after(
        &self,
        host: &Host,
        session_id: &str,
        after: i64,
        limit: usize,
    ) -> Result<Vec<Marked>, LedgerError> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT id, uid, turn_uid, gone FROM step
                     WHERE session_id = (SELECT id FROM session WHERE uid = ?1) AND id > ?2
                         AND host_id = (SELECT id FROM host WHERE uid = ?3)
                     ORDER BY id LIMIT ?4",
                )?
                .query_map(params![session_id, after, host.id, limit as i64], |row| {
                    Ok(Marked {
                        id: row.get(0)?,
                        uid: row.get(1)?,
                        turn_uid: row.get(2)?,
                        gone: row.get::<_, Option<i64>>(3)?.and_then(Gone::from_number),
                    })
                })?
                .collect()
        })
    }

    /// Marks steps, by their numbers, as gone at an instant, or takes their marks away.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`]; then nothing is marked.
    pub fn mark(&mut self, marks: &[(i64, Option<Gone>)], now_ms: i64) -> Result<(), LedgerError> {
        self.write(|tx| {
            let mut update = tx.prepare_cached(
                "UPDATE step SET gone = ?2, gone_ms = iif(?2 IS NULL, NULL, coalesce(gone_ms, ?3))
                 WHERE id = ?1",
            )?;
            for (id, gone) in marks {
                update.execute(params![id, gone.map(|gone| gone as i64), now_ms])?;
            }
            Ok(())
        })
    }

    /// Marks sessions and takes them off the list, but for those that wait.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`]; then nothing is changed.
    pub fn settle(&mut self, verdicts: &[Verdict], now_ms: i64) -> Result<(), LedgerError> {
        self.write(|tx| {
            for verdict in verdicts {
                settle(tx, verdict, now_ms)?;
            }
            Ok(())
        })
    }

    /// Forgets a folder that is there no more.
    ///
    /// # Errors
    /// See [`Self::source_id`].
    pub fn forget_folder(&mut self, path: &str) -> Result<(), LedgerError> {
        self.write(|tx| {
            tx.prepare_cached("DELETE FROM source_folder WHERE path = ?")?
                .execute([path])?;
            Ok(())
        })
    }
}

fn note_change(tx: &Connection, source_id: i64, change: &Change) -> rusqlite::Result<()> {
    let id = &change.session_id;
    match change.digest {
        Some(digest) => tx
            .prepare_cached(
                "INSERT INTO held VALUES (?, ?, ?)
                 ON CONFLICT DO UPDATE SET digest = excluded.digest",
            )?
            .execute(params![source_id, id, digest])?,
        None => tx
            .prepare_cached("DELETE FROM held WHERE source_id = ? AND session_uid = ?")?
            .execute(params![source_id, id])?,
    };
    if change.is_doubtful || has_marks(tx, id)? {
        doubt(tx, id)?;
    }
    Ok(())
}

fn has_marks(tx: &Connection, session_id: &str) -> rusqlite::Result<bool> {
    tx.prepare_cached(
        "SELECT 1 FROM session AS s WHERE uid = ? AND (deleted_ms IS NOT NULL OR EXISTS (
             SELECT 1 FROM step INDEXED BY step_gone WHERE session_id = s.id AND gone IS NOT NULL))",
    )?
    .exists([session_id])
}

fn doubt(tx: &Connection, session_id: &str) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "INSERT INTO doubt VALUES (?, 0, 1)
         ON CONFLICT DO UPDATE SET waits = 0, raised = raised + 1",
    )?
    .execute([session_id])?;
    Ok(())
}

fn settle(tx: &Connection, verdict: &Verdict, now_ms: i64) -> rusqlite::Result<()> {
    let (id, raised) = (&verdict.doubt.session_id, verdict.doubt.raised);
    if let Some(is_deleted) = verdict.is_deleted {
        tx.prepare_cached(
            "UPDATE session SET deleted_ms = iif(?2, coalesce(deleted_ms, ?3), NULL)
             WHERE uid = ?1 AND (deleted_ms IS NOT NULL) <> ?2",
        )?
        .execute(params![id, is_deleted, now_ms])?;
    }
    if verdict.waits {
        tx.prepare_cached("UPDATE doubt SET waits = 1 WHERE session_uid = ? AND raised = ?")?
            .execute(params![id, raised])?;
    } else {
        tx.prepare_cached("DELETE FROM doubt WHERE session_uid = ? AND raised = ?")?
            .execute(params![id, raised])?;
    }
    Ok(())
}
