// SPDX-License-Identifier: GPL-3.0-or-later
//! Trees of sessions, each as one: what it used, how many sub-agents it has, from when to when it was at work.
//!
//! Only what lies below another session is looked at one by one: most sessions are trees of their own.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension};

use super::family::{parents, root_of};
use super::request::Request;
use super::share::Sum;
use crate::ledger::{Measure, spans_are_kept};
use crate::model::NanoUsd;

/// A tree of sessions as one.
pub(super) struct Measured {
    /// That of its root.
    pub number: i64,
    pub length_ms: u64,
    pub sub_agents: u64,
    pub used: Sum,
}

impl Measured {
    pub fn figure(&self, measure: Measure) -> u64 {
        let cost = &self.used.cost;
        let nano = |amount: NanoUsd| u64::try_from(amount.0).unwrap_or(0);
        match measure {
            Measure::LengthMs => self.length_ms,
            Measure::Steps => self.used.steps,
            Measure::Fresh => self.used.tokens.fresh(),
            Measure::BilledNanoUsd => nano(cost.billed),
            Measure::EstimatedNanoUsd => nano(cost.estimated),
        }
    }
}

/// The instants of the first and last thing that was done, Unix milliseconds.
type Ends = (i64, i64);

/// The trees that used something, in the order of their roots, from what each session used.
pub(super) fn measured(
    connection: &Connection,
    sessions: HashMap<i64, Sum>,
    request: &Request,
) -> rusqlite::Result<Vec<Measured>> {
    let parents = parents(connection)?;
    let mut trees: HashMap<i64, (Measured, Option<Ends>)> = HashMap::with_capacity(sessions.len());
    for (session, sum) in sessions {
        let number = root_of(session, &parents);
        let (tree, _) = trees.entry(number).or_insert_with(|| (begun(number), None));
        tree.used.merge(&sum);
    }
    trees.retain(|_, (tree, _)| tree.used.steps > 0);
    for child in parents.keys() {
        if let Some((tree, _)) = trees.get_mut(&root_of(*child, &parents)) {
            tree.sub_agents += u64::from(tree.number != *child);
        }
    }
    each_end(connection, request, &parents, &mut trees)?;
    let mut measured: Vec<Measured> = trees.into_values().map(finished).collect();
    measured.sort_unstable_by_key(|tree| tree.number);
    Ok(measured)
}

fn begun(number: i64) -> Measured {
    Measured {
        number,
        length_ms: 0,
        sub_agents: 0,
        used: Sum::default(),
    }
}

fn finished((tree, ends): (Measured, Option<Ends>)) -> Measured {
    let (first_ms, last_ms) = ends.unwrap_or_default();
    Measured {
        length_ms: u64::try_from(last_ms.saturating_sub(first_ms)).unwrap_or(0),
        ..tree
    }
}

/// Widens the ends of each tree by those of its sessions.
fn each_end(
    connection: &Connection,
    request: &Request,
    parents: &HashMap<i64, i64>,
    trees: &mut HashMap<i64, (Measured, Option<Ends>)>,
) -> rusqlite::Result<()> {
    let has_spans = request.is_of_all_time() && spans_are_kept(connection)?;
    let members = match has_spans {
        true => Vec::new(),
        false => members(parents, trees),
    };
    let mut widen = |session: i64, (first_ms, last_ms): Ends| {
        if let Some((_, ends)) = trees.get_mut(&root_of(session, parents)) {
            let (first, last) = ends.unwrap_or((first_ms, last_ms));
            *ends = Some((first.min(first_ms), last.max(last_ms)));
        }
    };
    if has_spans {
        return each_span(connection, widen);
    }
    for session in members {
        if let Some(ends) = ends(connection, session, request)? {
            widen(session, ends);
        }
    }
    Ok(())
}

/// All sessions of the trees, those included that used nothing.
fn members<T>(parents: &HashMap<i64, i64>, trees: &HashMap<i64, T>) -> Vec<i64> {
    let below = parents.keys().copied().filter(|child| {
        let root = root_of(*child, parents);
        root != *child && trees.contains_key(&root)
    });
    trees.keys().copied().chain(below).collect()
}

/// When the first step of each session began and its last one ended, but for what forks inherited.
fn each_span(connection: &Connection, mut take: impl FnMut(i64, Ends)) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "SELECT session_id, first_ms, ended_ms FROM session_span WHERE first_ms IS NOT NULL",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        take(row.get(0)?, (row.get(1)?, row.get(2)?));
    }
    Ok(())
}

/// The same of one session's steps in the request's period. Most sessions lie in it with all that they did.
fn ends(
    connection: &Connection,
    session: i64,
    request: &Request,
) -> rusqlite::Result<Option<Ends>> {
    let from_ms = request.since_ms.unwrap_or(i64::MIN);
    let until_ms = request.until_ms.unwrap_or(i64::MAX);
    if spans_are_kept(connection)? {
        const WHOLE: &str = "SELECT first_ms, ended_ms FROM session_span
            WHERE session_id = ? AND first_ms >= ? AND newest_ms < ?";
        let whole = connection
            .prepare_cached(WHOLE)?
            .query_row((session, from_ms, until_ms), |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?;
        if whole.is_some() {
            return Ok(whole);
        }
    }
    let one = |sql: &str| {
        connection
            .prepare_cached(sql)?
            .query_row((session, from_ms, until_ms), |row| row.get(0))
            .optional()
    };
    let first: Option<i64> = one("SELECT created_ms FROM step
         WHERE session_id = ? AND created_ms >= ? AND created_ms < ? AND NOT is_inherited
         ORDER BY created_ms LIMIT 1")?;
    let last: Option<i64> = one(
        "SELECT max(created_ms, coalesce(completed_ms, created_ms)) FROM step
         WHERE session_id = ? AND created_ms >= ? AND created_ms < ? AND NOT is_inherited
         ORDER BY created_ms DESC LIMIT 1",
    )?;
    Ok(first.zip(last))
}
