// SPDX-License-Identifier: GPL-3.0-or-later
//! What a question asks for, as SQL: the filters by name, the same for every kind of rows.

use rusqlite::ToSql;

use super::request::Request;

/// The tables that [`NAMES`] speaks of, joined to a table with `session_id`, `model_id`, `agent_id` and
/// `host_id`.
pub(super) const JOINS: &str = "
    JOIN session ON session.id = session_id
    JOIN model ON model.id = model_id
    JOIN agent ON agent.id = agent_id
    JOIN host ON host.id = host_id
    LEFT JOIN project ON project.id = session.project_id";

/// The filters by name; `?3` to `?8` are those of [`values`].
pub(super) const NAMES: &str = "
      (?3 IS NULL OR provider = ?3)
      AND (?4 IS NULL OR model.model = ?4 OR provider || '/' || model.model = ?4)
      AND (?5 IS NULL OR project.uid = ?5 OR project.name = ?5 OR project.worktree = ?5
           OR project.worktree LIKE '%/' || ?5 OR session.directory = ?5)
      AND (?6 IS NULL OR agent.name = ?6)
      AND (?7 IS NULL OR session.uid = ?7)
      AND (?8 IS NULL OR host.uid = ?8 OR host.label = ?8)";

/// The values of [`NAMES`] behind the two ends of the period, in the unit of the table's column.
pub(super) fn values<'a>(
    since: &'a Option<i64>,
    until: &'a Option<i64>,
    request: &'a Request,
) -> [&'a dyn ToSql; 8] {
    [
        since,
        until,
        &request.provider,
        &request.model,
        &request.project,
        &request.agent,
        &request.session,
        &request.host,
    ]
}
