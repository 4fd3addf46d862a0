// SPDX-License-Identifier: GPL-3.0-or-later
//! Rows by time, model, session and the rest, folded from the quarter-hour sums.

use std::collections::{HashMap, HashSet};

use chrono::Datelike;
use rusqlite::{Connection, Row};

use super::request::{By, Order, Request};
use super::usage::{Amounts, amounts};
use crate::ledger::{Ledger, LedgerError};
use crate::model::{Cost, Day, ModelName, QUARTER_MS, Tokens, Zone};
use crate::wire::{Report, ReportRow, ReportTotals};

const HOUR_MS: i64 = 3_600_000;

/// The answer to a question. Its `problems` are left empty.
///
/// # Errors
/// [`LedgerError::Sqlite`].
pub fn report(ledger: &Ledger, request: &Request, zone: &Zone) -> Result<Report, LedgerError> {
    ledger.read(|connection| {
        let names = Names::load(connection)?;
        let folded = fold(connection, request, zone, &names)?;
        let totals = folded.totals();
        Ok(Report {
            schema: 1,
            by: request.by.key(),
            time_zone: zone.name().into(),
            since: request.since_ms.map(|ms| zone.rfc3339(ms)),
            until: request.until_ms.map(|ms| zone.rfc3339(ms)),
            rows: rows(connection, folded, request, zone, &names)?,
            totals,
            problems: Vec::new(),
        })
    })
}

/// The short lists that rows are named from.
pub(super) struct Names {
    models: HashMap<i64, ModelName>,
    providers: Vec<String>,
    agents: HashMap<i64, String>,
    hosts: HashMap<i64, String>,
}

impl Names {
    pub(super) fn load(connection: &Connection) -> rusqlite::Result<Self> {
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
        })
    }

    fn provider_of(&self, model_id: i64) -> i64 {
        let provider = self.models.get(&model_id).map(|name| &name.provider);
        provider
            .and_then(|name| self.providers.binary_search(name).ok())
            .map_or(-1, |at| at as i64)
    }
}

fn pairs(connection: &Connection, sql: &str) -> rusqlite::Result<HashMap<i64, String>> {
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    found.collect()
}

/// One row while it is summed.
#[derive(Default)]
pub(super) struct Sum {
    sessions: HashSet<i64>,
    steps: u64,
    pub(super) tokens: Tokens,
    pub(super) cost: Cost,
    models: HashMap<i64, u64>,
}

impl Sum {
    fn add(&mut self, session_id: i64, model_id: i64, amounts: &Amounts) {
        self.sessions.insert(session_id);
        self.steps += amounts.steps;
        self.tokens += amounts.tokens;
        self.cost += amounts.cost;
        *self.models.entry(model_id).or_default() += amounts.tokens.fresh();
    }

    /// Adds the sum of other rows.
    pub(super) fn merge(&mut self, other: Self) {
        self.sessions.extend(other.sessions);
        self.steps += other.steps;
        self.tokens += other.tokens;
        self.cost += other.cost;
        for (model_id, fresh) in other.models {
            *self.models.entry(model_id).or_default() += fresh;
        }
    }

    pub(super) fn totals(&self) -> ReportTotals {
        ReportTotals {
            sessions: self.sessions.len() as u64,
            steps: self.steps,
            tokens: (&self.tokens).into(),
            cost: (&self.cost).into(),
        }
    }

    pub(super) fn models(&self, names: &Names) -> Vec<String> {
        let mut models: Vec<(u64, String)> = self
            .models
            .iter()
            .filter_map(|(id, fresh)| Some((*fresh, names.models.get(id)?.to_string())))
            .collect();
        models.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        models.into_iter().map(|(_, name)| name).collect()
    }
}

/// The rows by their number (a time or an id) and the sum over all of them.
#[derive(Default)]
pub(super) struct Folded {
    pub(super) rows: HashMap<i64, Sum>,
    all: Sum,
}

impl Folded {
    fn totals(&self) -> ReportTotals {
        self.all.totals()
    }
}

