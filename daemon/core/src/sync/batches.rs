// SPDX-License-Identifier: GPL-3.0-or-later
//! The rows of a database, batch by batch, and one batch ahead of whoever records them.

use std::borrow::Borrow;
use std::io;
use std::sync::mpsc::sync_channel;

use super::damage::rows_around_damage;
use crate::model::Problem;
use crate::source::Rows;
use crate::source::opencode_v1::{Database, Which};

/// Rows of one transaction: small enough for little memory and short reads, large enough for speed.
const BATCH_ROWS: usize = 750;

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
    pub rows: Rows,
    /// Up to here everything has been read.
    pub rowid: i64,
    /// The latest `time_updated` up to here, Unix milliseconds.
    pub seen_ms: i64,
    pub is_last: bool,
}

/// Rows in the order of rowids.
pub(super) struct Batches<D> {
    database: D,
    place: Place,
    /// After the last batch or a problem.
    is_over: bool,
}

impl<D: Borrow<Database>> Batches<D> {
    pub fn new(database: D, place: Place) -> Self {
        Self {
            database,
            place,
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
        let rows = match database.messages(which) {
            Err(problem) if problem.code == "corrupt_database" => {
                rows_around_damage(database, place.rowid, BATCH_ROWS, &problem)?
            }
            other => other?,
        };
        // A damaged page may hold numbers that were passed already: never twice the same way.
        let is_last = rows.read < BATCH_ROWS as u64 || rows.last_rowid <= place.rowid;
        place.rowid = place.rowid.max(rows.last_rowid);
        place.seen_ms = place.seen_ms.max(rows.updated_ms.min(place.now_ms));
        Ok(Batch {
            rowid: place.rowid,
            seen_ms: place.seen_ms,
            rows,
            is_last,
        })
    }
}

impl<D: Borrow<Database>> Iterator for Batches<D> {
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

/// Hands `items` to `take`; a thread of its own makes the next one meanwhile. Without a thread, where the
/// system grants none, they are made one by one.
pub(super) fn ahead<I, T>(
    mut items: I,
    take: impl FnOnce(&mut dyn Iterator<Item = I::Item>) -> T,
) -> T
where
    I: Iterator + Send,
    I::Item: Send,
{
    std::thread::scope(|scope| {
        let (hand_over, wanted) = sync_channel::<I>(1);
        let (made, ready) = sync_channel(0);
        let make = move || {
            for item in wanted.into_iter().flatten() {
                if made.send(item).is_err() {
                    break;
                }
            }
        };
        let name = "octally-reader".into();
        let started: io::Result<_> = std::thread::Builder::new()
            .name(name)
            .spawn_scoped(scope, make);
        if started.is_err() {
            return take(&mut items);
        }
        // Only fails where the thread is gone; then nothing comes.
        let _ = hand_over.send(items);
        drop(hand_over);
        take(&mut ready.into_iter())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_comes_in_order_and_an_early_end_ends_the_thread() {
        let all: Vec<u32> = ahead(0..1_000, |items| items.collect());
        assert!(all.into_iter().eq(0..1_000));
        let some: Vec<u32> = ahead(0.., |items| items.take(3).collect());
        assert_eq!(some, [0, 1, 2]);
    }
}
