// SPDX-License-Identifier: GPL-3.0-or-later
//! How far each source has been read, written in the transaction of what was read.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::batch::Batch;
use super::remainder::IS_CALL;
use super::{FolderCheckpoint, Ledger, LedgerError, remainder};
use crate::model::{Problem, Session, Severity};
use crate::source::{opencode_v1, opencode_v2};

/// How far one database has been read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checkpoint {
    /// Its path: the key.
    pub path: String,
    /// `opencode_v1`.
    pub generation: String,
    /// Device and inode of the file that was read.
    pub identity: String,
    /// Where a first reading that was cut off goes on; `None` when everything has been read once.
    pub scan_rowid: Option<i64>,
    /// Every row written before this instant has been seen, Unix milliseconds.
    pub updated_ms: i64,
    /// Messages it had.
    pub messages: u64,
    /// Sessions it had.
    pub sessions: u64,
    /// The largest rowid it had.
    pub last_rowid: i64,
    /// Its newest step, Unix milliseconds.
    pub newest_ms: Option<i64>,
    /// When it was last read to its end, Unix milliseconds; while `scan_rowid` is set, when the first
    /// reading began.
    pub read_ms: i64,
    /// How its files looked when it was last read to its end, if nothing can have changed since without
    /// showing.
    pub stamp: Option<String>,
    /// The latest row of its log of events when it was last read to its end, if there is a log.
    pub log_end: Option<String>,
}

impl Ledger {
    /// How far a database has been read; `None` for one never seen.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`].
    pub fn checkpoint(&self, path: &str) -> Result<Option<Checkpoint>, LedgerError> {
        self.read(|connection| {
            connection
                .prepare_cached(&format!("SELECT {CHECKPOINT} FROM source WHERE path = ?"))?
                .query_row([path], checkpoint)
                .optional()
        })
    }

    /// How far every source has been read, as `checkpoint` tells it of one.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`].
    pub fn checkpoints(&self) -> Result<Vec<Checkpoint>, LedgerError> {
        self.read(|connection| {
            connection
                .prepare_cached(&format!("SELECT {CHECKPOINT} FROM source ORDER BY id"))?
                .query_map([], checkpoint)?
                .collect()
        })
    }

    /// The creation of a session's newest step, Unix milliseconds. A remainder is none: it is dated when it was
    /// seen, and calls that began before that are still to come.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`].
    pub fn newest_step_ms(&self, session_id: &str) -> Result<Option<i64>, LedgerError> {
        self.read(|connection| {
            connection
                .prepare_cached(&format!(
                    "SELECT created_ms FROM step
                     WHERE session_id = (SELECT id FROM session WHERE uid = ?) AND {IS_CALL}
                     ORDER BY created_ms DESC LIMIT 1"
                ))?
                .query_row([session_id], |row| row.get(0))
                .optional()
        })
    }

    /// The ids of those sessions that are not known yet.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`].
    pub fn unknown(&self, sessions: &[Session]) -> Result<Vec<String>, LedgerError> {
        self.read(|connection| {
            let mut ask = connection.prepare_cached("SELECT 1 FROM session WHERE uid = ?")?;
            let mut unknown = Vec::new();
            for session in sessions {
                if !ask.exists([&session.id])? {
                    unknown.push(session.id.clone());
                }
            }
            Ok(unknown)
        })
    }

    /// Whether the project of a session is known.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`].
    pub fn has_project_of(&self, session: &Session) -> Result<bool, LedgerError> {
        self.read(|connection| {
            connection
                .prepare_cached("SELECT 1 FROM project WHERE uid = ?")?
                .exists([&session.project_id])
        })
    }

    /// Hands every session of a database to `take`, with its event number when it was last read.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`].
    pub fn each_sequence(
        &self,
        path: &str,
        mut take: impl FnMut(&str, i64),
    ) -> Result<(), LedgerError> {
        self.read(|connection| {
            let sql = "SELECT session_uid, seq FROM source_session
                 WHERE source_id = (SELECT id FROM source WHERE path = ?)";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query([path])?;
            while let Some(row) = rows.next()? {
                take(row.get_ref(0)?.as_str()?, row.get(1)?);
            }
            Ok(())
        })
    }
}

