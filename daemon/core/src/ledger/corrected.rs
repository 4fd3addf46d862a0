// SPDX-License-Identifier: GPL-3.0-or-later
//! Stored costs that are known to be wrong: what they add up to, and corrections that had no price yet.
//!
//! The stored cost stays what was billed. A correction that is there keeps its price, as estimates do.

use rusqlite::{Connection, Row, params};

use super::sums::{self, Key, Sums};
use super::{Ledger, LedgerError};
use crate::model::{ModelName, NanoUsd, Price, Tokens, WrongCost, Zone};

/// Steps of one transaction.
const PAGE_STEPS: usize = 2_000;

/// The counted steps whose stored cost is wrong in the same way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongCosts {
    /// [`CostNote::as_str`](crate::model::CostNote::as_str).
    pub note: String,
    /// What they add up to.
    pub cost: WrongCost,
}

impl Ledger {
    /// The steps whose stored cost is known to be wrong, one entry for each way.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`].
    pub fn wrong_costs(&self) -> Result<Vec<WrongCosts>, LedgerError> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT cost_note, count(*), coalesce(sum(stored_nano_usd), 0),
                            coalesce(sum(corrected_nano_usd), 0), sum(corrected_nano_usd IS NULL)
                     FROM step WHERE cost_note IS NOT NULL AND is_counted
                     GROUP BY cost_note ORDER BY cost_note",
                )?
                .query_map([], |row| {
                    Ok(WrongCosts {
                        note: row.get(0)?,
                        cost: WrongCost {
                            steps: row.get::<_, i64>(1)?.unsigned_abs(),
                            stored: NanoUsd(row.get(2)?),
                            corrected: NanoUsd(row.get(3)?),
                            uncorrected_steps: row.get::<_, i64>(4)?.unsigned_abs(),
                        },
                    })
                })?
                .collect()
        })
    }

    /// Corrects the steps whose stored cost is known to be wrong and which had no list price until now;
    /// returns how many. Days are kept in `zone`.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`]; what was corrected before stays so, the rest is as it was.
    pub fn correct_uncorrected(
        &mut self,
        zone: &Zone,
        price: &mut dyn FnMut(&ModelName, &Tokens) -> Price,
    ) -> Result<u64, LedgerError> {
        let is_done = self.read(|connection| uncorrected(connection, 0).map(|it| it.is_empty()))?;
        let (mut corrected, mut after) = (0, (!is_done).then_some(0));
        while let Some(id) = after {
            let page = self.write(|tx| {
                sums::use_zone(tx, zone)?;
                correct_page(tx, id, zone, price)
            })?;
            corrected += page.corrected;
            after = page.last_id;
        }
        Ok(corrected)
    }
}

struct Page {
    corrected: u64,
    /// `None` after the last page.
    last_id: Option<i64>,
}

fn correct_page(
    tx: &Connection,
    after: i64,
    zone: &Zone,
    price: &mut dyn FnMut(&ModelName, &Tokens) -> Price,
) -> rusqlite::Result<Page> {
    let steps = uncorrected(tx, after)?;
    let (mut sums, mut corrected) = (Sums::default(), 0);
    for step in &steps {
        if let Price::Estimated(cost) = price(&step.model, &step.tokens) {
            tx.prepare_cached("UPDATE step SET corrected_nano_usd = ? WHERE id = ?")?
                .execute(params![cost.0, step.id])?;
            corrected += 1;
            if step.is_counted {
                let change = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, cost.0, -1];
                sums.add(&step.key, &change, 1, zone);
            }
        }
    }
    sums.write(tx)?;
    let is_full = steps.len() == PAGE_STEPS;
    let last_id = steps.last().filter(|_| is_full).map(|step| step.id);
    Ok(Page { corrected, last_id })
}

struct Uncorrected {
    id: i64,
    key: Key,
    is_counted: bool,
    model: ModelName,
    tokens: Tokens,
}

fn uncorrected(connection: &Connection, after: i64) -> rusqlite::Result<Vec<Uncorrected>> {
    connection
        .prepare_cached(
            "SELECT step.id, provider, model, input, output, reasoning, cache_read, cache_write,
                    created_ms, session_id, model_id, agent_id, host_id, is_counted
             FROM step INDEXED BY step_wrong_cost JOIN model ON model.id = model_id
             WHERE cost_note IS NOT NULL AND corrected_nano_usd IS NULL AND step.id > ?
             ORDER BY step.id LIMIT ?",
        )?
        .query_map(params![after, PAGE_STEPS as i64], uncorrected_step)?
        .collect()
}

fn uncorrected_step(row: &Row) -> rusqlite::Result<Uncorrected> {
    let count = |place| row.get::<_, i64>(place).map(i64::unsigned_abs);
    Ok(Uncorrected {
        id: row.get(0)?,
        key: Key {
            created_ms: row.get(8)?,
            session_id: row.get(9)?,
            model_id: row.get(10)?,
            agent_id: row.get(11)?,
            host_id: row.get(12)?,
        },
        is_counted: row.get(13)?,
        model: ModelName {
            provider: row.get(1)?,
            model: row.get(2)?,
        },
        tokens: Tokens {
            input: count(3)?,
            output: count(4)?,
            reasoning: count(5)?,
            cache_read: count(6)?,
            cache_write: count(7)?,
        },
    })
}
