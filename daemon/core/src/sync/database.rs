// SPDX-License-Identifier: GPL-3.0-or-later
//! Brings the ledger up to date with one database of OpenCode 1.x.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::mpsc::channel;
use std::sync::{Mutex, PoisonError};

use super::ahead::ahead;
use super::asleep;
use super::batches::{self, Batches, Place};
use super::compare::{Comparison, PAGE, compare_one};
use super::event_chunks::{self, Changed, EventChunks};
use super::event_numbers::{EventNumbers, each_page, recorded};
use super::unread::{self, Row};
use super::{Context, Depth, Progress, SourceStatus};
use crate::ledger::{Batch, Checkpoint, LedgerError};
use crate::model::{Authority, PricedStep, Problem, Session, Step};
use crate::pricing::Prices;
use crate::source::opencode_v1::{Database, GENERATION, Which};

/// Rows written within this time before the checkpoint are looked at again, milliseconds.
const OVERLAP_MS: i64 = 5_000;
/// The same before the beginning of a first reading: clocks are set back by less.
const SCAN_OVERLAP_MS: i64 = 600_000;
/// In a session that changed, so much of what is known is read again, milliseconds.
const SESSION_OVERLAP_MS: i64 = 600_000;

/// A database that stays open between syncs.
#[derive(Debug)]
pub(super) struct OpenDatabase {
    pub database: Database,
    /// `PRAGMA data_version` when it was last read to its end by this process.
    version: Option<i64>,
    /// The event number of each session at that time; loaded when first needed.
    sequences: Option<EventNumbers>,
    chunks: EventChunks,
    /// How the files looked before the latest reading that came to its end.
    unsaved_stamp: Option<String>,
    pub comparison: Comparison,
}

/// The outer result is the ledger's, the inner one the database's.
type Outcome<T> = Result<Result<T, Problem>, LedgerError>;

/// Unpacks an inner result or returns it from the function.
macro_rules! ask {
    ($result:expr) => {
        match $result {
            Ok(value) => value,
            Err(problem) => return Ok(Err(problem)),
        }
    };
}

impl OpenDatabase {
    pub fn open(path: &Path) -> Result<Self, Problem> {
        Ok(Self {
            database: Database::open(path)?,
            version: None,
            sequences: None,
            chunks: EventChunks::default(),
            unsaved_stamp: None,
            comparison: Comparison::default(),
        })
    }

    pub fn path(&self) -> &Path {
        self.database.path()
    }

    /// Its name in the ledger.
    pub fn key(&self) -> String {
        key(self.path())
    }

    /// For questions beside the sync.
    pub fn database(&self) -> &Database {
        &self.database
    }

    pub fn is_in_place(&self) -> bool {
        self.database.is_in_place()
    }

    pub fn title(&self, session_id: &str) -> Option<String> {
        self.database.title(session_id).ok().flatten()
    }

    /// Reads what is new. The inner error is this database's own problem.
    pub fn sync(&mut self, context: &mut Context) -> Outcome<()> {
        let version = ask!(self.database.data_version());
        let mut checkpoint = self.checkpoint(context)?;
        let stamp = self.database.stamp(context.now_ms);
        let looks_the_same = stamp.is_some() && stamp == checkpoint.stamp;
        let is_known = match self.version {
            Some(known) => known == version,
            None => looks_the_same,
        };
        let is_unchanged = is_known && checkpoint.scan_rowid.is_none();
        if is_unchanged && context.depth == Depth::Quick {
            self.version = Some(version);
        } else {
            // What is recorded on the way must not look complete.
            checkpoint.stamp = None;
            let is_complete = ask!(self.read(version, &mut checkpoint, context)?);
            self.version = is_complete.then_some(version);
            self.unsaved_stamp = stamp.filter(|_| is_complete);
        }
        if context.depth == Depth::Thorough && self.version == Some(version) {
            self.compare(Some(version), context)?;
        }
        self.note(&checkpoint, context)?;
        Ok(Ok(()))
    }

    /// Whether everything in it has been read.
    pub fn is_read(&self) -> bool {
        self.version.is_some()
    }

