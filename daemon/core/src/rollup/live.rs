// SPDX-License-Identifier: GPL-3.0-or-later
//! What the running sessions do: the plugin's states joined with the ledger's figures.

use rusqlite::{Connection, OptionalExtension};

use super::catalog::last_part;
use super::glance::Glance;
use super::{family, pace, usage};
use crate::ledger::{FORGOTTEN, IS_CALL};
use crate::source::stats_file::{Run, RunSession, RunState};
use crate::wire::{Basis, RunUsage, SessionLine, State, Usage, WaitingFor};

/// At most so many sessions are listed.
const MAX_LINES: usize = 20;
/// An idle session is listed for so long after its last activity, milliseconds.
const LISTED_IDLE_MS: i64 = 24 * 3_600_000;
/// So much newer must a session be than the last run to be the work of an OpenCode without plugin,
/// milliseconds.
const WITHOUT_PLUGIN_MS: i64 = 60_000;

/// A run with what became of its process.
pub(super) struct LiveRun<'a> {
    pub run: &'a Run,
    pub is_alive: bool,
}

pub(super) fn runs<'a>(glance: &'a Glance) -> Vec<LiveRun<'a>> {
    let all = glance.live.files.iter().flat_map(|file| &file.runs);
    let mut runs: Vec<LiveRun> = all
        .map(|run| {
            let is_alive = run.ended_ms.is_none() && (glance.is_alive)(&run.process);
            LiveRun { run, is_alive }
        })
        .collect();
    runs.sort_by_key(|live| std::cmp::Reverse(live.run.last_activity_ms));
    runs
}

/// The state of everything that lives.
pub(super) fn overall(glance: &Glance, runs: &[LiveRun]) -> State {
    let states = runs.iter().map(|live| state_of_run(glance, live));
    let plain = glance
        .live
        .files
        .iter()
        .filter_map(|file| file.plain.as_ref());
    let plain = plain.map(|session| {
        if session.is_idle {
            State::Idle
        } else {
            State::Busy
        }
    });
    states
        .chain(plain)
        .max_by_key(|state| urgency(*state))
        .unwrap_or_default()
}

fn urgency(state: State) -> u8 {
    match state {
        State::Unknown => 0,
        State::Gone => 1,
        State::Idle => 2,
        State::Busy => 3,
        State::Waiting => 4,
    }
}

fn state_of_run(glance: &Glance, live: &LiveRun) -> State {
    if !live.is_alive {
        return State::Gone;
    }
    let states = live
        .run
        .sessions
        .iter()
        .map(|session| state_of(glance, session));
    states
        .max_by_key(|state| urgency(*state))
        .unwrap_or(State::Idle)
}

fn state_of(glance: &Glance, session: &RunSession) -> State {
    match session.state {
        RunState::WaitingPermission | RunState::WaitingQuestion => State::Waiting,
        RunState::Busy if is_silent(glance, session.last_activity_ms) => State::Idle,
        RunState::Busy => State::Busy,
        RunState::Idle => State::Idle,
    }
}

fn is_silent(glance: &Glance, last_activity_ms: i64) -> bool {
    glance.idle_threshold_ms > 0 && glance.now_ms - last_activity_ms >= glance.idle_threshold_ms
}

/// The figure of the latest run; of the latest root session where no plugin reports it.
pub(super) fn session_figure(
    connection: &Connection,
    glance: &Glance,
    runs: &[LiveRun],
) -> rusqlite::Result<Option<RunUsage>> {
    let newest = newest_root(connection)?;
    let run = runs.first().filter(|live| {
        newest.as_ref().is_none_or(|(_, _, newest_ms)| {
            *newest_ms <= live.run.last_activity_ms + WITHOUT_PLUGIN_MS
        })
    });
    match (run, newest) {
        (Some(live), _) => of_run(connection, glance, live).map(Some),
        (None, Some((id, started_ms, last_activity_ms))) => {
            let usage =
                usage::of_sessions(connection, &family::members(connection, &id)?, 0, i64::MAX)?;
            let is_silent = is_silent(glance, last_activity_ms);
            let state = if is_silent {
                State::Idle
            } else {
                plain_state(glance)
            };
            let basis = Basis::Session;
            Ok(Some(RunUsage {
                basis,
                id,
                state,
                started_ms,
                last_activity_ms,
                usage,
            }))
        }
        (None, None) => Ok(None),
    }
}

