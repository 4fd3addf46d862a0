// SPDX-License-Identifier: GPL-3.0-or-later
//! Batches that share a transaction while the ledger is filled.
//!
//! The last page of each index and the sums of a session that goes on are then written once for all of them.
//! A crash loses the whole transaction, checkpoints included: the next process reads it again.

use std::path::Path;

use rusqlite::Connection;

use super::batch::{Batch, Recorded};
use super::kept::Kept;
use super::record;
use super::write_back::WriteBack;
use super::{Host, Ledger, LedgerError, bulk, sums};
use crate::model::Zone;

/// With so many steps a transaction ends: others who want to write wait for it, and their sums are in memory. The
/// first batch has no company, so that there are figures soon; then they are twice as many each time.
const STEPS: usize = 8_000;
/// After so many transactions their pages are written back.
const WRITTEN_BACK: u32 = 4;

/// What the open transaction has not written yet, and what became of those before.
#[derive(Debug, Default)]
pub(super) struct Together {
    steps: usize,
    /// How many the transaction before had.
    before: usize,
    kept: Kept,
    /// Transactions so far.
    committed: u32,
    write_back: Option<WriteBack>,
}

impl Together {
    fn record(
        &mut self,
        connection: &Connection,
        host: &Host,
        batch: &Batch,
        zone: &Zone,
    ) -> rusqlite::Result<Recorded> {
        if connection.is_autocommit() {
            connection.execute_batch("BEGIN IMMEDIATE")?;
            sums::use_zone(connection, zone)?;
        }
        let recorded = record::record(connection, host, batch, zone, &mut self.kept)?;
        self.steps += batch.steps.len();
        if self.steps >= (2 * self.before).clamp(1, STEPS) {
            self.commit(connection)?;
            self.write_back(connection);
        }
        Ok(recorded)
    }

    fn commit(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        if connection.is_autocommit() {
            return Ok(());
        }
        std::mem::take(&mut self.kept).write(connection)?;
        connection.execute_batch("COMMIT")?;
        self.before = std::mem::take(&mut self.steps);
        self.committed += 1;
        Ok(())
    }

    fn write_back(&mut self, connection: &Connection) {
        if !self.committed.is_multiple_of(WRITTEN_BACK) {
            return;
        }
        if self.write_back.is_none() {
            let path = connection.path().map(Path::new);
            self.write_back = path.and_then(WriteBack::begin);
        }
        if let Some(write_back) = &self.write_back {
            write_back.wish();
        }
    }
}

impl Ledger {
    /// From now on batches share transactions, if the ledger is being filled. [`Ledger::flush`] must follow.
    pub(crate) fn gather(&mut self) -> Result<(), LedgerError> {
        if self.read(bulk::is_filling)? {
            self.together = Some(Together::default());
        }
        Ok(())
    }

    /// Ends what [`Ledger::gather`] began: everything recorded is in the file. After an error nothing of the
    /// open transaction is.
    pub(crate) fn flush(&mut self) -> Result<(), LedgerError> {
        let mut together = self.together.take().unwrap_or_default();
        self.all_or_nothing(|connection| together.commit(connection))
    }

    pub(super) fn record_together(
        &mut self,
        host: &Host,
        batch: &Batch,
        zone: &Zone,
    ) -> Result<Recorded, LedgerError> {
        let mut together = self.together.take().unwrap_or_default();
        let recorded = self
            .all_or_nothing(|connection| together.record(connection, host, batch, zone))
            .inspect_err(|_| together = Together::default());
        self.together = Some(together);
        recorded
    }

