// SPDX-License-Identifier: GPL-3.0-or-later
//! Which trees of sessions were used last, without adding up what any other has used.

use std::cmp::Reverse;
use std::collections::HashMap;

use rusqlite::Connection;

use super::forest::{self, Member};
use super::request::{Order, Request, Sort};
use super::sessions::Found;
use super::usage;
use crate::ledger::spans_are_kept;

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
    let spans = spans(connection)?;
    let Some(roots) = roots(&spans) else {
        return Ok(None);
    };
    let (latest, count) = ranked(&spans, &roots, limit);
    let places: HashMap<usize, usize> = latest.iter().copied().zip(0..).collect();
    let members = spans.iter().zip(&roots);
    let members: Vec<Member> = members
        .filter(|(_, root)| places.contains_key(root))
        .map(|(span, _)| span.member)
        .collect();
    let numbers = serde_json::Value::from_iter(members.iter().map(|member| member.number));
    let used = forest::used(connection, request, Some(numbers.to_string()))?;
    let mut trees = forest::grow(members, used);
    let order: HashMap<i64, usize> = places
        .into_iter()
        .map(|(root, place)| (spans[root].member.number, place))
        .collect();
    trees.sort_by_key(|tree| order.get(&tree.root().member.number).copied());
    Ok(Some(Found {
        more: (count - trees.len()) as u64,
        trees,
        totals: usage::of_all(connection)?,
    }))
}

/// The places of the roots of the latest trees with a step, the latest first, and how many trees there are.
fn ranked(spans: &[Span], roots: &[usize], limit: usize) -> (Vec<usize>, usize) {
    let mut trees: HashMap<usize, (u64, Option<i64>)> = HashMap::new();
    for (span, root) in spans.iter().zip(roots) {
        let (steps, newest_ms) = trees.entry(*root).or_default();
        *steps += span.steps;
        *newest_ms = span.newest_ms.max(*newest_ms);
    }
    trees.retain(|_, (steps, _)| *steps > 0);
    let newest = trees.into_iter();
    let mut newest: Vec<(Reverse<Option<i64>>, usize)> = newest
        .map(|(root, (_, newest_ms))| (Reverse(newest_ms), root))
        .collect();
    newest.sort_unstable();
    let count = newest.len();
    let latest = newest.into_iter().take(limit).map(|(_, root)| root);
    (latest.collect(), count)
}

/// A session, how many counted steps it has, and when its newest step was.
struct Span {
    member: Member,
    steps: u64,
    newest_ms: Option<i64>,
}

fn spans(connection: &Connection) -> rusqlite::Result<Vec<Span>> {
    connection
        .prepare_cached(
            "SELECT id, (SELECT id FROM session AS parent WHERE parent.uid = session.parent_uid),
                    coalesce(steps, 0), newest_ms
             FROM session LEFT JOIN session_span ON session_id = session.id",
        )?
        .query_map([], |row| {
            Ok(Span {
                member: Member {
                    number: row.get(0)?,
                    parent: row.get(1)?,
                },
                steps: row.get::<_, i64>(2)?.unsigned_abs(),
                newest_ms: row.get(3)?,
            })
        })?
        .collect()
}

/// The place of each session's root; `None` where parents go round in a circle.
fn roots(spans: &[Span]) -> Option<Vec<usize>> {
    let places: HashMap<i64, usize> = (0..)
        .zip(spans)
        .map(|(place, span)| (span.member.number, place))
        .collect();
    let above = |place: usize| {
        let parent = spans[place].member.parent?;
        places.get(&parent).copied()
    };
    let mut roots: Vec<Option<usize>> = vec![None; spans.len()];
    let mut path = Vec::new();
    for place in 0..spans.len() {
        let mut top = place;
        while roots[top].is_none()
            && let Some(parent) = above(top)
        {
            path.push(top);
            if path.len() > spans.len() {
                return None;
            }
            top = parent;
        }
        let root = roots[top].unwrap_or(top);
        roots[top] = Some(root);
        for below in path.drain(..) {
            roots[below] = Some(root);
        }
    }
    roots.into_iter().collect()
}
