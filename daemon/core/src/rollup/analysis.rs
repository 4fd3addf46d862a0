// SPDX-License-Identifier: GPL-3.0-or-later
//! The overview: what was used, by whom, and when most of it.

use std::collections::{BTreeMap, HashMap, HashSet};

use rusqlite::{Connection, OptionalExtension};

use super::days::{is_wanted, whole_days};
use super::filter::Filter;
use super::fold;
use super::forest::models;
use super::request::Request;
use super::share::{Sum, shares};
use super::usage::{Amounts, EACH_SUM, amounts};
use crate::ledger::{Ledger, LedgerError, Part, counted, spans_are_kept};
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
        let models = models(connection)?;
        each_sum(connection, request, zone, &models, |day, model, amounts| {
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
            providers: folded.by_name(&models, |name| name.provider.clone()),
            models: folded.by_name(&models, ModelName::to_string),
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
    models: &HashMap<i64, ModelName>,
    mut take: impl FnMut(i64, i64, Amounts),
) -> rusqlite::Result<()> {
    if let Some(days) = whole_days(connection, request, zone)? {
        let sql = format!(
            "SELECT day, model_id, {EACH_SUM} FROM day WHERE steps > 0 AND day >= ? AND day < ?"
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let mut rows = statement.query([days.start, days.end])?;
        while let Some(row) = rows.next()? {
            let model = row.get(1)?;
            if is_wanted(request, models, model) {
                take(row.get(0)?, model, amounts(row, 2)?);
            }
        }
        return Ok(());
    }
    let filter = Filter::of_quarters(request);
    let sql = format!(
        "SELECT quarter, model_id, {EACH_SUM} FROM quarter WHERE steps > 0 {}",
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

fn sessions(connection: &Connection, request: &Request) -> rusqlite::Result<u64> {
    if request.is_of_everything() && spans_are_kept(connection)? {
        return counted(connection, Part::All, 0);
    }
    let (table, filter) = Filter::of_sums(request);
    let sql = format!(
        "SELECT count(DISTINCT session_id) FROM {table} WHERE steps > 0 {}",
        filter.sql()
    );
    count(connection, &sql, &filter)
}

fn count(connection: &Connection, sql: &str, filter: &Filter) -> rusqlite::Result<u64> {
    let mut statement = connection.prepare_cached(sql)?;
    let count: i64 = statement.query_row(filter.values(), |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

/// User messages that caused steps.
fn turns(connection: &Connection, request: &Request) -> rusqlite::Result<u64> {
    if !request.is_of_whole_sessions() || !spans_are_kept(connection)? {
        return turns_of_steps(connection, request);
    }
    if request.is_of_everything() {
        return counted(connection, Part::Turns, 0);
    }
    let filter = Filter::of_quarters(request);
    if request.is_of_all_time() {
        let sql = format!(
            "SELECT coalesce(sum(turns), 0) FROM session_span WHERE true {}",
            filter.sql()
        );
        return count(connection, &sql, &filter);
    }
    let sql = format!(
        "SELECT DISTINCT session_id FROM quarter WHERE steps > 0 {}",
        filter.sql()
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut sessions = statement.query(filter.values())?;
    let mut turns = 0;
    while let Some(row) = sessions.next()? {
        turns += turns_of_session(connection, request, row.get(0)?)?;
    }
    Ok(turns)
}

/// Of one session: most lie in the period with all that they did.
fn turns_of_session(
    connection: &Connection,
    request: &Request,
    session: i64,
) -> rusqlite::Result<u64> {
    const WHOLE: &str = "SELECT turns FROM session_span WHERE session_id = ?1 AND newest_ms < ?3
        AND NOT EXISTS (SELECT 1 FROM step WHERE session_id = ?1 AND created_ms < ?2)";
    const PART: &str = "SELECT count(DISTINCT turn_uid) FROM step
        WHERE session_id = ?1 AND created_ms >= ?2 AND created_ms < ?3 AND is_counted";
    let from_ms = request.since_ms.unwrap_or(i64::MIN);
    let until_ms = request.until_ms.unwrap_or(i64::MAX);
    let ask = |sql: &str| {
        connection
            .prepare_cached(sql)?
            .query_row((session, from_ms, until_ms), |row| row.get::<_, i64>(0))
            .optional()
    };
    let turns = match ask(WHOLE)? {
        Some(turns) => Some(turns),
        None => ask(PART)?,
    };
    Ok(turns.unwrap_or(0).unsigned_abs())
}

/// The steps of a turn lie together, so that few of them have to be looked up: half the time of counting
/// distinct ones in SQL.
fn turns_of_steps(connection: &Connection, request: &Request) -> rusqlite::Result<u64> {
    let filter = Filter::of_steps(request);
    let sql = format!(
        "SELECT turn_uid, session_id FROM step WHERE is_counted AND turn_uid IS NOT NULL {}",
        filter.sql()
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(filter.values())?;
    let mut seen: HashSet<(i64, String)> = HashSet::new();
    let mut last = (0, String::new());
    while let Some(row) = rows.next()? {
        let (uid, session) = (row.get_ref(0)?.as_str()?, row.get(1)?);
        if session != last.0 || uid != last.1 {
            last = (session, uid.to_owned());
            seen.insert(last.clone());
        }
    }
    Ok(seen.len() as u64)
}
