// SPDX-License-Identifier: GPL-3.0-or-later
//! From the sources into the ledger: find, read what is new, record, done.

use std::path::PathBuf;

use crate::model::Problem;

/// Where OpenCode's data and prices are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins {
    /// OpenCode's data folders, each with `opencode.db`, `opencode-*.db` and `stats.json`.
    pub data_dirs: Vec<PathBuf>,
    /// Databases outside of them (`OPENCODE_DB`).
    pub databases: Vec<PathBuf>,
    /// OpenCode's own price tables (`models.json`), best first; need not exist.
    pub price_files: Vec<PathBuf>,
}

impl Origins {
    /// The stats.json of each data folder, whether it exists or not.
    pub fn stats_files(&self) -> Vec<PathBuf> {
        self.data_dirs.iter().map(|dir| dir.join("stats.json")).collect()
    }
}

/// How much a sync may take on trust.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Only what the cheap change detector points at.
    Quick,
    /// Also what it cannot see: imported messages, moved or replaced files.
    Thorough,
}

/// How far a long first sync is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Messages read so far.
    pub messages_read: u64,
    /// Messages there are, as far as known.
    pub messages: u64,
}

/// What a sync did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SyncReport {
    /// Messages looked at.
    pub messages_read: u64,
    /// Steps that were new to the ledger.
    pub steps_added: u64,
    /// Steps that changed.
    pub steps_updated: u64,
    /// Every source found.
    pub sources: Vec<SourceStatus>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// One source, as it was found.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceStatus {
    /// The database.
    pub path: PathBuf,
    /// `opencode_v1`.
    pub generation: &'static str,
    /// Whether it could be read to its end this time.
    pub is_current: bool,
    /// Messages in it.
    pub messages: u64,
    /// Sessions in it.
    pub sessions: u64,
    /// The newest assistant message, Unix milliseconds.
    pub newest_ms: Option<i64>,
}
