// SPDX-License-Identifier: GPL-3.0-or-later
//! A source as `octally doctor --json` tells of it.

use serde::Serialize;

use super::instant;
use crate::model::Problem;

/// One version of OpenCode, and how many sessions of a source it began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct VersionRow {
    /// `1.18.33`; `null` where the sessions do not say.
    pub version: Option<String>,
    /// How many sessions it began.
    pub sessions: u64,
}

/// One source: the tables of one generation in a database, or the message files of a data folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SourceRow {
    /// The file or folder.
    pub path: String,
    /// `opencode_json`, `opencode_v1` or `opencode_v2`.
    pub generation: &'static str,
    /// Whether everything in it has been read.
    pub is_current: bool,
    /// Messages in it: of every role in `opencode_json` and `opencode_v1`, model calls in `opencode_v2`.
    pub messages: u64,
    /// Sessions in it.
    pub sessions: u64,
    /// The versions that began its sessions, the oldest first; `null` where they cannot be read now.
    pub versions: Option<Vec<VersionRow>>,
    /// Its newest step, Unix milliseconds.
    #[serde(rename = "newest_at", serialize_with = "instant::optional")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<instant::Text>"))]
    pub newest_ms: Option<i64>,
    /// How far behind it the ledger was when it was asked: how much newer the newest step of the source is
    /// than the newest one of it that the ledger had. 0 where the ledger had it; `null` where the source
    /// was not read before, or is not read to its end now.
    pub lag_ms: Option<i64>,
    /// When it was last read to its end, Unix milliseconds; `null` if never.
    #[serde(rename = "read_at", serialize_with = "instant::optional")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<instant::Text>"))]
    pub read_ms: Option<i64>,
    /// Its rows that cannot be read, one entry for each reason, with their count and the id of one.
    pub unread: Vec<Problem>,
}
