// SPDX-License-Identifier: GPL-3.0-or-later
//! What may stand between the braces of a template, and what it becomes.

use octally_core::model::{Budget, Tokens};
use octally_core::wire::{BudgetUsage, CostRow, FreshnessState, Snapshot, State, TokenRow, Usage};

use crate::cli::budget;
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

/// What there is to say of a budget.
const OF_BUDGETS: [&str; 6] = ["left", "spent", "limit", "share", "expected", "name"];

/// One figure of a period, something about now, or something about a budget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// One of [`SINGLE`].
    Single(&'static str),
    /// A period and a figure of it.
    Figure(&'static str, &'static str),
    /// A budget by its name, or the one of which the largest part is spent, and one of [`OF_BUDGETS`].
    Budget(Option<String>, &'static str),
}

impl Place {
    /// The place of a name, as in `today_cost`.
    pub fn named(name: &str) -> Option<Self> {
        let known = |words: &[&'static str], word: &str| words.iter().copied().find(|w| *w == word);
        if let Some(single) = known(&SINGLE, name) {
            return Some(Self::Single(single));
        }
        let (period, figure) = name.split_once('_')?;
        if period == "budget" {
            let (id, figure) = match figure.split_once('_') {
                Some((id, figure)) => (Some(id.to_owned()), figure),
                None => (None, figure),
            };
            let is_id = id.as_deref().is_none_or(Budget::is_id);
            return Some(Self::Budget(id, known(&OF_BUDGETS, figure)?)).filter(|_| is_id);
        }
        Some(Self::Figure(
            known(&PERIODS, period)?,
            known(&FIGURES, figure)?,
        ))
    }

    /// Every name, for suggestions.
    pub fn names() -> Vec<String> {
        let figures = |period| FIGURES.map(|figure| format!("{period}_{figure}"));
        let figures = PERIODS.into_iter().flat_map(figures);
        let budgets = OF_BUDGETS.map(|figure| format!("budget_{figure}"));
        let singles = SINGLE.map(Into::into).into_iter();
        singles.chain(figures).chain(budgets).collect()
    }

    /// Whether the line says how old its figures are by this.
    pub fn tells_freshness(&self) -> bool {
        matches!(self, Self::Single("freshness" | "stale"))
    }

    /// What it is in a snapshot.
    pub fn fill(&self, snapshot: &Snapshot) -> String {
        match self {
            Self::Budget(id, name) => budget_of(id.as_deref(), snapshot)
                .map_or_else(|| ABSENT.into(), |budget| budget::figure(name, budget)),
            Self::Single(name) => single(name, snapshot),
            Self::Figure(period, name) => usage_of(period, snapshot)
                .map_or_else(|| ABSENT.into(), |usage| figure(name, &usage)),
        }
    }
}

fn single(name: &str, snapshot: &Snapshot) -> String {
    let sessions = |state| {
        let among = snapshot.sessions.iter().filter(|s| s.state == state);
        if is_known(snapshot) {
            among.count().to_string()
        } else {
            ABSENT.into()
        }
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

/// Where nothing could be read, zeros are no figures.
fn is_known(snapshot: &Snapshot) -> bool {
    snapshot.freshness.state != FreshnessState::Error
}

/// The sums of a period; `None` before the first run, and where they are not known.
pub fn usage_of(period: &str, snapshot: &Snapshot) -> Option<Usage> {
    if !is_known(snapshot) {
        return None;
    }
    Some(match period {
        "run" => snapshot.session.as_ref()?.usage.clone(),
        "today" => snapshot.today.clone(),
        "week" => snapshot.week_usage(),
        "month" => snapshot.month.clone(),
        _ => snapshot.total.clone(),
    })
}

fn budget_of<'a>(id: Option<&str>, snapshot: &'a Snapshot) -> Option<&'a BudgetUsage> {
    let mut budgets = snapshot.budgets.iter();
    match id {
        Some(id) => budgets.find(|budget| budget.id == id),
        None => budgets.max_by(|a, b| a.share.total_cmp(&b.share)),
    }
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
    fn a_budget_is_the_one_that_is_named_or_the_tightest() {
        let snapshot = snapshot();
        let fill = |name| Place::named(name).unwrap().fill(&snapshot);
        assert_eq!(fill("budget_name"), "client");
        assert_eq!(fill("budget_left"), "-$0.25");
        assert_eq!(fill("budget_spent"), "~$1.75+");
        assert_eq!(fill("budget_expected"), "-");
        assert_eq!(fill("budget_everything_share"), "61%");
        assert_eq!(fill("budget_everything_expected"), "95%");
        assert_eq!(fill("budget_unknown_left"), "-");
    }

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
        assert_eq!(Place::named("budget_Big_left"), None);
        assert_eq!(Place::named("budget_client_colour"), None);
    }
}
