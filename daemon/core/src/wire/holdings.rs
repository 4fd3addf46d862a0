// SPDX-License-Identifier: GPL-3.0-or-later
//! `octally ledger --json`, schema 1: what the ledger holds and where it comes from.

use serde::Serialize;

use super::instant;

/// What the ledger holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Holdings {
    /// Version of this shape: 1.
    pub schema: u32,
    /// The file.
    pub ledger: String,
    /// Its size with what is still in its log, bytes.
    pub ledger_bytes: u64,
    /// Steps that count.
    pub steps: u64,
    /// Sessions that have any.
    pub sessions: u64,
    /// When the first step began, Unix milliseconds.
    #[serde(rename = "first_step_at", serialize_with = "instant::optional")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<instant::Text>"))]
    pub first_step_ms: Option<i64>,
    /// Sessions that ended so many months ago are forgotten; 0: never.
    pub keep_months: u32,
    /// The projects with what was used in them, most steps first.
    pub projects: Vec<ProjectHolding>,
    /// The paths of the projects that are forgotten.
    pub forgotten_projects: Vec<String>,
    /// Where all of it comes from.
    pub sources: Vec<SourceHolding>,
}

/// One project's part.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProjectHolding {
    /// Its path.
    pub project: String,
    /// Steps that count.
    pub steps: u64,
    /// What OpenCode stored for them, US dollars.
    pub billed_usd: f64,
}

/// One database or folder of OpenCode's.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SourceHolding {
    /// Where it is.
    pub path: String,
    /// `opencode_json`, `opencode_v1` or `opencode_v2`.
    pub generation: String,
    /// Messages it had when it was last read.
    pub messages: u64,
    /// Its newest step, Unix milliseconds.
    #[serde(rename = "newest_step_at", serialize_with = "instant::optional")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<instant::Text>"))]
    pub newest_ms: Option<i64>,
    /// Rows that cannot be read.
    pub unread_rows: u64,
}