    /// Notes how the files look now that everything in them has been read, whatever the generation.
    pub fn save_stamp(&mut self, context: &mut Context) -> Result<(), LedgerError> {
        let stamp = self.unsaved_stamp.take();
        asleep::save_stamp(&self.key(), stamp, context)
    }

    /// Which sessions have lost or got rows since the last time.
    fn compare(&mut self, version: Option<i64>, context: &mut Context) -> Result<(), LedgerError> {
        let (key, database) = (self.key(), &self.database);
        let page_after = |id: &str| database.holdings_after(id, PAGE);
        self.comparison.run(version, &key, page_after, context)
    }

    /// The same for one session, before its rows are read: what goes away later is missed then.
    fn compare_one(&self, id: &str, context: &mut Context) -> Outcome<()> {
        let holding = ask!(self.database.holding(id));
        compare_one(&self.key(), id, holding.as_ref(), context).map(Ok)
    }

    fn compare_sessions_of(&self, steps: &[PricedStep], context: &mut Context) -> Outcome<()> {
        let id = |priced: &PricedStep| priced.step.session_id.clone();
        let ids: BTreeSet<String> = steps.iter().map(id).collect();
        for id in ids {
            ask!(self.compare_one(&id, context)?);
        }
        Ok(Ok(()))
    }

    fn checkpoint(&self, context: &Context) -> Result<Checkpoint, LedgerError> {
        let path = self.key();
        let known = context.ledger.checkpoint(&path)?;
        Ok(known
            .filter(|known| known.identity == self.database.identity())
            .unwrap_or_else(|| Checkpoint {
                path,
                generation: GENERATION.into(),
                identity: self.database.identity().into(),
                scan_rowid: Some(0),
                ..Checkpoint::default()
            }))
    }

    /// Whether it was read to its end: false if the user stopped it.
    fn read(
        &mut self,
        version: i64,
        checkpoint: &mut Checkpoint,
        context: &mut Context,
    ) -> Outcome<bool> {
        let is_first = checkpoint.scan_rowid.is_some();
        if !is_first && context.depth == Depth::Quick && ask!(self.has_sequences()) {
            let (key, numbers) = (self.key(), self.sequences.as_ref());
            let changed = self
                .chunks
                .differing(&self.database, numbers, &key, context)?;
            let changed = ask!(changed);
            return self.read_sessions(changed, checkpoint, context);
        }
        // Taken before the messages: what changes meanwhile is read again next time.
        let chunks = ask!(event_chunks::digests(&self.database));
        let page_after = |after: &str, limit| self.database.sequences_after(after, limit);
        let sequences = ask!(EventNumbers::read(page_after));
        let is_complete = if is_first {
            if checkpoint.scan_rowid == Some(0) {
                unread::forget(checkpoint, context)?;
            }
            ask!(self.scan(version, checkpoint, context)?)
        } else {
            ask!(self.catch_up(checkpoint, context)?)
        };
        if is_complete {
            self.look_again(checkpoint, context)?;
            let repeated = ask!(self.database.repeated_ids());
            unread::note_repeated(repeated, checkpoint, context)?;
            ask!(self.finish(sequences, &chunks, checkpoint, context)?);
        }
        Ok(Ok(is_complete))
    }

    /// The first reading: everything, in the order of rowids, resumable. `version` is that of the database
    /// before it.
    fn scan(
        &mut self,
        version: i64,
        checkpoint: &mut Checkpoint,
        context: &mut Context,
    ) -> Outcome<bool> {
        let counts = ask!(self.database.counts());
        (checkpoint.messages, checkpoint.sessions) = (counts.messages, counts.sessions);
        context.ledger.begin_filling()?;
        ask!(self.save_sessions(checkpoint, context)?);
        let is_whole = checkpoint.scan_rowid == Some(0);
        if is_whole {
            checkpoint.read_ms = context.now_ms;
            context.write(&Batch {
                checkpoint: Some(checkpoint),
                ..Batch::default()
            })?;
            self.compare(None, context)?;
        }
        if !ask!(self.read_rows(0, checkpoint, context)?) {
            return Ok(Ok(false));
        }
        checkpoint.scan_rowid = None;
        if is_whole && ask!(self.database.data_version()) == version {
            return Ok(Ok(true));
        }
        // What was written behind the scan's back.
        self.read_rows(checkpoint.read_ms - SCAN_OVERLAP_MS, checkpoint, context)
    }

