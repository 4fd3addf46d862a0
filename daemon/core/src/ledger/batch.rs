// SPDX-License-Identifier: GPL-3.0-or-later
//! What is recorded at once, and what that changed.

use super::remainder::SessionReading;
use super::{Checkpoint, FolderCheckpoint};
use crate::model::{PricedStep, Project, Session};
use crate::source::Unread;

/// What is written together: rows of one source and how far they bring it.
#[derive(Debug, Default)]
pub struct Batch<'a> {
    /// Projects, before the sessions in them.
    pub projects: &'a [Project],
    /// Sessions, before their steps.
    pub sessions: &'a [Session],
    /// Steps with their prices.
    pub steps: &'a [PricedStep],
    /// How far the source has been read with this batch.
    pub checkpoint: Option<&'a Checkpoint>,
    /// Sessions whose event numbers have been seen.
    pub sequences: &'a [(String, i64)],
    /// Digests of chunks of event numbers, by their first rowid: all that they tell of has been read.
    pub chunks: &'a [(i64, i64)],
    /// Rows that could not be read.
    pub unread: &'a [Unread],
    /// Rows that were among them and are not any more, though no step says so.
    pub settled: &'a [String],
    /// The folders that all of this was read from, where the source is a tree of files.
    pub folders: &'a [FolderCheckpoint],
    /// How far one session of OpenCode 2 was read with this batch, whose steps are all of that reading.
    pub reading: Option<&'a SessionReading>,
}

/// What a batch changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Steps that were new.
    pub added: u64,
    /// Steps whose figures differ from those known.
    pub updated: u64,
}
