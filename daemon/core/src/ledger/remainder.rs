// SPDX-License-Identifier: GPL-3.0-or-later
//! What the totals of a session of OpenCode 2 show and its rows do not, recorded when it appears.
//!
//! Everything happens in the transaction that records the rows: what is known before and after them, what
//! the totals were when they were last read, and the steps that the remainder is recorded as. So a crash
//! repeats all of it, and two processes that read the same file agree.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::known::{amount, known};
use super::{Batch, Checkpoint, Ledger, LedgerError};
use crate::model::{Authority, Price, PricedStep, Step};
use crate::source::opencode_v2::{
    Amount, Before, CopiesIn, Known, Migration, NewRow, Part, Settlement, Totals, remainder_id,
    remainder_step,
};

/// Whether a row of `step` is a model call, and not what only the totals of its session show: SQL. Such a step is
/// dated when it was seen, and is of no turn.
pub(crate) const IS_CALL: &str = "instr(step.uid, '#remainder') = 0";

/// How far the rows of one session of OpenCode 2 were read, and its totals at that time.
#[derive(Clone, Debug)]
pub struct SessionReading {
    /// The session.
    pub session_id: String,
    /// Its totals, if they belong to the rows that were read; `None` leaves the remainder as it is.
    pub totals: Option<Totals>,
    /// Which messages of OpenCode 1 are in the totals.
    pub migration: Migration,
    /// Where OpenCode 2 has copied its rows to.
    pub copies: Vec<CopiesIn>,
    /// Where its rows may still change.
    pub place: Place,
    /// When it was read, Unix milliseconds.
    pub read_ms: i64,
}

/// Where the rows of a session may still change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// From this number on.
    pub resume_seq: i64,
    /// A digest of the rows before it.
    pub settled: u64,
    /// All such rows.
    pub messages: u64,
}

impl Ledger {
    /// Where the rows of each session of a source may still change.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`].
    pub fn places(&self, path: &str) -> Result<HashMap<String, Place>, LedgerError> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT session_uid, resume_seq, settled, messages FROM session_reading
                     WHERE source_id = (SELECT id FROM source WHERE path = ?)",
                )?
                .query_map([path], |row| {
                    let place = Place {
                        resume_seq: row.get(1)?,
                        settled: row.get::<_, i64>(2)?.cast_unsigned(),
                        messages: row.get::<_, i64>(3)?.unsigned_abs(),
                    };
                    Ok((row.get(0)?, place))
                })?
                .collect()
        })
    }
}

/// Forgets how far a source was read where another file has taken its place.
pub(super) fn forget_another_file(
    tx: &Connection,
    checkpoint: &Checkpoint,
) -> rusqlite::Result<()> {
    let other: Option<i64> = tx
        .prepare_cached("SELECT id FROM source WHERE path = ? AND identity <> ?")?
        .query_row([&checkpoint.path, &checkpoint.identity], |row| row.get(0))
        .optional()?;
    if let Some(source_id) = other {
        tx.execute(
            "DELETE FROM session_reading WHERE source_id = ?",
            [source_id],
        )?;
        tx.execute(
            "DELETE FROM source_session WHERE source_id = ?",
            [source_id],
        )?;
        tx.execute("DELETE FROM source_chunk WHERE source_id = ?", [source_id])?;
    }
    Ok(())
}

/// A session between the recording of its rows and that of its remainder.
pub(super) struct Settling<'a> {
    reading: &'a SessionReading,
    before: Option<Before>,
    /// The steps that the remainder is recorded as, oldest first.
    recorded: Vec<Step>,
    /// The rows of this reading that were not known before, if there is a remainder.
    new_rows: Vec<NewRow>,
    /// What was known before its rows were recorded.
    earlier: Known,
    gone: Amount,
}

impl<'a> Settling<'a> {
    /// To be called before the steps of a batch are recorded; `None` where it is no reading of a session.
    pub fn begin(
        tx: &Connection,
        host_id: i64,
        batch: &'a Batch,
    ) -> rusqlite::Result<Option<Self>> {
        let (Some(reading), Some(checkpoint)) = (batch.reading, batch.checkpoint) else {
            return Ok(None);
        };
        let recorded = recorded(tx, host_id, &reading.session_id)?;
        let before = before(tx, &checkpoint.path, &reading.session_id)?;
        let (earlier, new_rows) = if recorded.is_empty() {
            (Known::default(), Vec::new())
        } else {
            (known(tx, reading)?, new_rows(tx, host_id, batch)?)
        };
        Ok(Some(Self {
            reading,
            before,
            recorded,
            new_rows,
            earlier,
            gone: Amount::default(),
        }))
    }

