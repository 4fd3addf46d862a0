// SPDX-License-Identifier: GPL-3.0-or-later
//! What every step of a sync needs, and the way of what was read into the ledger.

use super::{Depth, Progress, SyncReport};
use crate::ledger::{Batch, Host, Ledger, LedgerError};
use crate::model::{Authority, PricedStep, Step, Zone};
use crate::pricing::Prices;
use crate::source::Rows;

/// What every step of a sync needs.
pub(crate) struct Context<'a> {
    pub ledger: &'a mut Ledger,
    pub host: &'a Host,
    pub zone: &'a Zone,
    pub now_ms: i64,
    pub depth: Depth,
    pub prices: &'a mut Prices,
    pub on_progress: &'a mut dyn FnMut(Progress) -> bool,
    pub report: &'a mut SyncReport,
}

impl Context<'_> {
    /// Steps with their prices, as read from tables or files of one generation.
    pub fn price(&mut self, steps: Vec<Step>, authority: Authority) -> Vec<PricedStep> {
        priced(self.prices, steps, authority)
    }

    /// Records the steps and unread rows of `rows`, and what else is in the batch.
    pub fn record(
        &mut self,
        rows: Rows,
        batch: Batch,
        authority: Authority,
    ) -> Result<(), LedgerError> {
        let steps = self.price(rows.steps, authority);
        self.report.messages_read += rows.read;
        self.write(&Batch {
            steps: &steps,
            unread: &rows.unread,
            ..batch
        })
    }

    /// Records a batch and counts what it changed.
    pub fn write(&mut self, batch: &Batch) -> Result<(), LedgerError> {
        let recorded = self.ledger.record(self.host, batch, self.zone)?;
        self.report.steps_added += recorded.added;
        self.report.steps_updated += recorded.updated;
        Ok(())
    }
}

pub(super) fn priced(
    prices: &mut Prices,
    steps: Vec<Step>,
    authority: Authority,
) -> Vec<PricedStep> {
    let priced = steps.into_iter().map(|step| {
        let price = prices.price(&step);
        let corrected = prices.corrected(&step);
        PricedStep {
            step,
            price,
            authority,
            corrected,
        }
    });
    priced.collect()
}
