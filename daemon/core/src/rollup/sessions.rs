// SPDX-License-Identifier: GPL-3.0-or-later
//! The trees of sessions, and one session step by step.

use std::cmp::Reverse;

use rusqlite::Connection;

use super::family;
use super::filter::Filter;
use super::forest::{self, Member, Tree, Used};
use super::live;
use super::report::session_number;
use super::request::{Order, Request, Sort};
use crate::ledger::{Ledger, LedgerError};
use crate::model::Zone;
use crate::wire::{SessionDetail, SessionNode, Sessions};

/// The trees with a step that the request's filters let through, the most recently used first unless
/// `sort` and `order` say otherwise; `limit` is of trees. Titles and `problems` are left empty.
///
/// # Errors
/// [`LedgerError::Sqlite`].
pub fn sessions(ledger: &Ledger, request: &Request, zone: &Zone) -> Result<Sessions, LedgerError> {
    ledger.read_at_once(|connection| {
        let filter = Filter::of_quarters(request);
        let used = forest::used(connection, filter.sql(), filter.values())?;
        let mut trees = forest::grow(members(connection)?, used);
        trees.retain(|tree| tree.root().inclusive.all.steps > 0);
        let names = forest::models(connection)?;
        let mut totals = Used::default();
        for tree in &trees {
            totals.merge(&tree.root().inclusive);
        }
        let more = shorten(connection, &mut trees, request)?;
        let mut nodes = Vec::new();
        for tree in trees {
            nodes.extend(nodes_of(
                connection,
                tree.without_unused(),
                request.until_ms,
            )?);
        }
        Ok(Sessions {
            schema: 1,
            time_zone: zone.name().into(),
            since: request.since_ms.map(|ms| zone.rfc3339(ms)),
            until: request.until_ms.map(|ms| zone.rfc3339(ms)),
            sessions: nodes,
            more,
            totals: totals.usage(&names),
            problems: Vec::new(),
        })
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
        let mut family = nodes(connection, id)?;
        let session = family.remove(0);
        let steps = super::timeline::steps(connection, number)?;
        Ok(Some(SessionDetail {
            schema: 1,
            time_zone: zone.name().into(),
            session,
            turns: steps.iter().filter_map(|step| step.turn).max().unwrap_or(0),
            tool_use: super::tools::of_session(connection, number)?,
            errors: super::timeline::errors(&steps),
            steps,
            sub_agents: family,
            problems: Vec::new(),
        }))
    })
}

pub(super) fn members(connection: &Connection) -> rusqlite::Result<Vec<Member>> {
    let sql = format!("SELECT {} FROM session", Member::COLUMNS);
    let mut statement = connection.prepare_cached(&sql)?;
    statement.query_map([], Member::read)?.collect()
}

/// A session and everything below it.
fn nodes(connection: &Connection, id: &str) -> rusqlite::Result<Vec<SessionNode>> {
    let ids = serde_json::Value::from(family::members(connection, id)?).to_string();
    let among = "SELECT id FROM session WHERE uid IN (SELECT value FROM json_each(?1))";
    let sql = format!(
        "SELECT {} FROM session WHERE id IN ({among})",
        Member::COLUMNS
    );
    let mut members: Vec<Member> = connection
        .prepare_cached(&sql)?
        .query_map([&ids], Member::read)?
        .collect::<rusqlite::Result<_>>()?;
    // The first is the root, also where parents go round in a circle.
    members.sort_by_key(|member| member.id != id);
    let used = forest::used(connection, &format!("AND session_id IN ({among})"), [&ids])?;
    let mut nodes = Vec::new();
    for tree in forest::grow(members, used) {
        nodes.extend(nodes_of(connection, tree, None)?);
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
    sort_by(trees, is_upwards, |tree| rank(tree, sort));
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

/// By what a tree is sorted; names compare after numbers, which are all the same for them.
fn rank(tree: &Tree, sort: Sort) -> (i128, String) {
    let used = &tree.root().inclusive;
    let tokens = &used.all.tokens;
    let number = |count: u64| i128::from(count);
    let figure = match sort {
        Sort::Name => return (0, tree.root().member.id.clone()),
        Sort::Time => i128::from(used.quarter),
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
    };
    (figure, String::new())
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
    tree: Tree,
    until_ms: Option<i64>,
) -> rusqlite::Result<Vec<SessionNode>> {
    let names = forest::models(connection)?;
    let mut nodes = Vec::with_capacity(tree.branches.len());
    let mut above = Vec::with_capacity(tree.branches.len());
    for branch in tree.branches {
        let member = branch.member;
        above.push(branch.above);
        nodes.push(SessionNode {
            title: None,
            project: live::project(connection, &member.id)?,
            started_ms: match member.created_ms {
                Some(created_ms) => Some(created_ms),
                None => first_step(connection, member.number)?,
            },
            last_step_ms: last_step(connection, member.number, until_ms)?,
            id: member.id,
            parent: member.parent,
            depth: branch.depth,
            agent: member.agent,
            sub_agents: branch.below,
            own: branch.own.usage(&names),
            inclusive: branch.inclusive.usage(&names),
        });
    }
    for place in (0..nodes.len()).rev() {
        if let Some(parent) = above[place] {
            nodes[parent].last_step_ms = nodes[parent].last_step_ms.max(nodes[place].last_step_ms);
        }
    }
    Ok(nodes)
}

fn first_step(connection: &Connection, number: i64) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT min(created_ms) FROM step WHERE session_id = ?")?
        .query_row([number], |row| row.get(0))
}