    /// The steps to record now that the rows are.
    pub fn steps(&mut self, tx: &Connection) -> rusqlite::Result<Vec<PricedStep>> {
        let Some(totals) = &self.reading.totals else {
            return Ok(Vec::new());
        };
        // What is left of its steps does not say what its totals were made of.
        if is_partly_forgotten(tx, &totals.session_id)? {
            return Ok(Vec::new());
        }
        let mut parts: Vec<Part> = self.recorded.iter().map(Part::from).collect();
        if totals.is_start(self.before.as_ref()) {
            totals.take_out(&self.new_rows, &mut parts);
        }
        let recorded = parts
            .iter()
            .fold(Amount::default(), |sum, part| sum + part.amount);
        let now = known(tx, self.reading)?;
        let Settlement {
            grown,
            explained,
            gone,
        } = totals.settle(self.before.as_ref(), &self.earlier, &now, &recorded);
        self.gone = gone;
        let mut steps = self.reduced(&parts, explained);
        if !grown.is_nothing() {
            let id = remainder_id(&totals.session_id, self.recorded.len() + 1);
            let created_ms = self.date(totals);
            let step = remainder_step(id, &totals.session_id, created_ms, &grown);
            steps.push(Step {
                updated_ms: Some(self.reading.read_ms),
                ..step
            });
        }
        Ok(steps.into_iter().map(priced).collect())
    }

    /// When it grew: OpenCode's word where that is later than the last reading, else just now. A session
    /// that was never read has only OpenCode's word, if that is a time.
    fn date(&self, totals: &Totals) -> i64 {
        let last_ms = self.before.map(|before| before.read_ms);
        let told_ms = totals.updated_ms.filter(|ms| Some(*ms) > last_ms);
        told_ms.unwrap_or(self.reading.read_ms)
    }

    /// The recorded steps that have changed: what is left of them in `parts`, without what else rows have
    /// explained, the newest first.
    fn reduced(&self, parts: &[Part], mut explained: Amount) -> Vec<Step> {
        let mut changed = Vec::new();
        for (step, part) in self.recorded.iter().zip(parts).rev() {
            let rest = part.amount.without(&explained);
            explained = explained.without(&part.amount);
            if rest != Amount::from(step).without(&Amount::default()) {
                let (id, created_ms) = (step.id.clone(), step.created_ms);
                changed.push(Step {
                    updated_ms: step.updated_ms,
                    ..remainder_step(id, &step.session_id, created_ms, &rest)
                });
            }
        }
        changed
    }

