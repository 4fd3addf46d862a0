// SPDX-License-Identifier: GPL-3.0-or-later
//! One open database and the few questions that the ledger has for it.
//!
//! Sessions are in `session_v2` from 2.0 on, in `session` where 1.18's own API or the preview of 2.0
//! wrote the rows. Columns are asked for by name: their order and number differ between files.

use std::path::Path;

use rusqlite::{Row, ToSql};

use super::rows::take;
use super::schema::{check_schema, lacks};
use super::totals::TOTALS;
use crate::model::{Problem, Project, Session};
use crate::source::Rows;
use crate::source::sqlite::{EMPTY, SqliteFile};
use crate::source::{VersionSeen, session_row, versions};

/// A database with rows of OpenCode 2, kept open so that `PRAGMA data_version` can tell changes.
#[derive(Debug)]
pub struct Database {
    pub(super) file: SqliteFile,
    session_columns: String,
    pub(super) sessions: &'static str,
    has_sequences: bool,
    pub(super) has_migrations: bool,
    pub(super) has_totals: bool,
    pub(super) has_v1: bool,
    pub(super) has_reverts: bool,
}

/// How much there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows that can hold a model call.
    pub messages: u64,
    /// Sessions.
    pub sessions: u64,
    /// The largest rowid of `session_message`; not stable over VACUUM and migration.
    pub last_rowid: i64,
}

/// Which rows to read.
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
    /// Rows that belong to no session, because what should name one is no text.
    Astray,
}

impl Database {
    /// Opens a database read-only. `None` where it has no table for rows of OpenCode 2.
    ///
    /// # Errors
    /// A [`Problem`] that says why it cannot be read: no access, no database, damaged, or a schema
    /// that is not known.
    pub fn open(path: &Path) -> Result<Option<Self>, Problem> {
        let file = match SqliteFile::open(path) {
            Err(problem) if problem.code == EMPTY => return Ok(None),
            other => other?,
        };
        let (message, v2) = (
            file.columns("session_message")?,
            file.columns("session_v2")?,
        );
        let (sessions, session) = if v2.is_empty() {
            ("session", file.columns("session")?)
        } else {
            ("session_v2", v2)
        };
        // OpenCode 1.15 had a draft of the table, without numbers and without calls in it.
        let is_draft = sessions == "session"
            && lacks(&message, &["seq"]).is_some()
            && lacks(&message, &["type"]).is_none()
            && file.one(HAS_NO_CALLS, |row| row.get(0))?;
        let is_of_1 = sessions == "session" && (message.is_empty() || session.is_empty());
        if is_of_1 || is_draft {
            return Ok(None);
        }
        check_schema(path, &message, &session)?;
        let has = |table: &str, needed: &[&str]| file.has(table, needed);
        Ok(Some(Self {
            has_totals: sessions == "session_v2" && lacks(&session, &TOTALS).is_none(),
            has_reverts: lacks(&session, &["revert"]).is_none(),
            session_columns: session_row::columns(&session),
            sessions,
            has_sequences: has("event_sequence", &["aggregate_id", "seq"])?,
            has_migrations: has("kv", &["key", "value", "time_updated"])?,
            has_v1: has("message", &["id", "session_id", "time_created", "data"])?,
            file,
        }))
    }

