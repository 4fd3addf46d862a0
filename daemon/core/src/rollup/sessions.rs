// SPDX-License-Identifier: GPL-3.0-or-later
//! The trees of sessions, and one session step by step.

use std::cmp::Reverse;
use std::collections::HashMap;

use rusqlite::Connection;

use super::family;
use super::forest::{self, Branch, Tree, Used};
use super::report::{session_id, session_number};
use super::request::{By, Order, Request, Sort};
use super::{fold, latest, live};
use crate::ledger::{IS_TOLD_OF, Ledger, LedgerError};
use crate::model::{ModelName, Zone};
use crate::wire::{SessionDetail, SessionNode, Sessions, Usage};

/// The trees with a step that the request's filters let through, the most recently used first unless
/// `sort` and `order` say otherwise; `limit` is of trees. Titles and `problems` are left empty.
///
/// # Errors
/// [`LedgerError::Sqlite`].
pub fn sessions(ledger: &Ledger, request: &Request, zone: &Zone) -> Result<Sessions, LedgerError> {
    ledger.read_at_once(|connection| {
        let names = forest::models(connection)?;
        let found = match latest::trees(connection, request)? {
            Some(found) => found,
            None => every_tree(connection, request, &names)?,
        };
        let mut nodes = Vec::new();
        for tree in found.trees {
            let tree = tree.without_unused();
            nodes.extend(nodes_of(connection, &tree, request.until_ms, &names)?);
        }
        Ok(Sessions {
            schema: 1,
            time_zone: zone.name().into(),
            since: request.since_ms.map(|ms| zone.rfc3339(ms)),
            until: request.until_ms.map(|ms| zone.rfc3339(ms)),
            sessions: nodes,
            more: found.more,
            totals: found.totals,
            problems: Vec::new(),
        })
    })
}

/// The trees to show.
pub(super) struct Found {
    pub trees: Vec<Tree>,
    /// So many were left out.
    pub more: u64,
    /// Over all of them.
    pub totals: Usage,
}

/// From all sessions with all that they used.
fn every_tree(
    connection: &Connection,
    request: &Request,
    names: &HashMap<i64, ModelName>,
) -> rusqlite::Result<Found> {
    let used = forest::used(connection, request, None)?;
    let mut trees = forest::grow(forest::members(connection, "true", [])?, used);
    trees.retain(|tree| tree.root().inclusive().all.steps > 0);
    let mut totals = Used::default();
    for tree in &trees {
        totals.merge(tree.root().inclusive());
    }
    Ok(Found {
        more: shorten(connection, &mut trees, request)?,
        trees,
        totals: totals.usage(names),
    })
}

/// One session with its steps and what is below it; `None` where the ledger does not know it. Titles and
/// `problems` are left empty.
///
/// # Errors
/// [`LedgerError::Sqlite`].
pub fn session(
    ledger: &Ledger,
    id: &str,
    zone: &Zone,
) -> Result<Option<SessionDetail>, LedgerError> {
    ledger.read_at_once(|connection| {
        let Some(number) = session_number(connection, id)? else {
            return Ok(None);
        };
        let mut family = nodes(connection, number, id)?;
        let ids = || family.iter().map(|node| node.id.as_str());
        let wrong_cost = fold::wrong_cost_of_sessions(connection, ids())?;
        let inclusive_tool_use = super::tools::of_sessions(connection, ids())?;
        let session = family.remove(0);
        let steps = super::timeline::steps(connection, number)?;
        Ok(Some(SessionDetail {
            schema: 1,
            time_zone: zone.name().into(),
            session,
            wrong_cost: (&wrong_cost).into(),
            turns: steps.iter().filter_map(|step| step.turn).max().unwrap_or(0),
            tool_use: super::tools::of_sessions(connection, [id].into_iter())?,
            inclusive_tool_use,
            errors: super::timeline::errors(&steps),
            steps,
            sub_agents: family,
            problems: Vec::new(),
        }))
    })
}

/// A session, by its number, and everything below it.
fn nodes(connection: &Connection, number: i64, id: &str) -> rusqlite::Result<Vec<SessionNode>> {
    let ids = serde_json::Value::from(family::members(connection, id)?).to_string();
    let among = format!("uid IN (SELECT value FROM json_each(?)) AND {IS_TOLD_OF}");
    let mut members = forest::members(connection, &among, [ids])?;
    // The first is the root, also where parents go round in a circle.
    members.sort_by_key(|member| member.number != number);
    let numbers = serde_json::Value::from_iter(members.iter().map(|member| member.number));
    let request = Request::new(By::Session);
    let used = forest::used(connection, &request, Some(numbers.to_string()))?;
    let names = forest::models(connection)?;
    let mut nodes = Vec::new();
    for tree in forest::grow(members, used) {
        nodes.extend(nodes_of(connection, &tree, None, &names)?);
    }
    Ok(nodes)
}

