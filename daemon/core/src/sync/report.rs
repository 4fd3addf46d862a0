// SPDX-License-Identifier: GPL-3.0-or-later
//! What a sync tells: how far it is, and what it did.

use std::path::PathBuf;

use crate::model::Problem;

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
    /// See [`Origins::message_folders`](super::Origins::message_folders): as they were found at the latest look.
    pub message_folders: Vec<PathBuf>,
}

/// One source, as it was found.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceStatus {
    /// The database.
    pub path: PathBuf,
    /// `opencode_v1`.
    pub generation: &'static str,
    /// Whether everything in it has been read.
    pub is_current: bool,
    /// Messages in it when it was last read.
    pub messages: u64,
    /// Sessions in it when it was last read.
    pub sessions: u64,
    /// The newest step, Unix milliseconds.
    pub newest_ms: Option<i64>,
    /// When it was last read to its end, Unix milliseconds; `None` if never.
    pub read_ms: Option<i64>,
}
