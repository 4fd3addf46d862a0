// SPDX-License-Identifier: GPL-3.0-or-later
//! What stands in the database, as the model of a history knows it.

use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone)]
pub struct Call {
    pub session: String,
    pub created_ms: i64,
    pub input: u64,
    pub output: u64,
    /// When its row was last written, Unix milliseconds.
    pub updated_ms: i64,
    pub is_copy: bool,
    /// Whether its prompt has a row, and whether it has one itself.
    pub has_prompt: bool,
    pub has_row: bool,
}

/// Ids grow, as OpenCode's do; a prompt stands right before its answer.
pub fn id(call: usize) -> String {
    format!("msg_{call:04}b")
}

pub fn prompt_id(call: usize) -> String {
    format!("msg_{call:04}a")
}

/// How the ledger marks a step, by its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    WithSession = 1,
    Alone = 2,
    Reverted = 3,
}

/// What stands in the database.
#[derive(Clone, Default)]
pub struct Stored {
    pub calls: Vec<Call>,
    pub sessions: BTreeSet<String>,
    /// The first hidden call of a session.
    pub reverts: BTreeMap<String, usize>,
}

impl Stored {
    pub fn is_hidden(&self, call: usize) -> bool {
        let session = &self.calls[call].session;
        self.reverts.get(session).is_some_and(|from| call >= *from)
    }

    pub fn is_shown(&self, call: usize) -> bool {
        self.calls[call].has_row && !self.is_hidden(call)
    }
}
