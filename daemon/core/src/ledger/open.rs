// SPDX-License-Identifier: GPL-3.0-or-later
//! The file: made private, opened, migrated.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};

use super::bulk::{self, USUAL_WAL_BYTES};
use super::together::Together;
use super::{LedgerError, refold, returns, trees};

/// Append only; the number of a migration is its place, kept in `PRAGMA user_version`.
pub(super) const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_steps_and_their_sums.sql"),
    include_str!("migrations/0002_every_generation.sql"),
    include_str!("migrations/0003_what_it_should_have_cost.sql"),
    include_str!("migrations/0004_what_is_gone.sql"),
    include_str!("migrations/0005_totals_as_they_were_read.sql"),
    include_str!("migrations/0006_sessions_of_a_day.sql"),
    include_str!("migrations/0007_wrong_costs_of_a_day.sql"),
    include_str!("migrations/0008_errors_by_time.sql"),
    include_str!("migrations/0009_tool_use.sql"),
    include_str!("migrations/0010_costs_of_the_sessions_of_a_day.sql"),
    include_str!("migrations/0011_what_is_forgotten.sql"),
    include_str!("migrations/0012_first_readings_and_sums_of_models.sql"),
    include_str!("migrations/0013_when_a_step_was_written.sql"),
    include_str!("migrations/0014_sums_of_all_time.sql"),
    include_str!("migrations/0015_sums_of_trees.sql"),
    include_str!("migrations/0016_turns_that_have_a_row.sql"),
    include_str!("migrations/0017_end_of_the_event_log.sql"),
];

/// What the first so many migrations make of an empty file: adding columns one by one takes milliseconds.
const BEGINNING: (usize, &str) = (9, include_str!("beginning.sql"));

/// Bytes of a page of a new ledger. Twice SQLite's usual: a first reading fills fewer.
const PAGE_BYTES: i64 = 8_192;

/// The ledger, opened for reading and writing. One process writes at a time; SQLite's own lock
/// sees to that.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    pub(super) connection: Connection,
    /// Batches that share a transaction, while there are such.
    pub(super) together: Option<Together>,
    /// Closed last: closing any handle of a file drops the locks that SQLite holds on it.
    file: File,
}

