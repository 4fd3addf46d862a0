// SPDX-License-Identifier: GPL-3.0-or-later
//! What is true, and what of it the user wants to hear.

use octally_bus::{AlertSettings, Matter, Notice, Speaker};
use octally_core::model::NanoUsd;
use octally_core::wire::{
    BudgetUsage, CompactionLoop, Lately, SessionLine, SessionRef, Snapshot, State, WaitingFor,
};

use super::super::herald::News;
use super::Observation;

/// The tripwire looks at so many of the last milliseconds.
pub const LATELY_MS: i64 = 5 * MINUTE_MS;
const MINUTE_MS: i64 = 60_000;
/// It goes off above the limit, and is set again below this part of it, so that it does not flap.
const CALM: f64 = 0.5;
const TRIPWIRE: &str = "tripwire";

/// What is new and wanted. What goes on is among them again, as long as it does.
pub fn new_ones(seen: &Observation<'_>) -> Vec<Notice> {
    let settings = seen.moment.settings;
    let news = seen.news.iter().filter_map(|news| of_news(news, settings));
    let trip = seen.lately.and_then(|lately| trip(lately, seen));
    let loops = seen.lately.iter().flat_map(|lately| &lately.loops);
    let loops = loops.map(|found| compaction_loop(found, seen.moment.now_ms));
    news.chain(trip)
        .chain(loops)
        .filter(|notice| is_wanted(&notice.matter, settings))
        .collect()
}

/// Whether a notice still holds and is wanted.
pub fn holds(matter: &Matter, seen: &Observation<'_>) -> bool {
    is_wanted(matter, seen.moment.settings)
        && match matter {
            Matter::Finished { session, .. } => {
                of_line(session, seen, |line| line.state == State::Idle)
            }
            Matter::Idle { session } => {
                of_line(session, seen, |line| is_at_rest(line, seen.snapshot))
            }
            Matter::Waiting { session, asks } => of_line(session, seen, |line| {
                line.state == State::Waiting && line.waiting_for == Some(*asks)
            }),
            Matter::Budget { budget, threshold } => still_crossed(budget, *threshold, seen),
            Matter::Tripwire {
                limit_usd_per_minute,
                ..
            } => still_tripped(*limit_usd_per_minute, seen),
            Matter::CompactionLoop { session, .. } => seen.lately.is_none_or(|lately| {
                lately
                    .loops
                    .iter()
                    .any(|found| found.session.id == session.id)
            }),
        }
}

/// Whether a later notice of the same id says more than the earlier one, which still holds.
pub fn replaces(later: &Matter, earlier: &Matter) -> bool {
    match (later, earlier) {
        // It waits for an answer; that nothing happens meanwhile is clear.
        (Matter::Idle { .. }, Matter::Waiting { .. }) => false,
        (Matter::Tripwire { .. }, Matter::Tripwire { .. })
        | (Matter::CompactionLoop { .. }, Matter::CompactionLoop { .. }) => false,
        _ => true,
    }
}

/// The notice that a former daemon has left on the desktop, if it holds by now.
pub fn revive(id: &str, kind: &str, seen: &Observation<'_>) -> Option<Notice> {
    let notice = match id.split_once(':') {
        Some(("session", session_id)) => {
            let line = seen
                .snapshot
                .sessions
                .iter()
                .find(|line| line.id == session_id)?;
            of_session(line, of_kind(line, kind)?)
        }
        Some(("budget", name)) => {
            let budget = seen
                .snapshot
                .budgets
                .iter()
                .find(|budget| budget.id == name)?;
            let threshold = budget.crossed?;
            let matter = Matter::Budget {
                budget: Box::new(budget.clone()),
                threshold,
            };
            Notice {
                id: id.into(),
                since_ms: seen.moment.now_ms,
                matter,
            }
        }
        _ => new_ones(seen).into_iter().find(|notice| notice.id == id)?,
    };
    holds(&notice.matter, seen).then_some(notice)
}

fn is_wanted(matter: &Matter, settings: &AlertSettings) -> bool {
    let by_us = settings.speaker != Speaker::OpenCode;
    match matter {
        Matter::Finished { .. } => settings.finished && by_us,
        Matter::Idle { .. } => settings.idle && settings.idle_threshold_minutes > 0,
        Matter::Waiting { .. } => settings.waiting && by_us,
        Matter::Budget { .. } => settings.budgets,
        Matter::Tripwire { .. } => settings.tripwire_usd_per_minute > 0.0,
        Matter::CompactionLoop { .. } => settings.compaction_loop,
    }
}

