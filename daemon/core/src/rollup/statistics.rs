// SPDX-License-Identifier: GPL-3.0-or-later
//! The detail: how sessions differ, when work was done, what went wrong, what was largest.

use std::collections::{BTreeMap, HashMap};

use rusqlite::{Connection, OptionalExtension};

use super::filter::Filter;
use super::lengths::{self, Measured};
use super::report::session_id;
use super::request::Request;
use super::share::{Sum, shares};
use super::spread::Spread;
use super::usage::{Amounts, EACH_SUM, amounts};
use crate::ledger::{Ledger, LedgerError, Measure, Part, days_are_of, spans_are_kept};
use crate::model::{Day, QUARTER_MS, Zone};
use crate::wire::{
    ErrorCount, HourRow, Record, Records, SessionStatistics, ShareRow, Statistics, Streaks,
};

/// The detail of what the request's filters let through. `now_ms` is for the streak up to today.
/// Its `problems` are left empty.
///
/// # Errors
/// [`LedgerError::Sqlite`].
pub fn statistics(
    ledger: &Ledger,
    request: &Request,
    zone: &Zone,
    now_ms: i64,
) -> Result<Statistics, LedgerError> {
    ledger.read_at_once(|connection| {
        let folded = Folded::load(connection, request, zone)?;
        let mut records = day_records(&folded.days);
        let sessions = match folded.sessions {
            Some(sessions) => {
                let trees = lengths::measured(connection, sessions, request)?;
                session_records(connection, &trees, &mut records)?;
                Trees::AtHand(trees).statistics(connection)?
            }
            None => {
                kept_records(connection, &mut records)?;
                Trees::Kept.statistics(connection)?
            }
        };
        Ok(Statistics {
            schema: 1,
            time_zone: zone.name().into(),
            since: request.since_ms.map(|ms| zone.rfc3339(ms)),
            until: request.until_ms.map(|ms| zone.rfc3339(ms)),
            sessions,
            agents: agents(connection, folded.agents, &folded.all)?,
            tool_use: super::tools::of_request(connection, request)?,
            errors: errors(connection, request)?,
            streaks: streaks(&folded.days, zone.day(now_ms).0),
            hours: folded.hours.to_vec(),
            records,
            problems: Vec::new(),
        })
    })
}

#[derive(Default)]
struct Folded {
    all: Sum,
    /// `None` where the ledger keeps the trees of all of them.
    sessions: Option<HashMap<i64, Sum>>,
    agents: HashMap<i64, Sum>,
    days: BTreeMap<i64, Sum>,
    hours: [HourRow; 24],
}

impl Folded {
    fn load(connection: &Connection, request: &Request, zone: &Zone) -> rusqlite::Result<Self> {
        let has_sums = request.is_of_everything()
            && days_are_of(connection, zone)?
            && spans_are_kept(connection)?;
        let mut folded = if has_sums {
            Self::of_all_time(connection)?
        } else {
            Self::of_quarters(connection, request, zone)?
        };
        for (hour, row) in (0..).zip(&mut folded.hours) {
            row.hour = hour;
        }
        Ok(folded)
    }

    /// From the sums that each part has of its own: none of them grows with the steps.
    fn of_all_time(connection: &Connection) -> rusqlite::Result<Self> {
        let mut folded = Self::default();
        let sql = format!("SELECT number, {EACH_SUM} FROM part_sum WHERE part = ? AND steps > 0");
        let mut statement = connection.prepare_cached(&sql)?;
        let mut rows = statement.query([Part::Agent as i64])?;
        while let Some(row) = rows.next()? {
            folded.add(row.get(0)?, &amounts(row, 1)?);
        }
        let sql = format!("SELECT day, {EACH_SUM} FROM day WHERE steps > 0");
        let mut statement = connection.prepare_cached(&sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let day = folded.days.entry(row.get(0)?).or_default();
            day.add(&amounts(row, 1)?);
        }
        let mut statement = connection.prepare_cached("SELECT hour, steps, fresh FROM day_hour")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let hour = &mut folded.hours[row.get::<_, u32>(0)? as usize % 24];
            hour.steps = row.get::<_, i64>(1)?.unsigned_abs();
            hour.fresh = row.get::<_, i64>(2)?.unsigned_abs();
        }
        Ok(folded)
    }

    fn of_quarters(
        connection: &Connection,
        request: &Request,
        zone: &Zone,
    ) -> rusqlite::Result<Self> {
        let filter = Filter::of_quarters(request);
        let sql = format!(
            "SELECT quarter, session_id, agent_id, {EACH_SUM} FROM quarter WHERE steps > 0 {}",
            filter.sql()
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let mut rows = statement.query(filter.values())?;
        let (mut folded, mut sessions) = (Self::default(), HashMap::new());
        while let Some(row) = rows.next()? {
            let at_ms = row.get::<_, i64>(0)? * QUARTER_MS;
            let amounts = amounts(row, 3)?;
            let day = folded.days.entry(zone.day(at_ms).0).or_default();
            day.add(&amounts);
            let hour = &mut folded.hours[zone.hour(at_ms) as usize % 24];
            hour.steps += amounts.steps;
            hour.fresh += amounts.tokens.fresh();
            folded.add(row.get(2)?, &amounts);
            let session = sessions.entry(row.get(1)?).or_insert_with(Sum::default);
            session.add(&amounts);
        }
        folded.sessions = Some(sessions);
        Ok(folded)
    }

    fn add(&mut self, agent: i64, amounts: &Amounts) {
        self.all.add(amounts);
        self.agents.entry(agent).or_default().add(amounts);
    }
}

