// SPDX-License-Identifier: GPL-3.0-or-later
//! One SQLite file of OpenCode's, opened to be read and never to be written.
//!
//! The WAL is respected (never `immutable`, which misses it), and every answer is one short statement:
//! a long read transaction would keep OpenCode from checkpointing, and a write lock of some seconds
//! makes its prompts fail. What the tables mean is told in the folders of the generations.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, Row, ToSql};

use crate::model::{Problem, Project, Severity};

/// What a row is called where it cannot be read: its id, or its rowid, the first column, if that is none.
pub(super) fn row_id(row: &Row, index: usize) -> rusqlite::Result<String> {
    match row.get_ref(index)?.as_str() {
        Ok(id) => Ok(id.into()),
        Err(_) => Ok(format!("{ROWID}{}", row.get::<_, i64>(0)?)),
    }
}

/// Before the number of a row that has no other name.
pub(crate) const ROWID: &str = "rowid ";

/// File times are only so exact, milliseconds, a whole second of rounding included.
const SETTLED_MS: i64 = 3_000;

/// An open file that turns SQLite's errors into problems with a remedy.
#[derive(Debug)]
pub(super) struct SqliteFile {
    path: PathBuf,
    identity: String,
    connection: Connection,
}

impl SqliteFile {
    /// Opens a file read-only.
    pub fn open(path: &Path) -> Result<Self, Problem> {
        let identity = identity(path).map_err(|error| unreadable(path, &error.to_string()))?;
        if is_being_made(path) {
            return Err(not_filled_yet(path));
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)
            .and_then(|connection| prepare(&connection).map(|()| connection))
            .map_err(|error| problem(path, &error))?;
        Ok(Self {
            path: path.into(),
            identity,
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

    /// See [`stamp`].
    pub fn stamp(&self, now_ms: i64) -> Option<String> {
        stamp(&self.path, now_ms)
    }

    /// Changes whenever another connection has committed.
    pub fn data_version(&self) -> Result<i64, Problem> {
        self.one("PRAGMA data_version", |row| row.get(0))
    }

    /// The names of a table's columns; empty where there is no such table.
    pub fn columns(&self, table: &str) -> Result<Vec<String>, Problem> {
        let sql = "SELECT name FROM pragma_table_info(?)";
        self.all(sql, &[&table], |row| row.get(0))
    }

    /// Whether a table has these columns.
    pub fn has(&self, table: &str, needed: &[&str]) -> Result<bool, Problem> {
        let columns = self.columns(table)?;
        let is_there = |name: &&str| columns.iter().any(|column| column == name);
        Ok(needed.iter().all(is_there))
    }

    /// All projects. A row that is not what it should be, or a table of another make, costs names only.
    pub fn projects(&self) -> Result<Vec<Project>, Problem> {
        if !self.has("project", &["id", "worktree", "name"])? {
            return Ok(Vec::new());
        }
        let sql = "SELECT id, worktree, name FROM project
            WHERE typeof(id) = 'text' AND typeof(worktree) = 'text'";
        self.all(sql, &[], |row| {
            Ok(Project {
                id: row.get(0)?,
                worktree: row.get(1)?,
                name: row.get(2).ok().flatten(),
            })
        })
    }

    /// The ids that stand in more than one row of a table. Only where nothing forbids it: OpenCode's own
    /// tables have them for keys, and are not looked through.
    pub fn repeated_ids(&self, table: &str) -> Result<Vec<String>, Problem> {
        let sql = "SELECT count(*) FROM pragma_table_info(?) WHERE name = 'id' AND pk > 0";
        if self.all(sql, &[&table], |row| row.get::<_, i64>(0))? != [0] {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT id FROM {table} WHERE typeof(id) = 'text' GROUP BY id HAVING count(*) > 1"
        );
        self.all(&sql, &[], |row| row.get(0))
    }

    /// Hands every row of an answer to `take`.
    pub fn each(
        &self,
        sql: &str,
        parameters: &[&dyn ToSql],
        mut take: impl FnMut(&Row) -> rusqlite::Result<()>,
    ) -> Result<(), Problem> {
        self.each_while(sql, parameters, |row| take(row).map(|()| true))
    }

    /// The same until `take` says no.
    pub fn each_while(
        &self,
        sql: &str,
        parameters: &[&dyn ToSql],
        mut take: impl FnMut(&Row) -> rusqlite::Result<bool>,
    ) -> Result<(), Problem> {
        let mut read = || -> rusqlite::Result<()> {
            let mut statement = self.connection.prepare_cached(sql)?;
            let mut rows = statement.query(parameters)?;
            while let Some(row) = rows.next()? {
                if !take(row)? {
                    break;
                }
            }
            Ok(())
        };
        read().map_err(|error| problem(&self.path, &error))
    }

    /// All rows of a short answer.
    pub fn all<T>(
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

    /// The one row of an answer.
    pub fn one<T>(
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

/// How a database and its WAL look: every commit changes that. `None` where they were written so shortly
/// before `now_ms`, Unix milliseconds, that another commit may get the same times.
pub(crate) fn stamp(path: &Path, now_ms: i64) -> Option<String> {
    // Looked at, not opened: closing a file drops the locks that SQLite holds on it.
    let look = |path: &Path| {
        let file = std::fs::metadata(path).ok()?;
        Some((file.mtime(), file.mtime_nsec(), file.len()))
    };
    let mut wal = path.to_owned().into_os_string();
    wal.push("-wal");
    let database = look(path)?;
    // An empty one may be of our own opening.
    let wal = look(Path::new(&wal)).filter(|(.., bytes)| *bytes > 0);
    let written_ms = wal.map_or(database.0, |wal| wal.0.max(database.0)) * 1_000;
    (written_ms + SETTLED_MS <= now_ms).then(|| format!("{database:?} {wal:?}"))
}

/// Device and inode of a file: another one at the same path is another database.
pub(crate) fn identity(path: &Path) -> std::io::Result<String> {
    let file = std::fs::metadata(path)?;
    Ok(format!("{}:{}", file.dev(), file.ino()))
}

/// Whether OpenCode has only just created the file. It then switches it to WAL, which needs the file
/// for itself, and gives up its whole start when anybody reads meanwhile.
fn is_being_made(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|file| file.len() == 0)
}

/// The code of a file that another program holds locked.
pub(crate) const LOCKED: &str = "locked_database";
/// The code of [`not_filled_yet`].
pub(super) const EMPTY: &str = "empty_database";
/// What to do about a file without tables.
pub(super) const START_ONCE: &str =
    "start OpenCode once; if this stays, this version of OpenCode needs a newer Octally";

/// A file that OpenCode has not filled yet: a note, coded [`EMPTY`].
pub(super) fn not_filled_yet(path: &Path) -> Problem {
    Problem::new(
        Severity::Note,
        EMPTY,
        "there are no tables of OpenCode in it yet",
        path.display().to_string(),
        START_ONCE,
    )
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
            LOCKED,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_changes_the_stamp_and_a_file_just_written_has_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("opencode.db");
        let writer = Connection::open(&path).unwrap();
        let begin = "PRAGMA journal_mode = WAL; CREATE TABLE t (a)";
        writer.execute_batch(begin).unwrap();
        let file = SqliteFile::open(&path).unwrap();
        let later_ms = i64::MAX / 2;
        let before = file.stamp(later_ms).unwrap();
        assert_eq!(file.stamp(later_ms).unwrap(), before);
        writer.execute_batch("INSERT INTO t VALUES (1)").unwrap();
        assert_ne!(file.stamp(later_ms).unwrap(), before);
        let written_ms = std::fs::metadata(&path).unwrap().mtime() * 1_000;
        assert_eq!(file.stamp(written_ms), None);
    }
}
