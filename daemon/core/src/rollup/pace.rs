// SPDX-License-Identifier: GPL-3.0-or-later
//! How fast a session goes: its latest steps, few enough to be summed one by one.

use rusqlite::{Connection, OptionalExtension};

use super::{family, usage};
use crate::ledger::{Ledger, LedgerError};
use crate::model::ModelName;
use crate::wire::Pace;

/// What a session and its sub-agents have used since `since_ms`, the instant itself included.
///
/// # Errors
/// [`LedgerError::Sqlite`].
pub fn pace(ledger: &Ledger, id: &str, since_ms: i64) -> Result<Pace, LedgerError> {
    ledger.read(|connection| {
        let family = family::members(connection, id)?;
        Ok(Pace {
            recent: usage::of_sessions(connection, &family, since_ms, i64::MAX)?,
            first_ms: first_ms(connection, id)?,
            model: model(connection, id)?,
        })
    })
}

fn first_ms(connection: &Connection, id: &str) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached(
            "SELECT min(created_ms) FROM step WHERE session_id = (SELECT id FROM session WHERE uid = ?)",
        )?
        .query_row([id], |row| row.get(0))
}

fn model(connection: &Connection, id: &str) -> rusqlite::Result<Option<String>> {
    connection
        .prepare_cached(
            "SELECT provider, model FROM step JOIN model ON model.id = model_id
             WHERE session_id = (SELECT id FROM session WHERE uid = ?)
             ORDER BY created_ms DESC LIMIT 1",
        )?
        .query_row([id], |row| {
            let (provider, model) = (row.get(0)?, row.get(1)?);
            Ok(ModelName { provider, model }.to_string())
        })
        .optional()
}
