// SPDX-License-Identifier: GPL-3.0-or-later
//! Rows by time, model, session and the rest, named and in order; `fold` has their sums.

use std::collections::HashMap;

use rusqlite::types::FromSql;
use rusqlite::{Connection, OptionalExtension};

use super::family::{self, Figures};
use super::fold::{Folded, Sum, fold};
use super::request::{By, Order, Request, Sort};
use super::top::{self, Top};
use crate::ledger::{IS_TOLD_OF, Ledger, LedgerError};
use crate::model::{Day, ModelName, Zone};
use crate::wire::{Family, Report, ReportRow, SessionMarks};

/// The answer to a question. Its `problems` are left empty.
///
/// # Errors
/// [`LedgerError::Sqlite`].
pub fn report(ledger: &Ledger, request: &Request, zone: &Zone) -> Result<Report, LedgerError> {
    ledger.read_at_once(|connection| {
        let names = Names::load(connection)?;
        let (folded, inclusive) = match top::sessions(connection, request)? {
            Some(top) => top,
            None => every_row(connection, request, zone, &names)?,
        };
        let totals = folded.all.totals();
        Ok(Report {
            schema: 1,
            by: request.by.key(),
            time_zone: zone.name().into(),
            since: request.since_ms.map(|ms| zone.rfc3339(ms)),
            until: request.until_ms.map(|ms| zone.rfc3339(ms)),
            rows: rows(connection, folded, &inclusive, request, zone, &names)?,
            totals,
            problems: Vec::new(),
        })
    })
}

/// All rows, to be cut off at the limit.
fn every_row(
    connection: &Connection,
    request: &Request,
    zone: &Zone,
    names: &Names,
) -> rusqlite::Result<Top> {
    let mut folded = fold(connection, request, zone, names)?;
    let inclusive = match request.by {
        By::Session => family::inclusive(connection, folded.figures())?,
        _ => HashMap::new(),
    };
    folded.keep_only_asked(connection, request)?;
    Ok((folded, inclusive))
}

/// The short lists that rows are named from.
pub(super) struct Names {
    pub models: HashMap<i64, ModelName>,
    providers: Vec<String>,
    agents: HashMap<i64, String>,
    hosts: HashMap<i64, String>,
    /// Each with the first one at the same path: a folder may have had several.
    projects: HashMap<i64, i64>,
}

impl Names {
    pub fn load(connection: &Connection) -> rusqlite::Result<Self> {
        let mut models = HashMap::new();
        let mut statement = connection.prepare_cached("SELECT id, provider, model FROM model")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            models.insert(
                row.get(0)?,
                ModelName {
                    provider: row.get(1)?,
                    model: row.get(2)?,
                },
            );
        }
        let mut providers: Vec<String> =
            models.values().map(|name| name.provider.clone()).collect();
        providers.sort();
        providers.dedup();
        Ok(Self {
            models,
            providers,
            agents: pairs(connection, "SELECT id, name FROM agent")?,
            hosts: pairs(connection, "SELECT id, label FROM host")?,
            projects: pairs(connection, PROJECTS)?,
        })
    }

    pub fn provider_of(&self, model_id: i64) -> i64 {
        let provider = self.models.get(&model_id).map(|name| &name.provider);
        provider
            .and_then(|name| self.providers.binary_search(name).ok())
            .map_or(-1, |at| at as i64)
    }

    /// The row of a project: that of all at its path. 0 for none stays so.
    pub fn project_of(&self, project_id: i64) -> i64 {
        *self.projects.get(&project_id).unwrap_or(&project_id)
    }
}

const PROJECTS: &str = "SELECT id, min(id) OVER (PARTITION BY worktree) FROM project";

fn pairs<T: FromSql>(connection: &Connection, sql: &str) -> rusqlite::Result<HashMap<i64, T>> {
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    found.collect()
}

fn rows(
    connection: &Connection,
    folded: Folded,
    inclusive: &HashMap<i64, Figures>,
    request: &Request,
    zone: &Zone,
    names: &Names,
) -> rusqlite::Result<Vec<ReportRow>> {
    let sums = match request.sort {
        Some(Sort::Name) => by_name(connection, folded.rows, request, zone, names)?,
        _ => sorted(folded.rows, request),
    };
    let row = |(number, sum): (i64, Sum)| {
        let models = sum.models(names);
        let mut row = ReportRow {
            by: request.by.key(),
            key: None,
            totals: sum.totals(),
            models: models.iter().map(|model| model.name.to_string()).collect(),
            breakdown: request.breakdown.then_some(models),
            marks: None,
            family: None,
        };
        if request.by == By::Session {
            describe(connection, number, inclusive.get(&number), zone, &mut row)?;
        } else {
            row.key = key(connection, request.by, number, zone, names)?;
        }
        Ok(row)
    };
    sums.into_iter().map(row).collect()
}

