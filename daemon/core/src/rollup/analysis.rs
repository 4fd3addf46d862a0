// SPDX-License-Identifier: GPL-3.0-or-later
//! The overview: what was used, by whom, and when most of it.

use std::collections::{BTreeMap, HashMap, HashSet};

use rusqlite::Connection;

use super::filter::Filter;
use super::fold;
use super::forest::models;
use super::request::Request;
use super::share::{Sum, shares};
use super::usage::{Amounts, amounts};
use crate::ledger::{Ledger, LedgerError, days_are_of};
use crate::model::{Day, ModelName, QUARTER_MS, Zone};
use crate::wire::{Analysis, ReportTotals};

/// So many days are the busiest.
const BUSIEST: usize = 7;

/// The overview of what the request's filters let through. Its `problems` are left empty.
///
/// # Errors
/// [`LedgerError::Sqlite`].
pub fn analysis(ledger: &Ledger, request: &Request, zone: &Zone) -> Result<Analysis, LedgerError> {
    ledger.read_at_once(|connection| {
        let mut folded = Folded::default();
        each_sum(connection, request, zone, |day, model, amounts| {
            folded.add(day, model, &amounts);
        })?;
        let turns = turns(connection, request)?;
        let all = folded.all;
        let totals = ReportTotals {
            sessions: sessions(connection, request)?,
            steps: all.steps,
            tokens: (&all.tokens).into(),
            cost: (&all.cost).into(),
            wrong_cost: (&fold::wrong_cost_of(connection, request)?).into(),
        };
        let days = &folded.days;
        let (first, last) = (days.keys().next(), days.keys().next_back());
        Ok(Analysis {
            schema: 1,
            time_zone: zone.name().into(),
            since: request.since_ms.map(|ms| zone.rfc3339(ms)),
            until: request.until_ms.map(|ms| zone.rfc3339(ms)),
            first_day: first.map(|day| Day(*day).to_string()),
            last_day: last.map(|day| Day(*day).to_string()),
            active_days: days.len() as u64,
            turns,
            messages: turns + all.steps,
            totals,
            cache_hit_rate: all.tokens.cache_hit_rate(),
            busiest_days: folded.busiest_days(),
            providers: folded.by_name(&models(connection)?, |name| name.provider.clone()),
            models: folded.by_name(&models(connection)?, ModelName::to_string),
            problems: Vec::new(),
        })
    })
}

#[derive(Default)]
struct Folded {
    all: Sum,
    days: BTreeMap<i64, Sum>,
    models: HashMap<i64, Sum>,
}

impl Folded {
    fn add(&mut self, day: i64, model: i64, amounts: &Amounts) {
        self.all.add(amounts);
        self.days.entry(day).or_default().add(amounts);
        self.models.entry(model).or_default().add(amounts);
    }

    fn busiest_days(&self) -> Vec<crate::wire::ShareRow> {
        let days = self.days.iter();
        let days = days
            .map(|(day, sum)| (Day(*day).to_string(), *sum))
            .collect();
        let mut busiest = shares(days, &self.all);
        busiest.truncate(BUSIEST);
        busiest
    }

    fn by_name(
        &self,
        names: &HashMap<i64, ModelName>,
        part: impl Fn(&ModelName) -> String,
    ) -> Vec<crate::wire::ShareRow> {
        let mut sums: HashMap<String, Sum> = HashMap::new();
        for (model, sum) in &self.models {
            let name = names.get(model).map(&part).unwrap_or_default();
            sums.entry(name).or_default().merge(sum);
        }
        shares(sums, &self.all)
    }
}

/// Hands out sums with their day and model: from the day table where it can answer, else from the
/// quarters.
fn each_sum(
    connection: &Connection,
    request: &Request,
    zone: &Zone,
    mut take: impl FnMut(i64, i64, Amounts),
) -> rusqlite::Result<()> {
    const SUMS: &str = "steps, input, output, reasoning, cache_read, cache_write, billed_nano_usd,
        estimated_nano_usd, unpriced_steps";
    if let Some((from, until)) = whole_days(connection, request, zone)? {
        let sql = format!(
            "SELECT day, model_id, {SUMS} FROM day WHERE steps > 0 AND day >= ? AND day < ?"
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let mut rows = statement.query((from, until))?;
        while let Some(row) = rows.next()? {
            take(row.get(0)?, row.get(1)?, amounts(row, 2)?);
        }
        return Ok(());
    }
    let filter = Filter::of_quarters(request);
    let sql = format!(
        "SELECT quarter, model_id, {SUMS} FROM quarter WHERE steps > 0 {}",
        filter.sql()
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(filter.values())?;
    while let Some(row) = rows.next()? {
        let day = zone.day(row.get::<_, i64>(0)? * QUARTER_MS).0;
        take(day, row.get(1)?, amounts(row, 2)?);
    }
    Ok(())
}

/// The first day included and the first one excluded, where the day table can answer the request.
fn whole_days(
    connection: &Connection,
    request: &Request,
    zone: &Zone,
) -> rusqlite::Result<Option<(i64, i64)>> {
    let is_of_all = Request {
        since_ms: None,
        until_ms: None,
        sort: None,
        order: None,
        limit: None,
        breakdown: false,
        ..request.clone()
    } == Request::new(request.by);
    if !is_of_all || !days_are_of(connection, zone)? {
        return Ok(None);
    }
    let day = |ms: i64| {
        let day = zone.day(ms);
        (zone.start_of(day) == ms).then_some(day.0)
    };
    let from = request.since_ms.map_or(Some(i64::MIN), day);
    let until = request.until_ms.map_or(Some(i64::MAX), day);
    Ok(from.zip(until))
}

fn sessions(connection: &Connection, request: &Request) -> rusqlite::Result<u64> {
    let filter = Filter::of_quarters(request);
    let sql = format!(
        "SELECT count(DISTINCT session_id) FROM quarter WHERE steps > 0 {}",
        filter.sql()
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let count: i64 = statement.query_row(filter.values(), |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

/// User messages that caused steps. The steps of a turn lie together, so that few of them have to be
/// looked up: half the time of counting distinct ones in SQL.
fn turns(connection: &Connection, request: &Request) -> rusqlite::Result<u64> {
    let filter = Filter::of_steps(request);
    let sql = format!(
        "SELECT turn_uid FROM step WHERE is_counted AND turn_uid IS NOT NULL {}",
        filter.sql()
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(filter.values())?;
    let mut seen: HashSet<String> = HashSet::new();
    let mut last = String::new();
    while let Some(row) = rows.next()? {
        let uid = row.get_ref(0)?.as_str()?;
        if uid != last {
            uid.clone_into(&mut last);
            seen.insert(last.clone());
        }
    }
    Ok(seen.len() as u64)
}
