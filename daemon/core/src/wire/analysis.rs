// SPDX-License-Identifier: GPL-3.0-or-later
//! `octally analyze --json`, schema 1.

use serde::Serialize;

use super::{CostRow, ReportTotals, TokenRow};
use crate::model::Problem;

/// An overview of some period.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Analysis {
    /// Version of this shape: 1.
    pub schema: u32,
    /// The zone that days are of.
    pub time_zone: String,
    /// The first instant included, RFC 3339.
    pub since: Option<String>,
    /// The first instant excluded, RFC 3339.
    pub until: Option<String>,
    /// The first day with a step, `YYYY-MM-DD`.
    pub first_day: Option<String>,
    /// The last one.
    pub last_day: Option<String>,
    /// Days with a step.
    pub active_days: u64,
    /// User messages that caused steps.
    pub turns: u64,
    /// Messages of both sides: turns and steps.
    pub messages: u64,
    /// Sessions, steps, tokens, cost.
    #[serde(flatten)]
    pub totals: ReportTotals,
    /// Cache reads as a share of the context, 0 to 1; `null` where there was no context.
    pub cache_hit_rate: Option<f64>,
    /// By fresh tokens, largest first.
    pub providers: Vec<ShareRow>,
    /// By fresh tokens, largest first.
    pub models: Vec<ShareRow>,
    /// The days with most fresh tokens, largest first.
    pub busiest_days: Vec<ShareRow>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// A part of some whole.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ShareRow {
    /// A provider, `provider/model`, an agent or a day; `null` where OpenCode recorded none.
    pub name: Option<String>,
    /// Its part of all fresh tokens, 0 to 1.
    pub share: f64,
    /// Answered model calls.
    pub steps: u64,
    /// The five kinds.
    pub tokens: TokenRow,
    /// Billed, estimated, unpriced.
    pub cost: CostRow,
}
