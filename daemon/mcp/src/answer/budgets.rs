// SPDX-License-Identifier: GPL-3.0-or-later
//! Budgets: what was spent, what is left, and where it leads.

use octally_core::model::{BudgetCounts, BudgetPeriod};
use octally_core::sync::Depth;
use octally_core::wire::BudgetUsage;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::figures::Freshness;
use crate::desk::Books;
use crate::trouble::Trouble;

/// A tool that is asked for nothing
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoInput {}

/// Every budget with what was spent of it
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct BudgetStatus {
    /// The budgets; none where none is set
    pub budgets: Vec<Budget>,
    /// What there is to know besides
    pub note: Option<String>,
    /// How complete the figures are
    pub freshness: Freshness,
}

/// One budget in its current period
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Budget {
    /// Its name
    pub id: String,
    /// day, week (from Monday) or month
    pub period: &'static str,
    /// The project it is for; null: all of them
    pub project: Option<String>,
    /// Which costs count: billed (what OpenCode stored), or all (that and the list price of what it stored
    /// at 0)
    pub counts: &'static str,
    /// US dollars a period
    pub limit_usd: f64,
    /// What was spent since the period began
    pub spent_usd: f64,
    /// limit_usd less spent_usd; negative: overspent
    pub left_usd: f64,
    /// spent_usd as a part of limit_usd; above 1: overspent
    pub share: f64,
    /// What will have been spent at the period's end if it goes on as on average until now; null in the
    /// first three hundredths of the period
    pub expected_usd: Option<f64>,
    /// expected_usd as a part of limit_usd
    pub expected_share: Option<f64>,
    /// The highest percent of the limit that the user wants to know of and that is reached; null: none
    pub crossed: Option<u32>,
    /// When the period began, RFC 3339
    pub starts_at: String,
    /// The first instant after it, RFC 3339
    pub ends_at: String,
    /// Model calls of the period without a known price: what was really spent may be more
    pub unpriced_steps: u64,
}

/// The budgets as they are configured now.
pub fn budget_status(books: &mut Books) -> Result<BudgetStatus, Trouble> {
    books.read(Depth::Quick)?;
    let setup = &books.setup;
    let budgets = (setup.budgets)(&setup.config);
    let used = books.of(|meter| meter.budgets(&budgets, &setup.zone, books.now_ms))?;
    let none = "no budget is set; the user can set one with `octally budget set`";
    Ok(BudgetStatus {
        note: used.is_empty().then(|| none.into()),
        budgets: used.into_iter().map(|used| budget(books, used)).collect(),
        freshness: Freshness::of(books),
    })
}

fn budget(books: &Books, used: BudgetUsage) -> Budget {
    let zone = &books.setup.zone;
    let include_paths = books.setup.include_titles;
    let project = used.project.map(|project| match project.rsplit_once('/') {
        Some((_, name)) if !include_paths => name.to_owned(),
        _ => project,
    });
    Budget {
        id: used.id,
        period: BudgetPeriod::as_str(used.period),
        project,
        counts: BudgetCounts::as_str(used.counts),
        limit_usd: used.limit_usd,
        spent_usd: used.spent_usd,
        left_usd: used.left_usd,
        share: used.share,
        expected_usd: used.expected_usd,
        expected_share: used.expected_share,
        crossed: used.crossed,
        starts_at: zone.rfc3339(used.starts_ms),
        ends_at: zone.rfc3339(used.ends_ms),
        unpriced_steps: used.unpriced_steps,
    }
}
