// SPDX-License-Identifier: GPL-3.0-or-later
//! One sum with its models.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use rusqlite::{Connection, Row, ToSql};

use crate::model::{Cost, Day, ModelName, NanoUsd, QUARTER_MS, Tokens, Zone};
use crate::wire::{DayUsage, ModelUsage, Usage};

/// The nine sums of a sum table, in the order that [`amounts`] reads them.
pub(super) const SUMS: &str =
    "sum(steps), sum(input), sum(output), sum(reasoning), sum(cache_read),
    sum(cache_write), sum(billed_nano_usd), sum(estimated_nano_usd), sum(unpriced_steps)";

/// The same columns as they are: summed up by SQLite, hundreds of days take several times as long.
const DAY_SUMS: &str = "steps, input, output, reasoning, cache_read, cache_write,
    billed_nano_usd, estimated_nano_usd, unpriced_steps";

/// The same from the table of steps.
const STEP_SUMS: &str = "sum(is_counted), sum(input * is_counted), sum(output * is_counted),
    sum(reasoning * is_counted), sum(cache_read * is_counted), sum(cache_write * is_counted),
    sum(CASE WHEN is_counted AND price = 0 THEN price_nano_usd ELSE 0 END),
    sum(CASE WHEN is_counted AND price = 1 THEN price_nano_usd ELSE 0 END),
    sum(is_counted AND price = 2)";

#[derive(Default)]
pub(super) struct Amounts {
    pub steps: u64,
    pub tokens: Tokens,
    pub cost: Cost,
}

impl Amounts {
    pub fn add(&mut self, other: Self) {
        self.steps += other.steps;
        self.tokens += other.tokens;
        self.cost += other.cost;
    }
}

/// Reads nine sums from column `first` on.
pub(super) fn amounts(row: &Row, first: usize) -> rusqlite::Result<Amounts> {
    Ok(Amounts {
        steps: count(row, first)?,
        tokens: tokens(row, first + 1)?,
        cost: Cost {
            billed: NanoUsd(row.get(first + 6)?),
            estimated: NanoUsd(row.get(first + 7)?),
            unpriced_steps: count(row, first + 8)?,
        },
    })
}

/// Reads the five kinds from column `first` on.
pub(super) fn tokens(row: &Row, first: usize) -> rusqlite::Result<Tokens> {
    Ok(Tokens {
        input: count(row, first)?,
        output: count(row, first + 1)?,
        reasoning: count(row, first + 2)?,
        cache_read: count(row, first + 3)?,
        cache_write: count(row, first + 4)?,
    })
}

fn count(row: &Row, place: usize) -> rusqlite::Result<u64> {
    let count: i64 = row.get(place)?;
    Ok(u64::try_from(count).unwrap_or(0))
}

impl Usage {
    pub(super) fn add(&mut self, model: ModelUsage) {
        self.steps += model.steps;
        self.tokens += model.tokens;
        self.cost += model.cost;
        self.models.push(model);
    }

    pub(super) fn sorted(mut self) -> Self {
        self.models.retain(|model| model.steps > 0);
        self.models.sort_by(|a, b| {
            b.tokens
                .fresh()
                .cmp(&a.tokens.fresh())
                .then_with(|| a.name.cmp(&b.name))
        });
        self
    }
}

/// Rows of model, its provider and name, and nine sums; of one model there may be many.
fn by_model(connection: &Connection, sql: &str, values: &[&dyn ToSql]) -> rusqlite::Result<Usage> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(values)?;
    let mut models: HashMap<i64, ModelUsage> = HashMap::new();
    while let Some(row) = rows.next()? {
        match models.entry(row.get(0)?) {
            Entry::Vacant(place) => {
                place.insert(model_usage(row, 1)?);
            }
            Entry::Occupied(mut known) => {
                let more = amounts(row, 3)?;
                let known = known.get_mut();
                known.steps += more.steps;
                known.tokens += more.tokens;
                known.cost += more.cost;
            }
        }
    }
    let mut usage = Usage::default();
    models.into_values().for_each(|model| usage.add(model));
    Ok(usage.sorted())
}

fn model_usage(row: &Row, first: usize) -> rusqlite::Result<ModelUsage> {
    let Amounts {
        steps,
        tokens,
        cost,
    } = amounts(row, first + 2)?;
    let name = ModelName {
        provider: row.get(first)?,
        model: row.get(first + 1)?,
    };
    Ok(ModelUsage {
        name,
        tokens,
        steps,
        cost,
    })
}

/// The usage of whole days of `zone`, the last included. Reads the day table where it is of that
/// zone (`has_days`), else the quarters.
pub(super) fn of_days(
    connection: &Connection,
    from: Day,
    to: Day,
    zone: &Zone,
    has_days: bool,
) -> rusqlite::Result<Usage> {
    let join = "JOIN model ON model.id = model_id";
    if has_days {
        let sql = format!(
            "SELECT model_id, provider, model, {DAY_SUMS} FROM day {join} WHERE day BETWEEN ? AND ?"
        );
        return by_model(connection, &sql, &[&from.0, &to.0]);
    }
    let sql = format!(
        "SELECT model_id, provider, model, {SUMS} FROM quarter {join} WHERE quarter >= ? AND quarter < ?
         GROUP BY model_id"
    );
    let quarter = |day: Day| zone.start_of(day).div_euclid(QUARTER_MS);
    by_model(connection, &sql, &[&quarter(from), &quarter(Day(to.0 + 1))])
}

/// The usage of everything.
pub(super) fn of_all(connection: &Connection) -> rusqlite::Result<Usage> {
    let sql = format!(
        "SELECT model_id, provider, model, {DAY_SUMS} FROM model_sum JOIN model ON model.id = model_id"
    );
    by_model(connection, &sql, &[])
}

/// The seven days up to and with `today`, oldest first.
pub(super) fn of_week(
    connection: &Connection,
    today: Day,
    zone: &Zone,
    has_days: bool,
) -> rusqlite::Result<Vec<DayUsage>> {
    (today.0 - 6..=today.0)
        .map(Day)
        .map(|day| {
            Ok(DayUsage {
                day,
                usage: of_days(connection, day, day, zone, has_days)?,
            })
        })
        .collect()
}

/// The usage of some sessions (a JSON array of ids) between two instants, the first included.
pub(super) fn of_sessions(
    connection: &Connection,
    sessions: &[String],
    from_ms: i64,
    until_ms: i64,
) -> rusqlite::Result<Usage> {
    let sql = format!(
        "SELECT model_id, provider, model, {STEP_SUMS} FROM step JOIN model ON model.id = model_id
         WHERE session_id IN (SELECT id FROM session WHERE uid IN (SELECT value FROM json_each(?)))
             AND created_ms >= ? AND created_ms < ? GROUP BY model_id"
    );
    let sessions = serde_json::Value::from(sessions).to_string();
    by_model(connection, &sql, &[&sessions, &from_ms, &until_ms])
}

/// The usage of everything between two instants, the first included.
pub(super) fn of_all_between(
    connection: &Connection,
    from_ms: i64,
    until_ms: i64,
) -> rusqlite::Result<Usage> {
    let sql = format!(
        "SELECT model_id, provider, model, {STEP_SUMS} FROM step JOIN model ON model.id = model_id
         WHERE created_ms >= ? AND created_ms < ? GROUP BY model_id"
    );
    by_model(connection, &sql, &[&from_ms, &until_ms])
}
