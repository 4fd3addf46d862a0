// SPDX-License-Identifier: GPL-3.0-or-later
//! What the ledger knows of a session of OpenCode 2, to set its totals against.

use rusqlite::{OptionalExtension, Row};

use super::{Ledger, LedgerError};
use crate::model::{Authority, ModelName, NanoUsd, Step, Tokens};
use crate::source::opencode_v2::{Amount, Known, Migration, REMAINDER, UNKNOWN};

const OF_SESSION: &str = "
    SELECT authority, is_inherited, created_ms, input, output, reasoning, cache_read, cache_write,
           coalesce(stored_nano_usd, 0)
    FROM step WHERE session_id = (SELECT id FROM session WHERE uid = ?) AND uid <> ?";

const RECORDED: &str = "
    SELECT authority, is_inherited, created_ms, input, output, reasoning, cache_read, cache_write,
           coalesce(stored_nano_usd, 0)
    FROM step WHERE uid = ? AND is_counted";

impl Ledger {
    /// The steps of a session by where they were read, deleted ones included.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`].
    pub fn known_of(&self, session_id: &str, migration: Migration) -> Result<Known, LedgerError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(OF_SESSION)?;
            let mut rows = statement.query([session_id, &remainder_id(session_id)])?;
            let mut known = Known::default();
            while let Some(row) = rows.next()? {
                let amount = amount(row)?;
                let (authority, is_inherited): (i64, bool) = (row.get(0)?, row.get(1)?);
                if authority == Authority::V2 as i64 {
                    if is_inherited {
                        known.inherited += amount;
                    } else {
                        known.own += amount;
                    }
                } else if migration.covers(row.get(2)?) {
                    known.migrated += amount;
                }
            }
            Ok(known)
        })
    }

    /// A session's remainder as it is recorded.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`].
    pub fn remainder_of(&self, session_id: &str) -> Result<Option<Step>, LedgerError> {
        let id = remainder_id(session_id);
        self.read(|connection| {
            connection
                .prepare_cached(RECORDED)?
                .query_row([&id], |row| {
                    let amount = amount(row)?;
                    Ok(Step {
                        id: id.clone(),
                        session_id: session_id.into(),
                        turn_id: None,
                        model: ModelName {
                            provider: UNKNOWN.into(),
                            model: UNKNOWN.into(),
                        },
                        agent: Some(REMAINDER.into()),
                        created_ms: row.get(2)?,
                        completed_ms: None,
                        tokens: amount.tokens,
                        stored_cost: Some(amount.cost),
                        finish: Some(REMAINDER.into()),
                        error: None,
                        cost_note: None,
                    })
                })
                .optional()
        })
    }
}

fn remainder_id(session_id: &str) -> String {
    format!("{session_id}#{REMAINDER}")
}

fn amount(row: &Row) -> rusqlite::Result<Amount> {
    let count = |index| row.get::<_, i64>(index).map(i64::unsigned_abs);
    Ok(Amount {
        steps: 1,
        tokens: Tokens {
            input: count(3)?,
            output: count(4)?,
            reasoning: count(5)?,
            cache_read: count(6)?,
            cache_write: count(7)?,
        },
        cost: NanoUsd(row.get(8)?),
    })
}
