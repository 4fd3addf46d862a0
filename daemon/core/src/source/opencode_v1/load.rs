// SPDX-License-Identifier: GPL-3.0-or-later
//! One open database and the few questions that the ledger has for it.
//!
//! Opened read-only with the WAL respected (never `immutable`, which misses it), and every answer is
//! one short statement: a long read transaction would keep OpenCode from checkpointing, and a write
//! lock of some seconds makes its prompts fail.

use std::cell::OnceCell;
use std::path::Path;

use rusqlite::{Row, ToSql};

use super::parse::read_into;
use super::schema::{check_schema, without_tables};
use crate::model::{Problem, Project, Session, Step};
use crate::source::figures::written;
use crate::source::sqlite::{SqliteFile, row_id};
use crate::source::{Chunk, Logged, Rows, Unread, VersionSeen, session_row, versions};

/// A database of OpenCode 1.x, kept open so that `PRAGMA data_version` can tell changes.
#[derive(Debug)]
pub struct Database {
    pub(super) file: SqliteFile,
    /// Whether the parts of one message can be found; looked up when first needed.
    pub(super) has_parts: OnceCell<bool>,
    session_columns: String,
    has_sequences: bool,
    pub(super) has_reverts: bool,
}

/// How much there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows of `message`, of every role.
    pub messages: u64,
    /// Rows of `session`.
    pub sessions: u64,
    /// The largest rowid of `message`; not stable over VACUUM.
    pub last_rowid: i64,
}

