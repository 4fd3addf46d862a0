// SPDX-License-Identifier: GPL-3.0-or-later
//! A whole database of OpenCode 1.x: the first reading, and the catching up that takes nothing on trust.

use super::Context;
use super::database::{OpenDatabase, Outcome, key};
use super::event_chunks;
use super::event_numbers::{EventNumbers, each_page, recorded};
use super::unread::{self, Row};
use crate::ledger::{Batch, Checkpoint, LedgerError};
use crate::model::Authority;
use crate::source::opencode_v1::Which;

/// Rows written within this time before the checkpoint are looked at again, milliseconds.
const OVERLAP_MS: i64 = 5_000;
/// The same before the beginning of a first reading: clocks are set back by less.
const SCAN_OVERLAP_MS: i64 = 600_000;

impl OpenDatabase {
    /// Reads all that may be new, whatever its event numbers tell: false if the user stopped it. `version` is
    /// that of the database before.
    pub(super) fn read_whole(
        &mut self,
        version: i64,
        checkpoint: &mut Checkpoint,
        context: &mut Context,
    ) -> Outcome<bool> {
        // Taken before the messages: what changes meanwhile is read again next time.
        let log_end = self.database.log_end();
        let chunks = ask!(event_chunks::digests(&self.database));
        let page_after = |after: &str, limit| self.database.sequences_after(after, limit);
        let sequences = ask!(EventNumbers::read(page_after));
        let is_complete = if checkpoint.scan_rowid.is_some() {
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
            checkpoint.log_end = log_end;
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
        self.chunks.note(chunks);
        Ok(Ok(()))
    }
}
