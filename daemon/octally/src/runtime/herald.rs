// SPDX-License-Identifier: GPL-3.0-or-later
//! Finds out from two states in a row what the user is to be told.
//!
//! - *Finished*: a root session's turn ended. Told when its state becomes idle; also when it was busy
//!   so shortly that no read saw it, which shows in a later `since_ms` and new steps.
//! - *Threshold*: nothing happened in a root session and its sub-agents for the idle threshold, whatever
//!   it is doing, while its run lives. A session may finish and later be silent: both are told, once
//!   each.
//! - *Waiting*: a session asks for a permission or an answer. Where a sub-agent asks, its root session
//!   waits too, and only that is told.
//!
//! What is so already when the daemon starts is not news. Sessions without a plugin's word on them,
//! and those whose run has ended, are never told of.

use std::collections::{HashMap, HashSet};

use octally_core::meter::Live;
use octally_core::source::stats_file::{RunSession, RunState};
use octally_core::wire::{SessionLine, Snapshot, State, WaitingFor};

/// Sessions remembered beyond the live ones, so that a file that is unreadable for a moment does not
/// make everything new.
const REMEMBERED: usize = 1024;

/// Something to tell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum News<'a> {
    /// The turn of a session ended; it took so long, milliseconds. One that no read saw took no time worth
    /// telling: 0.
    Finished(&'a SessionLine, i64),
    /// Nothing happened in a session for the idle threshold.
    Silent(&'a SessionLine),
    /// A session waits for the user.
    Waiting(&'a SessionLine),
}

/// What was known of a session when it was last seen.
#[derive(Clone, Debug)]
struct Known {
    state: RunState,
    waiting_for: Option<WaitingFor>,
    since_ms: i64,
    /// When the turn that is under way was first seen, or began where that was told.
    turn_began_ms: Option<i64>,
    steps: u64,
    /// The last activity that its silence has been told for.
    silent_since_ms: Option<i64>,
}

/// Remembers what was told.
#[derive(Debug, Default)]
pub struct Herald {
    known: HashMap<String, Known>,
    /// The first state; what came to be before it is not news.
    began_ms: Option<i64>,
}

impl Herald {
    /// What is new in this state.
    pub fn compare<'a>(
        &mut self,
        live: &Live,
        snapshot: &'a Snapshot,
        idle_threshold_ms: i64,
    ) -> Vec<News<'a>> {
        let now_ms = snapshot.updated_ms;
        let is_first = self.began_ms.is_none();
        let began_ms = *self.began_ms.get_or_insert(now_ms);
        let activity = activity(snapshot);
        let mut news = Vec::new();
        for (line, session) in reported(live, snapshot) {
            let before = self.known.get(&line.id);
            if !is_first {
                news.extend(finished(line, session, before, began_ms));
                news.extend(asks(line, before, began_ms, snapshot));
            }
            let active_ms = activity
                .get(line.id.as_str())
                .copied()
                .unwrap_or(line.last_activity_ms);
            let is_silent = line.parent.is_none()
                && idle_threshold_ms > 0
                && now_ms.saturating_sub(active_ms) >= idle_threshold_ms;
            let told_ms = before.and_then(|known| known.silent_since_ms);
            if is_silent && told_ms != Some(active_ms) && !is_first {
                news.push(News::Silent(line));
            }
            let silent_since_ms = if is_silent { Some(active_ms) } else { told_ms };
            self.remember(line, session, silent_since_ms);
        }
        self.forget(snapshot);
        news
    }

    /// The next instant at which a session will have been silent for the threshold, by itself or with
    /// its sub-agents.
    pub fn next_deadline_ms(&self, snapshot: &Snapshot, idle_threshold_ms: i64) -> Option<i64> {
        if idle_threshold_ms <= 0 {
            return None;
        }
        let activity = activity(snapshot);
        let untold = |line: &SessionLine| {
            let active_ms = *activity.get(line.id.as_str())?;
            let told_ms = self
                .known
                .get(&line.id)
                .and_then(|known| known.silent_since_ms);
            (told_ms != Some(active_ms)).then_some(active_ms)
        };
        let unseen = |line: &SessionLine| (!line.is_silent).then_some(line.last_activity_ms);
        let lines = || snapshot.sessions.iter().filter(|line| is_open(line));
        let silent_from = lines()
            .filter_map(untold)
            .chain(lines().filter_map(unseen))
            .min()?;
        Some(silent_from.saturating_add(idle_threshold_ms))
    }

    fn remember(&mut self, line: &SessionLine, session: &RunSession, silent_since_ms: Option<i64>) {
        let began_ms = self
            .known
            .get(&line.id)
            .and_then(|known| known.turn_began_ms);
        let is_over = session.state == RunState::Idle && line.state == State::Idle;
        let known = Known {
            state: session.state,
            waiting_for: line.waiting_for,
            since_ms: line.since_ms,
            turn_began_ms: (!is_over).then(|| began_ms.unwrap_or(session.since_ms)),
            steps: line.usage.steps,
            silent_since_ms,
        };
        self.known.insert(line.id.clone(), known);
    }

    fn forget(&mut self, snapshot: &Snapshot) {
        if self.known.len() > REMEMBERED {
            let live: HashSet<&str> = snapshot
                .sessions
                .iter()
                .map(|line| line.id.as_str())
                .collect();
            self.known.retain(|id, _| live.contains(id.as_str()));
        }
    }
}

