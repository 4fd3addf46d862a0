// SPDX-License-Identifier: GPL-3.0-or-later
//! Sessions with their sub-agents' sessions.
//!
//! A parent may be unknown, as where OpenCode deleted it before it was read, and damaged data may make a
//! session its own ancestor. Then every session of such a ring includes the whole ring, once.

use std::collections::HashMap;
use std::ops::AddAssign;

use rusqlite::Connection;

use crate::model::{Cost, Tokens, WrongCost};
use crate::wire::ReportTotals;

/// The sums of some sessions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Figures {
    pub sessions: u64,
    pub steps: u64,
    pub tokens: Tokens,
    pub cost: Cost,
    pub wrong_cost: WrongCost,
}

impl AddAssign for Figures {
    fn add_assign(&mut self, other: Self) {
        self.sessions += other.sessions;
        self.steps += other.steps;
        self.tokens += other.tokens;
        self.cost += other.cost;
        self.wrong_cost += other.wrong_cost;
    }
}

impl From<&Figures> for ReportTotals {
    fn from(figures: &Figures) -> Self {
        Self {
            sessions: figures.sessions,
            steps: figures.steps,
            tokens: (&figures.tokens).into(),
            cost: (&figures.cost).into(),
            wrong_cost: (&figures.wrong_cost).into(),
        }
    }
}

/// A session and all its sub-agents' sessions, by OpenCode's ids.
pub(super) fn members(connection: &Connection, id: &str) -> rusqlite::Result<Vec<String>> {
    connection
        .prepare_cached(
            "WITH RECURSIVE family(uid) AS (
                 VALUES (?) UNION SELECT session.uid FROM session JOIN family ON parent_uid = family.uid)
             SELECT uid FROM family",
        )?
        .query_map([id], |row| row.get(0))?
        .collect()
}

/// The inclusive figures of all sessions, by the ledger's numbers, from their own ones.
pub(super) fn inclusive(
    connection: &Connection,
    own: HashMap<i64, Figures>,
) -> rusqlite::Result<HashMap<i64, Figures>> {
    Ok(fold(own, parents(connection)?))
}

/// The known parent of each session that has one, by the ledger's numbers.
pub(super) fn parents(connection: &Connection) -> rusqlite::Result<HashMap<i64, i64>> {
    connection
        .prepare_cached(
            "SELECT child.id, parent.id FROM session AS child INDEXED BY session_parent
             CROSS JOIN session AS parent ON parent.uid = child.parent_uid
             WHERE child.parent_uid IS NOT NULL",
        )?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

/// The session above all; where damaged data goes round in a circle, the first of its members.
pub(super) fn root_of(id: i64, parents: &HashMap<i64, i64>) -> i64 {
    let mut root = id;
    for _ in 0..=parents.len() {
        match parents.get(&root) {
            Some(parent) => root = *parent,
            None => return root,
        }
    }
    first_of_circle(root, parents)
}

fn first_of_circle(member: i64, parents: &HashMap<i64, i64>) -> i64 {
    let (mut first, mut next) = (member, parents[&member]);
    while next != member {
        first = first.min(next);
        next = parents[&next];
    }
    first
}

/// From the leaves upwards, each session once, whatever their number and depth.
fn fold(mut sums: HashMap<i64, Figures>, mut parents: HashMap<i64, i64>) -> HashMap<i64, Figures> {
    let mut waiting_for: HashMap<i64, usize> = HashMap::new();
    for parent in parents.values() {
        *waiting_for.entry(*parent).or_default() += 1;
    }
    let is_leaf = |id: &i64| !waiting_for.contains_key(id);
    let mut settled: Vec<i64> = parents.keys().copied().filter(is_leaf).collect();
    while let Some(child) = settled.pop() {
        let Some(parent) = parents.remove(&child) else {
            continue;
        };
        let sum = sums.get(&child).copied().unwrap_or_default();
        *sums.entry(parent).or_default() += sum;
        if let Some(children) = waiting_for.get_mut(&parent) {
            *children -= 1;
            if *children == 0 {
                settled.push(parent);
            }
        }
    }
    fold_rings(&mut sums, parents);
    sums
}

/// What never settled: sessions that are their own ancestors.
fn fold_rings(sums: &mut HashMap<i64, Figures>, mut parents: HashMap<i64, i64>) {
    while let Some(mut next) = parents.keys().next().copied() {
        let (mut ring, mut whole) = (Vec::new(), Figures::default());
        while let Some(parent) = parents.remove(&next) {
            whole += sums.get(&next).copied().unwrap_or_default();
            ring.push(next);
            next = parent;
        }
        sums.extend(ring.into_iter().map(|id| (id, whole)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(own: &[(i64, u64)], parents: &[(i64, i64)]) -> Vec<(i64, u64, u64)> {
        let own = own.iter().map(|(id, steps)| {
            let (sessions, steps) = (1, *steps);
            let figures = Figures {
                sessions,
                steps,
                ..Figures::default()
            };
            (*id, figures)
        });
        let folded = fold(own.collect(), parents.iter().copied().collect());
        let mut found: Vec<_> = folded
            .into_iter()
            .map(|(id, sum)| (id, sum.sessions, sum.steps))
            .collect();
        found.sort_unstable();
        found
    }

    #[test]
    fn a_session_includes_its_sub_agents_and_theirs() {
        let found = steps(&[(1, 1), (2, 10), (3, 100), (4, 1000)], &[(2, 1), (3, 2)]);
        assert_eq!(found, [(1, 3, 111), (2, 2, 110), (3, 1, 100), (4, 1, 1000)]);
    }

    #[test]
    fn a_session_without_steps_passes_on_what_its_sub_agents_used() {
        let found = steps(&[(1, 1), (3, 100)], &[(2, 1), (3, 2)]);
        assert_eq!(found, [(1, 2, 101), (2, 1, 100), (3, 1, 100)]);
    }

    #[test]
    fn sessions_that_are_their_own_ancestors_include_their_ring_once() {
        let ring = [(1, 2), (2, 3), (3, 1), (4, 1), (5, 5)];
        let found = steps(&[(1, 1), (2, 10), (3, 100), (4, 1000), (5, 7)], &ring);
        let whole = 1111;
        assert_eq!(
            found,
            [
                (1, 4, whole),
                (2, 4, whole),
                (3, 4, whole),
                (4, 1, 1000),
                (5, 1, 7)
            ]
        );
    }

    #[test]
    fn a_chain_of_many_is_no_deeper_than_its_length() {
        let own: Vec<(i64, u64)> = (0..100_000).map(|id| (id, 1)).collect();
        let chain: Vec<(i64, i64)> = (1..100_000).map(|id| (id, id - 1)).collect();
        assert_eq!(steps(&own, &chain)[0], (0, 100_000, 100_000));
    }
}
