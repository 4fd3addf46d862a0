// SPDX-License-Identifier: GPL-3.0-or-later
//! What may stand between the braces of a template, and what it becomes.

use octally_core::model::Tokens;
use octally_core::wire::{CostRow, Snapshot, State, TokenRow, Usage};

use crate::cli::figures::{self, ABSENT, Money};

/// The places that are about now.
const SINGLE: [&str; 6] = ["state", "waiting", "busy", "active", "freshness", "stale"];
const PERIODS: [&str; 5] = ["run", "today", "week", "month", "total"];
const FIGURES: [&str; 11] = [
    "fresh",
    "tokens",
    "input",
    "output",
    "reasoning",
    "cached",
    "cost",
    "billed",
    "estimated",
    "steps",
    "model",
];

/// One figure of a period, or something about now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// One of [`SINGLE`].
    Single(&'static str),
    /// A period and a figure of it.
    Figure(&'static str, &'static str),
}

impl Place {
    /// The place of a name, as in `today_cost`.
    pub fn named(name: &str) -> Option<Self> {
        let known = |words: &[&'static str], word: &str| words.iter().copied().find(|w| *w == word);
        if let Some(single) = known(&SINGLE, name) {
            return Some(Self::Single(single));
        }
        let (period, figure) = name.split_once('_')?;
        Some(Self::Figure(
            known(&PERIODS, period)?,
            known(&FIGURES, figure)?,
        ))
    }

    /// Every name, for suggestions.
    pub fn names() -> Vec<String> {
        let figures = |period| FIGURES.map(|figure| format!("{period}_{figure}"));
        let figures = PERIODS.into_iter().flat_map(figures);
        SINGLE.map(Into::into).into_iter().chain(figures).collect()
    }

    /// Whether the line says how old its figures are by this.
    pub fn tells_freshness(self) -> bool {
        matches!(self, Self::Single("freshness" | "stale"))
    }

    /// What it is in a snapshot.
    pub fn fill(self, snapshot: &Snapshot) -> String {
        match self {
            Self::Single(name) => single(name, snapshot),
            Self::Figure(period, name) => usage_of(period, snapshot)
                .map_or_else(|| ABSENT.into(), |usage| figure(name, &usage)),
        }
    }
}

fn single(name: &str, snapshot: &Snapshot) -> String {
    let sessions = |state| {
        let among = snapshot.sessions.iter().filter(|s| s.state == state);
        among.count().to_string()
    };
    match name {
        "state" => snapshot.state.as_str().into(),
        "waiting" => sessions(State::Waiting),
        "busy" => sessions(State::Busy),
        "active" => snapshot.last_activity_ms.map_or_else(
            || ABSENT.into(),
            |at| figures::span(snapshot.updated_ms - at),
        ),
        "freshness" => snapshot.freshness.state.as_str().into(),
        _ => super::mark(snapshot).unwrap_or_default().into(),
    }
}

/// The sums of a period; `None` before the first run.
pub fn usage_of(period: &str, snapshot: &Snapshot) -> Option<Usage> {
    Some(match period {
        "run" => snapshot.session.as_ref()?.usage.clone(),
        "today" => snapshot.today.clone(),
        "week" => snapshot.week_usage(),
        "month" => snapshot.month.clone(),
        _ => snapshot.total.clone(),
    })
}

fn figure(name: &str, usage: &Usage) -> String {
    let tokens: &Tokens = &usage.tokens;
    let cost = CostRow::from(&usage.cost);
    let money = Money::for_column([&cost]);
    match name {
        "fresh" => figures::count(tokens.fresh()),
        "tokens" => figures::count(tokens.total()),
        "input" => figures::count(tokens.input),
        "output" => figures::count(tokens.output),
        "reasoning" => figures::count(tokens.reasoning),
        "cached" => figures::cache_hit_rate(&TokenRow::from(tokens)),
        "cost" => money.both(&cost),
        "billed" => money.billed(&cost),
        "estimated" => money.estimated(&cost),
        "steps" => figures::count(usage.steps),
        _ => usage
            .models
            .first()
            .map_or_else(|| ABSENT.into(), |model| model.name.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::sample::snapshot;

    #[test]
    fn every_name_is_a_place_and_has_something_to_say() {
        let snapshot = snapshot();
        for name in Place::names().iter().filter(|name| *name != "stale") {
            let place = Place::named(name).unwrap();
            assert!(!place.fill(&snapshot).is_empty(), "{name}");
        }
        assert_eq!(Place::named("today"), None);
        assert_eq!(Place::named("today_"), None);
        assert_eq!(Place::named("yesterday_cost"), None);
    }
}
