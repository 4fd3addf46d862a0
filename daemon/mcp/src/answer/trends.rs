// SPDX-License-Identifier: GPL-3.0-or-later
//! How each provider's usage moves, day by day, and against the days before.

use octally_core::model::{DAY_MS, Day};
use octally_core::rollup::period::Period as Days;
use octally_core::rollup::{By, Request};
use octally_core::sync::Depth;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::figures::{Figures, Freshness, Named, Period, instants};
use super::usage::{known_provider, named};
use super::{cut, rows};
use crate::desk::Books;
use crate::trouble::Trouble;

/// The days where the client names none.
const DEFAULT_DAYS: u32 = 14;
/// The days at most.
const MAX_DAYS: u32 = 366;
/// Providers where the client names no limit: each has a point for every day.
const DEFAULT_PROVIDERS: u32 = 5;

/// Which providers, over which days
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrendsInput {
    /// The last so many days, today included; 14 if left out
    #[schemars(range(min = 1, max = 366))]
    pub last_days: Option<u32>,
    /// What a point is; day if left out
    pub step: Option<Step>,
    /// Only this provider, as in anthropic
    pub provider: Option<String>,
    /// At most so many providers; 5 if left out
    #[schemars(range(min = 1, max = 100))]
    pub limit: Option<u32>,
}

/// What a point is
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    #[default]
    Day,
    Week,
    Month,
}

/// How the usage of providers moves
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ProviderTrends {
    /// The days
    pub period: Period,
    /// What a point is
    pub step: Step,
    /// By fresh tokens, largest first
    pub providers: Vec<Trend>,
    /// Whether there are more providers
    pub truncated: bool,
    /// Whether the figures are complete
    pub freshness: Freshness,
}

/// How the usage of one provider moves
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Trend {
    /// Its name
    pub provider: Option<String>,
    /// Its sum over the days
    pub totals: Figures,
    /// Its part of all providers' fresh tokens, 0 to 1; null where there are none
    pub share_of_fresh: Option<f64>,
    /// Its sum over as many days before
    pub previous: Figures,
    /// Fresh tokens against those of the days before: 0.5 is half as much again; null where there were
    /// none
    pub change_of_fresh: Option<f64>,
    /// The days, weeks (by their Monday) or months with any usage, oldest first
    pub points: Vec<Named>,
}

/// How the usage moves.
pub fn provider_trends(books: &mut Books, input: &TrendsInput) -> Result<ProviderTrends, Trouble> {
    let limit = rows(input.limit.or(Some(DEFAULT_PROVIDERS)))?;
    let days = input.last_days.unwrap_or(DEFAULT_DAYS);
    if !(1..=MAX_DAYS).contains(&days) {
        return Err(Trouble::Question(format!(
            "last_days {days} is out of range: 1 to {MAX_DAYS}"
        )));
    }
    books.read(Depth::Quick)?;
    if let Some(provider) = &input.provider {
        known_provider(books, provider)?;
    }
    let now = Span::last(books, days)?;
    let (mut providers, all) = totals(books, &now)?;
    if input.provider.is_some() {
        providers.retain(|provider| provider.name == input.provider);
    }
    let truncated = cut(&mut providers, limit);
    let (before, _) = totals(books, &now.before(books, days))?;
    let step = input.step.unwrap_or_default();
    let trend = |provider: Named| trend(books, &now, step, provider, &before, all);
    Ok(ProviderTrends {
        period: Period::new((now.since_ms, now.until_ms), &books.setup.zone),
        step,
        providers: providers.into_iter().map(trend).collect::<Result<_, _>>()?,
        truncated,
        freshness: Freshness::of(books),
    })
}

/// Whole days.
struct Span {
    since_ms: Option<i64>,
    until_ms: Option<i64>,
}

impl Span {
    fn last(books: &Books, days: u32) -> Result<Self, Trouble> {
        let (since_ms, until_ms) = instants(books, Days::default(), days)?;
        Ok(Self { since_ms, until_ms })
    }

    /// As many days before.
    fn before(&self, books: &Books, days: u32) -> Self {
        let zone = &books.setup.zone;
        let start = |ms: i64| Day(zone.day(ms).0 - i64::from(days));
        let since_ms = self.since_ms.map(|ms| zone.start_of(start(ms)));
        Self {
            since_ms: since_ms.or(Some(books.now_ms - i64::from(days) * DAY_MS)),
            until_ms: self.since_ms,
        }
    }

    fn request(&self, by: By, provider: Option<String>) -> Request {
        Request {
            since_ms: self.since_ms,
            until_ms: self.until_ms,
            provider,
            ..Request::new(by)
        }
    }
}

/// The providers of some days, and the fresh tokens of all of them.
fn totals(books: &Books, span: &Span) -> Result<(Vec<Named>, u64), Trouble> {
    let request = span.request(By::Provider, None);
    let report = books.of(|meter| meter.report(&request, &books.setup.zone))?;
    Ok((named(&report, &[]), report.totals.tokens.fresh))
}

fn trend(
    books: &Books,
    span: &Span,
    step: Step,
    provider: Named,
    before: &[Named],
    all_fresh: u64,
) -> Result<Trend, Trouble> {
    let by = match step {
        Step::Day => By::Day,
        Step::Week => By::Week,
        Step::Month => By::Month,
    };
    let request = span.request(by, provider.name.clone());
    let report = books.of(|meter| meter.report(&request, &books.setup.zone))?;
    let previous = before.iter().find(|other| other.name == provider.name);
    let previous = previous
        .map(|other| other.figures.clone())
        .unwrap_or_default();
    let (fresh, fresh_before) = (provider.figures.tokens.fresh, previous.tokens.fresh);
    let ratio = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
    Ok(Trend {
        provider: provider.name,
        totals: provider.figures,
        share_of_fresh: ratio(fresh, all_fresh),
        change_of_fresh: ratio(fresh, fresh_before).map(|ratio| ratio - 1.0),
        previous,
        points: named(&report, &[]),
    })
}
