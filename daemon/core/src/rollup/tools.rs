// SPDX-License-Identifier: GPL-3.0-or-later
//! Which tools were called, and how it went.

use std::collections::HashMap;

use rusqlite::{Connection, Params, Row};

use super::filter::Filter;
use super::request::Request;
use crate::ledger::FORGOTTEN;
use crate::wire::{ToolRow, ToolUse};

const SUMS: &str = "(SELECT name FROM tool WHERE id = tool_id), sum(calls), sum(failed), sum(open),
    sum(timed), sum(duration_ms)";

/// The tools of what the request's filters let through.
pub(super) fn of_request(connection: &Connection, request: &Request) -> rusqlite::Result<ToolUse> {
    let (filter, from) = if request.is_of_everything() {
        (Filter::default(), "tool_sum WHERE true")
    } else if request.is_of_whole_sessions() {
        (Filter::of_quarters(request), "tool_quarter WHERE true")
    } else {
        let from = "tool_use JOIN step ON step.id = step_id WHERE true";
        (Filter::of_steps(request), from)
    };
    let sql = format!(
        "SELECT {SUMS} FROM {from} {} GROUP BY tool_id HAVING sum(calls) > 0",
        filter.sql()
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let tools = statement.query_map(filter.values(), tool_row)?;
    let tools = sorted(tools.collect::<rusqlite::Result<_>>()?);
    let left = left(connection, "true", [])?;
    Ok(ToolUse {
        is_complete: left == 0,
        steps_left: left,
        tools,
    })
}

/// The tools of some sessions, by OpenCode's ids.
pub(super) fn of_sessions<'a>(
    connection: &Connection,
    sessions: impl Iterator<Item = &'a str>,
) -> rusqlite::Result<ToolUse> {
    const AMONG: &str =
        "session_id IN (SELECT id FROM session WHERE uid IN (SELECT value FROM json_each(?)))";
    let sessions = serde_json::Value::from_iter(sessions).to_string();
    let sql = format!(
        "SELECT {SUMS} FROM tool_use JOIN step ON step.id = step_id WHERE {AMONG} GROUP BY tool_id"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let tools = statement.query_map([&sessions], tool_row)?;
    let tools = sorted(tools.collect::<rusqlite::Result<_>>()?);
    let left = left(connection, AMONG, [&sessions])?;
    Ok(ToolUse {
        is_complete: left == 0,
        steps_left: left,
        tools,
    })
}

/// Steps of which the tools are still to be read.
fn left(connection: &Connection, condition: &str, values: impl Params) -> rusqlite::Result<u64> {
    let sql = format!(
        "SELECT count(*) FROM step WHERE tools_read = 0 AND authority <> {FORGOTTEN} AND {condition}"
    );
    let left: i64 = connection.query_row(&sql, values, |row| row.get(0))?;
    Ok(left.unsigned_abs())
}

/// The tools of each step of a session, by OpenCode's message id.
pub(super) fn by_step(
    connection: &Connection,
    session: i64,
) -> rusqlite::Result<HashMap<String, Vec<ToolRow>>> {
    let sql = "SELECT (SELECT name FROM tool WHERE id = tool_id), calls, failed, open, timed,
                      duration_ms, step.uid
               FROM step JOIN tool_use ON step.id = step_id WHERE session_id = ? ORDER BY tool_id";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([session])?;
    let mut found: HashMap<String, Vec<ToolRow>> = HashMap::new();
    while let Some(row) = rows.next()? {
        found.entry(row.get(6)?).or_default().push(tool_row(row)?);
    }
    Ok(found)
}

fn tool_row(row: &Row) -> rusqlite::Result<ToolRow> {
    let count = |place| {
        row.get::<_, i64>(place)
            .map(|sum| u64::try_from(sum).unwrap_or(0))
    };
    let (calls, failed, open) = (count(1)?, count(2)?, count(3)?);
    let (timed, duration_ms) = (count(4)?, count(5)?);
    let ended = calls.saturating_sub(open);
    Ok(ToolRow {
        tool: row.get(0)?,
        calls,
        failed,
        open,
        success_rate: (ended > 0).then(|| ended.saturating_sub(failed) as f64 / ended as f64),
        duration_ms,
        mean_ms: duration_ms.checked_div(timed),
    })
}

fn sorted(mut tools: Vec<ToolRow>) -> Vec<ToolRow> {
    tools.sort_by(|a, b| b.calls.cmp(&a.calls).then_with(|| a.tool.cmp(&b.tool)));
    tools
}
