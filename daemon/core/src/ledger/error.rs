// SPDX-License-Identifier: GPL-3.0-or-later
//! Why the ledger cannot be used, and how to mend it.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use crate::model::{Problem, Severity};

/// Why the ledger cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// A later version of Octally wrote it.
    #[error("the ledger {} has schema {found}, this version knows up to {known}", path.display())]
    Newer {
        /// The ledger.
        path: PathBuf,
        /// Its schema version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// SQLite failed.
    #[error("the ledger {} failed: {source}", path.display())]
    Sqlite {
        /// The ledger.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The file or its folder could not be made or opened.
    #[error("the ledger {} cannot be opened: {source}", path.display())]
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
        let (code, what, remedy) = match self {
            Self::Newer { found, known, .. } => (
                "newer_ledger",
                format!("has schema {found}, this version knows up to {known}"),
                "install the newer Octally again, or move the ledger away to begin a new one",
            ),
            Self::Sqlite { source, .. } => of_sqlite(source),
            Self::Io { source, .. } => (
                "ledger_access",
                format!("cannot be opened ({source})"),
                "make its folder writable for your user, or name another place with --ledger",
            ),
        };
        Problem::new(
            Severity::Error,
            code,
            what,
            self.path().display().to_string(),
            remedy,
        )
    }

    /// Whether another program writes, and has not let go of it.
    pub fn is_locked(&self) -> bool {
        let Self::Sqlite { source, .. } = self else {
            return false;
        };
        matches!(
            source.sqlite_error_code(),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
        )
    }

    /// The ledger, or the folder that is in the way.
    pub fn path(&self) -> &Path {
        match self {
            Self::Newer { path, .. } | Self::Sqlite { path, .. } | Self::Io { path, .. } => path,
        }
    }
}

fn of_sqlite(error: &rusqlite::Error) -> (&'static str, String, &'static str) {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => (
            "disk_full",
            "cannot be written: the disk is full".into(),
            "free some space; nothing is lost, OpenCode's own data is read again",
        ),
        // A full disk shows so where SQLite cannot extend the file it shares with other processes.
        Some(ErrorCode::SystemIoFailure) => (
            "disk_failed",
            format!("cannot be written: the disk is full or fails ({error})"),
            "free some space; nothing is lost, OpenCode's own data is read again",
        ),
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => (
            "corrupt_ledger",
            "the file is damaged".into(),
            "move it away: a new one is made from what OpenCode still has",
        ),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => (
            "locked_ledger",
            "another program holds it locked".into(),
            "close the program that holds it; it is tried again",
        ),
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => (
            "ledger_access",
            format!("cannot be written ({error})"),
            "make it and its folder writable for your user, or name another place with --ledger",
        ),
        _ => (
            "ledger_failed",
            error.to_string(),
            "try again; report it if it stays",
        ),
    }
}
