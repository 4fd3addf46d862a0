// SPDX-License-Identifier: GPL-3.0-or-later
//! Which trees of sessions were used last, without adding up what any other has used.

use std::collections::HashMap;

use rusqlite::Connection;

use super::forest;
use super::request::{Order, Request, Sort};
use super::sessions::Found;
use super::usage;
use crate::ledger::{Measure, spans_are_kept};

/// The latest trees, at most as many as are asked for; `None` where something else is asked, or a session is
/// its own ancestor.
pub(super) fn trees(connection: &Connection, request: &Request) -> rusqlite::Result<Option<Found>> {
    let is_newest_first = request.sort.is_none_or(|sort| sort == Sort::Time)
        && request.order != Some(Order::Ascending);
    let limit = request.limit.filter(|_| is_newest_first);
    let (Some(limit), true) = (limit, request.is_of_everything()) else {
        return Ok(None);
    };
    if !spans_are_kept(connection)? {
        return Ok(None);
    }
    if has_circle(connection)? {
        return Ok(None);
    }
    let roots = latest(connection, limit)?;
    let among = serde_json::Value::from(roots.as_slice()).to_string();
    let members = forest::members(connection, OF_TREES, [among])?;
    let numbers = serde_json::Value::from_iter(members.iter().map(|member| member.number));
    let used = forest::used(connection, request, Some(numbers.to_string()))?;
    let mut trees = forest::grow(members, used);
    let order: HashMap<i64, usize> = roots.into_iter().zip(0..).collect();
    trees.sort_by_key(|tree| order.get(&tree.root().member.number).copied());
    Ok(Some(Found {
        more: trees_of_all(connection)?.saturating_sub(trees.len() as u64),
        trees,
        totals: usage::of_all(connection)?,
    }))
}

/// The sessions of some trees: a JSON array of their roots.
const OF_TREES: &str = "id IN (SELECT value FROM json_each(?1)
    UNION SELECT session_id FROM family WHERE root_id IN (SELECT value FROM json_each(?1))) ORDER BY id";

/// The roots of the latest trees with a step, the latest first.
fn latest(connection: &Connection, limit: usize) -> rusqlite::Result<Vec<i64>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    connection
        .prepare_cached("SELECT root_id FROM tree ORDER BY newest_ms DESC, root_id LIMIT ?")?
        .query_map([limit], |row| row.get(0))?
        .collect()
}

/// Of each tree the steps are counted somewhere.
fn trees_of_all(connection: &Connection) -> rusqlite::Result<u64> {
    let sql = "SELECT coalesce(sum(trees), 0) FROM spread WHERE measure = ?";
    let trees: i64 = connection
        .prepare_cached(sql)?
        .query_row([Measure::Steps as i64], |row| row.get(0))?;
    Ok(trees.unsigned_abs())
}

/// Whether parents go round in a circle somewhere.
fn has_circle(connection: &Connection) -> rusqlite::Result<bool> {
    let sql = "SELECT 1 FROM family WHERE parent_id IS NOT NULL AND root_id = session_id";
    connection.prepare_cached(sql)?.exists([])
}
