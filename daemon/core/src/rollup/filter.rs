// SPDX-License-Identifier: GPL-3.0-or-later
//! The filters of a request as the end of a WHERE clause.
//!
//! Only what is asked for becomes SQL, so that a question without filters costs nothing more.

use rusqlite::types::Value;

use super::request::Request;

/// The tables with the names of what a table has in `session_id`, `model_id`, `agent_id` and `host_id`, for
/// rows that are named in SQL. No filter needs them.
pub(super) const JOINS: &str = "
    JOIN session ON session.id = session_id
    JOIN model ON model.id = model_id
    JOIN agent ON agent.id = agent_id
    JOIN host ON host.id = host_id
    LEFT JOIN project ON project.id = session.project_id";

/// Conditions, each with ` AND ` in front, and their values in order.
#[derive(Debug, Default)]
pub(super) struct Filter {
    sql: String,
    values: Vec<Value>,
}

impl Filter {
    /// The table with the sums of a request that does not ask for times, and the conditions on it: the one
    /// of all time has one row where `quarter` has many.
    pub fn of_sums(request: &Request) -> (&'static str, Self) {
        let is_of_all_time = request.is_of_all_time();
        let table = if is_of_all_time {
            "session_sum"
        } else {
            "quarter"
        };
        (table, Self::of_quarters(request))
    }

    /// For the table `quarter`.
    pub fn of_quarters(request: &Request) -> Self {
        let mut filter = Self::default();
        let (since, until) = request.quarters();
        filter.add("quarter >= ?", 1, since);
        filter.add("quarter < ?", 1, until);
        filter.names(request)
    }

    /// For the table `step`.
    pub fn of_steps(request: &Request) -> Self {
        let mut filter = Self::default();
        filter.add("step.created_ms >= ?", 1, request.since_ms);
        filter.add("step.created_ms < ?", 1, request.until_ms);
        filter.names(request)
    }

    /// The end of a path by `substr` and not LIKE: names have underscores in them.
    fn names(mut self, request: &Request) -> Self {
        self.add(
            "model_id IN (SELECT id FROM model WHERE provider = ?)",
            1,
            request.provider.clone(),
        );
        self.add(
            "model_id IN (SELECT id FROM model WHERE model = ? OR provider || '/' || model = ?)",
            2,
            request.model.clone(),
        );
        self.add(
            "session_id IN (SELECT session.id FROM session LEFT JOIN project ON project.id = project_id
                 WHERE project.uid = ? OR project.name = ? OR project.worktree = ? OR session.directory = ?
                     OR substr(project.worktree, -1 - length(?)) = '/' || ?)",
            6,
            request.project.clone(),
        );
        self.add(
            "agent_id IN (SELECT id FROM agent WHERE name = ?)",
            1,
            request.agent.clone(),
        );
        self.add(
            "session_id IN (SELECT id FROM session WHERE uid = ?)",
            1,
            request.session.clone(),
        );
        self.add(
            "host_id IN (SELECT id FROM host WHERE uid = ? OR label = ?)",
            2,
            request.host.clone(),
        );
        self
    }

    /// The same, and only of these sessions: a JSON array of OpenCode's ids.
    pub fn among(mut self, sessions: Option<String>) -> Self {
        self.add(
            "session_id IN (SELECT id FROM session WHERE uid IN (SELECT value FROM json_each(?)))",
            1,
            sessions,
        );
        self
    }

    /// The same, and only of these sessions: a JSON array of the ledger's numbers.
    pub fn among_numbers(mut self, sessions: Option<String>) -> Self {
        self.add(
            "session_id IN (SELECT value FROM json_each(?))",
            1,
            sessions,
        );
        self
    }

    fn add<V: Into<Value>>(&mut self, condition: &str, times: usize, value: Option<V>) {
        let Some(value) = value.map(Into::into) else {
            return;
        };
        self.sql.push_str(" AND ");
        self.sql.push_str(condition);
        self.values.extend(std::iter::repeat_n(value, times));
    }

    /// The conditions, to be put behind a first one.
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// The values of the conditions, in order.
    pub fn values(&self) -> impl rusqlite::Params + '_ {
        self.behind([])
    }

    /// The same behind those of a first condition.
    pub fn behind<const N: usize>(&self, first: [Value; N]) -> impl rusqlite::Params + '_ {
        rusqlite::params_from_iter(first.into_iter().chain(self.values.iter().cloned()))
    }
}