    /// Everything written since the last time, however it came in.
    fn catch_up(&mut self, checkpoint: &mut Checkpoint, context: &mut Context) -> Outcome<bool> {
        let counts = ask!(self.database.counts());
        let (known, last_rowid) = (checkpoint.messages, checkpoint.last_rowid);
        let new = ask!(self.database.count_after(last_rowid));
        (checkpoint.messages, checkpoint.sessions) = (counts.messages, counts.sessions);
        let new_sessions = ask!(self.save_sessions(checkpoint, context)?);
        // Imported sessions have old times and may even have the rowids of deleted ones.
        for id in new_sessions {
            ask!(self.compare_one(&id, context)?);
            let rows = ask!(self.database.messages(Which::OfSession(&id, 0)));
            context.record(
                rows,
                Batch {
                    checkpoint: Some(checkpoint),
                    ..Batch::default()
                },
                Authority::V1,
            )?;
        }
        // More rows than new ones, fewer than before, or rowids that began again: rows came in with old
        // times, or the file was vacuumed or put back from a backup.
        let is_explained = counts.messages >= known
            && counts.messages - known <= new
            && counts.last_rowid >= last_rowid;
        let since_ms = if is_explained {
            checkpoint.updated_ms - OVERLAP_MS
        } else {
            0
        };
        checkpoint.last_rowid = last_rowid.min(counts.last_rowid);
        self.read_rows(since_ms, checkpoint, context)
    }

    fn look_again(
        &self,
        checkpoint: &Checkpoint,
        context: &mut Context,
    ) -> Result<(), LedgerError> {
        unread::look_again(checkpoint, Authority::V1, context, |row| {
            self.database.messages(match row {
                Row::Id(id) => Which::Id(id),
                Row::At(rowid) => Which::At(rowid),
            })
        })
    }

    /// The cheap way of OpenCode 1.17 and later: only the sessions whose event number differs.
    fn read_sessions(
        &mut self,
        changed: Changed,
        checkpoint: &mut Checkpoint,
        context: &mut Context,
    ) -> Outcome<bool> {
        for (id, sequence) in changed.sessions {
            ask!(self.compare_one(&id, context)?);
            let session = ask!(self.database.session(&id));
            // A call from the future must not hide those of today.
            let newest_ms = context.ledger.newest_step_ms(&id)?.unwrap_or(0);
            let since_ms = newest_ms.min(context.now_ms) - SESSION_OVERLAP_MS;
            let rows = ask!(self.database.messages(Which::OfSession(&id, since_ms)));
            let projects = match &session {
                Some(session) if !context.ledger.has_project_of(session)? => {
                    ask!(self.database.projects())
                }
                _ => Vec::new(),
            };
            checkpoint.newest_ms = newest(checkpoint.newest_ms, &rows.steps);
            checkpoint.read_ms = context.now_ms;
            let sessions: Vec<Session> = session.into_iter().collect();
            let sequences = [(id, sequence)];
            let batch = Batch {
                projects: &projects,
                sessions: &sessions,
                checkpoint: Some(checkpoint),
                sequences: &sequences,
                ..Batch::default()
            };
            context.record(rows, batch, Authority::V1)?;
            let [(id, sequence)] = sequences;
            if let Some(known) = &mut self.sequences {
                known.insert(&id, sequence);
            }
        }
        checkpoint.read_ms = context.now_ms;
        self.save_chunks(&changed.chunks, checkpoint, context)?;
        Ok(Ok(true))
    }

    /// All sessions of these chunks have been read.
    fn save_chunks(
        &mut self,
        chunks: &[(i64, i64)],
        checkpoint: &Checkpoint,
        context: &mut Context,
    ) -> Result<(), LedgerError> {
        if !chunks.is_empty() {
            context.write(&Batch {
                checkpoint: Some(checkpoint),
                chunks,
                ..Batch::default()
            })?;
            self.chunks.note(chunks);
        }
        Ok(())
    }

