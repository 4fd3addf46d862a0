// SPDX-License-Identifier: GPL-3.0-or-later
//! Reads which tools the steps called, in slices of a bounded size: totals never wait for it.

use std::collections::HashMap;

use super::Synchronizer;
use super::database::OpenDatabase;
use crate::ledger::{Ledger, LedgerError, ToolTask, ToolsOfStep};
use crate::model::{Problem, Severity};
use crate::source::ToolCalls;
use crate::source::opencode_json::Tree;
use crate::source::opencode_v1::Database;

/// Steps of one transaction.
const BATCH: usize = 64;

/// How much one slice may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ToolBudget {
    /// Steps.
    pub steps: usize,
    /// Bytes of parts.
    pub bytes: u64,
}

/// What a slice did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ToolSlice {
    /// Steps that were looked at.
    pub steps: u64,
    /// Bytes of parts that were read.
    pub bytes: u64,
    /// Whether there is more to do.
    pub has_more: bool,
    /// Why it stopped before its budget was spent.
    pub problem: Option<Problem>,
}

impl Synchronizer {
    /// Reads the tools of the newest steps that have not been looked at, of one session if it is given,
    /// until the budget is spent or `go_on` says no. A sync must have come before.
    pub fn read_tools(
        &self,
        ledger: &mut Ledger,
        session_id: Option<&str>,
        budget: ToolBudget,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<ToolSlice, LedgerError> {
        ledger.index_tools_left()?;
        // Mostly there is nothing to do: then no source need be looked for.
        if ledger.tool_tasks(session_id, 1)?.is_empty() {
            return Ok(ToolSlice::default());
        }
        let mut slice = ToolSlice {
            problem: self.unreadable_source(),
            has_more: true,
            ..ToolSlice::default()
        };
        let trees = self.trees();
        while slice.problem.is_none() && slice.bytes < budget.bytes && go_on() {
            let limit = BATCH.min(budget.steps.saturating_sub(slice.steps as usize));
            let tasks = ledger.tool_tasks(session_id, limit)?;
            if tasks.is_empty() {
                slice.has_more = limit == 0;
                break;
            }
            let found = self.read_tasks(&tasks, &trees, budget, &mut slice);
            ledger.record_tools(&found)?;
        }
        Ok(slice)
    }

    fn read_tasks(
        &self,
        tasks: &[ToolTask],
        trees: &[Tree],
        budget: ToolBudget,
        slice: &mut ToolSlice,
    ) -> Vec<ToolsOfStep> {
        let mut found = Vec::with_capacity(tasks.len());
        let left = budget.bytes.saturating_sub(slice.bytes);
        let together = self.read_together(tasks, left);
        for task in tasks {
            let calls = match self.tool_calls(task, &together, trees) {
                Ok(calls) => calls,
                // A damaged page stays so; anything else may be over next time.
                Err(problem) if problem.code == "corrupt_database" => ToolCalls {
                    unreadable: 1,
                    ..ToolCalls::default()
                },
                Err(problem) => {
                    slice.problem = Some(problem);
                    break;
                }
            };
            slice.steps += 1;
            slice.bytes += calls.bytes;
            found.push(ToolsOfStep {
                number: task.number,
                is_partly_unread: calls.unreadable > 0,
                calls: calls.calls,
            });
            if slice.bytes >= budget.bytes {
                break;
            }
        }
        found
    }

    /// What the databases of 1.x hold of the tasks, as far as one question to each tells. What it does not
    /// tell, as where a page is damaged, is asked for one by one.
    fn read_together<'t>(&self, tasks: &'t [ToolTask], max_bytes: u64) -> Vec<Together<'t>> {
        let ids = tasks.iter().filter(|task| has_calls_of_its_own(task));
        let ids: Vec<&str> = ids.map(|task| task.step_id.as_str()).collect();
        let ask = |database: &OpenDatabase| {
            let found = database.database().tool_calls(&ids, max_bytes);
            let found = found.unwrap_or_default();
            ids.iter().copied().zip(found).collect()
        };
        self.v1().map(ask).collect()
    }

    /// From the first place that has any: the newest generation first, as with steps.
    fn tool_calls(
        &self,
        task: &ToolTask,
        together: &[Together],
        trees: &[Tree],
    ) -> Result<ToolCalls, Problem> {
        let mut found = ToolCalls::default();
        if !has_calls_of_its_own(task) {
            return Ok(found);
        }
        for database in self.v2() {
            found.merge(database.database().tool_calls(&task.step_id)?);
            if !found.calls.is_empty() {
                return Ok(found);
            }
        }
        for (database, together) in self.v1().zip(together) {
            found.merge(match together.get(task.step_id.as_str()) {
                Some(calls) => calls.clone(),
                None => alone(database, &task.step_id)?,
            });
            if !found.calls.is_empty() {
                return Ok(found);
            }
        }
        for tree in trees {
            found.merge(tree.tool_calls(&task.session_id, &task.step_id)?);
            if !found.calls.is_empty() {
                return Ok(found);
            }
        }
        Ok(found)
    }

    fn trees(&self) -> Vec<Tree> {
        let dirs = self.origins.data_dirs.iter();
        dirs.filter_map(|dir| Tree::open(dir).ok().flatten())
            .collect()
    }

    /// A database that is there and not open: its steps must not be taken for steps without tools.
    fn unreadable_source(&self) -> Option<Problem> {
        let mut problems = Vec::new();
        let paths = self.origins.databases(&mut problems);
        let is_open = |path: &std::path::Path| {
            self.v1().any(|open| open.path() == path) || self.v2().any(|open| open.path() == path)
        };
        let closed = paths.iter().filter(|path| !is_open(path));
        problems.extend(closed.filter_map(|path| Database::open(path).err()));
        // A note: there is nothing in it yet.
        problems
            .into_iter()
            .find(|problem| problem.severity != Severity::Note)
    }
}

/// What one database holds of some steps.
type Together<'t> = HashMap<&'t str, ToolCalls>;

/// A copy's calls count where they were made; a step with a mark in its id is one of several of a message, or
/// of none, and the message's calls count with the first.
fn has_calls_of_its_own(task: &ToolTask) -> bool {
    task.is_own && !task.step_id.contains('#')
}

fn alone(database: &OpenDatabase, step_id: &str) -> Result<ToolCalls, Problem> {
    let found = database.database().tool_calls(&[step_id], u64::MAX)?;
    Ok(found.into_iter().next().unwrap_or_default())
}
