// SPDX-License-Identifier: GPL-3.0-or-later
//! A budget with what was spent of it.

use serde::Serialize;

use super::instant;
use crate::model::{BudgetCounts, BudgetPeriod};

/// One budget in its current period.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BudgetUsage {
    /// Its name.
    pub id: String,
    /// When it begins anew: day, week (from Monday) or month, in the user's zone.
    pub period: BudgetPeriod,
    /// What may be spent in a period, US dollars.
    pub limit_usd: f64,
    /// The one project that it is for, as the configuration names it; `None`: everything.
    pub project: Option<String>,
    /// Which costs count: billed, or all: billed and estimated together.
    pub counts: BudgetCounts,
    /// Percents of the limit at which the user wants to know, ascending.
    pub warn_at: Vec<u32>,
    /// What was spent since the period began. Steps without a known price are not in it.
    pub spent_usd: f64,
    /// The limit less what was spent; negative: overspent.
    pub left_usd: f64,
    /// What was spent, as a part of the limit; above 1: overspent.
    pub share: f64,
    /// `expected_usd` as a part of the limit.
    pub expected_share: Option<f64>,
    /// What will have been spent at the period's end if it goes on as on average until now; `None` in
    /// the first three hundredths of the period, when that says nothing yet.
    pub expected_usd: Option<f64>,
    /// The period's first instant, Unix milliseconds.
    #[serde(rename = "starts_at", serialize_with = "instant::required")]
    #[cfg_attr(feature = "schema", schemars(with = "instant::Text"))]
    pub starts_ms: i64,
    /// The first instant after it, Unix milliseconds.
    #[serde(rename = "ends_at", serialize_with = "instant::required")]
    #[cfg_attr(feature = "schema", schemars(with = "instant::Text"))]
    pub ends_ms: i64,
    /// The highest of `warn_at` that is reached; `None`: none is.
    pub crossed: Option<u32>,
    /// Steps of the period whose cost is unknown: what was really spent may be more.
    pub unpriced_steps: u64,
}
