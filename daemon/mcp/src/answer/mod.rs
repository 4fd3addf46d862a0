// SPDX-License-Identifier: GPL-3.0-or-later
//! What is sent: the types whose schemas the tools promise, filled in from the ledger's answers.
//!
//! `figures` is what all of them share; the others are one kind of answer each. Every list has a limit
//! and says when it was cut; titles and paths are left out unless they are asked for at the start.

mod budgets;
mod figures;
mod names;
mod overview;
mod refresh;
mod sessions;
mod trends;
mod usage;

pub use budgets::{BudgetStatus, NoInput, budget_status};
pub use names::{Kind, names};
pub use overview::{OverviewOf, overview, providers, summary};
pub use refresh::{RefreshIndex, RefreshInput, refresh_index};
pub use sessions::{
    SessionCost, SessionInput, TopSessions, TopSessionsInput, session_cost, top_sessions,
};
pub use trends::{ProviderTrends, TrendsInput, provider_trends};
pub use usage::{UsageInput, UsageSummary, usage_summary};

use crate::trouble::Trouble;

/// Rows where the client names no limit.
const DEFAULT_ROWS: u32 = 20;
/// Rows at most.
pub const MAX_ROWS: u32 = 100;

/// The limit that a client asks for, or the default.
fn rows(limit: Option<u32>) -> Result<usize, Trouble> {
    match limit.unwrap_or(DEFAULT_ROWS) {
        rows @ 1..=MAX_ROWS => Ok(rows as usize),
        other => Err(Trouble::Question(format!(
            "limit {other} is out of range: 1 to {MAX_ROWS} rows"
        ))),
    }
}

/// Cuts a list to `limit` and says whether that took anything away.
fn cut<T>(list: &mut Vec<T>, limit: usize) -> bool {
    let is_cut = list.len() > limit;
    list.truncate(limit);
    is_cut
}
