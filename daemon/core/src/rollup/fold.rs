// SPDX-License-Identifier: GPL-3.0-or-later
//! The sums of a report's rows: from the sums of parts or of days where those say enough, else from quarter hours.

use std::collections::HashMap;

use chrono::Datelike;
use rusqlite::{Connection, Row};

use super::family::{self, Figures};
use super::filter::Filter;
use super::report::{Names, session_number};
use super::request::{By, Request, Sort};
use super::share;
use super::usage::{Amounts, amounts};
use super::{days, parts};
use crate::model::{Cost, Day, NanoUsd, QUARTER_MS, Tokens, WrongCost, Zone};
use crate::wire::{ModelUsage, ReportTotals};

const HOUR_MS: i64 = 3_600_000;

/// One row while it is summed.
#[derive(Clone, Default)]
pub(super) struct Sum {
    /// Those of a quarter or a day come together; the same may come again later.
    sessions: Vec<i64>,
    /// How many different ones there are, where that is kept.
    counted: Option<u64>,
    steps: u64,
    tokens: Tokens,
    cost: Cost,
    wrong_cost: WrongCost,
    /// The newest quarter hour; 0 where it was summed from days.
    quarter: i64,
    /// Few, so a list is quicker than a map.
    models: Vec<(i64, share::Sum)>,
}

impl Sum {
    pub fn add_session(&mut self, session_id: i64) {
        if self.sessions.last() != Some(&session_id) {
            self.sessions.push(session_id);
        }
    }

    /// Adds sessions of which none has been met before.
    pub fn count_sessions(&mut self, sessions: u64) {
        *self.counted.get_or_insert(0) += sessions;
    }

    pub fn add(&mut self, model_id: i64, amounts: &Amounts, wrong: WrongCost) {
        self.wrong_cost += wrong;
        self.steps += amounts.steps;
        self.tokens += amounts.tokens;
        self.cost += amounts.cost;
        self.of(model_id).add(amounts);
    }

    /// Adds the sum of other rows.
    pub fn merge(&mut self, other: Self) {
        self.sessions.extend(other.sessions);
        self.steps += other.steps;
        self.tokens += other.tokens;
        self.cost += other.cost;
        self.wrong_cost += other.wrong_cost;
        self.quarter = self.quarter.max(other.quarter);
        for (model_id, sum) in &other.models {
            self.of(*model_id).merge(sum);
        }
    }

    fn of(&mut self, model_id: i64) -> &mut share::Sum {
        let known = self.models.iter().position(|(known, _)| *known == model_id);
        let place = known.unwrap_or_else(|| {
            self.models.push((model_id, share::Sum::default()));
            self.models.len() - 1
        });
        &mut self.models[place].1
    }

    pub fn totals(&self) -> ReportTotals {
        ReportTotals {
            sessions: self.distinct_sessions(),
            steps: self.steps,
            tokens: (&self.tokens).into(),
            cost: (&self.cost).into(),
            wrong_cost: (&self.wrong_cost).into(),
        }
    }

    fn figures(&self) -> Figures {
        Figures {
            sessions: self.distinct_sessions(),
            steps: self.steps,
            tokens: self.tokens,
            cost: self.cost,
            wrong_cost: self.wrong_cost,
        }
    }

    fn distinct_sessions(&self) -> u64 {
        if let Some(counted) = self.counted {
            return counted;
        }
        if self.sessions.is_sorted_by(|a, b| a < b) {
            return self.sessions.len() as u64;
        }
        let mut sessions = self.sessions.clone();
        sessions.sort_unstable();
        sessions.dedup();
        sessions.len() as u64
    }

    /// Largest by fresh tokens first.
    pub fn models(&self, names: &Names) -> Vec<ModelUsage> {
        let named = |(id, sum): &(i64, share::Sum)| {
            Some(ModelUsage {
                name: names.models.get(id)?.clone(),
                tokens: sum.tokens,
                steps: sum.steps,
                cost: sum.cost,
            })
        };
        let mut models: Vec<ModelUsage> = self.models.iter().filter_map(named).collect();
        models.sort_by(|a, b| {
            let fresh = b.tokens.fresh().cmp(&a.tokens.fresh());
            fresh.then_with(|| a.name.cmp(&b.name))
        });
        models
    }

    /// The same as `provider/model`.
    pub fn model_names(&self, names: &Names) -> Vec<String> {
        let models = self.models(names).into_iter();
        models.map(|model| model.name.to_string()).collect()
    }