impl Ledger {
    /// The event number that a session of a database had when it was last read.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`].
    pub fn sequence(&self, path: &str, session_id: &str) -> Result<Option<i64>, LedgerError> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT seq FROM source_session
                     WHERE source_id = (SELECT id FROM source WHERE path = ?) AND session_uid = ?",
                )?
                .query_row([path, session_id], |row| row.get(0))
                .optional()
        })
    }

    /// See [`Batch::chunks`].
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`].
    pub fn chunks(&self, path: &str) -> Result<HashMap<i64, i64>, LedgerError> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT first_rowid, digest FROM source_chunk
                     WHERE source_id = (SELECT id FROM source WHERE path = ?)",
                )?
                .query_map([path], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        })
    }
}

const CHECKPOINT: &str = "path, generation, identity, scan_rowid, updated_ms, messages, sessions,
    last_rowid, newest_ms, read_ms, stamp, log_end";

fn checkpoint(row: &Row) -> rusqlite::Result<Checkpoint> {
    Ok(Checkpoint {
        path: row.get(0)?,
        generation: row.get(1)?,
        identity: row.get(2)?,
        scan_rowid: row.get(3)?,
        updated_ms: row.get(4)?,
        messages: row.get::<_, i64>(5)?.unsigned_abs(),
        sessions: row.get::<_, i64>(6)?.unsigned_abs(),
        last_rowid: row.get(7)?,
        newest_ms: row.get(8)?,
        read_ms: row.get(9)?,
        stamp: row.get(10)?,
        log_end: row.get(11)?,
    })
}

/// Saves a checkpoint and returns the number of its source.
pub(super) fn save(
    tx: &Connection,
    checkpoint: &Checkpoint,
    sequences: &[(String, i64)],
) -> rusqlite::Result<i64> {
    remainder::forget_another_file(tx, checkpoint)?;
    let source_id: i64 = tx
        .prepare_cached(
            "INSERT INTO source (path, generation, identity, scan_rowid, updated_ms, messages,
                 sessions, last_rowid, newest_ms, read_ms, stamp, log_end)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (path) DO UPDATE SET generation = excluded.generation,
                 identity = excluded.identity, scan_rowid = excluded.scan_rowid,
                 updated_ms = excluded.updated_ms, messages = excluded.messages,
                 sessions = excluded.sessions, last_rowid = excluded.last_rowid,
                 newest_ms = excluded.newest_ms, read_ms = excluded.read_ms, stamp = excluded.stamp,
                 log_end = excluded.log_end
             RETURNING id",
        )?
        .query_row(
            params![
                checkpoint.path,
                checkpoint.generation,
                checkpoint.identity,
                checkpoint.scan_rowid,
                checkpoint.updated_ms,
                checkpoint.messages as i64,
                checkpoint.sessions as i64,
                checkpoint.last_rowid,
                checkpoint.newest_ms,
                checkpoint.read_ms,
                checkpoint.stamp,
                checkpoint.log_end,
            ],
            |row| row.get(0),
        )?;
    let mut statement = tx.prepare_cached(
        "INSERT INTO source_session VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET seq = excluded.seq",
    )?;
    for (session, seq) in sequences {
        statement.execute(params![source_id, session, seq])?;
    }
    Ok(source_id)
}

pub(super) fn save_chunks(
    tx: &Connection,
    source_id: i64,
    chunks: &[(i64, i64)],
) -> rusqlite::Result<()> {
    for (first_rowid, digest) in chunks {
        tx.prepare_cached("INSERT OR REPLACE INTO source_chunk VALUES (?, ?, ?)")?
            .execute([&source_id, first_rowid, digest])?;
    }
    Ok(())
}

pub(super) fn save_folder(
    tx: &Connection,
    source_id: i64,
    folder: &FolderCheckpoint,
) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "INSERT INTO source_folder VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET modified_ns = excluded.modified_ns, files = excluded.files,
             newest_ns = excluded.newest_ns, digest = excluded.digest, unsettled = excluded.unsettled",
    )?
    .execute(params![
        source_id,
        folder.path,
        folder.modified_ns,
        folder.files.cast_signed(),
        folder.newest_ns,
        folder.digest.cast_signed(),
        folder.unsettled.cast_signed(),
    ])?;
    Ok(())
}

/// Remembers the rows that could not be read and forgets those that have been since.
pub(super) fn save_unread(tx: &Connection, source_id: i64, batch: &Batch) -> rusqlite::Result<()> {
    let mut add = tx.prepare_cached(
        "INSERT INTO unread VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET code = excluded.code, what = excluded.what",
    )?;
    for row in batch.unread {
        add.execute(params![source_id, row.id, row.code, row.what])?;
    }
    let is_clean = !tx
        .prepare_cached("SELECT 1 FROM unread WHERE source_id = ? LIMIT 1")?
        .exists([source_id])?;
    if is_clean {
        return Ok(());
    }
    let mut remove = tx.prepare_cached("DELETE FROM unread WHERE source_id = ? AND uid = ?")?;
    let steps = batch.steps.iter().map(|priced| &priced.step.id);
    for id in steps.chain(batch.settled) {
        remove.execute(params![source_id, id])?;
    }
    Ok(())
}

impl Ledger {
    /// The ids of the rows of a source that could not be read.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`].
    pub fn unread_ids(&self, path: &str) -> Result<Vec<String>, LedgerError> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT uid FROM unread WHERE source_id = (SELECT id FROM source WHERE path = ?)",
                )?
                .query_map([path], |row| row.get(0))?
                .collect()
        })
    }

    /// The rows of a database that could not be read, one problem for each reason.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`].
    pub fn unread(&self, path: &str) -> Result<Vec<Problem>, LedgerError> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT code, count(*), min(uid), min(what), generation
                     FROM unread JOIN source ON source.id = source_id WHERE path = ? GROUP BY code",
                )?
                .query_map([path], |row| {
                    let (code, what): (String, String) = (row.get(0)?, row.get(3)?);
                    let generation: String = row.get(4)?;
                    let place = match generation.as_str() {
                        opencode_v1::GENERATION => format!("{path}, table message"),
                        opencode_v2::GENERATION => {
                            format!("{}, table session_message", file_of(path, &generation))
                        }
                        _ => path.to_owned(),
                    };
                    let mut problem =
                        Problem::new(Severity::Warning, &code, what, place, UNREAD_REMEDY);
                    problem.count = row.get::<_, i64>(1)?.unsigned_abs();
                    problem.example = Some(row.get(2)?);
                    Ok(problem)
                })?
                .collect()
        })
    }
}

/// The file or folder of a source. The rows of OpenCode 2 in a database are a source of their own.
pub(crate) fn file_of<'p>(source: &'p str, generation: &str) -> &'p str {
    let file = source.strip_suffix("#v2");
    file.filter(|_| generation == opencode_v2::GENERATION)
        .unwrap_or(source)
}

const UNREAD_REMEDY: &str =
    "all other rows are counted; if OpenCode itself shows this message, report its version";