/// The trees of sessions that were asked for.
enum Trees {
    AtHand(Vec<Measured>),
    /// All of them.
    Kept,
}

impl Trees {
    fn statistics(&self, connection: &Connection) -> rusqlite::Result<Option<SessionStatistics>> {
        let spread = |measure| self.spread(connection, measure);
        let (Some(length_ms), Some(steps), Some(fresh), Some(billed), Some(estimated)) = (
            spread(Measure::LengthMs)?,
            spread(Measure::Steps)?,
            spread(Measure::Fresh)?,
            spread(Measure::BilledNanoUsd)?,
            spread(Measure::EstimatedNanoUsd)?,
        ) else {
            return Ok(None);
        };
        Ok(Some(SessionStatistics {
            count: steps.count,
            length_ms: length_ms.figures(),
            steps: steps.figures(),
            fresh: fresh.figures(),
            billed_usd: billed.dollars(),
            estimated_usd: (estimated.most > 0).then(|| estimated.dollars()),
        }))
    }

    fn spread(
        &self,
        connection: &Connection,
        measure: Measure,
    ) -> rusqlite::Result<Option<Spread>> {
        match self {
            Self::AtHand(trees) => {
                let figures = trees.iter().map(|tree| tree.figure(measure)).collect();
                Ok(Spread::of(measure, figures))
            }
            Self::Kept => Spread::kept(connection, measure),
        }
    }
}

fn agents(
    connection: &Connection,
    sums: HashMap<i64, Sum>,
    all: &Sum,
) -> rusqlite::Result<Vec<ShareRow>> {
    let mut ask = connection.prepare_cached("SELECT name FROM agent WHERE id = ?")?;
    let mut named = HashMap::new();
    for (id, sum) in sums {
        let name: Option<String> = ask.query_row([id], |row| row.get(0)).optional()?;
        named.insert(name.unwrap_or_default(), sum);
    }
    Ok(shares(named, all))
}

fn errors(connection: &Connection, request: &Request) -> rusqlite::Result<Vec<ErrorCount>> {
    let filter = Filter::of_steps(request);
    let kept = "SELECT error, steps FROM error_sum WHERE steps > 0 ORDER BY 2 DESC, 1";
    let counted = format!(
        "SELECT error, count(*) FROM step WHERE error IS NOT NULL AND NOT is_inherited {}
         GROUP BY error ORDER BY 2 DESC, 1",
        filter.sql()
    );
    let is_kept = request.is_of_everything() && spans_are_kept(connection)?;
    connection
        .prepare_cached(if is_kept { kept } else { &counted })?
        .query_map(filter.values(), |row| {
            Ok(ErrorCount {
                error: row.get(0)?,
                steps: row.get::<_, i64>(1)?.unsigned_abs(),
            })
        })?
        .collect()
}

fn streaks(days: &BTreeMap<i64, Sum>, today: i64) -> Streaks {
    let (mut length, mut before) = (0, None);
    let mut found = Streaks {
        active_days: days.len() as u64,
        ..Streaks::default()
    };
    let mut longest_until = None;
    for day in days.keys().copied() {
        length = if before == Some(day - 1) {
            length + 1
        } else {
            1
        };
        before = Some(day);
        if length > found.longest_days {
            (found.longest_days, longest_until) = (length, before);
        }
    }
    let is_current = before.is_some_and(|day| day == today || day == today - 1);
    found.current_days = if is_current { length } else { 0 };
    found.longest_until = longest_until.map(|day| Day(day).to_string());
    let longest = found.longest_days.cast_signed();
    found.longest_since = longest_until.map(|day| Day(day + 1 - longest).to_string());
    found
}

