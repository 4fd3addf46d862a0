// SPDX-License-Identifier: GPL-3.0-or-later
//! What the last minutes cost, and which sessions compact again and again.

use crate::model::NanoUsd;

/// The last minutes of all sessions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lately {
    /// The first instant included, Unix milliseconds.
    pub since_ms: i64,
    /// What OpenCode stored for the steps that ended since then.
    pub billed: NanoUsd,
    /// The list price of those that it stored at 0.
    pub estimated: NanoUsd,
    /// The root session that was billed most, sub-agents included; by list price where nothing was billed.
    pub dearest: Option<SessionRef>,
    /// Sessions that compact their context again and again and get on little in between.
    pub loops: Vec<CompactionLoop>,
}

/// A session for people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionRef {
    /// `ses_...`
    pub id: String,
    /// The user's own title: for the user's own screen, never stored or logged.
    pub title: Option<String>,
    /// The project's name or the last part of its path.
    pub project: Option<String>,
}

/// A session that compacts again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompactionLoop {
    /// The session itself, which may be a sub-agent's.
    pub session: SessionRef,
    /// How often it compacted within the time.
    pub compactions: u32,
    /// From the first of these to the last, milliseconds.
    pub within_ms: i64,
}
