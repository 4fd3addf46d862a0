// SPDX-License-Identifier: GPL-3.0-or-later
//! The rows of a database, batch by batch, and one batch ahead of whoever records them.

use std::io;
use std::sync::mpsc::sync_channel;

use super::damage::rows_around_damage;
use crate::model::Problem;
use crate::source::Rows;
use crate::source::opencode_v1::{Database, Which};

/// Rows of one transaction: small enough for little memory and short reads, large enough for speed.
pub(super) const BATCH_ROWS: usize = 2_000;

/// Rows in the order of rowids, from `rowid` on: those above `known_rowid`, and those written at or after
/// `updated_ms`.
pub(super) struct Batches<'a> {
    pub database: &'a mut Database,
    pub rowid: i64,
    pub known_rowid: i64,
    /// Unix milliseconds.
    pub updated_ms: i64,
    /// After the last batch or a problem.
    pub is_over: bool,
}

/// The next rows.
pub(super) struct Batch {
    pub rows: Rows,
    /// Up to here everything has been read.
    pub rowid: i64,
    pub is_last: bool,
}

impl Iterator for Batches<'_> {
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

impl Batches<'_> {
    fn read(&mut self) -> Result<Batch, Problem> {
        let which = Which::After {
            rowid: self.rowid,
            updated_ms: self.updated_ms,
            known_rowid: self.known_rowid,
            limit: BATCH_ROWS,
        };
        let rows = match self.database.messages(which) {
            Err(problem) if problem.code == "corrupt_database" => {
                rows_around_damage(self.database, self.rowid, &problem)?
            }
            other => other?,
        };
        // A damaged page may hold numbers that were passed already: never twice the same way.
        let is_last = rows.read < BATCH_ROWS as u64 || rows.last_rowid <= self.rowid;
        self.rowid = self.rowid.max(rows.last_rowid);
        Ok(Batch {
            rowid: self.rowid,
            rows,
            is_last,
        })
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
        let (made, ready) = sync_channel(1);
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
