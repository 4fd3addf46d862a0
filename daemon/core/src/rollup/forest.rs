// SPDX-License-Identifier: GPL-3.0-or-later
//! Sessions as trees with their sub-agents, each with its own and its inclusive sum.

use std::collections::HashMap;

use rusqlite::{Connection, Params};

use super::filter::Filter;
use super::request::Request;
use super::share::Sum;
use super::usage::{Amounts, EACH_SUM, amounts};
use crate::ledger::spans_are_kept;
use crate::model::ModelName;
use crate::wire::{ModelUsage, Usage};

/// A session by the ledger's number, with that of its parent where the ledger knows it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    pub number: i64,
    pub parent: Option<i64>,
}

/// The sessions of which `condition` is true, in the order in which they were met.
pub(super) fn members(
    connection: &Connection,
    condition: &str,
    values: impl Params,
) -> rusqlite::Result<Vec<Member>> {
    connection
        .prepare_cached(&format!(
            "SELECT id, (SELECT id FROM session AS parent WHERE parent.uid = session.parent_uid)
             FROM session WHERE {condition}"
        ))?
        .query_map(values, |row| {
            Ok(Member {
                number: row.get(0)?,
                parent: row.get(1)?,
            })
        })?
        .collect()
}

/// What a session, or a tree, has used.
#[derive(Clone, Debug, Default)]
pub(super) struct Used {
    pub all: Sum,
    /// The newest quarter hour with a step.
    pub quarter: i64,
    /// The same by the number of the model; few, so a list is quicker than a map.
    models: Vec<(i64, Sum)>,
}

impl Used {
    /// Adds a sum of one model in one quarter hour.
    pub fn add(&mut self, quarter: i64, model: i64, amounts: &Amounts) {
        self.quarter = self.quarter.max(quarter);
        self.all.add(amounts);
        self.of(model).add(amounts);
    }

    pub fn merge(&mut self, other: &Self) {
        self.quarter = self.quarter.max(other.quarter);
        self.all.merge(&other.all);
        for (model, sum) in &other.models {
            self.of(*model).merge(sum);
        }
    }

    fn of(&mut self, model: i64) -> &mut Sum {
        let known = self.models.iter().position(|(known, _)| *known == model);
        let place = known.unwrap_or_else(|| {
            self.models.push((model, Sum::default()));
            self.models.len() - 1
        });
        &mut self.models[place].1
    }

    /// The same with the models' names.
    pub fn usage(&self, names: &HashMap<i64, ModelName>) -> Usage {
        let mut usage = Usage::default();
        for (model, sum) in &self.models {
            usage.add(ModelUsage {
                name: names.get(model).cloned().unwrap_or_default(),
                tokens: sum.tokens,
                steps: sum.steps,
                cost: sum.cost,
            });
        }
        usage.sorted()
    }
}

/// Every session's own use by its number, of what the filters let through; `among`: see
/// [`Filter::among_numbers`].
pub(super) fn used(
    connection: &Connection,
    request: &Request,
    among: Option<String>,
) -> rusqlite::Result<HashMap<i64, Used>> {
    let (quarter, table) = if request.is_of_all_time() && spans_are_kept(connection)? {
        const NEWEST: &str = "(SELECT newest_ms FROM session_span AS span
            WHERE span.session_id = session_sum.session_id) / 900000";
        (NEWEST, "session_sum")
    } else {
        ("quarter", "quarter")
    };
    let filter = Filter::of_quarters(request).among_numbers(among);
    let mut statement = connection.prepare_cached(&format!(
        "SELECT session_id, model_id, {quarter}, {EACH_SUM}
         FROM {table} WHERE steps > 0{}",
        filter.sql()
    ))?;
    let mut rows = statement.query(filter.values())?;
    let mut found: HashMap<i64, Used> = HashMap::new();
    while let Some(row) = rows.next()? {
        let used = found.entry(row.get(0)?).or_default();
        used.add(row.get(2)?, row.get(1)?, &amounts(row, 3)?);
    }
    Ok(found)
}

