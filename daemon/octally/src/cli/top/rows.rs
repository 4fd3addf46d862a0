// SPDX-License-Identifier: GPL-3.0-or-later
//! The rows of the list: each session with its rates, and the orders they can be in.

use std::cmp::Ordering;

use clap::ValueEnum;
use octally_core::rollup::{PACE_WINDOW_MS, minutes, per_hour};
use octally_core::wire::{Basis, CostRow, Pace, SessionLine, Snapshot, State, Usage, WaitingFor};

use super::answer::Answer;

/// What the sessions are sorted by; largest first, names upwards, unknown last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Sort {
    /// Waiting first, then the most recently active
    #[default]
    Recent,
    /// Fresh tokens per minute
    TokensPerMinute,
    /// US dollars per hour
    UsdPerHour,
    /// Fresh tokens of all its time
    Fresh,
    /// Cost of all its time
    Cost,
    /// Title
    Name,
}

impl Sort {
    /// As the header has it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Recent => "recent",
            Self::TokensPerMinute => "tok/min",
            Self::UsdPerHour => "$/hour",
            Self::Fresh => "fresh",
            Self::Cost => "cost",
            Self::Name => "name",
        }
    }

    /// The next one, and after the last the first.
    pub fn next(self) -> Self {
        let all = Self::value_variants();
        let place = all.iter().position(|sort| *sort == self).unwrap_or(0);
        all[(place + 1) % all.len()]
    }
}

/// One session, inclusive of its sub-agents.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// `ses_...`
    pub id: String,
    /// Its title, or its id.
    pub name: String,
    /// The project it belongs to.
    pub project: Option<String>,
    /// Busy, waiting, idle, gone or unknown.
    pub state: State,
    /// What it waits for.
    pub waiting_for: Option<WaitingFor>,
    /// Since when it has been in `state`, or its last activity where that is not known.
    pub since_ms: i64,
    /// `provider/model` of its newest step.
    pub model: Option<String>,
    /// `None` without a step in the window.
    pub tokens_per_minute: Option<f64>,
    /// The same in US dollars per hour.
    pub cost_per_hour: Option<CostRow>,
    /// All of its steps.
    pub usage: Usage,
}

impl Row {
    fn of_line(line: &SessionLine, pace: &Pace, now_ms: i64) -> Self {
        Self {
            id: line.id.clone(),
            name: line.title.clone().unwrap_or_else(|| line.id.clone()),
            project: line.project.clone(),
            state: line.state,
            waiting_for: line.waiting_for,
            since_ms: line.since_ms,
            usage: line.usage.clone(),
            ..Self::paced(pace, now_ms)
        }
    }

    /// What is known of a session whose name and state are not.
    fn paced(pace: &Pace, now_ms: i64) -> Self {
        let span_ms = pace
            .first_ms
            .map_or(PACE_WINDOW_MS, |first_ms| now_ms - first_ms);
        let minutes = minutes(span_ms);
        let is_known = pace.recent.steps > 0;
        let fresh = pace.recent.tokens.fresh() as f64;
        Self {
            id: String::new(),
            name: String::new(),
            project: None,
            state: State::Unknown,
            waiting_for: None,
            since_ms: now_ms,
            model: pace.model.clone(),
            tokens_per_minute: is_known.then(|| fresh / minutes),
            cost_per_hour: is_known.then(|| per_hour(&pace.recent, minutes)),
            usage: Usage::default(),
        }
    }
}

/// The ids whose pace an answer must have, in the order of [`rows`].
pub fn ids(snapshot: &Snapshot) -> Vec<String> {
    let listed = snapshot.sessions.iter().map(|line| line.id.clone());
    let alone = snapshot
        .session
        .iter()
        .filter(|run| run.basis == Basis::Session);
    let mut ids: Vec<String> = listed.collect();
    if ids.is_empty() {
        ids.extend(alone.map(|run| run.id.clone()));
    }
    ids
}

/// The running sessions; without a plugin that tells of any, the latest one.
pub fn rows(answer: &Answer) -> Vec<Row> {
    let snapshot = &answer.snapshot;
    let now_ms = snapshot.updated_ms;
    let lines = snapshot.sessions.iter().zip(&answer.paces);
    let rows: Vec<Row> = lines
        .map(|(line, pace)| Row::of_line(line, pace, now_ms))
        .collect();
    match (&snapshot.session, answer.paces.first()) {
        (Some(run), Some(pace)) if rows.is_empty() && run.basis == Basis::Session => vec![Row {
            id: run.id.clone(),
            name: run.id.clone(),
            state: run.state,
            since_ms: run.last_activity_ms,
            usage: run.usage.clone(),
            ..Row::paced(pace, now_ms)
        }],
        _ => rows,
    }
}

/// Which of two comes first.
pub fn compare(a: &Row, b: &Row, sort: Sort) -> Ordering {
    let usd = |cost: &CostRow| cost.billed_usd + cost.estimated_usd.unwrap_or(0.0);
    let total = |row: &Row| {
        row.usage
            .cost
            .billed
            .0
            .saturating_add(row.usage.cost.estimated.0)
    };
    let larger = |a: Option<f64>, b: Option<f64>| {
        let known = |value: Option<f64>| value.unwrap_or(f64::NEG_INFINITY);
        known(b).total_cmp(&known(a))
    };
    match sort {
        Sort::Recent => Ordering::Equal,
        Sort::TokensPerMinute => larger(a.tokens_per_minute, b.tokens_per_minute),
        Sort::UsdPerHour => larger(
            a.cost_per_hour.as_ref().map(usd),
            b.cost_per_hour.as_ref().map(usd),
        ),
        Sort::Fresh => b.usage.tokens.fresh().cmp(&a.usage.tokens.fresh()),
        Sort::Cost => total(b).cmp(&total(a)),
        Sort::Name => a.name.to_lowercase().cmp(&b.name.to_lowercase()),
    }
}