fn is_open(line: &SessionLine) -> bool {
    !matches!(line.state, State::Gone | State::Unknown)
}

/// The lines of runs that live, with what their run says of them.
fn reported<'a, 'b>(
    live: &'b Live,
    snapshot: &'a Snapshot,
) -> impl Iterator<Item = (&'a SessionLine, &'b RunSession)> {
    let mut sessions: HashMap<(&str, &str), &RunSession> = HashMap::new();
    for run in live.files.iter().flat_map(|file| &file.runs) {
        for session in &run.sessions {
            sessions.insert((&run.id, &session.id), session);
        }
    }
    snapshot.sessions.iter().filter_map(move |line| {
        let session = sessions.get(&(line.run.as_deref()?, line.id.as_str()))?;
        is_open(line).then_some((line, *session))
    })
}

fn finished<'a>(
    line: &'a SessionLine,
    session: &RunSession,
    before: Option<&Known>,
    began_ms: i64,
) -> Option<News<'a>> {
    // A sub-agent that still asks keeps its root session waiting.
    if line.parent.is_some() || session.state != RunState::Idle || line.state != State::Idle {
        return None;
    }
    let was_other = before.is_some_and(|known| known.state != RunState::Idle);
    let worked = line.usage.steps > before.map_or(0, |known| known.steps);
    let turn_began_ms = before.and_then(|known| known.turn_began_ms);
    let turn_ms = turn_began_ms.map_or(0, |began_ms| line.since_ms.saturating_sub(began_ms).max(0));
    (was_other || worked && is_later(line, before, began_ms))
        .then_some(News::Finished(line, turn_ms))
}

fn asks<'a>(
    line: &'a SessionLine,
    before: Option<&Known>,
    began_ms: i64,
    snapshot: &Snapshot,
) -> Option<News<'a>> {
    line.waiting_for?;
    let is_shown_above = snapshot
        .sessions
        .iter()
        .any(|other| line.parent.as_ref() == Some(&other.id) && other.waiting_for.is_some());
    let is_new = before.is_some_and(|known| known.waiting_for != line.waiting_for)
        || is_later(line, before, began_ms);
    (is_new && !is_shown_above).then_some(News::Waiting(line))
}

/// Whether the present state came after the one that is known; after the daemon's start for a
/// session that is not.
fn is_later(line: &SessionLine, before: Option<&Known>, began_ms: i64) -> bool {
    before.map_or(line.since_ms >= began_ms, |known| {
        line.since_ms > known.since_ms
    })
}

/// The last activity of each root session, its sub-agents' included.
fn activity(snapshot: &Snapshot) -> HashMap<&str, i64> {
    let parents: HashMap<&str, &str> = snapshot
        .sessions
        .iter()
        .filter_map(|line| Some((line.id.as_str(), line.parent.as_deref()?)))
        .collect();
    let mut activity = HashMap::new();
    for line in &snapshot.sessions {
        let mut root = line.id.as_str();
        // As many steps as there are sessions: a broken file may name itself as its parent.
        for _ in 0..parents.len() {
            root = parents.get(root).copied().unwrap_or(root);
        }
        let latest = activity.entry(root).or_insert(line.last_activity_ms);
        *latest = line.last_activity_ms.max(*latest);
    }
    activity
}

#[cfg(test)]
mod tests;
