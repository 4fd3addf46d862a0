// SPDX-License-Identifier: GPL-3.0-or-later
//! Budgets. There are none to configure yet, and the answer says so.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A tool that is asked for nothing
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoInput {}

/// Every budget with what was spent of it
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct BudgetStatus {
    /// The budgets; none where none is configured
    pub budgets: Vec<Budget>,
    /// What there is to know besides
    pub note: Option<String>,
}

/// One budget
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Budget {
    /// Its name
    pub id: String,
    /// day, week or month
    pub period: BudgetPeriod,
    /// The project it is for; null: all of them
    pub project: Option<String>,
    /// US dollars a period
    pub limit_usd: f64,
    /// What OpenCode stored in this period
    pub spent_billed_usd: f64,
    /// List price of what OpenCode stored at 0; null: unknown
    pub spent_estimated_usd: Option<f64>,
    /// limit_usd less spent_billed_usd; negative: overspent
    pub remaining_usd: f64,
    /// The part of the budget that is spent over the part of the period that has passed: above 1 is too
    /// fast
    pub pace: f64,
}

/// How long a budget lasts
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(
    dead_code,
    reason = "the shape of the answer is fixed before there are budgets"
)]
pub enum BudgetPeriod {
    /// A calendar day
    Day,
    /// Monday to Sunday
    Week,
    /// A calendar month
    Month,
}

/// The budgets.
pub fn budget_status() -> BudgetStatus {
    BudgetStatus {
        budgets: Vec::new(),
        note: Some("no budget is configured: this version of Octally has none".into()),
    }
}
