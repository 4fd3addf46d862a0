// SPDX-License-Identifier: GPL-3.0-or-later
//! Reads which tools the steps called, in slices of a bounded size: totals never wait for it.

use super::Synchronizer;
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
        for task in tasks {
            let calls = match self.tool_calls(task, trees) {
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

    /// From the first place that has any: the newest generation first, as with steps.
    fn tool_calls(&self, task: &ToolTask, trees: &[Tree]) -> Result<ToolCalls, Problem> {
        let mut found = ToolCalls::default();
        // A copy's calls count where they were made; a step with a mark in its id is one of several of a
        // message, or of none, and the message's calls count with the first.
        if !task.is_own || task.step_id.contains('#') {
            return Ok(found);
        }
        for database in self.v2() {
            found.merge(database.database().tool_calls(&task.step_id)?);
            if !found.calls.is_empty() {
                return Ok(found);
            }
        }
        for database in self.v1() {
            found.merge(database.database().tool_calls(&task.step_id)?);
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
        let paths = self.find(&mut problems);
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
