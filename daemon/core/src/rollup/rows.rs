// SPDX-License-Identifier: GPL-3.0-or-later
//! The ledger row by row, for exports: never more than a page in memory.
//!
//! Each page is one short reading, so that a slow reader at the other end of a pipe does not keep the
//! ledger from tidying up.

use std::collections::{BTreeMap, HashSet};
use std::ops::ControlFlow;

use rusqlite::{Connection, Row};

use super::filter::{Filter, JOINS};
use super::request::Request;
use super::share::Sum;
use super::usage::{SUMS, amounts, tokens};
use crate::ledger::{FORGOTTEN, Ledger, LedgerError};
use crate::model::{Day, ModelName, NanoUsd, QUARTER_MS, Zone};
use crate::wire::{CostBasis, DayRow, SessionRow, StepCost, StepRow};

const PAGE_ROWS: usize = 2_000;
/// Each takes two statements.
const PAGE_SESSIONS: usize = 100;

/// Takes the rows one by one, until it says to stop.
pub type Each<'a, R> = &'a mut dyn FnMut(R) -> ControlFlow<()>;

/// The steps that match the filters of `request`, oldest first; with `uncounted` also those that are in
/// no sum.
///
/// # Errors
/// [`LedgerError::Sqlite`].
pub fn each_step(
    ledger: &Ledger,
    request: &Request,
    uncounted: bool,
    each: Each<StepRow>,
) -> Result<(), LedgerError> {
    let mut place = match request.since_ms {
        Some(since_ms) => (since_ms.saturating_sub(1), i64::MAX),
        None => (i64::MIN, i64::MIN),
    };
    loop {
        let page = ledger.read(|connection| steps(connection, request, uncounted, place))?;
        let is_last = page.len() < PAGE_ROWS;
        for (id, step) in page {
            place = (step.created_ms, id);
            if each(step).is_break() {
                return Ok(());
            }
        }
        if is_last {
            return Ok(());
        }
    }
}

/// The next page behind `place`, an instant and a row's number.
fn steps(
    connection: &Connection,
    request: &Request,
    uncounted: bool,
    (after_ms, after_id): (i64, i64),
) -> rusqlite::Result<Vec<(i64, StepRow)>> {
    let filter = Filter::of_steps(request);
    let sql = format!(
        "SELECT step.id, step.uid, session.uid, session.parent_uid, turn_uid, step.created_ms, completed_ms,
             provider, model.model, agent.name, project.worktree, host.label,
             input, output, reasoning, cache_read, cache_write,
             price, price_nano_usd, stored_nano_usd, finish, error, is_counted
         FROM step INDEXED BY step_created {JOINS}
         WHERE (step.created_ms, step.id) > (?, ?) AND (is_counted OR ?)
             AND authority <> {FORGOTTEN}{}
         ORDER BY step.created_ms, step.id LIMIT {PAGE_ROWS}",
        filter.sql()
    );
    let values = filter.behind([after_ms.into(), after_id.into(), uncounted.into()]);
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(values, |row| Ok((row.get(0)?, step_row(row)?)))?;
    rows.collect()
}

fn step_row(row: &Row) -> rusqlite::Result<StepRow> {
    Ok(StepRow {
        id: row.get(1)?,
        session: row.get(2)?,
        parent: row.get(3)?,
        turn: row.get(4)?,
        created_ms: row.get(5)?,
        completed_ms: row.get(6)?,
        provider: row.get(7)?,
        model: row.get(8)?,
        agent: known(row.get(9)?),
        project: known(row.get(10)?),
        host: row.get(11)?,
        tokens: (&tokens(row, 12)?).into(),
        cost: step_cost(row, 17)?,
        finish: row.get(20)?,
        error: row.get(21)?,
        is_counted: row.get(22)?,
    })
}

fn step_cost(row: &Row, first: usize) -> rusqlite::Result<StepCost> {
    let basis = match row.get::<_, i64>(first)? {
        0 => CostBasis::Billed,
        1 => CostBasis::Estimated,
        _ => CostBasis::Unpriced,
    };
    let amount = NanoUsd(row.get(first + 1)?).usd();
    let stored: Option<i64> = row.get(first + 2)?;
    Ok(StepCost {
        basis,
        usd: (basis != CostBasis::Unpriced).then_some(amount),
        stored_usd: stored.map(|nano| NanoUsd(nano).usd()),
    })
}

/// The ledger has an empty name where OpenCode recorded none.
fn known(name: Option<String>) -> Option<String> {
    name.filter(|name| !name.is_empty())
}

/// The sessions with matching steps, in the order in which they were created.
///
/// # Errors
/// [`LedgerError::Sqlite`].
pub fn each_session(
    ledger: &Ledger,
    request: &Request,
    each: Each<SessionRow>,
) -> Result<(), LedgerError> {
    // Eight bytes for each session are all that is kept.
    let ids: Vec<i64> = ledger.read(|connection| {
        let sql = "SELECT id FROM session WHERE ? IS NULL OR uid = ?1 ORDER BY created_ms, id";
        let mut statement = connection.prepare_cached(sql)?;
        statement
            .query_map([&request.session], |row| row.get(0))?
            .collect()
    })?;
    for page in ids.chunks(PAGE_SESSIONS) {
        let rows: Vec<Option<SessionRow>> = ledger.read_at_once(|connection| {
            let rows = page.iter().map(|id| session(connection, *id, request));
            rows.collect()
        })?;
        if rows.into_iter().flatten().any(|row| each(row).is_break()) {
            break;
        }
    }
    Ok(())
}

