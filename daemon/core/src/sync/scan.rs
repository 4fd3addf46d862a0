// SPDX-License-Identifier: GPL-3.0-or-later
//! The rows of one database of OpenCode 1.x in the order in which they were made, into the ledger.

use std::collections::BTreeSet;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, PoisonError};

use super::ahead::ahead;
use super::batches::{self, Batches, Place};
use super::database::{OpenDatabase, Outcome};
use super::{Context, Depth, Progress};
use crate::ledger::{Batch, Checkpoint, LedgerError};
use crate::model::{PricedStep, Problem};
use crate::pricing::Prices;

/// So many batches wait at most.
const BATCHES_AHEAD: usize = 3;

impl OpenDatabase {
    /// Rows written since an instant, batch by batch. False if the user stopped it.
    pub(super) fn read_rows(
        &mut self,
        updated_ms: i64,
        checkpoint: &mut Checkpoint,
        context: &mut Context,
    ) -> Outcome<bool> {
        let scan_rowid = checkpoint.scan_rowid;
        let from = Place {
            rowid: scan_rowid.unwrap_or(0),
            known_rowid: checkpoint.last_rowid,
            updated_ms,
            seen_ms: checkpoint.updated_ms,
            now_ms: context.now_ms,
        };
        let prices = Mutex::new(std::mem::take(context.prices));
        let outcome = self.read_batches(from, scan_rowid.is_some(), &prices, checkpoint, context);
        *context.prices = prices.into_inner().unwrap_or_else(PoisonError::into_inner);
        outcome
    }

    fn read_batches(
        &mut self,
        from: Place,
        is_ahead: bool,
        prices: &Mutex<Prices>,
        checkpoint: &mut Checkpoint,
        context: &mut Context,
    ) -> Outcome<bool> {
        let (give_back, recorded) = channel();
        if is_ahead {
            let batches = Batches::new(&mut self.database, from, prices, recorded);
            context.ledger.gather()?;
            // The next ones are made while one is recorded; a transaction that ends takes longer.
            let outcome = ahead(
                batches,
                BATCHES_AHEAD,
                |_| 1,
                |batches| record_each(batches, &give_back, checkpoint, context),
            );
            context.ledger.flush()?;
            return outcome;
        }
        for batch in Batches::new(&self.database, from, prices, recorded) {
            let batch = ask!(batch);
            if context.depth == Depth::Quick {
                ask!(self.compare_sessions_of(&batch.steps, context)?);
            }
            if let (Some(is_complete), _) = record(batch, checkpoint, context)? {
                return Ok(Ok(is_complete));
            }
        }
        Ok(Ok(true))
    }

    fn compare_sessions_of(&self, steps: &[PricedStep], context: &mut Context) -> Outcome<()> {
        let id = |priced: &PricedStep| priced.step.session_id.clone();
        let ids: BTreeSet<String> = steps.iter().map(id).collect();
        for id in ids {
            ask!(self.compare_one(&id, context)?);
        }
        Ok(Ok(()))
    }
}

/// Records all batches and gives back what they held. False if the user stopped it.
fn record_each(
    batches: &mut dyn Iterator<Item = Result<batches::Batch, Problem>>,
    give_back: &Sender<Vec<PricedStep>>,
    checkpoint: &mut Checkpoint,
    context: &mut Context,
) -> Outcome<bool> {
    for batch in batches {
        let (end, steps) = record(ask!(batch), checkpoint, context)?;
        if let Some(is_complete) = end {
            return Ok(Ok(is_complete));
        }
        // Only fails where nothing is made any more.
        let _ = give_back.send(steps);
    }
    Ok(Ok(true))
}

/// Whether the reading ends with this batch: true at its end, false if the user stopped it. With the steps of
/// the batch, which are done with.
fn record(
    batch: batches::Batch,
    checkpoint: &mut Checkpoint,
    context: &mut Context,
) -> Result<(Option<bool>, Vec<PricedStep>), LedgerError> {
    if checkpoint.scan_rowid.is_some() {
        checkpoint.scan_rowid = Some(batch.rowid);
        checkpoint.updated_ms = batch.seen_ms;
    }
    let newest_ms = batch.steps.iter().map(|priced| priced.step.created_ms);
    checkpoint.newest_ms = newest_ms.max().max(checkpoint.newest_ms);
    context.report.messages_read += batch.read;
    context.write(&Batch {
        checkpoint: Some(checkpoint),
        steps: &batch.steps,
        unread: &batch.unread,
        ..Batch::default()
    })?;
    if batch.is_last {
        // Only now: rows come in the order of rowids, not of times.
        checkpoint.updated_ms = batch.seen_ms;
        checkpoint.last_rowid = checkpoint.last_rowid.max(batch.rowid);
        return Ok((Some(true), batch.steps));
    }
    let messages_read = context.report.messages_read;
    let messages = checkpoint.messages.max(messages_read);
    let progress = Progress {
        messages_read,
        messages,
    };
    let is_stopped = !(context.on_progress)(progress);
    Ok((is_stopped.then_some(false), batch.steps))
}
