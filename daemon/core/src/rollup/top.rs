// SPDX-License-Identifier: GPL-3.0-or-later
//! The first sessions of all in some order, without adding up what any other has used.

use std::collections::HashMap;

use rusqlite::Connection;

use super::family::Figures;
use super::fold::{Folded, SUMS, wrong_cost};
use super::request::{By, Order, Request, Sort};
use super::usage::amounts;
use crate::ledger::{Part, counted, spans_are_kept};

/// Of more sessions all are added up together: what is below each of them is then not looked for one by one.
const MOST: usize = 500;

/// The sessions' sums, and by their numbers those with their sub-agents' sessions.
pub(super) type Top = (Folded, HashMap<i64, Figures>);

/// The first sessions, at most as many as are asked for; `None` where something else is asked, or in an order
/// that is not kept.
pub(super) fn sessions(
    connection: &Connection,
    request: &Request,
) -> rusqlite::Result<Option<Top>> {
    let limit = request.limit.filter(|limit| *limit <= MOST);
    let is_known = request.by == By::Session && request.is_of_everything();
    let (Some(limit), Some(column), true) = (limit, column(request.sort), is_known) else {
        return Ok(None);
    };
    if !spans_are_kept(connection)? {
        return Ok(None);
    }
    let mut folded = Folded::default();
    let is_upwards = match request.order {
        Some(order) => order == Order::Ascending,
        None => request.sort == Some(Sort::Name),
    };
    let direction = if is_upwards { "ASC" } else { "DESC" };
    let from = match request.sort {
        Some(Sort::Name) => "session CROSS JOIN session_total ON session_id = session.id",
        _ => "session_total",
    };
    let sql = format!(
        "SELECT session_id, session_total.quarter FROM {from} WHERE steps > 0
         ORDER BY {column} {direction}, session_id {direction} LIMIT ?"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([limit as i64])?;
    while let Some(row) = rows.next()? {
        folded.see(row.get(0)?, row.get(1)?);
    }
    let numbers: Vec<i64> = folded.rows.keys().copied().collect();
    let mut inclusive = HashMap::with_capacity(numbers.len());
    for number in numbers {
        add_own(connection, number, &mut folded)?;
        inclusive.insert(number, below(connection, number)?);
    }
    add_all(connection, &mut folded)?;
    Ok(Some((folded, inclusive)))
}

/// By what the sessions are sorted, as it is kept; `None` for what few ask for.
fn column(sort: Option<Sort>) -> Option<&'static str> {
    Some(match sort.unwrap_or(Sort::Fresh) {
        Sort::Time => "quarter",
        Sort::Sessions => "session_id",
        Sort::Steps => "steps",
        Sort::Fresh => "fresh",
        Sort::Total => "total",
        Sort::Cost => "cost_nano_usd",
        Sort::Name => "session.uid",
        Sort::Input | Sort::Output | Sort::Reasoning | Sort::CacheRead | Sort::CacheWrite => {
            return None;
        }
    })
}

fn add_own(connection: &Connection, number: i64, folded: &mut Folded) -> rusqlite::Result<()> {
    let sql =
        format!("SELECT model_id, {SUMS} FROM session_sum WHERE session_id = ? AND steps > 0");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([number])?;
    let own = folded.rows.entry(number).or_default();
    own.add_session(number);
    while let Some(row) = rows.next()? {
        own.add(row.get(0)?, &amounts(row, 1)?, wrong_cost(row, 10)?);
    }
    Ok(())
}

/// What a session and everything below it used.
fn below(connection: &Connection, number: i64) -> rusqlite::Result<Figures> {
    let sql = format!(
        "WITH RECURSIVE below(id, uid) AS (
             SELECT id, uid FROM session WHERE id = ?
             UNION SELECT session.id, session.uid FROM session JOIN below ON parent_uid = below.uid)
         SELECT session_id, {SUMS} FROM below CROSS JOIN session_sum ON session_id = below.id
         WHERE steps > 0 ORDER BY session_id"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([number])?;
    let (mut figures, mut latest) = (Figures::default(), None);
    while let Some(row) = rows.next()? {
        let session: i64 = row.get(0)?;
        let amounts = amounts(row, 1)?;
        figures += Figures {
            sessions: u64::from(latest != Some(session)),
            steps: amounts.steps,
            tokens: amounts.tokens,
            cost: amounts.cost,
            wrong_cost: wrong_cost(row, 10)?,
        };
        latest = Some(session);
    }
    Ok(figures)
}

/// The sum over all sessions, shown or not.
fn add_all(connection: &Connection, folded: &mut Folded) -> rusqlite::Result<()> {
    let sql = format!("SELECT model_id, {SUMS} FROM model_sum WHERE steps > 0");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (amounts, wrong) = (amounts(row, 1)?, wrong_cost(row, 10)?);
        folded.all.add(row.get(0)?, &amounts, wrong);
    }
    folded
        .all
        .count_sessions(counted(connection, Part::All, 0)?);
    Ok(())
}