/// Says of a session's row which one it is, what became of it and what is below it.
fn describe(
    connection: &Connection,
    number: i64,
    inclusive: Option<&Figures>,
    zone: &Zone,
    row: &mut ReportRow,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "SELECT uid, parent_uid, archived_ms, deleted_ms FROM session WHERE id = ?",
        )?
        .query_row([number], |found| {
            let at = |ms: Option<i64>| ms.map(|ms| zone.rfc3339(ms));
            row.key = found.get(0)?;
            let parent = found.get(1)?;
            row.family = inclusive.map(|figures| Family {
                parent,
                inclusive: figures.into(),
            });
            row.marks = Some(SessionMarks {
                archived_at: at(found.get(2)?),
                deleted_at: at(found.get(3)?),
            });
            Ok(())
        })
}

/// By their keys, and cut off at the limit.
fn by_name(
    connection: &Connection,
    rows: HashMap<i64, Sum>,
    request: &Request,
    zone: &Zone,
    names: &Names,
) -> rusqlite::Result<Vec<(i64, Sum)>> {
    let named = |(number, sum)| {
        Ok((
            key(connection, request.by, number, zone, names)?,
            number,
            sum,
        ))
    };
    let mut named: Vec<_> = rows
        .into_iter()
        .map(named)
        .collect::<rusqlite::Result<_>>()?;
    named.sort_by(|(a, first, _), (b, second, _)| a.cmp(b).then(first.cmp(second)));
    if request.order == Some(Order::Descending) {
        named.reverse();
    }
    named.truncate(request.limit.unwrap_or(usize::MAX));
    Ok(named
        .into_iter()
        .map(|(_, number, sum)| (number, sum))
        .collect())
}

/// By a figure, and cut off at the limit.
fn sorted(rows: HashMap<i64, Sum>, request: &Request) -> Vec<(i64, Sum)> {
    let mut sums: Vec<(i64, Sum)> = rows.into_iter().collect();
    let is_time = request.by.is_time();
    let default = if is_time { Sort::Time } else { Sort::Fresh };
    let sort = request.sort.unwrap_or(default);
    let is_own_time = is_time && sort == Sort::Time;
    if is_own_time {
        sums.sort_by_key(|(number, _)| *number);
    } else {
        sums.sort_by_cached_key(|(number, sum)| (sum.figure(sort), *number));
    }
    let default = if is_own_time {
        Order::Ascending
    } else {
        Order::Descending
    };
    if request.order.unwrap_or(default) == Order::Descending {
        sums.reverse();
    }
    sums.truncate(request.limit.unwrap_or(usize::MAX));
    sums
}

fn key(
    connection: &Connection,
    by: By,
    number: i64,
    zone: &Zone,
    names: &Names,
) -> rusqlite::Result<Option<String>> {
    let known = |name: Option<String>| name.filter(|name| !name.is_empty());
    Ok(match by {
        By::Hour => Some(zone.rfc3339(number)),
        By::Day | By::Week => Some(Day(number).to_string()),
        By::Month => Some(format!(
            "{:04}-{:02}",
            number.div_euclid(12),
            number.rem_euclid(12) + 1
        )),
        By::Model => names.models.get(&number).map(ModelName::to_string),
        By::Provider => usize::try_from(number)
            .ok()
            .and_then(|at| names.providers.get(at).cloned()),
        By::Agent => known(names.agents.get(&number).cloned()),
        By::Host => known(names.hosts.get(&number).cloned()),
        By::Session => name_of(connection, "SELECT uid FROM session WHERE id = ?", number)?,
        By::Project => name_of(
            connection,
            "SELECT worktree FROM project WHERE id = ?",
            number,
        )?,
    })
}

/// `None` also where all of it is forgotten.
pub(super) fn session_number(connection: &Connection, id: &str) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached(&format!(
            "SELECT id FROM session WHERE uid = ? AND {IS_TOLD_OF}"
        ))?
        .query_row([id], |row| row.get(0))
        .optional()
}

/// OpenCode's id of a session.
pub(super) fn session_id(connection: &Connection, number: i64) -> rusqlite::Result<String> {
    connection
        .prepare_cached("SELECT uid FROM session WHERE id = ?")?
        .query_row([number], |row| row.get(0))
}

pub(super) fn name_of(
    connection: &Connection,
    sql: &str,
    id: i64,
) -> rusqlite::Result<Option<String>> {
    connection
        .prepare_cached(sql)?
        .query_row([id], |row| row.get(0))
        .optional()
}
