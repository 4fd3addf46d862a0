// SPDX-License-Identifier: GPL-3.0-or-later
//! Brings the ledger up to date with one database of OpenCode 1.x.

use std::collections::HashMap;
use std::path::Path;

use super::damage::rows_around_damage;
use super::{Context, Depth, Progress, SourceStatus};
use crate::ledger::{Batch, Checkpoint, LedgerError};
use crate::model::{Authority, Problem, Session, Step};
use crate::source::Rows;
use crate::source::opencode_v1::{Database, GENERATION, Which};

/// Rows of one transaction: small enough for little memory and short reads, large enough for speed.
const BATCH_ROWS: usize = 2_000;
/// Rows written within this time before the checkpoint are looked at again, milliseconds.
const OVERLAP_MS: i64 = 5_000;
/// The same before the beginning of a first reading: clocks are set back by less.
const SCAN_OVERLAP_MS: i64 = 600_000;
/// In a session that changed, so much of what is known is read again, milliseconds.
const SESSION_OVERLAP_MS: i64 = 600_000;

/// A database that stays open between syncs.
#[derive(Debug)]
pub(super) struct OpenDatabase {
    database: Database,
    /// `PRAGMA data_version` when it was last read to its end by this process.
    version: Option<i64>,
    /// The event number of each session at that time; loaded when first needed.
    sequences: Option<HashMap<String, i64>>,
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
        })
    }

    pub fn path(&self) -> &Path {
        self.database.path()
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
        let is_unchanged = self.version == Some(version) && checkpoint.scan_rowid.is_none();
        if !(is_unchanged && context.depth == Depth::Quick) {
            let is_complete = ask!(self.read(&mut checkpoint, context)?);
            self.version = is_complete.then_some(version);
        }
        self.note(&checkpoint, context)?;
        Ok(Ok(()))
    }

    fn checkpoint(&self, context: &Context) -> Result<Checkpoint, LedgerError> {
        let path = self.path().display().to_string();
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
    fn read(&mut self, checkpoint: &mut Checkpoint, context: &mut Context) -> Outcome<bool> {
        // Taken before the messages: what changes meanwhile is read again next time.
        let sequences = ask!(self.database.sequences());
        let is_first = checkpoint.scan_rowid.is_some();
        let is_complete = if is_first {
            ask!(self.scan(checkpoint, context)?)
        } else if context.depth == Depth::Quick && !sequences.is_empty() {
            let changed = self.changed(sequences, context)?;
            return self.read_sessions(changed, checkpoint, context);
        } else {
            ask!(self.catch_up(checkpoint, context)?)
        };
        if is_complete {
            self.finish(sequences, checkpoint, context)?;
        }
        Ok(Ok(is_complete))
    }

    /// The first reading: everything, in the order of rowids, resumable.
    fn scan(&mut self, checkpoint: &mut Checkpoint, context: &mut Context) -> Outcome<bool> {
        let counts = ask!(self.database.counts());
        (checkpoint.messages, checkpoint.sessions) = (counts.messages, counts.sessions);
        ask!(self.save_sessions(checkpoint, context)?);
        if checkpoint.scan_rowid == Some(0) {
            checkpoint.read_ms = context.now_ms;
        }
        if !ask!(self.read_rows(0, checkpoint, context)?) {
            return Ok(Ok(false));
        }
        checkpoint.scan_rowid = None;
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

    /// The cheap way of OpenCode 1.17 and later: only the sessions whose event number differs.
    fn read_sessions(
        &mut self,
        changed: Vec<(String, i64)>,
        checkpoint: &mut Checkpoint,
        context: &mut Context,
    ) -> Outcome<bool> {
        for (id, sequence) in changed {
            let session = ask!(self.database.session(&id));
            let since_ms = context.ledger.newest_step_ms(&id)?.unwrap_or(0) - SESSION_OVERLAP_MS;
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
            self.sequences.get_or_insert_default().insert(id, sequence);
        }
        checkpoint.read_ms = context.now_ms;
        Ok(Ok(true))
    }

    fn changed(
        &mut self,
        now: Vec<(String, i64)>,
        context: &Context,
    ) -> Result<Vec<(String, i64)>, LedgerError> {
        if self.sequences.is_none() {
            self.sequences = Some(
                context
                    .ledger
                    .sequences(&self.path().display().to_string())?,
            );
        }
        let known = self.sequences.get_or_insert_default();
        // Not `>`: a migration sets the numbers back.
        Ok(now
            .into_iter()
            .filter(|(id, seq)| known.get(id) != Some(seq))
            .collect())
    }

    /// Rows written since an instant, batch by batch. False if the user stopped it.
    fn read_rows(
        &self,
        updated_ms: i64,
        checkpoint: &mut Checkpoint,
        context: &mut Context,
    ) -> Outcome<bool> {
        let mut rowid = checkpoint.scan_rowid.unwrap_or(0);
        let known_rowid = checkpoint.last_rowid;
        let mut seen_ms = checkpoint.updated_ms;
        loop {
            let which = Which::After {
                rowid,
                updated_ms,
                known_rowid,
                limit: BATCH_ROWS,
            };
            let rows = match self.database.messages(which) {
                Err(problem) if problem.code == "corrupt_database" => {
                    let rows = rows_around_damage(&self.database, rowid, &problem);
                    ask!(rows)
                }
                other => ask!(other),
            };
            // A damaged page may hold numbers that were passed already: never twice the same way.
            let is_last = rows.read < BATCH_ROWS as u64 || rows.last_rowid <= rowid;
            rowid = rowid.max(rows.last_rowid);
            seen_ms = seen_ms.max(rows.updated_ms);
            if checkpoint.scan_rowid.is_some() {
                checkpoint.scan_rowid = Some(rowid);
                checkpoint.updated_ms = seen_ms;
            }
            checkpoint.newest_ms = newest(checkpoint.newest_ms, &rows.steps);
            context.record(
                rows,
                Batch {
                    checkpoint: Some(checkpoint),
                    ..Batch::default()
                },
                Authority::V1,
            )?;
            if is_last {
                // Only now: rows come in the order of rowids, not of times.
                checkpoint.updated_ms = seen_ms;
                checkpoint.last_rowid = checkpoint.last_rowid.max(rowid);
                return Ok(Ok(true));
            }
            let messages_read = context.report.messages_read;
            let messages = checkpoint.messages.max(messages_read);
            if !(context.on_progress)(Progress {
                messages_read,
                messages,
            }) {
                return Ok(Ok(false));
            }
        }
    }

    /// Saves projects and sessions; after the first reading, returns the sessions that are new.
    fn save_sessions(
        &self,
        checkpoint: &Checkpoint,
        context: &mut Context,
    ) -> Outcome<Vec<String>> {
        const PAGE: usize = 500;
        let projects = ask!(self.database.projects());
        context.record(
            Rows::default(),
            Batch {
                projects: &projects,
                ..Batch::default()
            },
            Authority::V1,
        )?;
        let (mut after, mut new) = (String::new(), Vec::new());
        loop {
            let sessions = ask!(self.database.sessions_after(&after, PAGE));
            if checkpoint.scan_rowid.is_none() {
                new.extend(context.ledger.unknown(&sessions)?);
            }
            context.record(
                Rows::default(),
                Batch {
                    sessions: &sessions,
                    ..Batch::default()
                },
                Authority::V1,
            )?;
            match sessions.last() {
                Some(last) if sessions.len() == PAGE => after.clone_from(&last.id),
                _ => return Ok(Ok(new)),
            }
        }
    }

    fn finish(
        &mut self,
        sequences: Vec<(String, i64)>,
        checkpoint: &mut Checkpoint,
        context: &mut Context,
    ) -> Result<(), LedgerError> {
        checkpoint.read_ms = context.now_ms;
        let changed = self.changed(sequences, context)?;
        let batch = Batch {
            checkpoint: Some(checkpoint),
            sequences: &changed,
            ..Batch::default()
        };
        context.record(Rows::default(), batch, Authority::V1)?;
        self.sequences.get_or_insert_default().extend(changed);
        Ok(())
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
