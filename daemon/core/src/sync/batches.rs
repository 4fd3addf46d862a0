// SPDX-License-Identifier: GPL-3.0-or-later
//! The rows of a database with their prices, batch by batch.

use std::borrow::Borrow;
use std::sync::mpsc::Receiver;
use std::sync::{Mutex, PoisonError};

use super::context::priced;
use super::damage::rows_around_damage;
use crate::model::{Authority, PricedStep, Problem, Step};
use crate::pricing::Prices;
use crate::source::opencode_v1::{Database, Which};
use crate::source::{Rows, Unread};

/// Rows of one transaction: small enough for little memory and short reads, large enough for speed.
const BATCH_ROWS: usize = 300;

/// Where a reading begins and what it looks for.
pub(super) struct Place {
    /// Rows after this one.
    pub rowid: i64,
    /// Rows above this one are new, whatever their times say.
    pub known_rowid: i64,
    /// Others only if they were written at or after this instant, Unix milliseconds.
    pub updated_ms: i64,
    /// The latest `time_updated` seen so far, Unix milliseconds.
    pub seen_ms: i64,
    /// Now, Unix milliseconds: a row from the future must not hide what is written until then.
    pub now_ms: i64,
}

/// The next rows.
pub(super) struct Batch {
    pub steps: Vec<PricedStep>,
    pub unread: Vec<Unread>,
    /// Rows looked at.
    pub read: u64,
    /// Up to here everything has been read.
    pub rowid: i64,
    /// The latest `time_updated` up to here, Unix milliseconds.
    pub seen_ms: i64,
    pub is_last: bool,
}

/// Rows in the order of rowids. Whoever records them waits for nothing else that can be done here.
pub(super) struct Batches<'a, D> {
    database: D,
    place: Place,
    prices: &'a Mutex<Prices>,
    /// Steps that have been recorded: their memory is used again.
    recorded: Receiver<Vec<PricedStep>>,
    spent: Vec<Step>,
    /// After the last batch or a problem.
    is_over: bool,
}

impl<'a, D: Borrow<Database>> Batches<'a, D> {
    pub fn new(
        database: D,
        place: Place,
        prices: &'a Mutex<Prices>,
        recorded: Receiver<Vec<PricedStep>>,
    ) -> Self {
        Self {
            database,
            place,
            prices,
            recorded,
            spent: Vec::new(),
            is_over: false,
        }
    }

    fn read(&mut self) -> Result<Batch, Problem> {
        let (database, place) = (self.database.borrow(), &mut self.place);
        let which = Which::After {
            rowid: place.rowid,
            updated_ms: place.updated_ms,
            known_rowid: place.known_rowid,
            limit: BATCH_ROWS,
        };
        for steps in self.recorded.try_iter() {
            self.spent
                .extend(steps.into_iter().map(|priced| priced.step));
        }
        let rows = match database.messages_into(which, &mut self.spent) {
            Err(problem) if problem.code == "corrupt_database" => {
                rows_around_damage(database, place.rowid, BATCH_ROWS, &problem)?
            }
            other => other?,
        };
        // A damaged page may hold numbers that were passed already: never twice the same way.
        let is_last = rows.read < BATCH_ROWS as u64 || rows.last_rowid <= place.rowid;
        place.rowid = place.rowid.max(rows.last_rowid);
        place.seen_ms = place.seen_ms.max(rows.updated_ms.min(place.now_ms));
        let Rows {
            steps,
            read,
            unread,
            ..
        } = rows;
        let mut prices = self.prices.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Batch {
            steps: priced(&mut prices, steps, Authority::V1),
            unread,
            read,
            rowid: place.rowid,
            seen_ms: place.seen_ms,
            is_last,
        })
    }
}

impl<D: Borrow<Database>> Iterator for Batches<'_, D> {
    type Item = Result<Batch, Problem>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let batch = self.read();
        self.is_over = batch.as_ref().map_or(true, |batch| batch.is_last);
        Some(batch)
    }
}