    /// Keeps how far the session was read.
    pub fn save(&self, tx: &Connection, source_id: i64) -> rusqlite::Result<()> {
        let SessionReading {
            session_id,
            place,
            read_ms,
            ..
        } = self.reading;
        let count = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        tx.prepare_cached(
            "INSERT INTO session_reading (source_id, session_uid, read_ms, resume_seq, settled, messages)
             VALUES (?, ?, ?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET read_ms = excluded.read_ms, resume_seq = excluded.resume_seq,
                 settled = excluded.settled, messages = excluded.messages",
        )?
        .execute(params![
            source_id,
            session_id,
            read_ms,
            place.resume_seq,
            place.settled.cast_signed(),
            count(place.messages),
        ])?;
        let Some(totals) = &self.reading.totals else {
            return Ok(());
        };
        if is_partly_forgotten(tx, session_id)? {
            return Ok(());
        }
        let (stored, gone) = (totals.stored(), self.gone);
        tx.prepare_cached(
            "UPDATE session_reading SET input = ?, output = ?, reasoning = ?, cache_read = ?,
                 cache_write = ?, nano_usd = ?, gone_input = ?, gone_output = ?, gone_reasoning = ?,
                 gone_cache_read = ?, gone_cache_write = ?, gone_nano_usd = ?
             WHERE source_id = ? AND session_uid = ?",
        )?
        .execute(params![
            count(stored.tokens.input),
            count(stored.tokens.output),
            count(stored.tokens.reasoning),
            count(stored.tokens.cache_read),
            count(stored.tokens.cache_write),
            stored.cost.0,
            count(gone.tokens.input),
            count(gone.tokens.output),
            count(gone.tokens.reasoning),
            count(gone.tokens.cache_read),
            count(gone.tokens.cache_write),
            gone.cost.0,
            source_id,
            session_id,
        ])?;
        Ok(())
    }
}

fn is_partly_forgotten(tx: &Connection, session_id: &str) -> rusqlite::Result<bool> {
    tx.prepare_cached("SELECT 1 FROM session WHERE uid = ? AND forgotten_before_ms IS NOT NULL")?
        .exists([session_id])
}

/// What OpenCode stored is billed; which model made it is not known, so nothing can be estimated.
fn priced(step: Step) -> PricedStep {
    let stored = step.stored_cost.unwrap_or_default();
    let price = if stored.0 > 0 || step.tokens.total() == 0 {
        Price::Billed(stored)
    } else {
        Price::Unpriced
    };
    PricedStep {
        step,
        price,
        authority: Authority::V2,
        corrected: None,
    }
}

fn before(tx: &Connection, path: &str, session_id: &str) -> rusqlite::Result<Option<Before>> {
    tx.prepare_cached(
        "SELECT input, output, reasoning, cache_read, cache_write, nano_usd, gone_input, gone_output,
                gone_reasoning, gone_cache_read, gone_cache_write, gone_nano_usd, read_ms
         FROM session_reading
         WHERE source_id = (SELECT id FROM source WHERE path = ?) AND session_uid = ?
             AND input IS NOT NULL",
    )?
    .query_row([path, session_id], |row| {
        Ok(Before {
            stored: amount(row, 0)?,
            gone: amount(row, 6)?,
            read_ms: row.get(12)?,
        })
    })
    .optional()
}

/// The steps that a session's remainder is recorded as, in the order of their recording.
fn recorded(tx: &Connection, host_id: i64, session_id: &str) -> rusqlite::Result<Vec<Step>> {
    let first = remainder_id(session_id, 1);
    tx.prepare_cached(
        "SELECT input, output, reasoning, cache_read, cache_write, coalesce(stored_nano_usd, 0), uid,
                created_ms, updated_ms
         FROM step WHERE (uid = ?1 OR (uid > ?1 || '@' AND uid < ?1 || 'A')) AND host_id = ?2 ORDER BY id",
    )?
    .query_map(params![first, host_id], |row| {
        let step = remainder_step(row.get(6)?, session_id, row.get(7)?, &amount(row, 0)?);
        let updated_ms = row.get(8)?;
        Ok(Step { updated_ms, ..step })
    })?
    .collect()
}

/// The rows of a reading that no source has shown before, or not with these figures, the oldest first.
fn new_rows(tx: &Connection, host_id: i64, batch: &Batch) -> rusqlite::Result<Vec<NewRow>> {
    let mut is_older =
        tx.prepare_cached("SELECT 1 FROM session WHERE uid = ? AND created_ms > ?")?;
    let mut rows = Vec::new();
    for PricedStep { step, .. } in batch.steps {
        if let Some(replaced) = replaced(tx, host_id, step)? {
            rows.push(NewRow {
                replaced,
                is_inherited: is_older.exists(params![step.session_id, step.created_ms])?,
                ..NewRow::from(step)
            });
        }
    }
    rows.sort_by_key(|row| row.written_ms);
    Ok(rows)
}

/// What is known of the step that a row replaces, nothing where there is none; `None` where the row changes
/// nothing.
fn replaced(tx: &Connection, host_id: i64, step: &Step) -> rusqlite::Result<Option<Amount>> {
    let known = tx
        .prepare_cached(
            "SELECT input, output, reasoning, cache_read, cache_write, coalesce(stored_nano_usd, 0),
                    updated_ms, authority
             FROM step WHERE uid = ? AND host_id = ?",
        )?
        .query_row(params![step.id, host_id], |row| {
            let written: (Option<i64>, i64) = (row.get(6)?, row.get(7)?);
            Ok((amount(row, 0)?, written))
        })
        .optional()?;
    let Some((known, (updated_ms, authority))) = known else {
        return Ok(Some(Amount::default()));
    };
    let is_later = authority == Authority::V2 as i64 && step.updated_ms > updated_ms;
    let is_changed = is_later && known != Amount::from(step);
    Ok(is_changed.then_some(Amount { steps: 0, ..known }))
}