/// Sorts the trees, cuts them off at the limit, and returns how many were left out.
fn shorten(
    connection: &Connection,
    trees: &mut Vec<Tree>,
    request: &Request,
) -> rusqlite::Result<u64> {
    let sort = request.sort.unwrap_or(Sort::Time);
    let is_upwards = match request.order {
        Some(order) => order == Order::Ascending,
        None => sort == Sort::Name,
    };
    let all = trees.len();
    let limit = request.limit.unwrap_or(all).min(all);
    if sort == Sort::Name {
        sort_by_name(connection, trees, is_upwards)?;
    } else {
        sort_by(trees, is_upwards, |tree| rank(tree, sort));
    }
    if sort == Sort::Time && limit < all {
        // Exact times only for those that may be shown.
        let last = limit.checked_sub(1).map(|place| rank(&trees[place], sort));
        let tied = trees[limit..]
            .iter()
            .take_while(|tree| Some(rank(tree, sort)) == last)
            .count();
        trees.truncate(limit + tied);
    }
    if sort == Sort::Time {
        let mut timed = Vec::with_capacity(trees.len());
        for tree in trees.drain(..) {
            timed.push((last_of_tree(connection, &tree, request.until_ms)?, tree));
        }
        sort_by(&mut timed, is_upwards, |(last, _)| *last);
        trees.extend(timed.into_iter().map(|(_, tree)| tree));
    }
    trees.truncate(limit);
    Ok((all - limit) as u64)
}

fn sort_by<T, K: Ord>(items: &mut [T], is_upwards: bool, key: impl Fn(&T) -> K) {
    if is_upwards {
        items.sort_by_cached_key(key);
    } else {
        items.sort_by_cached_key(|item| Reverse(key(item)));
    }
}

fn sort_by_name(
    connection: &Connection,
    trees: &mut Vec<Tree>,
    is_upwards: bool,
) -> rusqlite::Result<()> {
    let mut named = Vec::with_capacity(trees.len());
    for tree in trees.drain(..) {
        named.push((session_id(connection, tree.root().member.number)?, tree));
    }
    sort_by(&mut named, is_upwards, |(id, _)| id.clone());
    trees.extend(named.into_iter().map(|(_, tree)| tree));
    Ok(())
}

/// By what a tree is sorted, but for its name.
fn rank(tree: &Tree, sort: Sort) -> i128 {
    let used = tree.root().inclusive();
    let tokens = &used.all.tokens;
    let number = |count: u64| i128::from(count);
    match sort {
        Sort::Time | Sort::Name => i128::from(used.quarter),
        Sort::Sessions => tree.branches.len() as i128,
        Sort::Steps => number(used.all.steps),
        Sort::Input => number(tokens.input),
        Sort::Output => number(tokens.output),
        Sort::Reasoning => number(tokens.reasoning),
        Sort::CacheRead => number(tokens.cache_read),
        Sort::CacheWrite => number(tokens.cache_write),
        Sort::Fresh => number(tokens.fresh()),
        Sort::Total => number(tokens.total()),
        Sort::Cost => i128::from(used.all.cost.billed.0) + i128::from(used.all.cost.estimated.0),
    }
}

fn last_of_tree(
    connection: &Connection,
    tree: &Tree,
    until_ms: Option<i64>,
) -> rusqlite::Result<Option<i64>> {
    let mut last = None;
    for branch in &tree.branches {
        last = last.max(last_step(connection, branch.member.number, until_ms)?);
    }
    Ok(last)
}

fn last_step(
    connection: &Connection,
    number: i64,
    until_ms: Option<i64>,
) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT max(created_ms) FROM step WHERE session_id = ? AND created_ms < ?")?
        .query_row((number, until_ms.unwrap_or(i64::MAX)), |row| row.get(0))
}

fn nodes_of(
    connection: &Connection,
    tree: &Tree,
    until_ms: Option<i64>,
    names: &HashMap<i64, ModelName>,
) -> rusqlite::Result<Vec<SessionNode>> {
    let mut nodes = Vec::with_capacity(tree.branches.len());
    for branch in &tree.branches {
        nodes.push(node(connection, branch, until_ms, names)?);
    }
    for place in (0..nodes.len()).rev() {
        if let Some(parent) = tree.branches[place].above {
            nodes[parent].last_step_ms = nodes[parent].last_step_ms.max(nodes[place].last_step_ms);
        }
    }
    Ok(nodes)
}

fn node(
    connection: &Connection,
    branch: &Branch,
    until_ms: Option<i64>,
    names: &HashMap<i64, ModelName>,
) -> rusqlite::Result<SessionNode> {
    let number = branch.member.number;
    let mut node = connection
        .prepare_cached("SELECT uid, parent_uid, agent, created_ms FROM session WHERE id = ?")?
        .query_row([number], |row| {
            Ok(SessionNode {
                id: row.get(0)?,
                parent: row.get(1)?,
                depth: branch.depth,
                title: None,
                project: None,
                agent: row.get(2)?,
                started_ms: row.get(3)?,
                last_step_ms: None,
                sub_agents: branch.below,
                own: branch.own.usage(names),
                inclusive: branch.inclusive().usage(names),
            })
        })?;
    node.project = live::project(connection, &node.id)?;
    node.last_step_ms = last_step(connection, number, until_ms)?;
    if node.started_ms.is_none() {
        node.started_ms = first_step(connection, number)?;
    }
    Ok(node)
}

fn first_step(connection: &Connection, number: i64) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT min(created_ms) FROM step WHERE session_id = ?")?
        .query_row([number], |row| row.get(0))
}