fn plain_state(glance: &Glance) -> State {
    match glance
        .live
        .files
        .iter()
        .find_map(|file| file.plain.as_ref())
    {
        Some(session) if session.is_idle => State::Idle,
        Some(_) => State::Busy,
        None => State::Unknown,
    }
}

fn of_run(connection: &Connection, glance: &Glance, live: &LiveRun) -> rusqlite::Result<RunUsage> {
    let run = live.run;
    let mut sessions: Vec<String> = Vec::new();
    for session in &run.sessions {
        sessions.extend(family::members(connection, &session.id)?);
    }
    let until_ms = run.ended_ms.map_or(i64::MAX, |ended_ms| ended_ms + 1);
    Ok(RunUsage {
        basis: Basis::Run,
        id: run.id.clone(),
        state: state_of_run(glance, live),
        started_ms: run.started_ms,
        last_activity_ms: run.last_activity_ms,
        usage: usage::of_sessions(connection, &sessions, run.started_ms, until_ms)?,
    })
}

/// The root session with the newest step of its own: id, creation, newest step.
pub(super) fn newest_root(connection: &Connection) -> rusqlite::Result<Option<(String, i64, i64)>> {
    connection
        .prepare_cached(&format!(
            "WITH RECURSIVE newest(id, uid, parent_uid, created_ms, newest_ms) AS (
                 SELECT session.id, session.uid, parent_uid,
                        coalesce(session.created_ms, step.created_ms), step.created_ms
                 FROM (SELECT session_id, created_ms FROM step
                       WHERE NOT is_inherited AND authority <> {FORGOTTEN}
                       ORDER BY created_ms DESC LIMIT 1) AS step JOIN session ON session.id = step.session_id
                 UNION
                 SELECT parent.id, parent.uid, parent.parent_uid,
                        coalesce(parent.created_ms, newest.newest_ms), newest.newest_ms
                 FROM newest JOIN session AS parent ON parent.uid = newest.parent_uid)
             SELECT uid, created_ms, newest_ms FROM newest
             WHERE parent_uid IS NULL
                 OR NOT EXISTS (SELECT 1 FROM session WHERE session.uid = newest.parent_uid) LIMIT 1"
        ))?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()
}

/// The sessions of all living runs, waiting first, then the most recently active.
pub(super) fn lines(
    connection: &Connection,
    glance: &Glance,
    runs: &[LiveRun],
) -> rusqlite::Result<Vec<SessionLine>> {
    let mut lines: Vec<SessionLine> = Vec::new();
    for live in runs.iter().filter(|live| live.is_alive) {
        for session in &live.run.sessions {
            let is_known = lines.iter().any(|line| line.id == session.id);
            if !is_known && is_listed(glance, session) {
                lines.push(line(connection, glance, live.run, session)?);
            }
        }
    }
    lines.sort_by_key(|line| {
        (
            line.state != State::Waiting,
            std::cmp::Reverse(line.last_activity_ms),
        )
    });
    lines.truncate(MAX_LINES);
    Ok(lines)
}

/// Sub-agents are listed while they work, root sessions also when they are idle.
fn is_listed(glance: &Glance, session: &RunSession) -> bool {
    let is_recent = glance.now_ms - session.last_activity_ms < LISTED_IDLE_MS;
    is_recent && (session.parent_id.is_none() || session.state != RunState::Idle)
}

