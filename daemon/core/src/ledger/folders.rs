// SPDX-License-Identifier: GPL-3.0-or-later
//! How the folders of message files looked when they were last read.
//!
//! A long history has tens of thousands of them: they are asked for some at a time, and nobody keeps them all.

use std::collections::HashMap;

use rusqlite::{OptionalExtension, Row, params};

use super::{Ledger, LedgerError};

/// A folder of message files as it looked when it was last read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FolderCheckpoint {
    /// Its path: the key.
    pub path: String,
    /// Its own time, Unix nanoseconds.
    pub modified_ns: i64,
    /// Files in it.
    pub files: u64,
    /// The time of the newest of them, Unix nanoseconds.
    pub newest_ns: i64,
    /// Of names, times and sizes.
    pub digest: u64,
    /// Files that may still change without the folder's time moving.
    pub unsettled: u64,
}

impl Ledger {
    /// The folders of a source from one path to another, both included, by path.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`].
    pub fn folders(
        &self,
        source: &str,
        first: &str,
        last: &str,
    ) -> Result<HashMap<String, FolderCheckpoint>, LedgerError> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT path, modified_ns, files, newest_ns, digest, unsettled FROM source_folder
                     WHERE source_id = (SELECT id FROM source WHERE path = ?)
                         AND path BETWEEN ? AND ?",
                )?
                .query_map([source, first, last], |row| {
                    let folder = folder(row)?;
                    Ok((folder.path.clone(), folder))
                })?
                .collect()
        })
    }

    /// One folder of a source; `None` for one never read.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`].
    pub fn folder(
        &self,
        source: &str,
        path: &str,
    ) -> Result<Option<FolderCheckpoint>, LedgerError> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT path, modified_ns, files, newest_ns, digest, unsettled FROM source_folder
                     WHERE source_id = (SELECT id FROM source WHERE path = ?) AND path = ?",
                )?
                .query_row([source, path], folder)
                .optional()
        })
    }

    /// The folders of a source that `is_there` does not know.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`].
    pub fn folders_without(
        &self,
        source: &str,
        is_there: impl Fn(&str) -> bool,
    ) -> Result<Vec<String>, LedgerError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT path FROM source_folder
                 WHERE source_id = (SELECT id FROM source WHERE path = ?)",
            )?;
            let mut rows = statement.query(params![source])?;
            let mut missing = Vec::new();
            while let Some(row) = rows.next()? {
                let path = row.get_ref(0)?.as_str()?;
                if !is_there(path) {
                    missing.push(path.to_owned());
                }
            }
            Ok(missing)
        })
    }

    /// The message files in all folders of a source, and whether any of these folders is unsettled.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`].
    pub fn files_in_folders(&self, source: &str) -> Result<(u64, bool), LedgerError> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT coalesce(sum(files), 0), coalesce(max(unsettled <> 0), 0) FROM source_folder
                     WHERE source_id = (SELECT id FROM source WHERE path = ?)",
                )?
                .query_row([source], |row| {
                    Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get(1)?))
                })
        })
    }

    /// Whether a folder of a source was ever read.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`].
    pub fn has_folders(&self, source: &str) -> Result<bool, LedgerError> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT 1 FROM source_folder
                     WHERE source_id = (SELECT id FROM source WHERE path = ?) LIMIT 1",
                )?
                .exists([source])
        })
    }
}

fn folder(row: &Row) -> rusqlite::Result<FolderCheckpoint> {
    Ok(FolderCheckpoint {
        path: row.get(0)?,
        modified_ns: row.get(1)?,
        files: row.get::<_, i64>(2)?.cast_unsigned(),
        newest_ns: row.get(3)?,
        digest: row.get::<_, i64>(4)?.cast_unsigned(),
        unsettled: row.get::<_, i64>(5)?.cast_unsigned(),
    })
}
