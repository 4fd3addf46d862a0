// SPDX-License-Identifier: GPL-3.0-or-later
//! What a question asks for, as SQL: the filters by name, the same for every kind of rows.

use rusqlite::ToSql;

use super::request::Request;

/// The tables that [`names`] speaks of, joined to a table with `session_id`, `model_id`, `agent_id` and
/// `host_id`. A left join that nothing refers to costs nothing.
pub(super) const JOINS: &str = "
    JOIN session ON session.id = session_id
    LEFT JOIN project ON project.id = session.project_id
    LEFT JOIN model ON model.id = model_id
    LEFT JOIN agent ON agent.id = agent_id
    LEFT JOIN host ON host.id = host_id";

/// What is asked of each parameter from the third on, where it is given.
const FILTERS: [&str; 6] = [
    "provider = ?3",
    "(model.model = ?4 OR provider || '/' || model.model = ?4)",
    "(project.uid = ?5 OR project.name = ?5 OR project.worktree = ?5
      OR project.worktree LIKE '%/' || ?5 OR session.directory = ?5)",
    "agent.name = ?6",
    "session.uid = ?7",
    "(host.uid = ?8 OR host.label = ?8)",
];

/// Those of the filters by name that are wanted, each behind an AND; `?3` to `?8` are those of [`values`].
pub(super) fn names(request: &Request) -> String {
    let filters = FILTERS.iter().zip(given(request)).enumerate();
    let clause = |(place, (filter, given)): (usize, (&&str, &Option<String>))| match given {
        Some(_) => format!(" AND {filter}"),
        None => format!(" AND ?{} IS NULL", place + 3),
    };
    filters.map(clause).collect()
}

/// The values of [`names`] behind the two ends of the period, in the unit of the table's column.
pub(super) fn values<'a>(
    since: &'a Option<i64>,
    until: &'a Option<i64>,
    request: &'a Request,
) -> [&'a dyn ToSql; 8] {
    let [provider, model, project, agent, session, host] = given(request);
    [since, until, provider, model, project, agent, session, host]
}

fn given(request: &Request) -> [&Option<String>; 6] {
    [
        &request.provider,
        &request.model,
        &request.project,
        &request.agent,
        &request.session,
        &request.host,
    ]
}
