// SPDX-License-Identifier: GPL-3.0-or-later
//! How fast it goes: the latest steps, few enough to be summed one by one.

use rusqlite::{Connection, OptionalExtension};

use super::{family, usage};
use crate::ledger::{IS_CALL, Ledger, LedgerError};
use crate::model::ModelName;
use crate::wire::{CostRow, Pace, Speed, Usage};

/// A pace is that of so long, milliseconds.
pub const PACE_WINDOW_MS: i64 = 10 * MINUTE_MS;
/// The shortest time that a pace is told from, milliseconds: a step that has just come says little.
const MINUTE_MS: i64 = 60_000;

/// What a session and its sub-agents have used since `since_ms`, the instant itself included.
///
/// # Errors
/// [`LedgerError::Sqlite`].
pub fn pace(ledger: &Ledger, id: &str, since_ms: i64) -> Result<Pace, LedgerError> {
    ledger.read_at_once(|connection| {
        let family = family::members(connection, id)?;
        Ok(Pace {
            recent: usage::of_sessions(connection, &family, since_ms, i64::MAX)?,
            first_ms: first_ms(connection, id)?,
            model: model(connection, id)?,
        })
    })
}

/// How fast everything together goes, as it is at the end of the present minute, so that it does not change
/// with every look; `None` where nothing was used in the window.
pub(super) fn overall(connection: &Connection, now_ms: i64) -> rusqlite::Result<Option<Speed>> {
    let until_ms = (now_ms.div_euclid(MINUTE_MS) + 1) * MINUTE_MS;
    let earliest_ms: Option<i64> = connection
        .prepare_cached(
            "SELECT min(created_ms) FROM step WHERE created_ms >= ? AND created_ms < ?",
        )?
        .query_row([until_ms - PACE_WINDOW_MS, until_ms], |row| row.get(0))?;
    let Some(earliest_ms) = earliest_ms else {
        return Ok(None);
    };
    let since_ms = earliest_ms.min(until_ms - MINUTE_MS);
    let recent = usage::of_all_between(connection, earliest_ms, until_ms)?;
    let minutes = minutes(until_ms - since_ms);
    Ok((recent.steps > 0).then(|| Speed {
        since_ms,
        fresh_per_minute: recent.tokens.fresh() as f64 / minutes,
        cost_per_hour: per_hour(&recent, minutes),
    }))
}

/// A span of time as the minutes that a pace is divided by: 1 to the window's length.
pub fn minutes(span_ms: i64) -> f64 {
    span_ms.clamp(MINUTE_MS, PACE_WINDOW_MS) as f64 / MINUTE_MS as f64
}

/// What was used in so many minutes, as US dollars an hour.
pub fn per_hour(usage: &Usage, minutes: f64) -> CostRow {
    let cost = CostRow::from(&usage.cost);
    CostRow {
        billed_usd: cost.billed_usd * 60.0 / minutes,
        estimated_usd: cost.estimated_usd.map(|usd| usd * 60.0 / minutes),
        unpriced_steps: cost.unpriced_steps,
    }
}

fn first_ms(connection: &Connection, id: &str) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached(
            "SELECT min(created_ms) FROM step
             WHERE session_id = (SELECT id FROM session WHERE uid = ?) AND NOT is_inherited",
        )?
        .query_row([id], |row| row.get(0))
}

/// That of the latest call.
pub(super) fn model(connection: &Connection, id: &str) -> rusqlite::Result<Option<String>> {
    connection
        .prepare_cached(&format!(
            "SELECT provider, model FROM step JOIN model ON model.id = model_id
             WHERE session_id = (SELECT id FROM session WHERE uid = ?) AND {IS_CALL}
             ORDER BY created_ms DESC LIMIT 1"
        ))?
        .query_row([id], |row| {
            let (provider, model) = (row.get(0)?, row.get(1)?);
            Ok(ModelName { provider, model }.to_string())
        })
        .optional()
}
