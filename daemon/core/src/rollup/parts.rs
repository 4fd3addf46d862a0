// SPDX-License-Identifier: GPL-3.0-or-later
//! Reports of all time by model, provider, agent, host and project: some rows for each of these, however many
//! sessions there were.

use rusqlite::Connection;

use super::fold::{Folded, SUMS, wrong_cost};
use super::report::Names;
use super::request::{By, Request, Sort};
use super::usage::amounts;
use crate::ledger::{Part, counted, spans_are_kept};

/// The rows that were asked for; `None` where sums without time and filters do not say enough.
pub(super) fn fold(
    connection: &Connection,
    request: &Request,
    names: &Names,
) -> rusqlite::Result<Option<Folded>> {
    let Some(part) = part(request.by) else {
        return Ok(None);
    };
    let is_known = request.is_of_everything() && request.sort != Some(Sort::Time);
    if !is_known || !spans_are_kept(connection)? {
        return Ok(None);
    }
    let mut folded = Folded::default();
    let sql = match part {
        Part::Agent | Part::Project => format!(
            "SELECT number, model_id, {SUMS} FROM part_sum WHERE steps > 0 AND part = {}",
            part as i64
        ),
        Part::Host => format!("SELECT host_id, model_id, {SUMS} FROM model_sum WHERE steps > 0"),
        _ => format!("SELECT model_id, model_id, {SUMS} FROM model_sum WHERE steps > 0"),
    };
    let number = |number| match part {
        Part::Provider => names.provider_of(number),
        Part::Project => names.project_of(number),
        _ => number,
    };
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (amounts, wrong) = (amounts(row, 2)?, wrong_cost(row, 11)?);
        folded.add(number(row.get(0)?), row.get(1)?, &amounts, wrong);
    }
    let sql = "SELECT number, count FROM part_count WHERE part = ? AND count > 0";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([part as i64])?;
    while let Some(row) = rows.next()? {
        let sessions = row.get::<_, i64>(1)?.unsigned_abs();
        folded.count_sessions(number(row.get(0)?), sessions);
    }
    folded
        .all
        .count_sessions(counted(connection, Part::All, 0)?);
    Ok(Some(folded))
}

fn part(by: By) -> Option<Part> {
    Some(match by {
        By::Model => Part::Model,
        By::Provider => Part::Provider,
        By::Agent => Part::Agent,
        By::Host => Part::Host,
        By::Project => Part::Project,
        By::Hour | By::Day | By::Week | By::Month | By::Session => return None,
    })
}