fn of_news(news: &News<'_>, settings: &AlertSettings) -> Option<Notice> {
    match news {
        News::Finished(line, turn_ms) => {
            let is_long = *turn_ms >= i64::from(settings.min_turn_seconds) * 1000;
            is_long.then(|| of_session(line, finished(line)))
        }
        News::Silent(line) => Some(of_session(
            line,
            Matter::Idle {
                session: session(line),
            },
        )),
        News::Waiting(line) => {
            let asks = line.waiting_for?;
            Some(of_session(
                line,
                Matter::Waiting {
                    session: session(line),
                    asks,
                },
            ))
        }
    }
}

fn of_session(line: &SessionLine, matter: Matter) -> Notice {
    let since_ms = match matter {
        Matter::Idle { .. } => line.last_activity_ms,
        _ => line.since_ms,
    };
    Notice {
        id: format!("session:{}", line.id),
        since_ms,
        matter,
    }
}

fn of_kind(line: &SessionLine, kind: &str) -> Option<Matter> {
    match kind {
        "finished" => Some(finished(line)),
        "idle" => Some(Matter::Idle {
            session: session(line),
        }),
        "waiting" => {
            let asks: WaitingFor = line.waiting_for?;
            Some(Matter::Waiting {
                session: session(line),
                asks,
            })
        }
        _ => None,
    }
}

fn finished(line: &SessionLine) -> Matter {
    Matter::Finished {
        session: session(line),
        turn: line.turn.clone(),
    }
}

fn session(line: &SessionLine) -> SessionRef {
    SessionRef {
        id: line.id.clone(),
        title: line.title.clone(),
        project: line.project.clone(),
    }
}

/// Where not everything could be read, a session that is missing may still be there.
fn of_line(
    session: &SessionRef,
    seen: &Observation<'_>,
    is_so: impl Fn(&SessionLine) -> bool,
) -> bool {
    match seen
        .snapshot
        .sessions
        .iter()
        .find(|line| line.id == session.id)
    {
        Some(line) => is_so(line),
        None => !seen.is_complete,
    }
}

/// Nothing happens in it nor in a sub-agent of it.
fn is_at_rest(line: &SessionLine, snapshot: &Snapshot) -> bool {
    let works = |other: &&SessionLine| {
        other.parent.as_ref() == Some(&line.id) && other.state == State::Busy
    };
    line.is_silent && line.state != State::Gone && snapshot.sessions.iter().find(works).is_none()
}

fn still_crossed(told: &BudgetUsage, threshold: u32, seen: &Observation<'_>) -> bool {
    match seen
        .snapshot
        .budgets
        .iter()
        .find(|budget| budget.id == told.id)
    {
        Some(budget) => {
            let is_over = seen.moment.now_ms >= told.ends_ms || budget.starts_ms >= told.ends_ms;
            budget.crossed.is_some_and(|crossed| crossed >= threshold) && !is_over
        }
        None => !seen.is_complete,
    }
}

/// Against the limit that it was told with it goes on until it is calm. A limit that was raised since counts at
/// once: the user has said that so much is all right.
fn still_tripped(told_limit: f64, seen: &Observation<'_>) -> bool {
    let limit = seen.moment.settings.tripwire_usd_per_minute;
    seen.lately.is_none_or(|lately| {
        let amount = per_minute(lately.billed).max(per_minute(lately.estimated));
        match limit > told_limit {
            true => amount > limit,
            false => amount >= limit * CALM,
        }
    })
}

fn trip(lately: &Lately, seen: &Observation<'_>) -> Option<Notice> {
    let limit_usd_per_minute = seen.moment.settings.tripwire_usd_per_minute;
    let amounts = [(lately.billed, true), (lately.estimated, false)];
    // Billed and estimated are never mixed: each is held against the limit by itself.
    let (amount, is_billed) = amounts
        .into_iter()
        .find(|(amount, _)| per_minute(*amount) > limit_usd_per_minute)?;
    let matter = Matter::Tripwire {
        usd_per_minute: per_minute(amount),
        limit_usd_per_minute,
        is_billed,
        dearest: lately.dearest.clone(),
    };
    Some(Notice {
        id: TRIPWIRE.into(),
        since_ms: seen.moment.now_ms,
        matter,
    })
}

fn per_minute(amount: NanoUsd) -> f64 {
    amount.usd() * MINUTE_MS as f64 / LATELY_MS as f64
}

fn compaction_loop(found: &CompactionLoop, now_ms: i64) -> Notice {
    let matter = Matter::CompactionLoop {
        session: found.session.clone(),
        compactions: found.compactions,
        within_ms: found.within_ms,
    };
    Notice {
        id: format!("compaction:{}", found.session.id),
        since_ms: now_ms,
        matter,
    }
}

/// Whether it is about this threshold of a budget.
pub fn is_of(matter: &Matter, percent: u32) -> bool {
    matches!(matter, Matter::Budget { threshold, .. } if *threshold == percent)
}
