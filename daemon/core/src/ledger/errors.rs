// SPDX-License-Identifier: GPL-3.0-or-later
//! How many steps ended in which error: few among many steps, and yet more with every year.
//!
//! Not kept while an empty ledger is filled.

use std::collections::HashMap;

use rusqlite::{Connection, params};

use super::entry::Entry;

/// What a batch adds and takes away, by the error's name.
#[derive(Debug, Default)]
pub(super) struct Errors(HashMap<String, i64>);

impl Errors {
    /// Adds (`sign` 1) or takes away (`sign` -1) the error of a step, if it has one of its own.
    pub fn add(&mut self, entry: &Entry, sign: i64) {
        if let Some(error) = entry.error.as_deref().filter(|_| !entry.is_inherited) {
            *self.0.entry(error.into()).or_default() += sign;
        }
    }

    pub fn write(&self, tx: &Connection) -> rusqlite::Result<()> {
        for (error, steps) in &self.0 {
            tx.prepare_cached(
                "INSERT INTO error_sum VALUES (?, ?)
                 ON CONFLICT DO UPDATE SET steps = steps + excluded.steps",
            )?
            .execute(params![error, steps])?;
        }
        Ok(())
    }
}

/// Counts them in the table of steps.
macro_rules! errors_of_steps {
    () => {
        "SELECT error, count(*) FROM step WHERE error IS NOT NULL AND NOT is_inherited GROUP BY error"
    };
}

pub(super) fn remake_all(tx: &Connection) -> rusqlite::Result<()> {
    tx.execute_batch(concat!(
        "DELETE FROM error_sum; INSERT INTO error_sum ",
        errors_of_steps!()
    ))
}

/// Whether something else is kept.
pub(super) fn differ(connection: &Connection) -> rusqlite::Result<bool> {
    let differ = concat!(
        "SELECT 1 WHERE EXISTS (SELECT * FROM (",
        errors_of_steps!(),
        ") EXCEPT SELECT * FROM error_sum)
             OR (SELECT count(*) FROM error_sum WHERE steps <> 0)
                 <> (SELECT count(*) FROM (",
        errors_of_steps!(),
        "))"
    );
    connection.prepare(differ)?.exists([])
}
