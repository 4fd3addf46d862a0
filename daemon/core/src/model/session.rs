// SPDX-License-Identifier: GPL-3.0-or-later
//! Sessions and the projects they run in. Titles are not here: they are never stored.

/// One OpenCode conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Session {
    /// `ses_...`
    pub id: String,
    /// The session that spawned this sub-agent's.
    pub parent_id: Option<String>,
    /// The project's id.
    pub project_id: Option<String>,
    /// The working directory.
    pub directory: Option<String>,
    /// The agent it was started with.
    pub agent: Option<String>,
    /// Unix milliseconds; 0 where it is not known.
    pub created_ms: i64,
    /// Unix milliseconds, `None` unless archived.
    pub archived_ms: Option<i64>,
}

/// OpenCode's project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Project {
    /// A hash of the first commit, or `global`.
    pub id: String,
    /// Its root path.
    pub worktree: String,
    /// A name, where the user gave one.
    pub name: Option<String>,
}
