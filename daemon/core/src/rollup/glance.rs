// SPDX-License-Identifier: GPL-3.0-or-later
//! The snapshot: everything the glance shows.

use chrono::Datelike;
use rusqlite::Connection;

use super::{live, pace, usage};
use crate::ledger::{Ledger, LedgerError, days_are_of};
use crate::model::{Day, Problem, Severity, Zone};
use crate::source::stats_file::{Process, StatsFile};
use crate::sync::SyncReport;
use crate::wire::{Freshness, FreshnessState, Snapshot};

/// What is known of the runs at one instant.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Live {
    /// Every stats.json that could be read.
    pub files: Vec<StatsFile>,
    /// Those that could not.
    pub problems: Vec<Problem>,
}

/// What a snapshot is made from besides the ledger.
pub struct Glance<'a> {
    /// The runs.
    pub live: &'a Live,
    /// The latest sync: for freshness and problems.
    pub last: &'a SyncReport,
    /// Whether a run's process still exists.
    pub is_alive: &'a dyn Fn(&Process) -> bool,
    /// The title of a session.
    pub title: &'a dyn Fn(&str) -> Option<String>,
    /// Silent for so long is idle, milliseconds; 0: never.
    pub idle_threshold_ms: i64,
    /// The zone of the days.
    pub zone: &'a Zone,
    /// Now, Unix milliseconds.
    pub now_ms: i64,
}

/// The glance.
///
/// # Errors
/// [`LedgerError::Sqlite`].
pub fn snapshot(ledger: &Ledger, glance: &Glance) -> Result<Snapshot, LedgerError> {
    ledger.read_at_once(|connection| take(connection, glance))
}

fn take(connection: &Connection, glance: &Glance) -> rusqlite::Result<Snapshot> {
    let zone = glance.zone;
    let has_days = days_are_of(connection, zone)?;
    let today = zone.day(glance.now_ms);
    let first = Day::from_date(today.date().with_day(1).unwrap_or(today.date()));
    let of_days = |from, to| usage::of_days(connection, from, to, zone, has_days);
    let runs = live::runs(glance);
    let session = live::session_figure(connection, glance, &runs)?;
    let newest_ms = glance
        .last
        .sources
        .iter()
        .filter_map(|source| source.newest_ms)
        .max();
    let activity_ms = runs.iter().map(|live| live.run.last_activity_ms).max();
    Ok(Snapshot {
        session,
        today: of_days(today, today)?,
        month: of_days(first, today)?,
        total: usage::of_all(connection)?,
        week: usage::of_week(connection, today, zone, has_days)?,
        pace: pace::overall(connection, glance.now_ms)?,
        state: live::overall(glance, &runs),
        last_activity_ms: newest_ms.max(activity_ms),
        updated_ms: glance.now_ms,
        time_zone: zone.name().into(),
        freshness: freshness(glance.last, glance.now_ms),
        sessions: live::lines(connection, glance, &runs)?,
        budgets: Vec::new(),
        problems: glance
            .last
            .problems
            .iter()
            .chain(&glance.live.problems)
            .cloned()
            .collect(),
    })
}

/// How fresh the figures are after the sync that `last` reports, done at `now_ms`.
pub fn freshness(last: &SyncReport, now_ms: i64) -> Freshness {
    let worst = last
        .problems
        .iter()
        .find(|problem| problem.severity == Severity::Error);
    let reason = worst.map(|problem| format!("{problem}; {}", problem.remedy));
    let behind = last.sources.iter().filter(|source| !source.is_current);
    let (state, since_ms) = match behind.map(|source| source.read_ms).min() {
        Some(Some(read_ms)) => (FreshnessState::Stale, read_ms),
        // A first reading that is not done, and nothing wrong: what is there is right as far as it goes.
        Some(None)
            if worst.is_none() || last.sources.iter().any(|source| source.read_ms.is_some()) =>
        {
            (FreshnessState::Stale, now_ms)
        }
        Some(None) => (FreshnessState::Error, now_ms),
        None if worst.is_some() => (FreshnessState::Stale, now_ms),
        None if last.sources.is_empty() => (FreshnessState::Empty, now_ms),
        None => {
            return Freshness {
                state: FreshnessState::Fresh,
                since_ms: now_ms,
                reason: None,
            };
        }
    };
    let otherwise = match state {
        FreshnessState::Empty => {
            "no OpenCode data found; figures appear after the first answer of a model"
        }
        _ => "OpenCode's messages have not all been read yet; the next reading goes on from there",
    };
    Freshness {
        state,
        since_ms,
        reason: reason.or_else(|| Some(otherwise.into())),
    }
}
