// SPDX-License-Identifier: GPL-3.0-or-later
//! Recording steps: once each, whatever is repeated, reordered or copied. `again` looks at those that were recorded
//! before more was known of their session.

mod again;

use std::collections::HashSet;

use rusqlite::{CachedStatement, Connection, params};

use super::batch::{Batch, Recorded};
use super::bulk;
use super::copies;
use super::entry::{Entry, amounts, borrowed, entry_columns, kinds, stored_entry};
use super::insert::{MANY, insert, insert_one};
use super::kept::Kept;
use super::names::{self, Names};
use super::remainder::Settling;
use super::row_of_turn::{self, row_beside_file};
use super::sums::{self, Key};
use super::{Host, Ledger, LedgerError, checkpoint, forget, precedence, span, tools};
use crate::model::{Price, PricedStep, Zone};

impl Ledger {
    /// Records a batch in one transaction. Recording a step again changes nothing; a step with other
    /// figures replaces the old ones. Days are kept in `zone`.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`]; then nothing of the batch is recorded.
    pub fn record(
        &mut self,
        host: &Host,
        batch: &Batch,
        zone: &Zone,
    ) -> Result<Recorded, LedgerError> {
        if self.together.is_some() {
            return self.record_together(host, batch, zone);
        }
        self.write(|tx| {
            sums::use_zone(tx, zone)?;
            let mut kept = Kept::default();
            let recorded = record(tx, host, batch, zone, &mut kept)?;
            kept.write(tx)?;
            Ok(recorded)
        })
    }
}

/// Records a batch; its sums and spans are only added to those kept.
pub(super) fn record(
    tx: &Connection,
    host: &Host,
    batch: &Batch,
    zone: &Zone,
    kept: &mut Kept,
) -> rusqlite::Result<Recorded> {
    for project in batch.projects {
        names::save_project(tx, project)?;
    }
    if !batch.sessions.is_empty() {
        // What is known of them may be another now.
        kept.names = Names::default();
    }
    let is_filling = bulk::is_filling(tx)?;
    let save = |session| names::save_session(tx, session).transpose();
    let changed = batch.sessions.iter().filter_map(save);
    let changed: Vec<i64> = changed.collect::<rusqlite::Result<_>>()?;
    kept.sums
        .touch(changed.iter().copied().filter(|_| !is_filling));
    let host_id = names::host(tx, host)?;
    let mut settling = Settling::begin(tx, host_id, batch)?;
    let save = |checkpoint| checkpoint::save(tx, checkpoint, batch.sequences);
    let source_id = batch.checkpoint.map(save).transpose()?;
    let mut recorder = Recorder::new(tx, (host_id, source_id), zone, is_filling, kept)?;
    recorder.look_again_at(&changed)?;
    recorder.record_all(batch.steps)?;
    if let Some(settling) = &mut settling {
        recorder.is_settling = true;
        for step in settling.steps(tx)? {
            recorder.record(&step)?;
        }
    }
    let recorded = recorder.finish()?;
    if let Some(source_id) = source_id {
        checkpoint::save_chunks(tx, source_id, batch.chunks)?;
        checkpoint::save_unread(tx, source_id, batch)?;
        for folder in batch.folders {
            checkpoint::save_folder(tx, source_id, folder)?;
        }
        if let Some(settling) = settling {
            settling.save(tx, source_id)?;
        }
    }
    Ok(recorded)
}

struct Recorder<'a> {
    tx: &'a Connection,
    host_id: i64,
    source_id: Option<i64>,
    /// What is recorded now was worked out, not read: it replaces what was worked out before.
    is_settling: bool,
    zone: &'a Zone,
    kept: &'a mut Kept,
    /// Sessions with a step that is another one now, or new; those with new ones not while the ledger is filled.
    touched: HashSet<i64>,
    is_filling: bool,
    recorded: Recorded,
    /// Since when steps are kept; `None` for ever.
    kept_since_ms: Option<i64>,
}

impl<'a> Recorder<'a> {
    fn new(
        tx: &'a Connection,
        (host_id, source_id): (i64, Option<i64>),
        zone: &'a Zone,
        is_filling: bool,
        kept: &'a mut Kept,
    ) -> rusqlite::Result<Self> {
        Ok(Self {
            tx,
            host_id,
            source_id,
            is_settling: false,
            zone,
            kept,
            touched: HashSet::new(),
            is_filling,
            recorded: Recorded::default(),
            kept_since_ms: forget::kept_since_ms(tx)?,
        })
    }

