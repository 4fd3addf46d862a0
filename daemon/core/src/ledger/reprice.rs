// SPDX-License-Identifier: GPL-3.0-or-later
//! Prices for steps that had none: nothing was fixed yet, so a table that appears later may tell.
//!
//! A step that has a price, billed or estimated, keeps it.

use rusqlite::{Connection, params};

use super::sums::{self, Key, Sums};
use super::{Ledger, LedgerError};
use crate::model::{ModelName, Price, Tokens, Zone};

/// Steps of one transaction.
const PAGE_STEPS: usize = 2_000;

impl Ledger {
    /// Prices the unpriced steps of every model for which `price` now knows one; returns how many.
    /// Asks once per model first, so that nothing is read while no table has appeared.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`]; what was priced before stays so, the rest is unpriced as it was.
    pub fn price_unpriced(
        &mut self,
        zone: &Zone,
        price: &mut dyn FnMut(&ModelName, &Tokens) -> Price,
    ) -> Result<u64, LedgerError> {
        let probe = Tokens {
            input: 1,
            ..Tokens::default()
        };
        let mut priced = 0;
        for (model_id, name) in self.unpriced_models()? {
            if price(&name, &probe) == Price::Unpriced {
                continue;
            }
            let mut after = 0;
            loop {
                let page = self.write(|tx| {
                    sums::use_zone(tx, zone)?;
                    price_page(tx, (model_id, after), zone, &mut |tokens| {
                        price(&name, tokens)
                    })
                })?;
                priced += page.priced;
                match page.last_id {
                    Some(id) => after = id,
                    None => break,
                }
            }
        }
        Ok(priced)
    }

    /// Models with unpriced steps, from the sums.
    fn unpriced_models(&self) -> Result<Vec<(i64, ModelName)>, LedgerError> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT id, provider, model FROM model
                     WHERE id IN (SELECT model_id FROM day WHERE unpriced_steps > 0) ORDER BY id",
                )?
                .query_map([], |row| {
                    let (provider, model) = (row.get(1)?, row.get(2)?);
                    Ok((row.get(0)?, ModelName { provider, model }))
                })?
                .collect()
        })
    }
}

struct Page {
    priced: u64,
    /// `None` after the last page.
    last_id: Option<i64>,
}

struct Unpriced {
    id: i64,
    key: Key,
    tokens: Tokens,
    is_counted: bool,
}

fn price_page(
    tx: &Connection,
    (model_id, after): (i64, i64),
    zone: &Zone,
    price: &mut dyn FnMut(&Tokens) -> Price,
) -> rusqlite::Result<Page> {
    let steps = unpriced_steps(tx, model_id, after)?;
    let mut sums = Sums::default();
    let mut priced = 0;
    for step in &steps {
        let (kind, nano) = match price(&step.tokens) {
            Price::Billed(cost) => (0, cost.0),
            Price::Estimated(cost) => (1, cost.0),
            Price::Unpriced => continue,
        };
        tx.prepare_cached("UPDATE step SET price = ?, price_nano_usd = ? WHERE id = ?")?
            .execute(params![kind, nano, step.id])?;
        priced += 1;
        if step.is_counted {
            let (billed, estimated) = if kind == 0 { (nano, 0) } else { (0, nano) };
            let change = [0, 0, 0, 0, 0, 0, billed, estimated, -1, 0, 0, 0, 0];
            sums.add(&step.key, &change, 1, zone);
        }
    }
    sums.write(tx)?;
    let is_full = steps.len() == PAGE_STEPS;
    let last_id = steps.last().filter(|_| is_full).map(|step| step.id);
    Ok(Page { priced, last_id })
}

fn unpriced_steps(tx: &Connection, model_id: i64, after: i64) -> rusqlite::Result<Vec<Unpriced>> {
    tx.prepare_cached(
        "SELECT id, created_ms, session_id, agent_id, host_id, input, output, reasoning, cache_read,
                cache_write, is_counted
         FROM step WHERE id > ? AND model_id = ? AND price = 2 ORDER BY id LIMIT ?",
    )?
    .query_map(params![after, model_id, PAGE_STEPS as i64], |row| {
        let count = |place| row.get::<_, i64>(place).map(|n| u64::try_from(n).unwrap_or(0));
        Ok(Unpriced {
            id: row.get(0)?,
            key: Key {
                created_ms: row.get(1)?,
                session_id: row.get(2)?,
                model_id,
                agent_id: row.get(3)?,
                host_id: row.get(4)?,
            },
            tokens: Tokens {
                input: count(5)?,
                output: count(6)?,
                reasoning: count(7)?,
                cache_read: count(8)?,
                cache_write: count(9)?,
            },
            is_counted: row.get(10)?,
        })
    })?
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Batch, Host};
    use crate::model::{Authority, NanoUsd, PricedStep, Step};

    fn step(number: i64, model: &str) -> Step {
        Step {
            id: format!("msg_{number}"),
            session_id: "ses_1".into(),
            turn_id: None,
            model: ModelName {
                provider: "p".into(),
                model: model.into(),
            },
            agent: None,
            created_ms: 1_795_000_000_000 + number,
            completed_ms: None,
            tokens: Tokens {
                input: 10,
                ..Tokens::default()
            },
            stored_cost: Some(NanoUsd(0)),
            finish: Some("stop".into()),
            error: None,
            cost_note: None,
            updated_ms: None,
        }
    }

    fn priced(number: i64, model: &str, price: Price) -> PricedStep {
        PricedStep {
            step: step(number, model),
            price,
            authority: Authority::V1,
            corrected: None,
        }
    }

    fn sums(ledger: &Ledger, table: &str) -> (i64, i64, i64) {
        let sql =
            format!("SELECT sum(steps), sum(estimated_nano_usd), sum(unpriced_steps) FROM {table}");
        let ask = |row: &rusqlite::Row| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        ledger.read(|c| c.query_row(&sql, [], ask)).unwrap()
    }

    #[test]
    fn a_price_that_appears_later_prices_what_had_none_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(&folder.path().join("ledger.db")).unwrap();
        let (id, label) = ("h".into(), "h".into());
        let unpriced = |number| priced(number, "late", Price::Unpriced);
        let mut steps: Vec<PricedStep> = (0..PAGE_STEPS as i64 + 1).map(unpriced).collect();
        steps.push(priced(-1, "late", Price::Estimated(NanoUsd(5))));
        steps.push(priced(-2, "never", Price::Unpriced));
        let batch = Batch {
            steps: &steps,
            ..Batch::default()
        };
        let (host, zone) = (Host { id, label }, Zone::utc());
        ledger.record(&host, &batch, &zone).unwrap();
        let all = steps.len() as i64;
        assert_eq!(sums(&ledger, "day"), (all, 5, all - 1));
        let mut price = |name: &ModelName, tokens: &Tokens| match name.model.as_str() {
            "late" => Price::Estimated(NanoUsd(tokens.input as i64)),
            _ => Price::Unpriced,
        };
        let count = ledger.price_unpriced(&zone, &mut price).unwrap();
        assert_eq!(count, PAGE_STEPS as u64 + 1);
        let wanted = (all, 5 + 10 * (PAGE_STEPS as i64 + 1), 1);
        assert_eq!(sums(&ledger, "day"), wanted);
        assert_eq!(sums(&ledger, "quarter"), wanted);
        assert_eq!(ledger.price_unpriced(&zone, &mut price).unwrap(), 0);
        // Read again, the steps keep the price that they have got.
        ledger.record(&host, &batch, &zone).unwrap();
        assert_eq!(sums(&ledger, "day"), wanted);
    }
}