/// Which messages to read.
#[derive(Clone, Copy, Debug)]
pub enum Which<'a> {
    /// The next `limit` rows after a rowid that are new or were written at or after an instant: the
    /// resumable way through everything.
    After {
        /// The last one seen.
        rowid: i64,
        /// Unix milliseconds.
        updated_ms: i64,
        /// Rows above this rowid are new, whatever their times say.
        known_rowid: i64,
        /// At most so many.
        limit: usize,
    },
    /// The row with this rowid, if there is one: the way around a damaged page.
    At(i64),
    /// The rows with this id: one, or none.
    Id(&'a str),
    /// Rows of one session created at or after an instant, Unix milliseconds.
    OfSession(&'a str, i64),
}

impl Database {
    /// Opens a database read-only.
    ///
    /// # Errors
    /// A [`Problem`] that says why it cannot be read: no access, no database, damaged, or a schema
    /// that is not known.
    pub fn open(path: &Path) -> Result<Self, Problem> {
        let file = SqliteFile::open(path)?;
        let columns = |table: &str| file.columns(table);
        let (message, session) = (columns("message")?, columns("session")?);
        if message.is_empty() && session.is_empty() {
            return Err(without_tables(&file)?);
        }
        check_schema(path, &message, &session)?;
        let session_columns = session_row::columns(&session);
        let has_sequences = file.has("event_sequence", &["aggregate_id", "seq"])?;
        let has_reverts = session.iter().any(|column| column == "revert");
        Ok(Self {
            session_columns,
            has_sequences,
            has_reverts,
            has_parts: OnceCell::new(),
            file,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Device and inode: another file at the same path is another database.
    pub fn identity(&self) -> &str {
        self.file.identity()
    }

    /// Whether the path still leads to the file that is open.
    pub fn is_in_place(&self) -> bool {
        self.file.is_in_place()
    }

    /// How the files look at `now_ms`, Unix milliseconds; `None` where that may not tell the next change.
    pub fn stamp(&self, now_ms: i64) -> Option<String> {
        self.file.stamp(now_ms)
    }

    /// Whether the file has tables of OpenCode 2, too. Asked anew each time: a migration makes them.
    ///
    /// # Errors
    /// See [`Self::data_version`].
    pub fn has_tables_of_2(&self) -> Result<bool, Problem> {
        let sql = "SELECT count(*) FROM sqlite_schema
            WHERE name COLLATE NOCASE IN ('session_message', 'session_v2')";
        self.file.one(sql, |row| row.get(0))
    }

    /// Changes whenever another connection has committed.
    ///
    /// # Errors
    /// A [`Problem`] that says why it cannot be read; the same for every question below.
    pub fn data_version(&self) -> Result<i64, Problem> {
        self.file.data_version()
    }

    /// How much there is. Walks an index: milliseconds for 100,000 messages.
    ///
    /// # Errors
    /// See [`Self::data_version`].
    pub fn counts(&self) -> Result<Counts, Problem> {
        self.file.one(
            "SELECT (SELECT count(*) FROM message), (SELECT count(*) FROM session),
                    (SELECT coalesce(max(rowid), 0) FROM message)",
            |row| {
                Ok(Counts {
                    messages: row.get::<_, i64>(0)?.unsigned_abs(),
                    sessions: row.get::<_, i64>(1)?.unsigned_abs(),
                    last_rowid: row.get(2)?,
                })
            },
        )
    }

    /// How many messages have a rowid above this one.
    ///
    /// # Errors
    /// See [`Self::data_version`].
    pub fn count_after(&self, rowid: i64) -> Result<u64, Problem> {
        let sql = "SELECT count(*) FROM message WHERE rowid > ?";
        let found = self.file.all(sql, &[&rowid], |row| row.get::<_, i64>(0))?;
        Ok(found.into_iter().sum::<i64>().unsigned_abs())
    }

    /// The number of the next message after one; `None` after the last.
    ///
    /// # Errors
    /// See [`Self::data_version`].
    pub fn next_rowid(&self, rowid: i64) -> Result<Option<i64>, Problem> {
        let sql = "SELECT rowid FROM message WHERE rowid > ? ORDER BY rowid LIMIT 1";
        let found = self.file.all(sql, &[&rowid], |row| row.get(0))?;
        Ok(found.into_iter().next())
    }

    /// How many events each of the next `limit` sessions after an id has had, for OpenCode 1.17 and later:
    /// a session whose number differs has changed. Empty for versions that do not keep them.
    ///
    /// # Errors
    /// See [`Self::data_version`].
    pub fn sequences_after(&self, id: &str, limit: usize) -> Result<Vec<(String, i64)>, Problem> {
        if !self.has_sequences {
            return Ok(Vec::new());
        }
        self.file.sequences_after(id, limit)
    }

    /// The first chunk of event numbers that has a row with this rowid or a larger one.
    ///
    /// # Errors
    /// See [`Self::data_version`].
    pub fn chunk_from(&self, rowid: i64) -> Result<Option<Chunk>, Problem> {
        if !self.has_sequences {
            return Ok(None);
        }
        self.file.chunk_from(rowid)
    }

    /// The sessions of a chunk with their event numbers.
    ///
    /// # Errors
    /// See [`Self::data_version`].
    pub fn sequences_of(&self, chunk: &Chunk) -> Result<Vec<(String, i64)>, Problem> {
        self.file.sequences_of(chunk)
    }

    /// The event number of a session.
    ///
    /// # Errors
    /// See [`Self::data_version`].
    pub fn sequence_of(&self, session_id: &str) -> Result<Option<i64>, Problem> {
        self.file.sequence_of(session_id)
    }

    /// The latest row of the log of events; `None` where there is none.
    pub fn log_end(&self) -> Option<String> {
        self.file.log_end()
    }

    /// What was logged after that row; `None` where the log does not tell what has changed since.
    ///
    /// # Errors
    /// See [`Self::data_version`].
    pub fn logged_after(&self, log_end: &str) -> Result<Option<Logged>, Problem> {
        self.file.logged_after(log_end)
    }

    /// The next `limit` sessions after an id, in the order of ids.
    ///
    /// # Errors
    /// See [`Self::data_version`].
    pub fn sessions_after(&self, id: &str, limit: usize) -> Result<Vec<Session>, Problem> {
        let columns = &self.session_columns;
        let sql = format!(
            "SELECT {columns} FROM session WHERE id > ? AND typeof(id) = 'text'
             ORDER BY id LIMIT ?"
        );
        self.file
            .all(&sql, &[&id, &(limit as i64)], session_row::read)
    }

    /// One session.
    ///
    /// # Errors
    /// See [`Self::data_version`].
    pub fn session(&self, id: &str) -> Result<Option<Session>, Problem> {
        let columns = &self.session_columns;
        let found = self.file.all(
            &format!("SELECT {columns} FROM session WHERE id = ?"),
            &[&id],
            session_row::read,
        )?;
        Ok(found.into_iter().next())
    }

    /// All projects.
    ///
    /// # Errors
    /// See [`Self::data_version`].
    pub fn projects(&self) -> Result<Vec<Project>, Problem> {
        self.file.projects()
    }

    /// Which versions of OpenCode began the sessions in it, the oldest first.
    ///
    /// # Errors
    /// See [`Self::data_version`].
    pub fn versions(&self) -> Result<Vec<VersionSeen>, Problem> {
        versions::of_table(&self.file, "session")
    }

    /// The title that the user sees, for the user's own screen.
    ///
    /// # Errors
    /// See [`Self::data_version`].
    pub fn title(&self, session_id: &str) -> Result<Option<String>, Problem> {
        let found = self.file.all(
            "SELECT title FROM session WHERE id = ?",
            &[&session_id],
            |row| row.get::<_, Option<String>>(0),
        )?;
        Ok(found.into_iter().next().flatten())
    }

    /// The ids that stand in more than one row, which no version of OpenCode would write.
    ///
    /// # Errors
    /// See [`Self::data_version`].
    pub fn repeated_ids(&self) -> Result<Vec<String>, Problem> {
        self.file.repeated_ids("message")
    }

    /// Reads messages.
    ///
    /// # Errors
    /// See [`Self::data_version`]. Rows that cannot be read are in [`Rows::unread`] instead.
    pub fn messages(&self, which: Which) -> Result<Rows, Problem> {
        self.messages_into(which, &mut Vec::new())
    }

    /// The same, into the memory of steps that are done with, as long as there are such.
    ///
    /// # Errors
    /// See [`Self::messages`].
    pub fn messages_into(&self, which: Which, spent: &mut Vec<Step>) -> Result<Rows, Problem> {
        const SELECT: &str =
            "SELECT rowid, time_updated, id, session_id, time_created, data FROM message";
        match which {
            Which::After {
                rowid,
                updated_ms,
                known_rowid,
                limit,
            } => self.rows(
                &format!(
                    "{SELECT} WHERE rowid > ? AND (time_updated >= ? OR rowid > ?)
                     ORDER BY rowid LIMIT ?"
                ),
                &[&rowid, &updated_ms, &known_rowid, &(limit as i64)],
                spent,
            ),
            Which::Id(id) => self.rows(&format!("{SELECT} WHERE id = ?"), &[&id], spent),
            Which::At(rowid) => self.rows(&format!("{SELECT} WHERE rowid = ?"), &[&rowid], spent),
            Which::OfSession(id, ms) => self.rows(
                &format!("{SELECT} WHERE session_id = ? AND time_created >= ?"),
                &[&id, &ms],
                spent,
            ),
        }
    }

    fn rows(
        &self,
        sql: &str,
        parameters: &[&dyn ToSql],
        spent: &mut Vec<Step>,
    ) -> Result<Rows, Problem> {
        let mut found = Rows::default();
        self.file.each(sql, parameters, |row| {
            let mut step = spent.pop().unwrap_or_default();
            if take(row, &mut found, &mut step)? {
                found.steps.push(step);
            } else {
                spent.push(step);
            }
            Ok(())
        })?;
        Ok(found)
    }
}

/// Whether the row is one of a step.
fn take(row: &Row, found: &mut Rows, step: &mut Step) -> rusqlite::Result<bool> {
    found.read += 1;
    found.last_rowid = found.last_rowid.max(row.get(0)?);
    let updated_ms = row.get::<_, Option<i64>>(1).ok().flatten();
    found.updated_ms = found.updated_ms.max(updated_ms.unwrap_or(0));
    let columns = (
        row.get_ref(2)?.as_str(),
        row.get_ref(3)?.as_str(),
        row.get_ref(5)?.as_str(),
        row.get(4),
    );
    let is_step = match columns {
        (Ok(id), Ok(session), Ok(data), Ok(created_ms)) => {
            read_into(step, id, session, created_ms, data)
        }
        _ => Err(("broken_row", "a column is not what it should be".into())),
    };
    step.updated_ms = written(updated_ms);
    is_step.or_else(|(code, what)| {
        let id = row_id(row, 2)?;
        found.unread.push(Unread { id, code, what });
        Ok(false)
    })
}
