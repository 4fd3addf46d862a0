// SPDX-License-Identifier: GPL-3.0-or-later
//! How each provider's usage moves, day by day, and against the days before.

use std::collections::BTreeMap;

use octally_core::model::{Cost, Day, Tokens};
use octally_core::sync::Depth;
use octally_core::wire::ProviderDay;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::figures::{Figures, Freshness, Named, Period};
use super::usage::known_provider;
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
    pub provider: String,
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
    let zone = &books.setup.zone;
    let today = zone.day(books.now_ms);
    let first = Day(today.0 + 1 - i64::from(days));
    let before = Day(first.0 - i64::from(days));
    let step = input.step.unwrap_or_default();
    let days = books.of(|meter| meter.provider_days(before, today, zone))?;
    let mut providers = trends(&days, first, step);
    if let Some(asked) = &input.provider {
        providers.retain(|trend| trend.provider == *asked);
    }
    let range = (zone.start_of(first), zone.start_of(Day(today.0 + 1)));
    Ok(ProviderTrends {
        period: Period::new((Some(range.0), Some(range.1)), zone),
        step,
        truncated: cut(&mut providers, limit),
        providers,
        freshness: Freshness::of(books),
    })
}

/// A sum under way.
#[derive(Default)]
struct Sum {
    steps: u64,
    tokens: Tokens,
    cost: Cost,
}

impl Sum {
    fn add(&mut self, day: &ProviderDay) {
        self.steps += day.steps;
        self.tokens += day.tokens;
        self.cost += day.cost;
    }

    fn figures(&self) -> Figures {
        Figures::new(self.steps, &self.tokens, &self.cost)
    }
}

/// One provider under way.
#[derive(Default)]
struct Moving {
    now: Sum,
    before: Sum,
    points: BTreeMap<String, Sum>,
}

/// The providers of the days from `first` on, largest first, with the days before to compare.
fn trends(days: &[ProviderDay], first: Day, step: Step) -> Vec<Trend> {
    let mut providers: BTreeMap<&str, Moving> = BTreeMap::new();
    for day in days {
        let moving = providers.entry(&day.provider).or_default();
        if day.day < first {
            moving.before.add(day);
        } else {
            moving.now.add(day);
            moving.points.entry(step.of(day.day)).or_default().add(day);
        }
    }
    let all_fresh = providers
        .values()
        .map(|moving| moving.now.tokens.fresh())
        .sum();
    let mut trends: Vec<Trend> = providers
        .into_iter()
        .filter(|(_, moving)| moving.now.steps > 0)
        .map(|(provider, moving)| trend(provider, &moving, all_fresh))
        .collect();
    trends.sort_by_key(|trend| std::cmp::Reverse(trend.totals.tokens.fresh));
    trends
}

fn trend(provider: &str, moving: &Moving, all_fresh: u64) -> Trend {
    let (fresh, fresh_before) = (moving.now.tokens.fresh(), moving.before.tokens.fresh());
    let ratio = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
    Trend {
        provider: provider.into(),
        totals: moving.now.figures(),
        share_of_fresh: ratio(fresh, all_fresh),
        previous: moving.before.figures(),
        change_of_fresh: ratio(fresh, fresh_before).map(|ratio| ratio - 1.0),
        points: moving
            .points
            .iter()
            .map(|(name, sum)| Named {
                name: Some(name.clone()),
                figures: sum.figures(),
            })
            .collect(),
    }
}

impl Step {
    /// The name of the point that a day belongs to: the day, its Monday, or its month.
    fn of(self, day: Day) -> String {
        match self {
            Self::Day => day.to_string(),
            // 1970-01-01 was a Thursday.
            Self::Week => Day(day.0 - (day.0 + 3).rem_euclid(7)).to_string(),
            Self::Month => day.to_string().chars().take("2026-11".len()).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str, provider: &str, input: u64) -> ProviderDay {
        ProviderDay {
            day: Day::parse(text).unwrap(),
            provider: provider.into(),
            steps: 1,
            tokens: Tokens {
                input,
                ..Tokens::default()
            },
            cost: Cost::default(),
        }
    }

    #[test]
    fn points_are_days_mondays_or_months() {
        let names = ["2026-11-22", "2026-11-23"].map(|text| {
            let day = Day::parse(text).unwrap();
            [Step::Day, Step::Week, Step::Month].map(|step| step.of(day))
        });
        assert_eq!(names[0], ["2026-11-22", "2026-11-16", "2026-11"]);
        assert_eq!(names[1], ["2026-11-23", "2026-11-23", "2026-11"]);
    }

    #[test]
    fn the_days_before_are_for_comparison_only() {
        let days = [
            day("2026-11-01", "a", 10),
            day("2026-11-01", "gone", 99),
            day("2026-11-10", "a", 15),
            day("2026-11-10", "b", 45),
        ];
        let trends = trends(&days, Day::parse("2026-11-05").unwrap(), Step::Day);
        let names: Vec<&str> = trends.iter().map(|trend| trend.provider.as_str()).collect();
        assert_eq!(names, ["b", "a"]);
        assert_eq!(trends[1].change_of_fresh, Some(0.5));
        assert_eq!(trends[1].share_of_fresh, Some(0.25));
        assert_eq!(trends[0].change_of_fresh, None);
        assert_eq!(trends[1].points.len(), 1);
    }
}
