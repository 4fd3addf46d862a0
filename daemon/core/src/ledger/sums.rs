// SPDX-License-Identifier: GPL-3.0-or-later
//! The sums by quarter hour, by day, by model, by hour of the day and of all time, and the sessions of each day,
//! kept in step with the steps they are of.
//!
//! A batch collects what it adds and takes away, and writes each sum once. What is kept of these sums (`parts`,
//! `returns`, `trees`) follows them, but not while an empty ledger is filled.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};

use super::entry::Entry;
use super::errors::Errors;
use super::{bulk, parts, refold, returns, trees};
use crate::model::{QUARTER_MS, Zone};

/// What a sum is of; the day's has no session and no agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub created_ms: i64,
    pub session_id: i64,
    pub model_id: i64,
    pub agent_id: i64,
    pub host_id: i64,
}

/// Steps, five token kinds, billed, estimated, unpriced steps, [`wrong_cost`]: in the order of the columns.
pub(super) type Amounts = [i64; 13];

/// A step's part in what is known to be wrong: steps, stored, corrected, steps without correction.
pub(super) fn wrong_cost(is_wrong: bool, stored: Option<i64>, corrected: Option<i64>) -> [i64; 4] {
    if !is_wrong {
        return [0; 4];
    }
    let is_uncorrected = i64::from(corrected.is_none());
    [
        1,
        stored.unwrap_or(0),
        corrected.unwrap_or(0),
        is_uncorrected,
    ]
}

/// Steps, billed, estimated, unpriced steps: what a day's sum says of each of its sessions.
type SessionAmounts = [i64; 4];

fn of_session(amounts: &Amounts) -> SessionAmounts {
    [amounts[0], amounts[6], amounts[7], amounts[8]]
}

#[derive(Debug, Default)]
pub(super) struct Sums {
    /// The sum that was added to last: steps of one quarter hour mostly come together.
    latest: Option<Latest>,
    quarters: HashMap<Place, Amounts>,
    /// By session, model, agent, host.
    sessions: HashMap<[i64; 4], Amounts>,
    days: HashMap<[i64; 3], Amounts>,
    /// By model and host.
    models: HashMap<[i64; 2], Amounts>,
    /// Steps and fresh tokens by hour of the day.
    hours: HashMap<i64, [i64; 2]>,
    /// By day, session, model, host.
    day_sessions: HashMap<[i64; 4], SessionAmounts>,
    /// Other sessions that are not what they were.
    touched: HashSet<i64>,
    errors: Errors,
    /// That of the days.
    zone: Option<Zone>,
}

/// Quarter, session, model, agent, host: the key of a quarter's sum.
type Place = [i64; 5];

#[derive(Debug)]
struct Latest {
    place: Place,
    day: i64,
    hour: i64,
    sum: Amounts,
}

impl Sums {
    /// Adds (`sign` 1) or takes away (`sign` -1).
    pub fn add(&mut self, key: &Key, amounts: &Amounts, sign: i64, zone: &Zone) {
        let quarter = key.created_ms.div_euclid(QUARTER_MS);
        let place = [
            quarter,
            key.session_id,
            key.model_id,
            key.agent_id,
            key.host_id,
        ];
        if !matches!(&self.latest, Some(latest) if latest.place == place) {
            self.put_away();
            // Of the quarter's start, so that days fold from quarters the same way when they are remade.
            let at_ms = quarter * QUARTER_MS;
            self.zone.get_or_insert_with(|| zone.clone());
            self.latest = Some(Latest {
                place,
                day: zone.day(at_ms).0,
                hour: zone.hour(at_ms).into(),
                sum: Amounts::default(),
            });
        }
        if let Some(latest) = &mut self.latest {
            add(&mut latest.sum, amounts, sign);
        }
    }

    fn put_away(&mut self) {
        let Some(latest) = self.latest.take() else {
            return;
        };
        let (day, sum) = (latest.day, &latest.sum);
        let [_, session, model, agent, host] = latest.place;
        let day_session = self.day_sessions.entry([day, session, model, host]);
        add(day_session.or_default(), &of_session(sum), 1);
        add(self.quarters.entry(latest.place).or_default(), sum, 1);
        let all_time = self.sessions.entry([session, model, agent, host]);
        add(all_time.or_default(), sum, 1);
        add(self.days.entry([day, model, host]).or_default(), sum, 1);
        add(self.models.entry([model, host]).or_default(), sum, 1);
        let [steps, fresh] = self.hours.entry(latest.hour).or_default();
        *steps += sum[0];
        *fresh += sum[1] + sum[2] + sum[3];
    }

    /// Notes sessions that are new, or have another parent or other steps.
    pub fn touch(&mut self, sessions: impl IntoIterator<Item = i64>) {
        self.touched.extend(sessions);
    }

    /// Adds (`sign` 1) or takes away (`sign` -1) the error of a step, if it has one.
    pub fn add_error(&mut self, entry: &Entry, sign: i64) {
        self.errors.add(entry, sign);
    }

    pub fn write(mut self, tx: &Connection) -> rusqlite::Result<()> {
        self.put_away();
        if bulk::is_filling(tx)? {
            return self.write_sums(tx);
        }
        parts::move_sessions(tx, &self.touched)?;
        let sessions = self.sessions.keys().map(|[session, ..]| *session);
        let shares = parts::Shares::of(tx, sessions.clone())?;
        let days = self.day_sessions.keys();
        let days = returns::Days::of(tx, days.map(|[day, session, ..]| (*day, *session)))?;
        self.write_sums(tx)?;
        self.errors.write(tx)?;
        parts::add(tx, &self.sessions)?;
        shares.settle(tx)?;
        if let Some(zone) = &self.zone {
            days.settle(tx, zone)?;
        }
        self.touched.extend(sessions);
        trees::remake(tx, &self.touched)
    }

