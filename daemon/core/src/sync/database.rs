// SPDX-License-Identifier: GPL-3.0-or-later
//! Brings the ledger up to date with one database of OpenCode 1.x.

use std::path::Path;

use super::asleep;
use super::compare::{Comparison, PAGE, compare_one};
use super::event_chunks::{self, Changed, EventChunks};
use super::event_numbers::EventNumbers;
use super::{Context, Depth, SourceStatus};
use crate::ledger::{Batch, Checkpoint, LedgerError};
use crate::model::{Authority, Problem, Session, Step};
use crate::source::opencode_v1::{Database, GENERATION, Which};

/// In a session that changed, so much of what is known is read again, milliseconds.
const SESSION_OVERLAP_MS: i64 = 600_000;

/// A database that stays open between syncs.
#[derive(Debug)]
pub(super) struct OpenDatabase {
    pub database: Database,
    /// `PRAGMA data_version` when it was last read to its end by this process.
    version: Option<i64>,
    /// The event number of each session at that time; loaded when first needed.
    pub(super) sequences: Option<EventNumbers>,
    pub(super) chunks: EventChunks,
    /// How the files looked before the latest reading that came to its end.
    unsaved_stamp: Option<String>,
    pub comparison: Comparison,
}

/// The outer result is the ledger's, the inner one the database's.
pub(super) type Outcome<T> = Result<Result<T, Problem>, LedgerError>;

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

    /// Whether there is surely nothing of OpenCode 2 in the file.
    pub fn is_without_2(&self) -> bool {
        self.database.has_tables_of_2().is_ok_and(|has| !has)
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
    pub(super) fn compare(
        &mut self,
        version: Option<i64>,
        context: &mut Context,
    ) -> Result<(), LedgerError> {
        let (key, database) = (self.key(), &self.database);
        let page_after = |id: &str| database.holdings_after(id, PAGE);
        self.comparison.run(version, &key, page_after, context)
    }

    /// The same for one session, before its rows are read: what goes away later is missed then.
    pub(super) fn compare_one(&self, id: &str, context: &mut Context) -> Outcome<()> {
        let holding = ask!(self.database.holding(id));
        compare_one(&self.key(), id, holding.as_ref(), context).map(Ok)
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
            let changed = ask!(self.changed(checkpoint, context)?);
            return self.read_sessions(changed, checkpoint, context);
        }
        self.read_whole(version, checkpoint, context)
    }

    fn changed(&mut self, checkpoint: &Checkpoint, context: &Context) -> Outcome<Changed> {
        let (key, numbers) = (self.key(), self.sequences.as_ref());
        if let Some(end) = &checkpoint.log_end {
            let logged = event_chunks::logged(&self.database, end, numbers, &key, context)?;
            if let Some(changed) = ask!(logged) {
                return Ok(Ok(changed));
            }
        }
        self.chunks
            .differing(&self.database, numbers, &key, context)
    }

    /// The cheap way of OpenCode 1.17 and later: only the sessions whose event number differs.
    fn read_sessions(
        &mut self,
        changed: Changed,
        checkpoint: &mut Checkpoint,
        context: &mut Context,
    ) -> Outcome<bool> {
        let Changed {
            sessions,
            chunks,
            log_end,
        } = changed;
        let last = sessions.len().checked_sub(1);
        for (place, (id, sequence)) in sessions.into_iter().enumerate() {
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
            if Some(place) == last {
                checkpoint.log_end.clone_from(&log_end);
            }
            let batch = Batch {
                projects: &projects,
                sessions: &sessions,
                checkpoint: Some(checkpoint),
                sequences: &sequences,
                // With the last of them everything that the digests and the log tell of has been read.
                chunks: if Some(place) == last { &chunks } else { &[] },
                ..Batch::default()
            };
            context.record(rows, batch, Authority::V1)?;
            let [(id, sequence)] = sequences;
            if let Some(known) = &mut self.sequences {
                known.insert(&id, sequence);
            }
        }
        checkpoint.read_ms = context.now_ms;
        if last.is_none() && (!chunks.is_empty() || checkpoint.log_end != log_end) {
            checkpoint.log_end = log_end;
            self.save_chunks(&chunks, checkpoint, context)?;
        }
        self.chunks.note(&chunks);
        Ok(Ok(true))
    }

    /// All sessions of these chunks have been read.
    pub(super) fn save_chunks(
        &self,
        chunks: &[(i64, i64)],
        checkpoint: &Checkpoint,
        context: &mut Context,
    ) -> Result<(), LedgerError> {
        context.write(&Batch {
            checkpoint: Some(checkpoint),
            chunks,
            ..Batch::default()
        })
    }

    /// Whether this version of OpenCode keeps event numbers.
    fn has_sequences(&self) -> Result<bool, Problem> {
        Ok(!self.database.sequences_after("", 1)?.is_empty())
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