    /// What it is sorted by; not for its own time or name.
    pub fn figure(&self, sort: Sort) -> i128 {
        let tokens = &self.tokens;
        i128::from(match sort {
            Sort::Time | Sort::Name => return i128::from(self.quarter),
            Sort::Cost => {
                return i128::from(self.cost.billed.0) + i128::from(self.cost.estimated.0);
            }
            Sort::Sessions => self.distinct_sessions(),
            Sort::Steps => self.steps,
            Sort::Input => tokens.input,
            Sort::Output => tokens.output,
            Sort::Reasoning => tokens.reasoning,
            Sort::CacheRead => tokens.cache_read,
            Sort::CacheWrite => tokens.cache_write,
            Sort::Fresh => tokens.fresh(),
            Sort::Total => tokens.total(),
        })
    }
}

/// The rows by their number (a time or an id) and the sum over all of them.
#[derive(Default)]
pub(super) struct Folded {
    pub rows: HashMap<i64, Sum>,
    pub all: Sum,
}

impl Folded {
    pub fn add(&mut self, number: i64, model_id: i64, amounts: &Amounts, wrong: WrongCost) {
        let row = self.rows.entry(number).or_default();
        row.add(model_id, amounts, wrong);
        self.all.add(model_id, amounts, wrong);
    }

    /// Adds sessions to a row of which none has been met there before.
    pub fn count_sessions(&mut self, number: i64, sessions: u64) {
        let row = self.rows.entry(number).or_default();
        row.count_sessions(sessions);
    }

    /// Notes when a row was used last.
    pub fn see(&mut self, number: i64, quarter: i64) {
        let row = self.rows.entry(number).or_default();
        row.quarter = row.quarter.max(quarter);
    }

    pub fn add_session(&mut self, number: i64, session_id: i64) {
        self.rows.entry(number).or_default().add_session(session_id);
        self.all.add_session(session_id);
    }

    /// Each session's own figures, where the rows are sessions.
    pub fn figures(&self) -> HashMap<i64, Figures> {
        let figures = |(id, sum): (&i64, &Sum)| (*id, sum.figures());
        self.rows.iter().map(figures).collect()
    }

    /// Leaves one session's sub-agents out again, which were only read for its inclusive figures.
    pub fn keep_only_asked(
        &mut self,
        connection: &Connection,
        request: &Request,
    ) -> rusqlite::Result<()> {
        let (By::Session, Some(asked)) = (request.by, &request.session) else {
            return Ok(());
        };
        let asked = session_number(connection, asked)?;
        self.rows.retain(|number, _| Some(*number) == asked);
        self.all = self.rows.values().next().cloned().unwrap_or_default();
        Ok(())
    }
}

/// What every row begins with, behind its quarter and before its project: see [`number`].
const KEYS: &str = "session_id, model_id, agent_id, host_id";

pub(super) const SUMS: &str = "steps, input, output, reasoning, cache_read, cache_write,
    billed_nano_usd, estimated_nano_usd, unpriced_steps, wrong_steps, wrong_nano_usd, corrected_nano_usd,
    uncorrected_steps";

/// The rows that were asked for.
pub(super) fn fold(
    connection: &Connection,
    request: &Request,
    zone: &Zone,
    names: &Names,
) -> rusqlite::Result<Folded> {
    if let Some(folded) = parts::fold(connection, request, names)? {
        return Ok(folded);
    }
    match days::fold(connection, request, zone, names)? {
        Some(folded) => Ok(folded),
        None => fold_quarters(connection, request, zone, names),
    }
}

/// The part of the billed cost of all that was asked for that is known to be wrong.
pub(super) fn wrong_cost_of(
    connection: &Connection,
    request: &Request,
) -> rusqlite::Result<WrongCost> {
    let (table, filter) = match request.is_of_everything() {
        true => ("model_sum", Filter::default()),
        false => Filter::of_sums(request),
    };
    let sql = format!(
        "SELECT coalesce(sum(wrong_steps), 0), coalesce(sum(wrong_nano_usd), 0),
                coalesce(sum(corrected_nano_usd), 0), coalesce(sum(uncorrected_steps), 0)
         FROM {table} WHERE wrong_steps > 0{}",
        filter.sql()
    );
    connection
        .prepare_cached(&sql)?
        .query_row(filter.values(), |row| wrong_cost(row, 0))
}

