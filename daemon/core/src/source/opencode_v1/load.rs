// SPDX-License-Identifier: GPL-3.0-or-later
//! One open database and the few questions that the ledger has for it.
//!
//! Opened read-only with the WAL respected (never `immutable`, which misses it), and every answer is
//! one short statement: a long read transaction would keep OpenCode from checkpointing, and a write
//! lock of some seconds makes its prompts fail.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, Row, ToSql};

use super::parse::{Reading, read_message};
use crate::model::{Problem, Project, Session, Severity};
use crate::source::{Rows, Unread};

/// A database of OpenCode 1.x, kept open so that `PRAGMA data_version` can tell changes.
#[derive(Debug)]
pub struct Database {
    path: PathBuf,
    identity: String,
    connection: Connection,
    session_columns: String,
    has_sequences: bool,
    has_v2: bool,
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
        let identity = identity(path).map_err(|error| unreadable(path, &error.to_string()))?;
        if is_being_made(path) {
            return Err(not_filled_yet(path));
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)
            .and_then(|connection| prepare(&connection).map(|()| connection))
            .map_err(|error| problem(path, &error))?;
        let columns =
            |table: &str| columns(&connection, table).map_err(|error| problem(path, &error));
        let (message, session) = (columns("message")?, columns("session")?);
        check_schema(path, &message, &session)?;
        let session_columns = session_columns(&session);
        let (has_sequences, has_v2) = (
            !columns("event_sequence")?.is_empty(),
            !columns("session_v2")?.is_empty(),
        );
        Ok(Self {
            path: path.into(),
            identity,
            session_columns,
            has_sequences,
            has_v2,
            connection,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Device and inode: another file at the same path is another database.
    pub fn identity(&self) -> &str {
        &self.identity
    }

    /// Whether the path still leads to the file that is open.
    pub fn is_in_place(&self) -> bool {
        identity(&self.path).is_ok_and(|now| now == self.identity)
    }

    /// Whether OpenCode 2.x has opened this file; what it wrote itself is not in these tables.
    pub fn has_v2(&self) -> bool {
        self.has_v2
    }

    /// Changes whenever another connection has committed.
    ///
    /// # Errors
    /// A [`Problem`] that says why it cannot be read; the same for every question below.
    pub fn data_version(&self) -> Result<i64, Problem> {
        self.one("PRAGMA data_version", |row| row.get(0))
    }

    /// How much there is. Walks an index: milliseconds for 100,000 messages.
    ///
    /// # Errors
    /// See [`Self::data_version`].
    pub fn counts(&self) -> Result<Counts, Problem> {
        self.one(
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
        let found = self.all(sql, &[&rowid], |row| row.get::<_, i64>(0))?;
        Ok(found.into_iter().sum::<i64>().unsigned_abs())
    }

    /// How many events each session has had, for OpenCode 1.17 and later: a session whose number
    /// differs has changed. Empty for versions that do not keep them.
    ///
    /// # Errors
    /// See [`Self::data_version`].
    pub fn sequences(&self) -> Result<Vec<(String, i64)>, Problem> {
        if !self.has_sequences {
            return Ok(Vec::new());
        }
        self.all("SELECT aggregate_id, seq FROM event_sequence", &[], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
    }

    /// The next `limit` sessions after an id, in the order of ids.
    ///
    /// # Errors
    /// See [`Self::data_version`].
    pub fn sessions_after(&self, id: &str, limit: usize) -> Result<Vec<Session>, Problem> {
        let columns = &self.session_columns;
        let sql = format!("SELECT {columns} FROM session WHERE id > ? ORDER BY id LIMIT ?");
        self.all(&sql, &[&id, &(limit as i64)], session)
    }

    /// One session.
    ///
    /// # Errors
    /// See [`Self::data_version`].
    pub fn session(&self, id: &str) -> Result<Option<Session>, Problem> {
        let columns = &self.session_columns;
        let found = self.all(
            &format!("SELECT {columns} FROM session WHERE id = ?"),
            &[&id],
            session,
        )?;
        Ok(found.into_iter().next())
    }

    /// All projects.
    ///
    /// # Errors
    /// See [`Self::data_version`].
    pub fn projects(&self) -> Result<Vec<Project>, Problem> {
        self.all("SELECT id, worktree, name FROM project", &[], |row| {
            Ok(Project {
                id: row.get(0)?,
                worktree: row.get(1)?,
                name: row.get(2)?,
            })
        })
    }

    /// The title that the user sees, for the user's own screen.
    ///
    /// # Errors
    /// See [`Self::data_version`].
    pub fn title(&self, session_id: &str) -> Result<Option<String>, Problem> {
        let found = self.all(
            "SELECT title FROM session WHERE id = ?",
            &[&session_id],
            |row| row.get::<_, Option<String>>(0),
        )?;
        Ok(found.into_iter().next().flatten())
    }

    /// Reads messages.
    ///
    /// # Errors
    /// See [`Self::data_version`]. Rows that cannot be read are in [`Rows::unread`] instead.
    pub fn messages(&self, which: Which) -> Result<Rows, Problem> {
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
            ),
            Which::At(rowid) => self.rows(&format!("{SELECT} WHERE rowid = ?"), &[&rowid]),
            Which::OfSession(id, ms) => self.rows(
                &format!("{SELECT} WHERE session_id = ? AND time_created >= ?"),
                &[&id, &ms],
            ),
        }
    }

    fn rows(&self, sql: &str, parameters: &[&dyn ToSql]) -> Result<Rows, Problem> {
        let mut found = Rows::default();
        let mut read = || -> rusqlite::Result<()> {
            let mut statement = self.connection.prepare_cached(sql)?;
            let mut rows = statement.query(parameters)?;
            while let Some(row) = rows.next()? {
                Self::take(row, &mut found)?;
            }
            Ok(())
        };
        read().map_err(|error| problem(&self.path, &error))?;
        Ok(found)
    }

    fn take(row: &Row, found: &mut Rows) -> rusqlite::Result<()> {
        found.read += 1;
        found.last_rowid = found.last_rowid.max(row.get(0)?);
        found.updated_ms = found
            .updated_ms
            .max(row.get::<_, Option<i64>>(1)?.unwrap_or(0));
        let id = row.get_ref(2)?.as_str().unwrap_or("(unreadable id)");
        let reading = match (row.get_ref(3)?.as_str(), row.get_ref(5)?.as_str()) {
            (Ok(session), Ok(data)) => read_message(id, session, row.get(4)?, data),
            _ => Reading::Unreadable("broken_row", "a column is not text".into()),
        };
        match reading {
            Reading::Step(step) => found.steps.push(*step),
            Reading::Nothing => {}
            Reading::Unreadable(code, what) => {
                found.unread.push(Unread {
                    id: id.into(),
                    code,
                    what,
                });
            }
        }
        Ok(())
    }

    fn all<T>(
        &self,
        sql: &str,
        parameters: &[&dyn ToSql],
        read: impl FnMut(&Row) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, Problem> {
        let ask = || {
            let mut statement = self.connection.prepare_cached(sql)?;
            let rows = statement.query_map(parameters, read)?;
            rows.collect::<rusqlite::Result<Vec<T>>>()
        };
        ask().map_err(|error| problem(&self.path, &error))
    }

    fn one<T>(
        &self,
        sql: &str,
        read: impl FnOnce(&Row) -> rusqlite::Result<T>,
    ) -> Result<T, Problem> {
        self.connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.query_row([], read))
            .map_err(|error| problem(&self.path, &error))
    }
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::from_millis(250))?;
    connection.pragma_update(None, "query_only", true)?;
    // Half a megabyte: rows are read once, the system's own cache does the rest.
    connection.pragma_update(None, "cache_size", -512)
}

fn identity(path: &Path) -> std::io::Result<String> {
    let file = std::fs::metadata(path)?;
    Ok(format!("{}:{}", file.dev(), file.ino()))
}

/// Whether OpenCode has only just created the file. It then switches it to WAL, which needs the file
/// for itself, and gives up its whole start when anybody reads meanwhile.
fn is_being_made(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|file| file.len() == 0)
}