    fn write_sums(&self, tx: &Connection) -> rusqlite::Result<()> {
        for (key, amounts) in &self.quarters {
            let [quarter, session, model, agent, host] = key;
            upsert(
                tx,
                ADD_TO_QUARTER,
                &[quarter, session, model, agent, host],
                amounts,
            )?;
        }
        for (key, amounts) in &self.sessions {
            let [session, model, agent, host] = key;
            upsert(tx, ADD_TO_SESSION, &[session, model, agent, host], amounts)?;
        }
        for (key, amounts) in &self.days {
            let [day, model, host] = key;
            upsert(tx, ADD_TO_DAY, &[day, model, host], amounts)?;
        }
        for ([model, host], amounts) in &self.models {
            upsert(tx, ADD_TO_MODEL, &[model, host], amounts)?;
        }
        for (hour, [steps, fresh]) in &self.hours {
            tx.prepare_cached(ADD_TO_HOUR)?
                .execute([hour, steps, fresh])?;
        }
        let mut add = tx.prepare_cached(ADD_TO_DAY_SESSION)?;
        for (key, amounts) in &self.day_sessions {
            add.execute(params_from_iter(key.iter().chain(amounts)))?;
        }
        Ok(())
    }
}

pub(super) fn add<const N: usize>(sum: &mut [i64; N], amounts: &[i64; N], sign: i64) {
    for (sum, amount) in sum.iter_mut().zip(amounts) {
        *sum = sum.saturating_add(sign.saturating_mul(*amount));
    }
}

/// Reads [`Amounts`] from column `first` on.
pub(super) fn amounts_of(row: &Row, first: usize) -> rusqlite::Result<Amounts> {
    let mut amounts = Amounts::default();
    for (place, amount) in amounts.iter_mut().enumerate() {
        *amount = row.get(first + place)?;
    }
    Ok(amounts)
}

/// Adds [`Amounts`] to a row, behind `values`: the table and the places of its key.
macro_rules! add_to {
    ($values:literal) => {
        add_from!($values, ", ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
    };
}

/// Adds [`Amounts`] to rows, from `rows`: the table and what is to be added.
macro_rules! add_from {
    ($($rows:literal),+) => {
        concat!(
            "INSERT INTO ",
            $($rows,)+
            "
    ON CONFLICT DO UPDATE SET steps = steps + excluded.steps, input = input + excluded.input,
        output = output + excluded.output, reasoning = reasoning + excluded.reasoning,
        cache_read = cache_read + excluded.cache_read, cache_write = cache_write + excluded.cache_write,
        billed_nano_usd = billed_nano_usd + excluded.billed_nano_usd,
        estimated_nano_usd = estimated_nano_usd + excluded.estimated_nano_usd,
        unpriced_steps = unpriced_steps + excluded.unpriced_steps,
        wrong_steps = wrong_steps + excluded.wrong_steps,
        wrong_nano_usd = wrong_nano_usd + excluded.wrong_nano_usd,
        corrected_nano_usd = corrected_nano_usd + excluded.corrected_nano_usd,
        uncorrected_steps = uncorrected_steps + excluded.uncorrected_steps"
        )
    };
}

pub(super) use {add_from, add_to};

const ADD_TO_QUARTER: &str = add_to!("quarter VALUES (?, ?, ?, ?, ?");
const ADD_TO_SESSION: &str = add_to!("session_sum VALUES (?, ?, ?, ?");
pub(super) const ADD_TO_DAY: &str = add_to!("day VALUES (?, ?, ?");
const ADD_TO_MODEL: &str = add_to!("model_sum VALUES (?, ?");

pub(super) const ADD_TO_HOUR: &str = "
    INSERT INTO day_hour VALUES (?, ?, ?)
    ON CONFLICT DO UPDATE SET steps = steps + excluded.steps, fresh = fresh + excluded.fresh";

pub(super) const ADD_TO_DAY_SESSION: &str = "
    INSERT INTO day_session VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET steps = steps + excluded.steps,
        billed_nano_usd = billed_nano_usd + excluded.billed_nano_usd,
        estimated_nano_usd = estimated_nano_usd + excluded.estimated_nano_usd,
        unpriced_steps = unpriced_steps + excluded.unpriced_steps";

pub(super) fn upsert(
    tx: &Connection,
    sql: &str,
    key: &[&i64],
    amounts: &Amounts,
) -> rusqlite::Result<()> {
    let parameters = key.iter().copied().chain(amounts);
    tx.prepare_cached(sql)?
        .execute(params_from_iter(parameters))?;
    Ok(())
}

/// Makes the days again where the zone, or its rules, have changed since they were made.
pub(super) fn use_zone(tx: &Connection, zone: &Zone) -> rusqlite::Result<()> {
    let made_for: Option<String> = tx
        .query_row(
            "SELECT value FROM setting WHERE name = 'day_zone'",
            [],
            |row| row.get(0),
        )
        .optional()?;
    if made_for.as_deref() == Some(zone.signature()) {
        return Ok(());
    }
    refold::remake_days(tx, zone)
}

/// Whether the sums of the day table are of this zone.
pub(crate) fn days_are_of(
    connection: &rusqlite::Connection,
    zone: &Zone,
) -> rusqlite::Result<bool> {
    let found: Option<String> = connection
        .prepare_cached("SELECT value FROM setting WHERE name = 'day_zone'")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(found.as_deref() == Some(zone.signature()))
}
