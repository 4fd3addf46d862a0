// SPDX-License-Identifier: GPL-3.0-or-later
//! Sums by host and model, as monitoring systems want them.

use rusqlite::Connection;

use super::filter::Filter;
use super::request::Request;
use super::usage::{SUMS, amounts};
use crate::ledger::{Ledger, LedgerError};
use crate::model::ModelName;
use crate::wire::ModelUsage;

/// What one model was used for on one host.
#[derive(Clone, Debug, PartialEq)]
pub struct HostUsage {
    /// The host's name.
    pub host: String,
    /// The sums.
    pub usage: ModelUsage,
}

/// The sums of the steps that match the filters of `request`, by host, provider and model.
///
/// # Errors
/// [`LedgerError::Sqlite`].
pub fn by_host(ledger: &Ledger, request: &Request) -> Result<Vec<HostUsage>, LedgerError> {
    ledger.read_at_once(|connection| sums(connection, request))
}

fn sums(connection: &Connection, request: &Request) -> rusqlite::Result<Vec<HostUsage>> {
    let (table, filter) = match request.is_of_everything() {
        true => ("model_sum", Filter::default()),
        false => Filter::of_sums(request),
    };
    let sql = format!(
        "SELECT host.label, provider, model.model, {SUMS} FROM {table}
         JOIN model ON model.id = model_id JOIN host ON host.id = host_id
         WHERE steps > 0{}
         GROUP BY host.label, model_id ORDER BY host.label, provider, model.model",
        filter.sql()
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(filter.values(), |row| {
        let amounts = amounts(row, 3)?;
        Ok(HostUsage {
            host: row.get(0)?,
            usage: ModelUsage {
                name: ModelName {
                    provider: row.get(1)?,
                    model: row.get(2)?,
                },
                tokens: amounts.tokens,
                steps: amounts.steps,
                cost: amounts.cost,
            },
        })
    })?;
    rows.collect()
}
