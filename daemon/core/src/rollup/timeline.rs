// SPDX-License-Identifier: GPL-3.0-or-later
//! The steps of one session in the order in which they began.

use rusqlite::{Connection, OptionalExtension, Row};

use crate::ledger::{Ledger, LedgerError};
use crate::model::{Cost, ModelName, NanoUsd, Tokens, Zone};
use crate::wire::{SessionDetail, StepLine};

const STEPS: &str = "
    SELECT uid, created_ms, provider, model, input, output, reasoning, cache_read, cache_write,
           price, price_nano_usd, is_counted
    FROM step JOIN model ON model.id = model_id WHERE session_id = ? ORDER BY created_ms, uid";

/// One session with its steps; `None` where the ledger does not know it.
///
/// # Errors
/// [`LedgerError::Sqlite`].
pub fn session(
    ledger: &Ledger,
    id: &str,
    zone: &Zone,
) -> Result<Option<SessionDetail>, LedgerError> {
    ledger.read(|connection| {
        let Some(number) = number(connection, id)? else {
            return Ok(None);
        };
        Ok(Some(SessionDetail {
            time_zone: zone.name().into(),
            steps: steps(connection, number)?,
        }))
    })
}

fn number(connection: &Connection, id: &str) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT id FROM session WHERE uid = ?")?
        .query_row([id], |row| row.get(0))
        .optional()
}

fn steps(connection: &Connection, session: i64) -> rusqlite::Result<Vec<StepLine>> {
    let mut statement = connection.prepare_cached(STEPS)?;
    statement.query_map([session], line)?.collect()
}

fn line(row: &Row) -> rusqlite::Result<StepLine> {
    let count = |place| row.get::<_, i64>(place).map(i64::unsigned_abs);
    let tokens = Tokens {
        input: count(4)?,
        output: count(5)?,
        reasoning: count(6)?,
        cache_read: count(7)?,
        cache_write: count(8)?,
    };
    let (provider, model) = (row.get(2)?, row.get(3)?);
    Ok(StepLine {
        id: row.get(0)?,
        started_ms: row.get(1)?,
        model: ModelName { provider, model }.to_string(),
        tokens: (&tokens).into(),
        context: tokens.context(),
        cost: (&cost(row)?).into(),
        is_counted: row.get(11)?,
    })
}

fn cost(row: &Row) -> rusqlite::Result<Cost> {
    let amount = NanoUsd(row.get(10)?);
    let mut cost = Cost::default();
    match row.get::<_, i64>(9)? {
        0 => cost.billed = amount,
        1 => cost.estimated = amount,
        _ => cost.unpriced_steps = 1,
    }
    Ok(cost)
}
