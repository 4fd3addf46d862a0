// SPDX-License-Identifier: GPL-3.0-or-later
//! Tokens, cost, freshness and days, as every answer has them.

use octally_core::model::{Cost as CoreCost, Severity, Tokens as CoreTokens, Zone};
use octally_core::rollup::freshness;
use octally_core::rollup::period::Period as Days;
use octally_core::wire::{CostRow, FreshnessState, ModelUsage, ReportTotals, TokenRow, Usage};
use schemars::JsonSchema;
use serde::Serialize;

use crate::desk::Books;
use crate::trouble::Trouble;

/// The five disjoint kinds of tokens and their two sums
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Tokens {
    /// Prompt tokens that no cache held
    pub input: u64,
    /// Tokens of the reply
    pub output: u64,
    /// Tokens of thinking
    pub reasoning: u64,
    /// Prompt tokens that a cache held
    pub cache_read: u64,
    /// Prompt tokens that were put into a cache
    pub cache_write: u64,
    /// input + output + reasoning: the headline figure
    pub fresh: u64,
    /// All five
    pub total: u64,
}

/// Cost in US dollars
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Cost {
    /// What OpenCode stored
    pub billed_usd: f64,
    /// List price of what OpenCode stored at 0, as with subscriptions; null: unknown. Never part of
    /// billed_usd
    pub estimated_usd: Option<f64>,
    /// Model calls with tokens and no price: their cost is unknown, not 0
    pub unpriced_steps: u64,
}

/// What some model calls used
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Figures {
    /// Answered model calls
    pub steps: u64,
    /// Their tokens
    pub tokens: Tokens,
    /// Their cost
    pub cost: Cost,
}

/// A name with its figures
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Named {
    /// The name; null where OpenCode recorded none
    pub name: Option<String>,
    /// What it used
    #[serde(flatten)]
    pub figures: Figures,
}

/// The days that an answer is about
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Period {
    /// The first instant included, RFC 3339; null: from the beginning
    pub since: Option<String>,
    /// The first instant excluded, RFC 3339; null: until now
    pub until: Option<String>,
    /// The zone of the days
    pub time_zone: String,
}

/// Whether the figures are complete
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Freshness {
    /// fresh: everything that OpenCode wrote has been read; stale: some could not be read; empty: there
    /// is no OpenCode data; error: there are no figures
    pub state: &'static str,
    /// Since when, RFC 3339
    pub since_at: String,
    /// Why it is not fresh
    pub reason: Option<String>,
}

impl From<&TokenRow> for Tokens {
    fn from(row: &TokenRow) -> Self {
        Self {
            input: row.input,
            output: row.output,
            reasoning: row.reasoning,
            cache_read: row.cache_read,
            cache_write: row.cache_write,
            fresh: row.fresh,
            total: row.total,
        }
    }
}

impl From<&CostRow> for Cost {
    fn from(row: &CostRow) -> Self {
        Self {
            billed_usd: row.billed_usd,
            estimated_usd: row.estimated_usd,
            unpriced_steps: row.unpriced_steps,
        }
    }
}

impl Figures {
    /// From the core's own sums.
    pub fn new(steps: u64, tokens: &CoreTokens, cost: &CoreCost) -> Self {
        Self {
            steps,
            tokens: (&TokenRow::from(tokens)).into(),
            cost: (&CostRow::from(cost)).into(),
        }
    }
}

impl From<&ReportTotals> for Figures {
    fn from(totals: &ReportTotals) -> Self {
        Self {
            steps: totals.steps,
            tokens: (&totals.tokens).into(),
            cost: (&totals.cost).into(),
        }
    }
}

impl From<&Usage> for Figures {
    fn from(usage: &Usage) -> Self {
        Self::new(usage.steps, &usage.tokens, &usage.cost)
    }
}

impl From<&ModelUsage> for Named {
    fn from(usage: &ModelUsage) -> Self {
        Self {
            name: Some(usage.name.to_string()),
            figures: Figures::new(usage.steps, &usage.tokens, &usage.cost),
        }
    }
}

impl Period {
    /// The days between two instants, Unix milliseconds.
    pub fn new(range: (Option<i64>, Option<i64>), zone: &Zone) -> Self {
        let text = |ms: Option<i64>| ms.map(|ms| zone.rfc3339(ms));
        Self {
            since: text(range.0),
            until: text(range.1),
            time_zone: zone.name().into(),
        }
    }
}

/// The instants of the days that a client names; `default_days` up to today where it names none.
pub fn instants(
    books: &Books,
    mut days: Days,
    default_days: u32,
) -> Result<(Option<i64>, Option<i64>), Trouble> {
    if days == Days::default() {
        days.last = Some(default_days);
    }
    Ok(days.instants(&books.setup.zone, books.now_ms)?)
}

impl Freshness {
    /// How fresh the figures are that were just read.
    pub fn of(books: &Books) -> Self {
        let found = freshness(&books.report, books.now_ms);
        let state = match found.state {
            FreshnessState::Fresh => "fresh",
            FreshnessState::Stale => "stale",
            FreshnessState::Empty => "empty",
            FreshnessState::Error => "error",
        };
        Self {
            state,
            since_at: books.setup.zone.rfc3339(found.since_ms),
            reason: found.reason.map(|reason| told(books, reason)),
        }
    }
}

/// A reason as it may be told: the real one names files.
fn told(books: &Books, reason: String) -> String {
    if books.setup.include_titles {
        return reason;
    }
    let problems = books.report.problems.iter();
    let errors = problems.filter(|problem| problem.severity == Severity::Error);
    let mut codes: Vec<&str> = errors.map(|problem| problem.code.as_str()).collect();
    codes.dedup();
    match codes.is_empty() {
        true => "`octally doctor` tells more".into(),
        false => format!("{}; `octally doctor` tells more", codes.join(", ")),
    }
}