    /// How the files look at `now_ms`, Unix milliseconds; `None` where that may not tell the next change.
    pub fn stamp(&self, now_ms: i64) -> Option<String> {
        self.file.stamp(now_ms)
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

    /// Whether OpenCode 2 has opened this file. If not, its totals are those of OpenCode 1.
    pub fn is_v2(&self) -> bool {
        self.sessions == "session_v2"
    }

    /// Whether OpenCode 2 has taken the file over since it was opened: then it has to be opened again.
    ///
    /// # Errors
    /// See [`Self::data_version`].
    pub fn is_outdated(&self) -> Result<bool, Problem> {
        Ok(!self.is_v2() && !self.file.columns("session_v2")?.is_empty())
    }

    /// Changes whenever another connection has committed.
    ///
    /// # Errors
    /// A [`Problem`] that says why it cannot be read; the same for every question below.
    pub fn data_version(&self) -> Result<i64, Problem> {
        self.file.data_version()
    }

    /// How much there is. Walks an index: milliseconds for 100,000 rows.
    ///
    /// # Errors
    /// See [`Self::data_version`].
    pub fn counts(&self) -> Result<Counts, Problem> {
        let sql = format!(
            "SELECT (SELECT count(*) FROM session_message WHERE {IS_CALL}),
                    (SELECT count(*) FROM {}),
                    (SELECT coalesce(max(rowid), 0) FROM session_message)",
            self.sessions
        );
        self.file.one(&sql, |row| {
            Ok(Counts {
                messages: row.get::<_, i64>(0)?.unsigned_abs(),
                sessions: row.get::<_, i64>(1)?.unsigned_abs(),
                last_rowid: row.get(2)?,
            })
        })
    }

    /// The number of the next row after one, of whatever kind; `None` after the last.
    ///
    /// # Errors
    /// See [`Self::data_version`].
    pub fn next_rowid(&self, rowid: i64) -> Result<Option<i64>, Problem> {
        let sql = "SELECT rowid FROM session_message WHERE rowid > ? ORDER BY rowid LIMIT 1";
        let found = self.file.all(sql, &[&rowid], |row| row.get(0))?;
        Ok(found.into_iter().next())
    }

    /// How many events each of the next `limit` sessions after an id has had: a session whose number differs
    /// has changed. Smaller is different too, for a migration sets the numbers back.
    ///
    /// # Errors
    /// See [`Self::data_version`].
    pub fn sequences_after(&self, id: &str, limit: usize) -> Result<Vec<(String, i64)>, Problem> {
        if !self.has_sequences {
            return Ok(Vec::new());
        }
        self.file.sequences_after(id, limit)
    }

    /// The next `limit` sessions after an id, in the order of ids.
    ///
    /// # Errors
    /// See [`Self::data_version`].
    pub fn sessions_after(&self, id: &str, limit: usize) -> Result<Vec<Session>, Problem> {
        let (columns, table) = (&self.session_columns, self.sessions);
        let sql = format!(
            "SELECT {columns} FROM {table} WHERE id > ? AND typeof(id) = 'text'
             ORDER BY id LIMIT ?"
        );
        self.file
            .all(&sql, &[&id, &(limit as i64)], session_row::read)
    }

    /// The sessions that rows name and that are not there.
    ///
    /// # Errors
    /// See [`Self::data_version`].
    pub fn missing_sessions(&self) -> Result<Vec<String>, Problem> {
        let sql = format!(
            "SELECT DISTINCT session_id FROM session_message AS m WHERE {IS_CALL}
             AND typeof(session_id) = 'text'
             AND NOT EXISTS (SELECT 1 FROM {} AS s WHERE s.id = m.session_id)",
            self.sessions
        );
        self.file.all(&sql, &[], |row| row.get(0))
    }

    /// One session.
    ///
    /// # Errors
    /// See [`Self::data_version`].
    pub fn session(&self, id: &str) -> Result<Option<Session>, Problem> {
        let (columns, table) = (&self.session_columns, self.sessions);
        let sql = format!("SELECT {columns} FROM {table} WHERE id = ?");
        let found = self.file.all(&sql, &[&id], session_row::read)?;
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
        versions::of_table(&self.file, self.sessions)
    }

    /// The title that the user sees, for the user's own screen. OpenCode 2 begins without one.
    ///
    /// # Errors
    /// See [`Self::data_version`].
    pub fn title(&self, session_id: &str) -> Result<Option<String>, Problem> {
        let sql = format!("SELECT title FROM {} WHERE id = ?", self.sessions);
        let found = self
            .file
            .all(&sql, &[&session_id], |row| row.get::<_, Option<String>>(0))?;
        Ok(found.into_iter().next().flatten())
    }

    /// The ids that stand in more than one row, which no version of OpenCode would write.
    ///
    /// # Errors
    /// See [`Self::data_version`].
    pub fn repeated_ids(&self) -> Result<Vec<String>, Problem> {
        self.file.repeated_ids("session_message")
    }

    /// Reads rows.
    ///
    /// # Errors
    /// See [`Self::data_version`]. Rows that cannot be read are in [`Rows::unread`] instead.
    pub fn messages(&self, which: Which) -> Result<Rows, Problem> {
        let mut found = Rows::default();
        match which {
            Which::After {
                rowid,
                updated_ms,
                known_rowid,
                limit,
            } => self.read(
                "m.rowid > ? AND (m.time_updated >= ? OR m.rowid > ?) ORDER BY m.rowid LIMIT ?",
                &[&rowid, &updated_ms, &known_rowid, &(limit as i64)],
                |row| take(row, &mut found).map(drop),
            ),
            Which::At(rowid) => self.read("m.rowid = ?", &[&rowid], |row| {
                take(row, &mut found).map(drop)
            }),
            Which::Id(id) => self.read("m.id = ?", &[&id], |row| take(row, &mut found).map(drop)),
            Which::Astray => self.read("typeof(m.session_id) <> 'text'", &[], |row| {
                take(row, &mut found).map(drop)
            }),
        }?;
        self.use_old_meaning(&mut found.steps)?;
        Ok(found)
    }

    /// The ids of the rows of one session that can hold a call: what else is known of it has been
    /// deleted or reverted, or is OpenCode 1's.
    ///
    /// # Errors
    /// See [`Self::data_version`].
    pub fn ids(&self, session_id: &str) -> Result<Vec<String>, Problem> {
        let sql = format!("SELECT id FROM session_message WHERE session_id = ? AND {IS_CALL}");
        self.file.all(&sql, &[&session_id], |row| row.get(0))
    }

    pub(super) fn read(
        &self,
        condition: &str,
        parameters: &[&dyn ToSql],
        take: impl FnMut(&Row) -> rusqlite::Result<()>,
    ) -> Result<(), Problem> {
        // The turn is the last user row before; (session_id, type, seq) is an index.
        let sql = format!(
            "SELECT m.rowid, m.time_updated, m.id, m.session_id, m.type,
                    (SELECT id FROM session_message AS u WHERE u.session_id = m.session_id
                        AND u.type = 'user' AND u.seq < m.seq ORDER BY u.seq DESC LIMIT 1),
                    m.time_created, m.data, m.seq
             FROM session_message AS m WHERE m.{IS_CALL} AND {condition}"
        );
        self.file.each(&sql, parameters, take)
    }
}

const HAS_NO_CALLS: &str =
    "SELECT NOT EXISTS (SELECT 1 FROM session_message WHERE type IN ('assistant', 'compaction'))";
pub(super) const IS_CALL: &str = "type IN ('assistant', 'compaction')";
