// SPDX-License-Identifier: GPL-3.0-or-later
//! The first sessions of all in some order, without adding up what any other has used.

use std::collections::{BTreeSet, HashMap};

use rusqlite::{Connection, OptionalExtension};

use super::family::Figures;
use super::fold::{Folded, SUMS, wrong_cost};
use super::request::{By, Order, Request, Sort};
use super::usage::amounts;
use crate::ledger::{Part, counted, spans_are_kept};

/// Of more sessions all are added up together: what is below each of them is then not looked for one by one.
const MOST: usize = 500;
/// So many trees are looked into, where their sub-agents used most, or many are alike.
const MOST_TREES: usize = 2_000;

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
    let (Some(limit), true) = (limit, is_known) else {
        return Ok(None);
    };
    if !spans_are_kept(connection)? {
        return Ok(None);
    }
    let Some(first) = first(connection, request, limit)? else {
        return Ok(None);
    };
    let mut folded = Folded::default();
    let mut inclusive = HashMap::with_capacity(first.len());
    for (quarter, number) in first {
        if request.sort == Some(Sort::Time) {
            folded.see(number, quarter);
        }
        add_own(connection, number, &mut folded)?;
        inclusive.insert(number, below(connection, number)?);
    }
    add_all(connection, &mut folded)?;
    Ok(Some((folded, inclusive)))
}

/// A session by what it is sorted by, where that is a figure, and its number.
type Place = (i64, i64);

fn first(
    connection: &Connection,
    request: &Request,
    limit: usize,
) -> rusqlite::Result<Option<Vec<Place>>> {
    let is_upwards = match request.order {
        Some(order) => order == Order::Ascending,
        None => request.sort == Some(Sort::Name),
    };
    let sort = request.sort.unwrap_or(Sort::Fresh);
    match (sort, is_upwards) {
        (Sort::Name, _) => by_session(connection, "uid", is_upwards, limit).map(Some),
        // Each row is one session.
        (Sort::Sessions, _) => by_session(connection, "id", is_upwards, limit).map(Some),
        (Sort::Time, false) => by_tree(connection, &TIME, limit),
        (Sort::Steps, false) => by_tree(connection, &STEPS, limit),
        (Sort::Fresh, false) => by_tree(connection, &FRESH, limit),
        (Sort::Cost, false) => by_tree(connection, &COST, limit),
        _ => Ok(None),
    }
}

fn by_session(
    connection: &Connection,
    column: &str,
    is_upwards: bool,
    limit: usize,
) -> rusqlite::Result<Vec<Place>> {
    let direction = if is_upwards { "ASC" } else { "DESC" };
    connection
        .prepare_cached(&format!(
            "SELECT id FROM session
             WHERE EXISTS (SELECT 1 FROM session_sum WHERE session_id = session.id AND steps > 0)
             ORDER BY {column} {direction} LIMIT ?"
        ))?
        .query_map([limit as i64], |row| Ok((0, row.get(0)?)))?
        .collect()
}

/// A figure of a tree that is at least that of each of its sessions, the trees in its order, and the session's
/// own one.
struct Figure {
    of_tree: &'static str,
    order: &'static str,
    of_session: &'static str,
}

const TIME: Figure = Figure {
    of_tree: "newest_ms / 900000",
    order: "newest_ms",
    of_session: "(SELECT quarter FROM quarter INDEXED BY quarter_session
        WHERE session_id = ?1 AND steps > 0 ORDER BY quarter DESC LIMIT 1)",
};
const STEPS: Figure = Figure {
    of_tree: "steps",
    order: "steps",
    of_session: "sum(steps)",
};
const FRESH: Figure = Figure {
    of_tree: "fresh",
    order: "fresh",
    of_session: "sum(input + output + reasoning)",
};
const COST: Figure = Figure {
    of_tree: "billed_nano_usd + estimated_nano_usd",
    order: "billed_nano_usd + estimated_nano_usd",
    of_session: "sum(billed_nano_usd + estimated_nano_usd)",
};

/// The sessions with the largest figures: those of the trees with the largest ones, until a tree has less than
/// the last of them. `None` where too many have the same.
fn by_tree(
    connection: &Connection,
    figure: &Figure,
    limit: usize,
) -> rusqlite::Result<Option<Vec<Place>>> {
    let (of_tree, order) = (figure.of_tree, figure.order);
    let sql = format!("SELECT root_id, {of_tree} FROM tree ORDER BY {order} DESC LIMIT ?");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut trees = statement.query([MOST_TREES as i64 + 1])?;
    let (mut largest, mut met): (BTreeSet<Place>, usize) = (BTreeSet::new(), 0);
    while let Some(tree) = trees.next()? {
        let of_tree: i64 = tree.get(1)?;
        let is_less = |least: &Place| of_tree < least.0;
        if largest.len() >= limit && largest.first().is_none_or(is_less) {
            break;
        }
        met += 1;
        if met > MOST_TREES {
            return Ok(None);
        }
        add_sessions(connection, tree.get(0)?, figure, &mut largest)?;
        while largest.len() > limit {
            largest.pop_first();
        }
    }
    Ok(Some(largest.into_iter().collect()))
}

/// Adds the sessions of a tree that used anything, each with its figure.
fn add_sessions(
    connection: &Connection,
    root: i64,
    figure: &Figure,
    largest: &mut BTreeSet<Place>,
) -> rusqlite::Result<()> {
    let sessions: Vec<i64> = connection
        .prepare_cached(
            "SELECT ?1 WHERE NOT EXISTS (SELECT 1 FROM family WHERE root_id = ?1)
             UNION ALL SELECT session_id FROM family WHERE root_id = ?1",
        )?
        .query_map([root], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let sql = format!(
        "SELECT {} FROM session_sum WHERE session_id = ?1 AND steps > 0 GROUP BY session_id",
        figure.of_session
    );
    let mut ask = connection.prepare_cached(&sql)?;
    for session in sessions {
        let own: Option<i64> = ask.query_row([session], |row| row.get(0)).optional()?;
        largest.extend(own.map(|own| (own, session)));
    }
    Ok(())
}

fn add_own(connection: &Connection, number: i64, folded: &mut Folded) -> rusqlite::Result<()> {
    let sql =
        format!("SELECT model_id, {SUMS} FROM session_sum WHERE session_id = ? AND steps > 0");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([number])?;
    folded.add_session(number, number);
    let own = folded.rows.entry(number).or_default();
    while let Some(row) = rows.next()? {
        own.add(row.get(0)?, &amounts(row, 1)?, wrong_cost(row, 10)?);
    }
    Ok(())
}

const ALONE: &str = "WITH below(id) AS (SELECT ?)";
const FAMILY: &str = "
    WITH RECURSIVE below(id, uid) AS (
        SELECT id, uid FROM session WHERE id = ?
        UNION SELECT session.id, session.uid FROM session JOIN below ON parent_uid = below.uid)";

/// What a session and everything below it used.
fn below(connection: &Connection, number: i64) -> rusqlite::Result<Figures> {
    let is_alone = !connection
        .prepare_cached("SELECT 1 FROM family WHERE session_id = ?")?
        .exists([number])?;
    let with = if is_alone { ALONE } else { FAMILY };
    let sql = format!(
        "{with} SELECT session_id, {SUMS}
         FROM below CROSS JOIN session_sum ON session_id = below.id WHERE steps > 0"
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