/// The names of all models by their numbers.
pub(super) fn models(connection: &Connection) -> rusqlite::Result<HashMap<i64, ModelName>> {
    connection
        .prepare_cached("SELECT id, provider, model FROM model")?
        .query_map([], |row| {
            let (provider, model) = (row.get(1)?, row.get(2)?);
            Ok((row.get(0)?, ModelName { provider, model }))
        })?
        .collect()
}

/// One tree: its sessions in order, each before those below it, the root first.
#[derive(Debug)]
pub(super) struct Tree {
    pub branches: Vec<Branch>,
}

/// A session in its tree.
#[derive(Debug)]
pub(super) struct Branch {
    pub member: Member,
    pub depth: u32,
    /// The place of the parent in the same tree.
    pub above: Option<usize>,
    pub below: u64,
    pub own: Used,
    /// `None`: the same, as of most sessions.
    sum: Option<Used>,
}

impl Branch {
    /// Its own use and that of everything below it.
    pub fn inclusive(&self) -> &Used {
        self.sum.as_ref().unwrap_or(&self.own)
    }

    fn include(&mut self, below: &Used) {
        let own = &self.own;
        self.sum.get_or_insert_with(|| own.clone()).merge(below);
    }
}

impl Tree {
    /// The session that all others are below.
    pub fn root(&self) -> &Branch {
        &self.branches[0]
    }

    /// Leaves out sessions that, sub-agents included, have no step.
    pub fn without_unused(mut self) -> Self {
        let kept: Vec<bool> = self
            .branches
            .iter()
            .map(|branch| branch.inclusive().all.steps > 0)
            .collect();
        let mut places = Vec::with_capacity(kept.len());
        let mut next = 0;
        for is_kept in &kept {
            places.push(next);
            next += usize::from(*is_kept);
        }
        // A kept session's parent is kept too: it includes it.
        for branch in &mut self.branches {
            branch.above = branch.above.map(|place| places[place]);
            branch.below = 0;
        }
        let mut kept = kept.into_iter();
        self.branches.retain(|_| kept.next().unwrap_or(false));
        self.count_below();
        self
    }

    fn count_below(&mut self) {
        for place in (0..self.branches.len()).rev() {
            let below = self.branches[place].below + 1;
            if let Some(above) = self.branches[place].above {
                self.branches[above].below += below;
            }
        }
    }

    /// From the leaves up: what stands later is never above what stands earlier.
    fn sum_up(&mut self) {
        for place in (0..self.branches.len()).rev() {
            let (earlier, rest) = self.branches.split_at_mut(place);
            if let Some(above) = rest[0].above {
                earlier[above].include(rest[0].inclusive());
            }
        }
    }
}

/// The trees of `members`. A session whose parent is not among them is a root; where parents go round
/// in a circle, the first of them is.
pub(super) fn grow(members: Vec<Member>, mut used: HashMap<i64, Used>) -> Vec<Tree> {
    let places: HashMap<i64, usize> = members
        .iter()
        .enumerate()
        .map(|(place, member)| (member.number, place))
        .collect();
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); members.len()];
    let mut roots = Vec::new();
    for (place, member) in members.iter().enumerate() {
        let parent = member.parent.and_then(|number| places.get(&number));
        match parent {
            Some(parent) => children[*parent].push(place),
            None => roots.push(place),
        }
    }
    let mut waiting: Vec<Option<Member>> = members.into_iter().map(Some).collect();
    let all = 0..waiting.len();
    let mut trees = Vec::new();
    for root in roots.into_iter().chain(all) {
        let branches = climb(root, &children, &mut waiting, &mut used);
        if !branches.is_empty() {
            let mut tree = Tree { branches };
            tree.sum_up();
            tree.count_below();
            trees.push(tree);
        }
    }
    trees
}

