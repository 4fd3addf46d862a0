// SPDX-License-Identifier: GPL-3.0-or-later
//! What every origin's `load` hands out: steps, and what could not be read.

use crate::model::Step;

/// What some rows held.
#[derive(Debug, Default)]
pub struct Rows {
    /// The steps among them.
    pub steps: Vec<Step>,
    /// Rows looked at.
    pub read: u64,
    /// The largest rowid among them, where the source has rowids.
    pub last_rowid: i64,
    /// The latest `time_updated`, Unix milliseconds.
    pub updated_ms: i64,
    /// The rows that could not be read.
    pub unread: Vec<Unread>,
}

/// A row that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// The message's id.
    pub id: String,
    /// A stable word, as in `broken_row`.
    pub code: &'static str,
    /// What is wrong with it, without any of its content.
    pub what: String,
}
