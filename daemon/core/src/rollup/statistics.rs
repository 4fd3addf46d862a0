// SPDX-License-Identifier: GPL-3.0-or-later
//! The detail: how sessions differ, when work was done, what went wrong, what was largest.

use std::collections::{BTreeMap, HashMap};

use rusqlite::{Connection, OptionalExtension};

use super::filter::Filter;
use super::lengths::{self, Measured};
use super::report::session_id;
use super::request::Request;
use super::share::{Sum, shares};
use super::spread::{self, spread};
use super::usage::{Amounts, EACH_SUM, amounts};
use crate::ledger::{Ledger, LedgerError, days_are_of};
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
        let sessions = lengths::measured(connection, folded.sessions, request)?;
        Ok(Statistics {
            schema: 1,
            time_zone: zone.name().into(),
            since: request.since_ms.map(|ms| zone.rfc3339(ms)),
            until: request.until_ms.map(|ms| zone.rfc3339(ms)),
            sessions: session_statistics(&sessions),
            agents: agents(connection, folded.agents, &folded.all)?,
            tool_use: super::tools::of_request(connection, request)?,
            errors: errors(connection, request)?,
            streaks: streaks(&folded.days, zone.day(now_ms).0),
            hours: folded.hours.to_vec(),
            records: records(connection, &folded.days, &sessions)?,
            problems: Vec::new(),
        })
    })
}

#[derive(Default)]
struct Folded {
    all: Sum,
    sessions: HashMap<i64, Sum>,
    agents: HashMap<i64, Sum>,
    days: BTreeMap<i64, Sum>,
    hours: [HourRow; 24],
}

impl Folded {
    fn load(connection: &Connection, request: &Request, zone: &Zone) -> rusqlite::Result<Self> {
        let has_sums = request.is_of_everything() && days_are_of(connection, zone)?;
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
        let sql =
            format!("SELECT session_id, agent_id, {EACH_SUM} FROM session_sum WHERE steps > 0");
        let mut statement = connection.prepare_cached(&sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            folded.add(row.get(0)?, row.get(1)?, &amounts(row, 2)?);
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
        let mut folded = Self::default();
        while let Some(row) = rows.next()? {
            let at_ms = row.get::<_, i64>(0)? * QUARTER_MS;
            let amounts = amounts(row, 3)?;
            let day = folded.days.entry(zone.day(at_ms).0).or_default();
            day.add(&amounts);
            let hour = &mut folded.hours[zone.hour(at_ms) as usize % 24];
            hour.steps += amounts.steps;
            hour.fresh += amounts.tokens.fresh();
            folded.add(row.get(1)?, row.get(2)?, &amounts);
        }
        Ok(folded)
    }

    fn add(&mut self, session: i64, agent: i64, amounts: &Amounts) {
        self.all.add(amounts);
        self.agents.entry(agent).or_default().add(amounts);
        self.sessions.entry(session).or_default().add(amounts);
    }
}

fn session_statistics(sessions: &[Measured]) -> Option<SessionStatistics> {
    let counts = |of: &dyn Fn(&Measured) -> u64| sessions.iter().map(of).collect::<Vec<u64>>();
    let dollars = |of: &dyn Fn(&Measured) -> f64| sessions.iter().map(of).collect::<Vec<f64>>();
    let estimated = dollars(&|session| session.used.cost.estimated.usd());
    let is_estimated = estimated.iter().any(|usd| *usd > 0.0);
    Some(SessionStatistics {
        count: sessions.len() as u64,
        length_ms: spread(counts(&|session| session.length_ms), &spread::LENGTHS_MS)?,
        steps: spread(counts(&|session| session.used.steps), &spread::STEPS)?,
        fresh: spread(
            counts(&|session| session.used.tokens.fresh()),
            &spread::TOKENS,
        )?,
        billed_usd: spread(
            dollars(&|session| session.used.cost.billed.usd()),
            &spread::DOLLARS,
        )?,
        estimated_usd: spread(estimated, &spread::DOLLARS).filter(|_| is_estimated),
    })
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
    let sql = format!(
        "SELECT error, count(*) FROM step WHERE error IS NOT NULL AND NOT is_inherited {}
         GROUP BY error ORDER BY 2 DESC, 1",
        filter.sql()
    );
    connection
        .prepare_cached(&sql)?
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

fn records(
    connection: &Connection,
    days: &BTreeMap<i64, Sum>,
    sessions: &[Measured],
) -> rusqlite::Result<Records> {
    let dollars = |nano: u64| nano as f64 / 1e9;
    let session = |of: &dyn Fn(&Measured) -> u64| -> rusqlite::Result<Option<(String, u64)>> {
        let values = sessions.iter().map(|session| (of(session), session.number));
        let Some((value, number)) = largest(values) else {
            return Ok(None);
        };
        Ok(Some((session_id(connection, number)?, value)))
    };
    let day = |of: &dyn Fn(&Sum) -> u64| {
        let values = days.iter().map(|(day, sum)| (of(sum), *day));
        largest(values).map(|(value, day)| (Day(day).to_string(), value))
    };
    let record = |(key, value)| Record { key, value };
    let bill = |(key, value)| Record {
        key,
        value: dollars(value),
    };
    let billed = |cost: &crate::model::Cost| u64::try_from(cost.billed.0).unwrap_or(0);
    Ok(Records {
        day_fresh: day(&|sum| sum.tokens.fresh()).map(record),
        day_billed_usd: day(&|sum| billed(&sum.cost)).map(bill),
        session_fresh: session(&|session| session.used.tokens.fresh())?.map(record),
        session_billed_usd: session(&|session| billed(&session.used.cost))?.map(bill),
        session_steps: session(&|session| session.used.steps)?.map(record),
        session_length_ms: session(&|session| session.length_ms)?.map(record),
        session_sub_agents: session(&|session| session.sub_agents)?.map(record),
    })
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