/// The sessions from `root` down that are in no tree yet. Not recursive: a tree may be any depth.
fn climb(
    root: usize,
    children: &[Vec<usize>],
    waiting: &mut [Option<Member>],
    used: &mut HashMap<i64, Used>,
) -> Vec<Branch> {
    let mut branches: Vec<Branch> = Vec::new();
    let mut stack = vec![(root, None::<usize>)];
    while let Some((place, above)) = stack.pop() {
        let Some(member) = waiting[place].take() else {
            continue;
        };
        let own = used.remove(&member.number).unwrap_or_default();
        let depth = above.map_or(0, |above| branches[above].depth + 1);
        let here = branches.len();
        branches.push(Branch {
            member,
            depth,
            above,
            below: 0,
            own,
            sum: None,
        });
        stack.extend(
            children[place]
                .iter()
                .rev()
                .map(|child| (*child, Some(here))),
        );
    }
    branches
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(number: i64, parent: Option<i64>) -> Member {
        Member { number, parent }
    }

    fn one() -> Amounts {
        Amounts {
            steps: 1,
            tokens: crate::model::Tokens::default(),
            cost: crate::model::Cost::default(),
        }
    }

    fn one_step(number: i64) -> (i64, Used) {
        let mut used = Used::default();
        used.add(number, 1, &one());
        (number, used)
    }

    fn shape(trees: &[Tree]) -> Vec<Vec<(i64, u32, u64, u64)>> {
        let line = |branch: &Branch| {
            let inclusive = branch.inclusive().all.steps;
            (branch.member.number, branch.depth, branch.below, inclusive)
        };
        trees
            .iter()
            .map(|tree| tree.branches.iter().map(line).collect())
            .collect()
    }

    #[test]
    fn a_parent_includes_everything_below_it() {
        let members = vec![
            member(3, Some(2)),
            member(1, None),
            member(2, Some(1)),
            member(4, Some(1)),
        ];
        let trees = grow(members, (1..=4).map(one_step).collect());
        assert_eq!(
            shape(&trees),
            [vec![(1, 0, 3, 4), (2, 1, 1, 2), (3, 2, 0, 1), (4, 1, 0, 1)]]
        );
    }

    #[test]
    fn a_model_is_one_however_many_quarters_it_was_used_in() {
        let mut used = Used::default();
        for quarter in 1..4 {
            used.add(quarter, 7, &one());
        }
        used.merge(&used.clone());
        let usage = used.usage(&[(7, ModelName::default())].into());
        assert_eq!((usage.steps, usage.models.len(), used.quarter), (6, 1, 3));
    }

    #[test]
    fn a_lost_parent_or_a_circle_of_parents_loses_nobody() {
        let members = vec![member(1, Some(9)), member(2, Some(3)), member(3, Some(2))];
        let trees = grow(members, (1..=3).map(one_step).collect());
        assert_eq!(
            shape(&trees),
            [vec![(1, 0, 0, 1)], vec![(2, 0, 1, 2), (3, 1, 0, 1)]]
        );
    }

    #[test]
    fn unused_branches_are_left_out_and_used_ones_keep_their_parents() {
        let members = vec![
            member(1, None),
            member(2, Some(1)),
            member(3, Some(1)),
            member(4, Some(3)),
        ];
        let trees = grow(members, [one_step(4)].into());
        let used: Vec<Tree> = trees.into_iter().map(Tree::without_unused).collect();
        assert_eq!(
            shape(&used),
            [vec![(1, 0, 2, 1), (3, 1, 1, 1), (4, 2, 0, 1)]]
        );
    }

    #[test]
    fn a_tree_may_be_very_deep() {
        let deep = 50_000;
        let members = (0..deep).map(|n| member(n, (n > 0).then(|| n - 1)));
        let trees = grow(members.collect(), [one_step(deep - 1)].into());
        assert_eq!(trees[0].root().inclusive().all.steps, 1);
    }
}
