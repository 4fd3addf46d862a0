// SPDX-License-Identifier: GPL-3.0-or-later
//! Which tools were called, for `octally stats` and `octally session`.

use serde::Serialize;

/// The tools of some steps.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ToolUse {
    /// Whether every step has been looked at.
    pub is_complete: bool,
    /// Steps that have not been; the newest are looked at first.
    pub steps_left: u64,
    /// Most calls first.
    pub tools: Vec<ToolRow>,
}

/// One tool.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ToolRow {
    /// `bash`, `edit`, `server_tool`.
    pub tool: String,
    /// How often it was called.
    pub calls: u64,
    /// Calls that ended in an error or were not allowed.
    pub failed: u64,
    /// Calls without an end, as of a process that was killed.
    pub open: u64,
    /// Completed calls as a share of those with an end, 0 to 1; `null` where none has.
    pub success_rate: Option<f64>,
    /// How long the calls with known times ran together, milliseconds.
    pub duration_ms: u64,
    /// How long one of them ran on average; `null` where no times are known.
    pub mean_ms: Option<u64>,
}