fn columns(connection: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare("SELECT name FROM pragma_table_info(?)")?;
    let names = statement.query_map([table], |row| row.get(0))?;
    names.collect()
}

fn check_schema(path: &Path, message: &[String], session: &[String]) -> Result<(), Problem> {
    let lacks = |table: &[String], needed: &[&str]| {
        needed
            .iter()
            .any(|name| !table.iter().any(|column| column == name))
    };
    let is_known = !lacks(
        message,
        &["id", "session_id", "time_created", "time_updated", "data"],
    ) && !lacks(
        session,
        &[
            "id",
            "project_id",
            "parent_id",
            "directory",
            "title",
            "time_created",
        ],
    );
    if is_known {
        return Ok(());
    }
    if message.is_empty() && session.is_empty() {
        return Err(not_filled_yet(path));
    }
    Err(Problem::new(
        Severity::Error,
        "unknown_schema",
        "its tables are not those of OpenCode 1.2 to 1.18",
        path.display().to_string(),
        START_ONCE,
    ))
}

const START_ONCE: &str =
    "start OpenCode once; if this stays, this version of OpenCode needs a newer Octally";

fn not_filled_yet(path: &Path) -> Problem {
    Problem::new(
        Severity::Note,
        "empty_database",
        "there are no tables of OpenCode in it yet",
        path.display().to_string(),
        START_ONCE,
    )
}

/// The columns of [`session`], with NULL for those that this version does not have.
fn session_columns(present: &[String]) -> String {
    [
        "id",
        "parent_id",
        "project_id",
        "directory",
        "agent",
        "time_created",
        "time_archived",
    ]
    .map(|name| {
        if present.iter().any(|column| column == name) {
            name
        } else {
            "NULL"
        }
    })
    .join(", ")
}

fn session(row: &Row) -> rusqlite::Result<Session> {
    Ok(Session {
        id: row.get(0)?,
        parent_id: row.get(1)?,
        project_id: row.get(2)?,
        directory: row.get(3)?,
        agent: row.get(4)?,
        created_ms: row.get(5)?,
        archived_ms: row.get(6)?,
    })
}

fn problem(path: &Path, error: &rusqlite::Error) -> Problem {
    let (code, what, remedy) = match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => (
            "not_a_database",
            "the file is no SQLite database",
            "restore it from a backup or move it away",
        ),
        Some(ErrorCode::DatabaseCorrupt) => (
            "corrupt_database",
            "the file is damaged",
            "what was read before stays counted; try `sqlite3 FILE .recover` on a copy",
        ),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => (
            "locked_database",
            "another program holds it locked",
            "it is tried again by itself; if it stays, close the program that holds it",
        ),
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            return unreadable(path, &error.to_string());
        }
        _ => {
            return Problem::new(
                Severity::Error,
                "unreadable_database",
                error.to_string(),
                path.display().to_string(),
                "what was read before stays counted; it is tried again by itself",
            );
        }
    };
    Problem::new(
        Severity::Error,
        code,
        what,
        path.display().to_string(),
        remedy,
    )
}

fn unreadable(path: &Path, what: &str) -> Problem {
    Problem::new(
        Severity::Error,
        "no_access",
        format!("cannot be opened ({what})"),
        path.display().to_string(),
        "make the file and its folder readable for your user",
    )
}