fn day_records(days: &BTreeMap<i64, Sum>) -> Records {
    let day = |of: &dyn Fn(&Sum) -> u64| {
        let values = days.iter().map(|(day, sum)| (of(sum), *day));
        largest(values).map(|(value, day)| (Day(day).to_string(), value))
    };
    let billed = |sum: &Sum| u64::try_from(sum.cost.billed.0).unwrap_or(0);
    Records {
        day_fresh: day(&|sum| sum.tokens.fresh()).map(record),
        day_billed_usd: day(&billed).map(bill),
        ..Records::default()
    }
}

fn record((key, value): (String, u64)) -> Record<u64> {
    Record { key, value }
}

fn bill((key, value): (String, u64)) -> Record<f64> {
    let value = value as f64 / 1e9;
    Record { key, value }
}

/// Adds the records of sessions, each with its sub-agents.
fn session_records(
    connection: &Connection,
    trees: &[Measured],
    records: &mut Records,
) -> rusqlite::Result<()> {
    fill(records, |figure| {
        let values = trees.iter().map(|tree| match figure {
            Figure::Of(measure) => (tree.figure(measure), tree.number),
            Figure::SubAgents => (tree.sub_agents, tree.number),
        });
        let named = |(value, number)| Ok((session_id(connection, number)?, value));
        largest(values).map(named).transpose()
    })
}

/// The same of all sessions, by what is kept of them: the last in the order of a figure.
fn kept_records(connection: &Connection, records: &mut Records) -> rusqlite::Result<()> {
    fill(records, |figure| {
        let column = match figure {
            Figure::Of(measure) => measure.column(),
            Figure::SubAgents => "sub_agents",
        };
        connection
            .prepare_cached(&format!(
                "SELECT uid, {column} FROM tree JOIN session ON session.id = root_id
                 WHERE {column} > 0 AND {column} = (SELECT max({column}) FROM tree WHERE {column} > 0)
                 ORDER BY root_id LIMIT 1"
            ))?
            .query_row([], |row| {
                let value: i64 = row.get(1)?;
                Ok((row.get(0)?, value.unsigned_abs()))
            })
            .optional()
    })
}

/// What there are records of.
#[derive(Clone, Copy)]
enum Figure {
    Of(Measure),
    SubAgents,
}

/// Fills in the records of sessions: `most` names the first one with the largest figure, if that is above 0.
fn fill(
    records: &mut Records,
    most: impl Fn(Figure) -> rusqlite::Result<Option<(String, u64)>>,
) -> rusqlite::Result<()> {
    let of = |measure| most(Figure::Of(measure));
    records.session_fresh = of(Measure::Fresh)?.map(record);
    records.session_billed_usd = of(Measure::BilledNanoUsd)?.map(bill);
    records.session_steps = of(Measure::Steps)?.map(record);
    records.session_length_ms = of(Measure::LengthMs)?.map(record);
    records.session_sub_agents = most(Figure::SubAgents)?.map(record);
    Ok(())
}

/// The largest value above 0 with what it is of; of equal ones the first.
fn largest<T>(values: impl Iterator<Item = (u64, T)>) -> Option<(u64, T)> {
    let above_zero = values.filter(|(value, _)| *value > 0);
    above_zero.reduce(|best, next| if next.0 > best.0 { next } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(days: &[i64]) -> BTreeMap<i64, Sum> {
        days.iter().map(|day| (*day, Sum::default())).collect()
    }

    #[test]
    fn a_streak_lives_on_through_a_day_that_is_not_over() {
        let found = streaks(&days(&[1, 2, 3, 10, 11]), 12);
        assert_eq!((found.current_days, found.longest_days), (2, 3));
        assert_eq!(found.longest_since.as_deref(), Some("1970-01-02"));
        assert_eq!(found.longest_until.as_deref(), Some("1970-01-04"));
        assert_eq!(streaks(&days(&[10, 11]), 13).current_days, 0);
        assert_eq!(streaks(&days(&[]), 13), Streaks::default());
    }
}