    fn record_all(&mut self, steps: &[PricedStep]) -> rusqlite::Result<()> {
        if self.is_filling {
            steps.chunks(MANY).try_for_each(|many| self.fill(many))
        } else {
            steps.iter().try_for_each(|step| self.record(step))
        }
    }

    /// Records steps while the ledger is filled: copies are told from their originals in the end.
    fn fill(&mut self, steps: &[PricedStep]) -> rusqlite::Result<()> {
        let entries = steps
            .iter()
            .map(|priced| Ok((priced.step.id.as_str(), self.entry(priced)?)))
            .collect::<rusqlite::Result<Vec<_>>>()?;
        let are_new = insert(self.tx, &entries)?;
        for ((uid, mut entry), is_new) in entries.into_iter().zip(are_new) {
            if is_new {
                self.count_new(&entry);
            } else {
                self.update(uid, &mut entry)?;
            }
        }
        Ok(())
    }

    fn count_new(&mut self, entry: &Entry) {
        self.recorded.added += 1;
        self.kept.sums.add_error(entry, 1);
        if self.is_filling {
            self.kept.spans.add(entry);
        } else {
            self.touched.insert(entry.key.session_id);
        }
        self.add(entry, 1);
    }

    fn finish(self) -> rusqlite::Result<Recorded> {
        if self.is_filling {
            let mut touched = self.touched.iter();
            touched.try_for_each(|session| span::doubt(self.tx, *session))?;
        } else {
            span::remake(self.tx, &self.touched)?;
            self.kept.sums.touch(self.touched);
        }
        Ok(self.recorded)
    }

    fn record(&mut self, priced: &PricedStep) -> rusqlite::Result<()> {
        let step = &priced.step;
        let mut entry = self.entry(priced)?;
        if entry.is_inherited && entry.is_counted {
            entry.is_counted = !copies::has_twin(self.tx, &step.id, &entry)?;
        }
        // Nearly every step is new: ask for an old one only when it is in the way.
        if insert_one(self.tx, &step.id, &entry)? {
            self.count_new(&entry);
        } else if !self.update(&step.id, &mut entry)? {
            return Ok(());
        }
        if !entry.is_inherited && entry.is_counted {
            self.uncount_copies(&entry)?;
        }
        Ok(())
    }

    /// Whether the known step differed and was replaced.
    fn update(&mut self, uid: &str, entry: &mut Entry) -> rusqlite::Result<bool> {
        let (id, old) = self.known(uid)?;
        if let Some(row) = row_beside_file(&old, entry) {
            row_of_turn::note(self.tx, uid, row)?;
            self.uncount_copies(row)?;
        }
        if old.stored_nano_usd == entry.stored_nano_usd && old.tokens() == entry.tokens() {
            // The price of a step is that of its time: the same stored cost keeps it.
            entry.keep_price_of(&old);
            // So does a copy: its original may have been written over since, and is no second call.
            entry.is_counted &= old.is_counted || !(old.is_inherited && entry.is_inherited);
        }
        if old.says_the_same(entry) {
            precedence::note_later_writing(self.tx, id, &old, entry)?;
            return Ok(false);
        }
        if !self.is_settling && !precedence::replaces(self.tx, entry, &old)? {
            return Ok(false);
        }
        self.replace(id, &old, entry)?;
        Ok(true)
    }