    /// Whether this version of OpenCode keeps event numbers.
    fn has_sequences(&self) -> Result<bool, Problem> {
        Ok(!self.database.sequences_after("", 1)?.is_empty())
    }

    /// Rows written since an instant, batch by batch. False if the user stopped it.
    fn read_rows(
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
        let (give_back, spent) = channel();
        if is_ahead {
            let batches = Batches::new(&mut self.database, from, prices, spent);
            // The next one is made while one is recorded.
            return ahead(
                batches,
                1,
                |_| 1,
                |batches| {
                    for batch in batches {
                        let (end, steps) = record(ask!(batch), checkpoint, context)?;
                        if let Some(is_complete) = end {
                            return Ok(Ok(is_complete));
                        }
                        // Only fails where nothing is made any more.
                        let _ = give_back.send(steps);
                    }
                    Ok(Ok(true))
                },
            );
        }
        for batch in Batches::new(&self.database, from, prices, spent) {
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

    /// Saves projects and sessions; after the first reading, returns the sessions that are new.
    fn save_sessions(
        &self,
        checkpoint: &Checkpoint,
        context: &mut Context,
    ) -> Outcome<Vec<String>> {
        const PAGE: usize = 500;
        let projects = ask!(self.database.projects());
        context.write(&Batch {
            projects: &projects,
            ..Batch::default()
        })?;
        let (mut after, mut new) = (String::new(), Vec::new());
        loop {
            let sessions = ask!(self.database.sessions_after(&after, PAGE));
            if checkpoint.scan_rowid.is_none() {
                new.extend(context.ledger.unknown(&sessions)?);
            }
            context.write(&Batch {
                sessions: &sessions,
                ..Batch::default()
            })?;
            match sessions.last() {
                Some(last) if sessions.len() == PAGE => after.clone_from(&last.id),
                _ => return Ok(Ok(new)),
            }
        }
    }

    /// Everything has been read as of these event numbers. A crash in between reads some sessions again.
    fn finish(
        &mut self,
        sequences: EventNumbers,
        chunks: &[(i64, i64)],
        checkpoint: &mut Checkpoint,
        context: &mut Context,
    ) -> Outcome<()> {
        checkpoint.read_ms = context.now_ms;
        let known = recorded(&mut self.sequences, &key(self.database.path()), context)?;
        let page_after = |after: &str, limit| self.database.sequences_after(after, limit);
        ask!(each_page(page_after, |page| {
            // Ids only: the numbers may have moved on since.
            let as_read = page.iter().filter_map(|(id, _)| {
                let number = sequences.get(id)?;
                (known.get(id) != Some(number)).then(|| (id.clone(), number))
            });
            let changed: Vec<(String, i64)> = as_read.collect();
            context.write(&Batch {
                checkpoint: Some(checkpoint),
                sequences: &changed,
                ..Batch::default()
            })
        })?);
        self.sequences = Some(sequences);
        self.save_chunks(chunks, checkpoint, context)?;
        Ok(Ok(()))
    }

    fn note(&self, checkpoint: &Checkpoint, context: &mut Context) -> Result<(), LedgerError> {
        let is_current = checkpoint.scan_rowid.is_none();
        context
            .report
            .sources
            .push(status(checkpoint, self.path(), is_current));
        context
            .report
            .problems
            .extend(context.ledger.unread(&checkpoint.path)?);
        Ok(())
    }
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

/// The name of a database in the ledger.
pub(super) fn key(path: &Path) -> String {
    path.display().to_string()
}

pub(super) fn status(checkpoint: &Checkpoint, path: &Path, is_current: bool) -> SourceStatus {
    SourceStatus {
        path: path.into(),
        generation: GENERATION,
        is_current,
        messages: checkpoint.messages,
        sessions: checkpoint.sessions,
        newest_ms: checkpoint.newest_ms,
        read_ms: (checkpoint.scan_rowid.is_none() && checkpoint.read_ms > 0)
            .then_some(checkpoint.read_ms),
    }
}

fn newest(known: Option<i64>, steps: &[Step]) -> Option<i64> {
    steps.iter().map(|step| step.created_ms).max().max(known)
}