    /// Writes in the open transaction.
    pub(super) fn write_along<T>(
        &mut self,
        change: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, LedgerError> {
        self.all_or_nothing(change)
            .inspect_err(|_| self.together = Some(Together::default()))
    }

    /// An error undoes the open transaction.
    fn all_or_nothing<T>(
        &self,
        change: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, LedgerError> {
        change(&self.connection).map_err(|source| {
            if !self.connection.is_autocommit() {
                // The first error is the one to tell; SQLite undoes what is left open when it closes.
                let _ = self.connection.execute_batch("ROLLBACK");
            }
            self.failed(source)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::span;
    use super::*;
    use crate::model::{Authority, ModelName, NanoUsd, Price, PricedStep, Step, Tokens};

    fn step(number: i64) -> PricedStep {
        let step = Step {
            id: format!("msg_{number}"),
            session_id: format!("ses_{}", number % 2),
            turn_id: Some(format!("msg_u{}", number / 4)),
            model: ModelName {
                provider: "p".into(),
                model: "m".into(),
            },
            agent: None,
            created_ms: 1_795_000_000_000 + number,
            completed_ms: Some(1_795_000_000_007 + number),
            tokens: Tokens {
                input: 10,
                ..Tokens::default()
            },
            stored_cost: Some(NanoUsd(1)),
            finish: Some("stop".into()),
            error: None,
            cost_note: None,
            updated_ms: None,
        };
        PricedStep {
            step,
            price: Price::Billed(NanoUsd(1)),
            authority: Authority::V1,
            corrected: None,
        }
    }

    fn record(ledger: &mut Ledger, steps: std::ops::Range<i64>) -> Result<Recorded, LedgerError> {
        record_all(ledger, &steps.map(step).collect::<Vec<_>>())
    }

    fn record_all(ledger: &mut Ledger, steps: &[PricedStep]) -> Result<Recorded, LedgerError> {
        let (id, label) = ("h".into(), "h".into());
        let batch = Batch {
            steps,
            ..Batch::default()
        };
        ledger.record(&Host { id, label }, &batch, &Zone::utc())
    }

    fn counted(ledger: &Ledger, sql: &str) -> i64 {
        let count = |c: &Connection| c.query_row(sql, [], |row| row.get(0));
        ledger.read(count).unwrap()
    }

    fn counts(ledger: &Ledger) -> [i64; 4] {
        [
            "count(*) FROM step",
            "sum(steps) FROM quarter",
            "sum(input) / 10 FROM day",
            "sum(steps) FROM day_session",
        ]
        .map(|what| {
            counted(
                ledger,
                &format!("SELECT coalesce({}", what.replacen(" FROM", ", 0) FROM", 1)),
            )
        })
    }

    #[test]
    fn batches_that_share_a_transaction_show_with_their_sums_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        let (mut ledger, reader) = (Ledger::open(&path).unwrap(), Ledger::open(&path).unwrap());
        ledger.begin_filling().unwrap();
        ledger.gather().unwrap();
        for (n, shown) in [0, 3, 3, 9, 9, 9, 9, 21].into_iter().enumerate() {
            assert_eq!(counts(&reader), [shown; 4], "{n} batches");
            let from = 3 * n as i64;
            assert_eq!(record(&mut ledger, from..from + 3).unwrap().added, 3);
        }
        ledger.flush().unwrap();
        ledger.gather().unwrap();
        record(&mut ledger, 0..24).unwrap();
        let first = 24;
        assert_eq!(counts(&reader), [first; 4]);
        // A step that comes again is none more, wherever its figures are.
        assert_eq!(record(&mut ledger, 0..first + 1).unwrap().added, 1);
        assert_eq!(counts(&reader), [first; 4]);
        assert_eq!(record(&mut ledger, first..first + 2).unwrap().added, 1);
        ledger.flush().unwrap();
        assert_eq!(counts(&reader), [first + 2; 4]);
        ledger.end_filling(&Zone::utc()).unwrap();
        assert_eq!(counts(&reader), [first + 2; 4]);
        assert!(!ledger.read(span::differ).unwrap());
        drop(ledger);
        assert_eq!(
            counted(&reader, "SELECT sum(steps) FROM session_sum"),
            first + 2
        );
    }

    #[test]
    fn an_error_undoes_the_batches_that_shared_the_transaction_and_their_sums() {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(&folder.path().join("ledger.db")).unwrap();
        ledger.begin_filling().unwrap();
        ledger.gather().unwrap();
        record(&mut ledger, 0..3).unwrap();
        record(&mut ledger, 0..5).unwrap();
        let broken = ledger.write(|tx| tx.execute("INSERT INTO nowhere VALUES (1)", []));
        assert!(broken.is_err());
        assert_eq!(counts(&ledger), [3; 4]);
        record(&mut ledger, 4..5).unwrap();
        ledger.flush().unwrap();
        assert_eq!(counts(&ledger), [4; 4]);
    }

    #[test]
    fn what_a_crash_leaves_is_filled_on_by_the_next_process() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        let mut ledger = Ledger::open(&path).unwrap();
        ledger.begin_filling().unwrap();
        ledger.gather().unwrap();
        record(&mut ledger, 0..3).unwrap();
        record(&mut ledger, 0..5).unwrap();
        drop(ledger);
        let mut ledger = Ledger::open(&path).unwrap();
        assert_eq!(counts(&ledger), [3; 4]);
        ledger.gather().unwrap();
        record(&mut ledger, 0..5).unwrap();
        ledger.flush().unwrap();
        assert_eq!(counts(&ledger), [5; 4]);
        assert_eq!(ledger.tool_tasks(None, 9).unwrap().len(), 5);
        ledger.index_tools_left().unwrap();
        assert_eq!(ledger.tool_tasks(None, 9).unwrap().len(), 5);
    }

    #[test]
    fn spans_are_those_of_the_steps_however_these_came() {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(&folder.path().join("ledger.db")).unwrap();
        ledger.begin_filling().unwrap();
        ledger.gather().unwrap();
        let of = |session: &str, number| {
            let mut priced = step(number);
            priced.step.session_id = session.into();
            priced
        };
        let first: Vec<PricedStep> = (0..40).map(|n| of("ses_whole", n)).collect();
        record_all(&mut ledger, &first).unwrap();
        let mut replaced = of("ses_replaced", 50);
        record_all(&mut ledger, &[of("ses_parted", 60), replaced.clone()]).unwrap();
        ledger.flush().unwrap();
        ledger.gather().unwrap();
        replaced.step.tokens.input += 1;
        replaced.step.turn_id = Some("msg_another".into());
        record_all(&mut ledger, &[replaced, of("ses_later", 70)]).unwrap();
        // Out of order, across transactions, and of one turn.
        record_all(&mut ledger, &[of("ses_parted", 62), of("ses_parted", 59)]).unwrap();
        ledger.flush().unwrap();
        let doubtful = "SELECT count(*) FROM session_span WHERE steps = -1";
        assert_eq!(counted(&ledger, doubtful), 2);
        ledger.end_filling(&Zone::utc()).unwrap();
        assert_eq!(counted(&ledger, "SELECT count(*) FROM session_span"), 4);
        assert!(!ledger.read(span::differ).unwrap());
    }
}