const SELECT: &str = "
    SELECT quarter, session_id, model_id, agent_id, host_id, coalesce(session.project_id, 0),
           steps, input, output, reasoning, cache_read, cache_write,
           billed_nano_usd, estimated_nano_usd, unpriced_steps
    FROM quarter
    JOIN session ON session.id = session_id
    JOIN model ON model.id = model_id
    JOIN agent ON agent.id = agent_id
    JOIN host ON host.id = host_id
    LEFT JOIN project ON project.id = session.project_id
    WHERE steps > 0
      AND (?1 IS NULL OR quarter >= ?1) AND (?2 IS NULL OR quarter < ?2)
      AND (?3 IS NULL OR provider = ?3)
      AND (?4 IS NULL OR model.model = ?4 OR provider || '/' || model.model = ?4)
      AND (?5 IS NULL OR project.uid = ?5 OR project.name = ?5 OR project.worktree = ?5
           OR project.worktree LIKE '%/' || ?5 OR session.directory = ?5)
      AND (?6 IS NULL OR agent.name = ?6)
      AND (?7 IS NULL OR session.uid = ?7)
      AND (?8 IS NULL OR host.uid = ?8 OR host.label = ?8)";

pub(super) fn fold(
    connection: &Connection,
    request: &Request,
    zone: &Zone,
    names: &Names,
) -> rusqlite::Result<Folded> {
    let mut statement = connection.prepare_cached(SELECT)?;
    let quarter = |ms: i64| ms.div_euclid(QUARTER_MS);
    let mut rows = statement.query(rusqlite::params![
        request.since_ms.map(quarter),
        request
            .until_ms
            .map(|ms| quarter(ms.saturating_add(QUARTER_MS - 1))),
        request.provider,
        request.model,
        request.project,
        request.agent,
        request.session,
        request.host,
    ])?;
    let mut folded = Folded::default();
    while let Some(row) = rows.next()? {
        let (session_id, model_id) = (row.get(1)?, row.get(2)?);
        let amounts = amounts(row, 6)?;
        let number = number(row, request.by, zone, names)?;
        folded
            .rows
            .entry(number)
            .or_default()
            .add(session_id, model_id, &amounts);
        folded.all.add(session_id, model_id, &amounts);
    }
    Ok(folded)
}

/// Which row a sum belongs to.
fn number(row: &Row, by: By, zone: &Zone, names: &Names) -> rusqlite::Result<i64> {
    let at_ms = row.get::<_, i64>(0)? * QUARTER_MS;
    Ok(match by {
        By::Hour => start_of_hour(at_ms, zone),
        By::Day => zone.day(at_ms).0,
        By::Week => {
            let day = zone.day(at_ms);
            day.0 - i64::from(day.date().weekday().num_days_from_monday())
        }
        By::Month => {
            let date = zone.day(at_ms).date();
            i64::from(date.year()) * 12 + i64::from(date.month0())
        }
        By::Session => row.get(1)?,
        By::Model => row.get(2)?,
        By::Provider => names.provider_of(row.get(2)?),
        By::Agent => row.get(3)?,
        By::Host => row.get(4)?,
        By::Project => row.get(5)?,
    })
}

/// The first instant of a local hour. Where the clocks are set within it, each of its offsets has a row of
/// its own: Lord Howe goes back from 02:00+11:00 to 01:30+10:30.
fn start_of_hour(at_ms: i64, zone: &Zone) -> i64 {
    let offset_ms = zone.offset_ms(at_ms);
    let mut start_ms = at_ms - (at_ms + offset_ms).rem_euclid(HOUR_MS);
    while start_ms < at_ms && zone.offset_ms(start_ms) != offset_ms {
        start_ms += QUARTER_MS;
    }
    start_ms
}

fn rows(
    connection: &Connection,
    folded: Folded,
    request: &Request,
    zone: &Zone,
    names: &Names,
) -> rusqlite::Result<Vec<ReportRow>> {
    let mut sums: Vec<(i64, Sum)> = folded.rows.into_iter().collect();
    let is_time = matches!(request.by, By::Hour | By::Day | By::Week | By::Month);
    if is_time {
        sums.sort_by_key(|(number, _)| *number);
    } else {
        sums.sort_by_key(|(number, sum)| (sum.tokens.fresh(), *number));
    }
    let default = if is_time {
        Order::Ascending
    } else {
        Order::Descending
    };
    if request.order.unwrap_or(default) == Order::Descending {
        sums.reverse();
    }
    sums.truncate(request.limit.unwrap_or(usize::MAX));
    sums.into_iter()
        .map(|(number, sum)| {
            Ok(ReportRow {
                by: request.by.key(),
                key: key(connection, request.by, number, zone, names)?,
                totals: sum.totals(),
                models: sum.models(names),
            })
        })
        .collect()
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

pub(super) fn name_of(
    connection: &Connection,
    sql: &str,
    id: i64,
) -> rusqlite::Result<Option<String>> {
    use rusqlite::OptionalExtension;
    connection
        .prepare_cached(sql)?
        .query_row([id], |row| row.get(0))
        .optional()
}