    fn entry<'p>(&mut self, priced: &'p PricedStep) -> rusqlite::Result<Entry<'p>> {
        let step = &priced.step;
        let session = self.kept.names.session(self.tx, &step.session_id)?;
        if session.is_new && !self.is_filling {
            self.touched.insert(session.id);
        }
        let (price, nano) = match &priced.price {
            Price::Billed(cost) => (0, cost.0),
            Price::Estimated(cost) => (1, cost.0),
            Price::Unpriced => (2, 0),
        };
        let tokens = kinds(&step.tokens);
        let stored_nano_usd = step.stored_cost.map(|cost| cost.0);
        let corrected_nano_usd = priced.corrected.map(|cost| cost.0);
        let is_wrong = step.cost_note.is_some();
        let wrong = sums::wrong_cost(is_wrong, stored_nano_usd, corrected_nano_usd);
        let mut entry = Entry {
            key: Key {
                created_ms: step.created_ms,
                session_id: session.id,
                model_id: self.kept.names.model(self.tx, &step.model)?,
                agent_id: self.kept.names.agent(self.tx, step.agent.as_deref())?,
                host_id: self.host_id,
            },
            amounts: amounts(tokens, (price, nano), wrong),
            turn_uid: borrowed(&step.turn_id),
            completed_ms: step.completed_ms,
            stored_nano_usd,
            price,
            price_nano_usd: nano,
            finish: borrowed(&step.finish),
            error: borrowed(&step.error),
            // OpenCode's forks copy messages with their times under new ids.
            is_inherited: session
                .created_ms
                .is_some_and(|created| step.created_ms < created),
            is_counted: step.is_counted(),
            authority: priced.authority as i64,
            cost_note: step.cost_note.map(|note| note.as_str().into()),
            corrected_nano_usd,
            updated_ms: step.updated_ms,
            source_id: if self.is_settling {
                None
            } else {
                self.source_id
            },
        };
        let is_old_copy = entry.is_inherited && self.is_before_kept(step.created_ms);
        if is_old_copy || session.forgets(step.created_ms) {
            entry.forget();
        }
        Ok(entry)
    }

    fn is_before_kept(&self, created_ms: i64) -> bool {
        self.kept_since_ms
            .is_some_and(|since_ms| created_ms < since_ms)
    }

    fn known(&self, uid: &str) -> rusqlite::Result<(i64, Entry<'static>)> {
        self.statement(concat!(
            "SELECT id, ",
            entry_columns!(),
            " FROM step WHERE uid = ? AND host_id = ?"
        ))?
        .query_row(params![uid, self.host_id], |row| {
            Ok((row.get(0)?, stored_entry(row)?))
        })
    }

    fn replace(&mut self, id: i64, old: &Entry, entry: &Entry) -> rusqlite::Result<()> {
        let [_, input, output, reasoning, cache_read, cache_write, ..] = entry.amounts;
        let key = &entry.key;
        tools::forget(self.tx, id)?;
        self.statement(
            "UPDATE step SET session_id = ?, turn_uid = ?, model_id = ?, agent_id = ?, created_ms = ?,
                 completed_ms = ?, input = ?, output = ?, reasoning = ?, cache_read = ?, cache_write = ?,
                 stored_nano_usd = ?, price = ?, price_nano_usd = ?, finish = ?, error = ?,
                 is_inherited = ?, is_counted = ?, authority = ?, cost_note = ?,
                 corrected_nano_usd = ?, updated_ms = ?, source_id = ?
             WHERE id = ?",
        )?
        .execute(params![
            key.session_id,
            entry.turn_uid,
            key.model_id,
            key.agent_id,
            key.created_ms,
            entry.completed_ms,
            input,
            output,
            reasoning,
            cache_read,
            cache_write,
            entry.stored_nano_usd,
            entry.price,
            entry.price_nano_usd,
            entry.finish,
            entry.error,
            entry.is_inherited,
            entry.is_counted,
            entry.authority,
            entry.cost_note,
            entry.corrected_nano_usd,
            entry.updated_ms,
            entry.source_id,
            id,
        ])?;
        self.recorded.updated += 1;
        self.touched
            .extend([old.key.session_id, entry.key.session_id]);
        self.kept.sums.add_error(old, -1);
        self.kept.sums.add_error(entry, 1);
        self.add(old, -1);
        self.add(entry, 1);
        Ok(())
    }

    /// Takes back the copies that were counted because their original was not known yet.
    fn uncount_copies(&mut self, original: &Entry) -> rusqlite::Result<()> {
        for (id, copy) in copies::counted_of(self.tx, original)? {
            tools::forget(self.tx, id)?;
            self.statement("UPDATE step SET is_counted = 0 WHERE id = ?")?
                .execute([id])?;
            self.touched.insert(copy.key.session_id);
            self.add(&copy, -1);
        }
        Ok(())
    }

    fn add(&mut self, entry: &Entry, sign: i64) {
        if entry.is_counted {
            self.kept
                .sums
                .add(&entry.key, &entry.amounts, sign, self.zone);
        }
    }

    fn statement(&self, sql: &str) -> rusqlite::Result<CachedStatement<'a>> {
        self.tx.prepare_cached(sql)
    }
}