fn fold_quarters(
    connection: &Connection,
    request: &Request,
    zone: &Zone,
    names: &Names,
) -> rusqlite::Result<Folded> {
    let mut folded = Folded::default();
    each(connection, request, |row| {
        let (session_id, model_id) = (row.get(1)?, row.get(2)?);
        let number = number(row, request.by, zone, names)?;
        folded.add_session(number, session_id);
        let (amounts, wrong) = (amounts(row, 6)?, wrong_cost(row, 15)?);
        folded.add(number, model_id, &amounts, wrong);
        folded.see(number, row.get(0)?);
        Ok(())
    })?;
    Ok(folded)
}

/// Hands every sum that was asked for to `take`: its quarter, [`KEYS`], its project, then [`SUMS`]. Quarter and
/// project are 0 where nobody asks for them.
fn each(
    connection: &Connection,
    request: &Request,
    mut take: impl FnMut(&Row) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let filter = filter(connection, request)?;
    let is_by_time = request.by.is_time() || request.sort == Some(Sort::Time);
    let (quarter, table) = if is_by_time || !request.is_of_all_time() {
        ("quarter", "quarter")
    } else {
        ("0", "session_sum")
    };
    let (project, join) = match request.by {
        By::Project => (
            "coalesce(session.project_id, 0)",
            "JOIN session ON session.id = session_id",
        ),
        _ => ("0", ""),
    };
    let sql = format!(
        "SELECT {quarter}, {KEYS}, {project}, {SUMS} FROM {table} {join} WHERE steps > 0{}",
        filter.sql()
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(filter.values())?;
    while let Some(row) = rows.next()? {
        take(row)?;
    }
    Ok(())
}

/// The part of what some sessions cost that is known to be wrong.
pub(super) fn wrong_cost_of_sessions<'s>(
    connection: &Connection,
    ids: impl Iterator<Item = &'s str>,
) -> rusqlite::Result<WrongCost> {
    let sql = "SELECT coalesce(sum(wrong_steps), 0), coalesce(sum(wrong_nano_usd), 0),
            coalesce(sum(corrected_nano_usd), 0), coalesce(sum(uncorrected_steps), 0)
        FROM session_sum WHERE session_id IN (
            SELECT id FROM session WHERE uid IN (SELECT value FROM json_each(?)))";
    let ids = serde_json::Value::from_iter(ids).to_string();
    connection
        .prepare_cached(sql)?
        .query_row([ids], |row| wrong_cost(row, 0))
}

/// Reads the last four sums of a sum table from column `first` on.
pub(super) fn wrong_cost(row: &Row, first: usize) -> rusqlite::Result<WrongCost> {
    let count = |place: usize| row.get::<_, i64>(first + place).map(i64::unsigned_abs);
    Ok(WrongCost {
        steps: count(0)?,
        stored: NanoUsd(row.get(first + 1)?),
        corrected: NanoUsd(row.get(first + 2)?),
        uncorrected_steps: count(3)?,
    })
}

/// What is asked for. Where the rows are sessions and it is one of them, with its sub-agents'.
fn filter(connection: &Connection, request: &Request) -> rusqlite::Result<Filter> {
    let (By::Session, Some(asked)) = (request.by, &request.session) else {
        return Ok(Filter::of_quarters(request));
    };
    let members = family::members(connection, asked)?;
    let members = serde_json::Value::from(members).to_string();
    let others = Request {
        session: None,
        ..request.clone()
    };
    Ok(Filter::of_quarters(&others).among(Some(members)))
}

/// Which row a sum belongs to.
fn number(row: &Row, by: By, zone: &Zone, names: &Names) -> rusqlite::Result<i64> {
    let at_ms = row.get::<_, i64>(0)? * QUARTER_MS;
    Ok(match by {
        By::Hour => start_of_hour(at_ms, zone),
        By::Day => zone.day(at_ms).0,
        By::Week => week(zone.day(at_ms)),
        By::Month => month(zone.day(at_ms)),
        By::Session => row.get(1)?,
        By::Model => row.get(2)?,
        By::Provider => names.provider_of(row.get(2)?),
        By::Agent => row.get(3)?,
        By::Host => row.get(4)?,
        By::Project => names.project_of(row.get(5)?),
    })
}

/// The number of a week's row: its Monday.
pub(super) fn week(day: Day) -> i64 {
    day.0 - i64::from(day.date().weekday().num_days_from_monday())
}

/// The number of a month's row: months since the year 0.
pub(super) fn month(day: Day) -> i64 {
    let date = day.date();
    i64::from(date.year()) * 12 + i64::from(date.month0())
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