/// A session with its sums; `None` where no step of it matches.
fn session(
    connection: &Connection,
    id: i64,
    request: &Request,
) -> rusqlite::Result<Option<SessionRow>> {
    let (table, filter) = Filter::of_sums(request);
    let sql = format!(
        "SELECT provider, model.model, {SUMS} FROM {table} JOIN model ON model.id = model_id
         WHERE session_id = ? AND steps > 0{}
         GROUP BY model_id ORDER BY sum(input + output + reasoning) DESC, provider, model.model",
        filter.sql()
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(filter.behind([id.into()]))?;
    let (mut sum, mut models) = (Sum::default(), Vec::new());
    while let Some(row) = rows.next()? {
        sum.add(&amounts(row, 2)?);
        models.push(model_name(row, 0)?.to_string());
    }
    if models.is_empty() {
        return Ok(None);
    }
    described(connection, id, &sum, models).map(Some)
}

fn described(
    connection: &Connection,
    id: i64,
    sum: &Sum,
    models: Vec<String>,
) -> rusqlite::Result<SessionRow> {
    connection
        .prepare_cached(
            "SELECT session.uid, parent_uid, worktree, directory, agent, created_ms, archived_ms,
                 (SELECT max(created_ms) FROM step WHERE session_id = session.id)
             FROM session LEFT JOIN project ON project.id = project_id WHERE session.id = ?",
        )?
        .query_row([id], |row| {
            Ok(SessionRow {
                id: row.get(0)?,
                parent: row.get(1)?,
                project: known(row.get(2)?),
                directory: known(row.get(3)?),
                agent: known(row.get(4)?),
                created_ms: row.get(5)?,
                archived_ms: row.get(6)?,
                last_step_ms: row.get(7)?,
                steps: sum.steps,
                tokens: (&sum.tokens).into(),
                cost: (&sum.cost).into(),
                models,
            })
        })
}

/// The days of `zone` by model, oldest first.
///
/// # Errors
/// [`LedgerError::Sqlite`].
pub fn each_day(
    ledger: &Ledger,
    request: &Request,
    zone: &Zone,
    each: Each<DayRow>,
) -> Result<(), LedgerError> {
    let (since, until) = request.quarters();
    let mut from = since;
    while let Some(first) = ledger.read(|connection| next_quarter(connection, from, until))? {
        let day = zone.day(first * QUARTER_MS);
        let end = zone.start_of(Day(day.0 + 1)).div_euclid(QUARTER_MS);
        // A day that is shorter than its offset would have it begin before itself.
        let end = end.max(first + 1);
        let last = until.map_or(end, |until| until.min(end));
        let rows = ledger.read(|connection| models_of(connection, day, (first, last), request))?;
        if rows.into_iter().any(|row| each(row).is_break()) {
            break;
        }
        from = Some(end);
    }
    Ok(())
}

/// The first quarter from `from` on that has anything in it.
fn next_quarter(
    connection: &Connection,
    from: Option<i64>,
    until: Option<i64>,
) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT min(quarter) FROM quarter WHERE quarter >= ? AND quarter < ?")?
        .query_row(
            [from.unwrap_or(i64::MIN), until.unwrap_or(i64::MAX)],
            |row| row.get(0),
        )
}

/// The rows of one day, by provider and model.
fn models_of(
    connection: &Connection,
    day: Day,
    (first, last): (i64, i64),
    request: &Request,
) -> rusqlite::Result<Vec<DayRow>> {
    let filter = Filter::of_quarters(request);
    let sql = format!(
        "SELECT provider, model.model, session_id, {SUMS} FROM quarter JOIN model ON model.id = model_id
         WHERE quarter >= ? AND quarter < ? AND steps > 0{} GROUP BY model_id, session_id",
        filter.sql()
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(filter.behind([first.into(), last.into()]))?;
    let mut sums: BTreeMap<ModelName, (HashSet<i64>, Sum)> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let (sessions, sum) = sums.entry(model_name(row, 0)?).or_default();
        sessions.insert(row.get(2)?);
        sum.add(&amounts(row, 3)?);
    }
    let row = |(name, (sessions, sum)): (ModelName, (HashSet<i64>, Sum))| DayRow {
        day: day.to_string(),
        provider: name.provider,
        model: name.model,
        sessions: sessions.len() as u64,
        steps: sum.steps,
        tokens: (&sum.tokens).into(),
        cost: (&sum.cost).into(),
    };
    Ok(sums.into_iter().map(row).collect())
}

fn model_name(row: &Row, first: usize) -> rusqlite::Result<ModelName> {
    Ok(ModelName {
        provider: row.get(first)?,
        model: row.get(first + 1)?,
    })
}