fn line(
    connection: &Connection,
    glance: &Glance,
    run: &Run,
    session: &RunSession,
) -> rusqlite::Result<SessionLine> {
    let family = family::members(connection, &session.id)?;
    let session = &with_family(session, run, &family);
    let mut members = members(run, &family);
    let waiting = members.find(|member| state_of(glance, member) == State::Waiting);
    let shown = waiting.unwrap_or(session);
    let state = state_of(glance, shown);
    let is_silent = is_silent(glance, session.last_activity_ms);
    let is_given_up = state == State::Idle && shown.state == RunState::Busy;
    Ok(SessionLine {
        title: (glance.title)(&session.id),
        project: project(connection, &session.id)?,
        model: pace::model(connection, &session.id)?,
        agent: agent(connection, &session.id)?,
        parent: session.parent_id.clone(),
        run: Some(run.id.clone()),
        state,
        waiting_for: match shown.state {
            RunState::WaitingPermission => Some(WaitingFor::Permission),
            RunState::WaitingQuestion => Some(WaitingFor::Question),
            RunState::Busy | RunState::Idle => None,
        },
        since_ms: if is_given_up {
            session.last_activity_ms
        } else {
            shown.since_ms
        },
        last_activity_ms: session.last_activity_ms,
        is_silent,
        usage: usage::of_sessions(connection, &family, 0, i64::MAX)?,
        turn: turn(connection, &session.id, &family)?,
        id: session.id.clone(),
    })
}

/// A session that waits for its sub-agents is as active as they are.
fn with_family(session: &RunSession, run: &Run, family: &[String]) -> RunSession {
    let latest_ms = members(run, family).map(|member| member.last_activity_ms);
    RunSession {
        last_activity_ms: latest_ms.fold(session.last_activity_ms, i64::max),
        ..session.clone()
    }
}

/// The sessions of a family that a run worked on.
fn members<'r>(run: &'r Run, family: &[String]) -> impl Iterator<Item = &'r RunSession> {
    let sessions = run.sessions.iter();
    sessions.filter(|member| family.contains(&member.id))
}

/// The usage of a session's latest turn, its sub-agents' included, and what only the totals show since it began.
fn turn(connection: &Connection, id: &str, family: &[String]) -> rusqlite::Result<Usage> {
    let began_ms: Option<i64> = connection
        .prepare_cached(&format!(
            "SELECT min(created_ms) FROM step
             WHERE session_id = (SELECT id FROM session WHERE uid = ?1) AND {IS_CALL}
                 AND turn_uid IS (SELECT turn_uid FROM step
                     WHERE session_id = (SELECT id FROM session WHERE uid = ?1) AND {IS_CALL}
                     ORDER BY created_ms DESC LIMIT 1)"
        ))?
        .query_row([id], |row| row.get(0))?;
    match began_ms {
        Some(began_ms) => usage::of_sessions(connection, family, began_ms, i64::MAX),
        None => Ok(Usage::default()),
    }
}

fn agent(connection: &Connection, id: &str) -> rusqlite::Result<Option<String>> {
    let found = connection
        .prepare_cached("SELECT agent FROM session WHERE uid = ?")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    Ok(found.flatten())
}

/// The project's name, or the last part of its path; of the working directory outside of any project.
pub(super) fn project(connection: &Connection, id: &str) -> rusqlite::Result<Option<String>> {
    let found: Option<(Option<String>, Option<String>, Option<String>)> = connection
        .prepare_cached(
            "SELECT project.name, project.worktree, session.directory
             FROM session LEFT JOIN project ON project.id = session.project_id WHERE session.uid = ?",
        )?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    Ok(found.and_then(|(name, worktree, directory)| {
        let named = name.filter(|name| !name.is_empty());
        let last = |path: String| last_part(&path);
        named
            .or_else(|| worktree.and_then(last))
            .or_else(|| directory.and_then(last))
    }))
}