impl Ledger {
    /// Opens or creates (0600 in a 0700 folder) the ledger, and brings its schema up to date.
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        let failed = |source| LedgerError::Io {
            path: path.into(),
            source,
        };
        let file = create_private(path).map_err(failed)?;
        // Switching a new file to WAL does not wait for anybody: openers go one after another.
        file.lock().map_err(failed)?;
        let opened = Connection::open(path).and_then(|mut connection| {
            configure(&mut connection)?;
            Ok(connection)
        });
        let connection = opened.map_err(|source| LedgerError::Sqlite {
            path: path.into(),
            source,
        })?;
        let mut ledger = Self {
            path: path.into(),
            connection,
            together: None,
            file,
        };
        ledger.migrate()?;
        ledger.file.unlock().map_err(failed)?;
        Ok(ledger)
    }

    /// Waits for another writer at most so long from now on.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`].
    pub fn wait_at_most(&self, patience: Duration) -> Result<(), LedgerError> {
        self.read(|connection| connection.busy_timeout(patience))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The schema version of the file.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`].
    pub fn schema(&self) -> Result<i64, LedgerError> {
        self.read(|connection| connection.query_row("PRAGMA user_version", [], |row| row.get(0)))
    }

    /// Asks the ledger.
    pub(crate) fn read<T>(
        &self,
        ask: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, LedgerError> {
        ask(&self.connection).map_err(|source| self.failed(source))
    }

    /// Asks many things at once: all statements see the ledger as the first one does, and lock it
    /// together.
    pub(crate) fn read_at_once<T>(
        &self,
        ask: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, LedgerError> {
        let run = || {
            let transaction = self.connection.unchecked_transaction()?;
            let value = ask(&transaction)?;
            transaction.commit()?;
            Ok(value)
        };
        run().map_err(|source| self.failed(source))
    }

    /// Writes in one transaction; all of it or nothing. In the one that batches share, if that has begun.
    pub(crate) fn write<T>(
        &mut self,
        change: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, LedgerError> {
        if !self.connection.is_autocommit() {
            return self.write_along(change);
        }
        let path = &self.path;
        let run = || {
            let behaviour = TransactionBehavior::Immediate;
            let transaction = self.connection.transaction_with_behavior(behaviour)?;
            let value = change(&transaction)?;
            transaction.commit()?;
            Ok(value)
        };
        run().map_err(|source| LedgerError::Sqlite {
            path: path.clone(),
            source,
        })
    }

    pub(super) fn failed(&self, source: rusqlite::Error) -> LedgerError {
        LedgerError::Sqlite {
            path: self.path.clone(),
            source,
        }
    }

    fn migrate(&mut self) -> Result<(), LedgerError> {
        let found = self.schema()?;
        let known = MIGRATIONS.len() as i64;
        if found > known {
            return Err(LedgerError::Newer {
                path: self.path.clone(),
                found,
                known,
            });
        }
        if found < known {
            self.write(apply_migrations)?;
        }
        Ok(())
    }
}

/// Asks for the version again inside the transaction: two processes may start at once.
fn apply_migrations(transaction: &Connection) -> rusqlite::Result<()> {
    let found: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let mut done = usize::try_from(found).unwrap_or(0);
    if done == 0 {
        transaction.execute_batch(BEGINNING.1)?;
        done = BEGINNING.0;
    }
    for migration in MIGRATIONS.iter().skip(done) {
        transaction.execute_batch(migration)?;
    }
    keep_from_now_on(transaction, found)?;
    transaction.pragma_update(None, "user_version", MIGRATIONS.len() as i64)
}

/// Makes what is kept of the sums, if the version `found` did not keep it.
fn keep_from_now_on(transaction: &Connection, found: i64) -> rusqlite::Result<()> {
    if trees::are_kept(transaction)? || bulk::is_filling(transaction)? {
        return Ok(());
    }
    if found == 0 {
        return trees::index(transaction);
    }
    returns::remake_all(transaction)?;
    refold::remake_kept(transaction)
}

fn create_private(path: &Path) -> io::Result<File> {
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
    }
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true).mode(0o600);
    options.open(path)
}

/// Waits for another writer. Often and shortly: one that fills the ledger lets go of it only for moments.
#[expect(
    clippy::disallowed_methods,
    reason = "a lock of SQLite's can only be tried again"
)]
fn wait(tries: i32) -> bool {
    const TRIES: i32 = 20_000;
    std::thread::sleep(Duration::from_millis(1));
    tries < TRIES
}

fn configure(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.busy_handler(Some(wait))?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    debug_assert!(mode == "wal" || mode == "memory");
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // One megabyte: the daemon stays small; the system's cache holds the rest.
    connection.pragma_update(None, "cache_size", -1024)?;
    connection.pragma_update(None, "journal_size_limit", USUAL_WAL_BYTES)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_new_ledger_is_private_and_opens_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/ledger.db");
        drop(Ledger::open(&path).unwrap());
        let known = MIGRATIONS.len() as i64;
        assert_eq!(Ledger::open(&path).unwrap().schema().unwrap(), known);
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    }

    #[test]
    fn a_new_ledger_has_the_schema_that_the_migrations_make() {
        let schema = |migrations: &[&str]| -> Vec<(String, Option<String>)> {
            let connection = Connection::open_in_memory().unwrap();
            for migration in migrations {
                connection.execute_batch(migration).unwrap();
            }
            let sql = "SELECT name, sql FROM sqlite_schema ORDER BY rowid";
            let mut statement = connection.prepare(sql).unwrap();
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
            rows.unwrap().collect::<rusqlite::Result<_>>().unwrap()
        };
        let (done, beginning) = BEGINNING;
        assert_eq!(schema(&[beginning]), schema(&MIGRATIONS[..done]));
    }

    #[test]
    fn many_first_openers_at_once_all_succeed() {
        // Without the lock some of these rounds meet a database that is being switched to WAL.
        for _ in 0..20 {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("ledger.db");
            let start = std::sync::Barrier::new(8);
            std::thread::scope(|scope| {
                for _ in 0..8 {
                    scope.spawn(|| {
                        start.wait();
                        let ledger = Ledger::open(&path).unwrap();
                        assert_eq!(ledger.schema().unwrap(), MIGRATIONS.len() as i64);
                    });
                }
            });
        }
    }

    #[test]
    fn a_ledger_of_a_newer_version_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        let ledger = Ledger::open(&path).unwrap();
        ledger
            .connection
            .pragma_update(None, "user_version", 99)
            .unwrap();
        drop(ledger);
        let error = Ledger::open(&path).unwrap_err();
        assert_eq!(error.problem().code, "newer_ledger");
    }
}
