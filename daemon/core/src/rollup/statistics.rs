// SPDX-License-Identifier: GPL-3.0-or-later
//! The detail: how sessions differ, when work was done, what went wrong, what was largest.

use std::collections::{BTreeMap, HashMap};

use rusqlite::{Connection, OptionalExtension};

use super::filter::Filter;
use super::forest::{self, Member, Tree, Used};
use super::request::Request;
use super::sessions::members;
use super::share::{Sum, shares};
use super::spread::{self, spread};
use super::usage::amounts;
use crate::ledger::{Ledger, LedgerError};
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
        let mut trees = forest::grow(members(connection)?, folded.sessions);
        trees.retain(|tree| tree.root().inclusive.all.steps > 0);
        let sessions = measured(connection, &trees, request)?;
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
            records: records(&folded.days, &sessions),
            problems: Vec::new(),
        })
    })
}

#[derive(Default)]
struct Folded {
    all: Sum,
    sessions: HashMap<i64, Used>,
    agents: HashMap<i64, Sum>,
    days: BTreeMap<i64, Sum>,
    hours: [HourRow; 24],
}

impl Folded {
    fn load(connection: &Connection, request: &Request, zone: &Zone) -> rusqlite::Result<Self> {
        let filter = Filter::of_quarters(request);
        let sql = format!(
            "SELECT quarter, session_id, agent_id, steps, input, output, reasoning, cache_read,
                    cache_write, billed_nano_usd, estimated_nano_usd, unpriced_steps
             FROM quarter WHERE steps > 0 {}",
            filter.sql()
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let mut rows = statement.query(filter.values())?;
        let mut folded = Self::default();
        while let Some(row) = rows.next()? {
            let quarter: i64 = row.get(0)?;
            let at_ms = quarter * QUARTER_MS;
            let amounts = amounts(row, 3)?;
            folded.all.add(&amounts);
            folded.agents.entry(row.get(2)?).or_default().add(&amounts);
            folded
                .days
                .entry(zone.day(at_ms).0)
                .or_default()
                .add(&amounts);
            let hour = &mut folded.hours[zone.hour(at_ms) as usize % 24];
            hour.steps += amounts.steps;
            hour.fresh += amounts.tokens.fresh();
            let used = folded.sessions.entry(row.get(1)?).or_default();
            // Nobody asks for the models here.
            used.add(quarter, 0, &amounts);
        }
        for (hour, row) in (0..).zip(&mut folded.hours) {
            row.hour = hour;
        }
        Ok(folded)
    }
}

/// A tree of sessions as one.
struct Measured {
    id: String,
    length_ms: u64,
    sub_agents: u64,
    used: Used,
}

fn measured(
    connection: &Connection,
    trees: &[Tree],
    request: &Request,
) -> rusqlite::Result<Vec<Measured>> {
    let from_ms = request.since_ms.unwrap_or(i64::MIN);
    let until_ms = request.until_ms.unwrap_or(i64::MAX);
    let mut measured = Vec::with_capacity(trees.len());
    for tree in trees {
        let (mut first_ms, mut last_ms) = (i64::MAX, i64::MIN);
        for branch in &tree.branches {
            let ends = ends(connection, &branch.member, from_ms, until_ms)?;
            if let Some((began_ms, ended_ms)) = ends {
                first_ms = first_ms.min(began_ms);
                last_ms = last_ms.max(ended_ms);
            }
        }
        let root = tree.root();
        measured.push(Measured {
            id: root.member.id.clone(),
            length_ms: u64::try_from(last_ms.saturating_sub(first_ms)).unwrap_or(0),
            sub_agents: root.below,
            used: root.inclusive.clone(),
        });
    }
    Ok(measured)
}

/// When a session's first step between two instants began and its last one ended. What is older than
/// the session was inherited by a fork.
fn ends(
    connection: &Connection,
    member: &Member,
    from_ms: i64,
    until_ms: i64,
) -> rusqlite::Result<Option<(i64, i64)>> {
    let from_ms = from_ms.max(member.created_ms.unwrap_or(i64::MIN));
    let values = (member.number, from_ms, until_ms);
    let first: Option<i64> = connection
        .prepare_cached(
            "SELECT min(created_ms) FROM step
             WHERE session_id = ? AND created_ms >= ? AND created_ms < ?",
        )?
        .query_row(values, |row| row.get(0))?;
    let last: Option<i64> = connection
        .prepare_cached(
            "SELECT max(created_ms, coalesce(completed_ms, created_ms)) FROM step
             WHERE session_id = ? AND created_ms >= ? AND created_ms < ?
             ORDER BY created_ms DESC LIMIT 1",
        )?
        .query_row(values, |row| row.get(0))
        .optional()?;
    Ok(first.zip(last))
}

fn session_statistics(sessions: &[Measured]) -> Option<SessionStatistics> {
    let counts = |of: &dyn Fn(&Measured) -> u64| sessions.iter().map(of).collect::<Vec<u64>>();
    let dollars = |of: &dyn Fn(&Measured) -> f64| sessions.iter().map(of).collect::<Vec<f64>>();
    let estimated = dollars(&|session| session.used.all.cost.estimated.usd());
    let is_estimated = estimated.iter().any(|usd| *usd > 0.0);
    Some(SessionStatistics {
        count: sessions.len() as u64,
        length_ms: spread(counts(&|session| session.length_ms), &spread::LENGTHS_MS)?,
        steps: spread(counts(&|session| session.used.all.steps), &spread::STEPS)?,
        fresh: spread(
            counts(&|session| session.used.all.tokens.fresh()),
            &spread::TOKENS,
        )?,
        billed_usd: spread(
            dollars(&|session| session.used.all.cost.billed.usd()),
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

fn records(days: &BTreeMap<i64, Sum>, sessions: &[Measured]) -> Records {
    let dollars = |nano: u64| nano as f64 / 1e9;
    let session = |of: &dyn Fn(&Measured) -> u64| {
        let values = sessions.iter().map(|session| (of(session), session));
        largest(values).map(|(value, session)| (session.id.clone(), value))
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
    Records {
        day_fresh: day(&|sum| sum.tokens.fresh()).map(record),
        day_billed_usd: day(&|sum| billed(&sum.cost)).map(bill),
        session_fresh: session(&|session| session.used.all.tokens.fresh()).map(record),
        session_billed_usd: session(&|session| billed(&session.used.all.cost)).map(bill),
        session_steps: session(&|session| session.used.all.steps).map(record),
        session_length_ms: session(&|session| session.length_ms).map(record),
        session_sub_agents: session(&|session| session.sub_agents).map(record),
    }
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
