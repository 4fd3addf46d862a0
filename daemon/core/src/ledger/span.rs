// SPDX-License-Identifier: GPL-3.0-or-later
//! How long each session was at work, and its turns: what cannot be kept by adding and taking away.
//!
//! Made again from the steps of the sessions that a batch has touched. While an empty ledger is filled, a
//! session whose steps come in one transaction gets its span with them, and all others get theirs in the end.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, OptionalExtension, params};

use super::entry::Entry;
use super::{bulk, parts};

/// Asks, behind `$before`, for the spans of the steps that match `$condition`.
macro_rules! spans {
    ($before:literal, $condition:literal $(, $after:literal)?) => {
        concat!(
            $before,
            " SELECT session_id, sum(is_counted), count(DISTINCT iif(is_counted, turn_uid, NULL)), max(created_ms),
                     min(iif(is_inherited, NULL, created_ms)),
                     (SELECT max(created_ms, coalesce(completed_ms, created_ms)) FROM step AS own
                      WHERE own.session_id = step.session_id AND NOT own.is_inherited
                      ORDER BY own.created_ms DESC LIMIT 1)
              FROM step ",
            $condition,
            " GROUP BY session_id"
            $(, $after)?
        )
    };
}

/// Of sessions whose steps have changed. One that lost its last step has none any more.
pub(super) fn remake(tx: &Connection, sessions: &HashSet<i64>) -> rusqlite::Result<()> {
    let mut more_turns = 0;
    for session in sessions {
        let turns = |sql: &str| {
            let mut statement = tx.prepare_cached(sql)?;
            let turns = statement.query_row([session], |row| row.get::<_, i64>(0));
            turns.optional().map(Option::unwrap_or_default)
        };
        more_turns -= turns("DELETE FROM session_span WHERE session_id = ? RETURNING turns")?;
        more_turns += turns(spans!(
            "INSERT INTO session_span",
            "WHERE session_id = ?",
            " RETURNING turns"
        ))?;
    }
    parts::count_turns(tx, more_turns)
}

/// Of all sessions.
pub(super) fn remake_all(tx: &Connection) -> rusqlite::Result<()> {
    tx.execute("DELETE FROM session_span", [])?;
    tx.execute(spans!("INSERT INTO session_span", ""), [])?;
    parts::remake_turns(tx)
}

/// Of the sessions that [`doubt`] was raised about.
pub(super) fn remake_doubtful(tx: &Connection) -> rusqlite::Result<()> {
    let sessions = tx
        .prepare("SELECT session_id FROM session_span WHERE steps = -1")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    remake(tx, &sessions)?;
    parts::remake_turns(tx)
}

/// While the ledger is filled: the span of a session, if it has one, is not that of all its steps. It says so
/// by -1 steps.
pub(super) fn doubt(tx: &Connection, session: i64) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "INSERT INTO session_span VALUES (?, -1, 0, 0, NULL, NULL)
         ON CONFLICT DO UPDATE SET steps = -1",
    )?
    .execute([session])?;
    Ok(())
}

/// The spans of the steps that one transaction adds while the ledger is filled.
#[derive(Debug, Default)]
pub(super) struct Spans {
    sessions: HashMap<i64, Span>,
}

#[derive(Debug, Default)]
struct Span {
    steps: i64,
    turns: HashSet<Box<str>>,
    newest_ms: Option<i64>,
    first_ms: Option<i64>,
    /// Of the step that began last: when that was, and when it ended.
    latest: Option<(i64, i64)>,
}

impl Spans {
    pub fn add(&mut self, step: &Entry) {
        let span = self.sessions.entry(step.key.session_id).or_default();
        let created_ms = step.key.created_ms;
        span.newest_ms = span.newest_ms.max(Some(created_ms));
        if step.is_counted {
            span.steps += 1;
            span.add_turn(step.turn_uid.as_deref());
        }
        if step.is_inherited {
            return;
        }
        let first_ms = span.first_ms.unwrap_or(created_ms);
        span.first_ms = Some(first_ms.min(created_ms));
        if span.latest.is_none_or(|(latest, _)| latest <= created_ms) {
            let ended_ms = step.completed_ms.unwrap_or(created_ms).max(created_ms);
            span.latest = Some((created_ms, ended_ms));
        }
    }

    pub fn write(self, tx: &Connection) -> rusqlite::Result<()> {
        // One that has a span already has steps of an earlier transaction, too.
        let mut add = tx.prepare_cached(
            "INSERT INTO session_span VALUES (?, ?, ?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET steps = -1",
        )?;
        for (session, span) in self.sessions {
            add.execute(params![
                session,
                span.steps,
                span.turns.len() as i64,
                span.newest_ms,
                span.first_ms,
                span.latest.map(|(_, ended_ms)| ended_ms),
            ])?;
        }
        Ok(())
    }
}

impl Span {
    fn add_turn(&mut self, turn: Option<&str>) {
        if let Some(turn) = turn
            && !self.turns.contains(turn)
        {
            self.turns.insert(turn.into());
        }
    }
}

/// Whether they say what the steps do: not while the ledger is filled.
pub(crate) fn spans_are_kept(connection: &Connection) -> rusqlite::Result<bool> {
    Ok(!bulk::is_filling(connection)?)
}

/// Whether they are kept and say something else.
pub(super) fn differ(connection: &Connection) -> rusqlite::Result<bool> {
    if !spans_are_kept(connection)? {
        return Ok(false);
    }
    let is_other = connection
        .prepare(concat!(
            spans!("", ""),
            " EXCEPT SELECT * FROM session_span"
        ))?
        .exists([])?;
    let is_left = connection
        .prepare(
            "SELECT 1 FROM session_span WHERE session_id NOT IN (SELECT session_id FROM step)",
        )?
        .exists([])?;
    Ok(is_other || is_left)
}
