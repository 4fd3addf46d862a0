// SPDX-License-Identifier: GPL-3.0-or-later
//! What can be asked about: the names that the ledger knows.

use serde::Serialize;

/// The providers, models and projects of the ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Catalog {
    /// Largest by fresh tokens first.
    pub providers: Vec<String>,
    /// `provider/model`, largest by fresh tokens first.
    pub models: Vec<String>,
    /// The one with the newest session first.
    pub projects: Vec<ProjectName>,
}

/// What a project is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProjectName {
    /// OpenCode's id: a hash, or `global`.
    pub id: String,
    /// The name that the user gave it, the last part of its path, or its id. Need not be unique.
    pub name: String,
    /// Its root path.
    pub worktree: String,
}
