// SPDX-License-Identifier: GPL-3.0-or-later
//! `octally stats --json`, schema 1.

use serde::Serialize;

use super::{ErrorCount, ShareRow, ToolUse};
use crate::model::Problem;

/// How some period was used, in detail.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Statistics {
    /// Version of this shape: 1.
    pub schema: u32,
    /// The zone that days and hours are of.
    pub time_zone: String,
    /// The first instant included, RFC 3339.
    pub since: Option<String>,
    /// The first instant excluded, RFC 3339.
    pub until: Option<String>,
    /// Sessions, each with its sub-agents; `null` where there is none.
    pub sessions: Option<SessionStatistics>,
    /// By fresh tokens, largest first.
    pub agents: Vec<ShareRow>,
    /// Which tools the steps called.
    pub tool_use: ToolUse,
    /// Steps that ended in an error, by its name, most frequent first.
    pub errors: Vec<ErrorCount>,
    /// Days with steps in a row.
    pub streaks: Streaks,
    /// The 24 hours of the day.
    pub hours: Vec<HourRow>,
    /// The largest of everything.
    pub records: Records,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// How sessions, each with its sub-agents, differ from each other.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SessionStatistics {
    /// How many.
    pub count: u64,
    /// From the start of the first to the end of the last step, milliseconds.
    pub length_ms: Distribution<u64>,
    /// Steps.
    pub steps: Distribution<u64>,
    /// Fresh tokens.
    pub fresh: Distribution<u64>,
    /// What OpenCode stored, US dollars.
    pub billed_usd: Distribution<f64>,
    /// List price of what OpenCode stored at 0, US dollars; `null` where there is nothing to estimate.
    pub estimated_usd: Option<Distribution<f64>>,
}

/// How some figures are spread.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Distribution<T> {
    /// The smallest.
    pub least: T,
    /// Half of them are at most this.
    pub median: T,
    /// Nine of ten are at most this.
    pub p90: T,
    /// The largest.
    pub most: T,
    /// Their sum by their number.
    pub mean: T,
    /// How many there are from each threshold up to the next.
    pub buckets: Vec<Bucket<T>>,
}

/// A part of a distribution.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Bucket<T> {
    /// The first figure in it.
    pub from: T,
    /// Sessions in it.
    pub sessions: u64,
}

/// Days with steps in a row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Streaks {
    /// Days with a step.
    pub active_days: u64,
    /// Up to today, or to yesterday where there is no step yet today.
    pub current_days: u64,
    /// The longest.
    pub longest_days: u64,
    /// Its first day, `YYYY-MM-DD`.
    pub longest_since: Option<String>,
    /// Its last day.
    pub longest_until: Option<String>,
}

/// One hour of the day, over all days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HourRow {
    /// 0 to 23.
    pub hour: u32,
    /// Answered model calls.
    pub steps: u64,
    /// Fresh tokens.
    pub fresh: u64,
}

/// The largest of everything; `null` where there is nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Records {
    /// The day with most fresh tokens.
    pub day_fresh: Option<Record<u64>>,
    /// The day with the highest bill, US dollars.
    pub day_billed_usd: Option<Record<f64>>,
    /// The session with most fresh tokens, its sub-agents included as in all of these.
    pub session_fresh: Option<Record<u64>>,
    /// The session with the highest bill, US dollars.
    pub session_billed_usd: Option<Record<f64>>,
    /// The session with most steps.
    pub session_steps: Option<Record<u64>>,
    /// The longest session, milliseconds.
    pub session_length_ms: Option<Record<u64>>,
    /// The session with most sub-agents.
    pub session_sub_agents: Option<Record<u64>>,
}

/// What holds a record, and with how much.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Record<T> {
    /// A day or the id of a session.
    pub key: String,
    /// How much.
    pub value: T,
}
