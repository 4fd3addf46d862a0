// SPDX-License-Identifier: GPL-3.0-or-later
//! Our own store: steps by id, their sums, and how far each source has been read.

use std::path::{Path, PathBuf};

use crate::model::Problem;

/// Why the ledger cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// A later version of Octally wrote it.
    #[error("the ledger {path} has schema {found}, this version knows up to {known}")]
    Newer {
        /// The ledger.
        path: PathBuf,
        /// Its schema version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// SQLite failed.
    #[error("the ledger {path} failed: {source}")]
    Sqlite {
        /// The ledger.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The file or its folder could not be made or opened.
    #[error("the ledger {path} cannot be opened: {source}")]
    Io {
        /// The ledger or its folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl LedgerError {
    /// The same with its remedy, for people.
    pub fn problem(&self) -> Problem {
        let _ = self;
        unimplemented!()
    }
}

/// The ledger, opened for reading and writing. One process writes at a time; SQLite's own lock
/// sees to that.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
}

/// What `octally doctor` says about the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerHealth {
    /// Schema version.
    pub schema: i64,
    /// Size of file and WAL in bytes.
    pub bytes: u64,
    /// Steps kept.
    pub steps: u64,
    /// Sessions kept.
    pub sessions: u64,
    /// `None` if SQLite's integrity check and the sums are right; else what is wrong.
    pub damage: Option<String>,
}

impl Ledger {
    /// Opens or creates (0600 in a 0700 folder) the ledger, and brings its schema up to date.
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        Ok(Self { path: path.into() })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its size, counts and integrity; reads all of it.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`].
    pub fn health(&self) -> Result<LedgerHealth, LedgerError> {
        unimplemented!()
    }
}
