// SPDX-License-Identifier: GPL-3.0-or-later
//! Which sessions' event numbers have changed, without comparing each of them: the log of events tells it where
//! there is one; else the table of numbers is added up in chunks, and only those that look different are looked
//! into.
//!
//! A chunk's digest is recorded when all that its numbers tell of has been read. It is taken before the
//! numbers are: what changes in between makes another one.

use std::collections::HashMap;

use super::Context;
use super::database::Outcome;
use super::event_numbers::EventNumbers;
use crate::ledger::LedgerError;
use crate::model::Problem;
use crate::source::Chunk;
use crate::source::opencode_v1::Database;

/// What is known of the chunks of a database, by their first rowid; loaded when first needed.
#[derive(Debug, Default)]
pub(super) struct EventChunks {
    recorded: Option<HashMap<i64, i64>>,
}

/// What differs from what is recorded.
#[derive(Debug, Default)]
pub(super) struct Changed {
    /// Sessions with their event numbers of now.
    pub sessions: Vec<(String, i64)>,
    /// Digests of chunks, once these sessions have been read.
    pub chunks: Vec<(i64, i64)>,
    /// The latest row of the log of events, then, if there is a log.
    pub log_end: Option<String>,
}

impl EventChunks {
    /// What has changed in a database since then. `numbers` are those of its sessions, where they are known;
    /// else the ledger has them by its name, `key`.
    pub fn differing(
        &mut self,
        database: &Database,
        numbers: Option<&EventNumbers>,
        key: &str,
        context: &Context,
    ) -> Outcome<Changed> {
        // Before the numbers, as the chunks.
        let log_end = database.log_end();
        let chunks = ask!(all(database));
        let recorded = match self.recorded.take() {
            Some(recorded) => recorded,
            None => context.ledger.chunks(key)?,
        };
        let recorded = self.recorded.insert(recorded);
        let mut changed = Changed {
            log_end,
            ..Changed::default()
        };
        for chunk in &chunks {
            if chunk.digest.is_some() && recorded.get(&chunk.first) == chunk.digest.as_ref() {
                continue;
            }
            for (id, number) in ask!(database.sequences_of(chunk)) {
                if known(&id, numbers, key, context)? != Some(number) {
                    changed.sessions.push((id, number));
                }
            }
        }
        let digest = |chunk: &Chunk| Some((chunk.first, chunk.digest?));
        let is_new = |(first, digest): &(i64, i64)| recorded.get(first) != Some(digest);
        changed.chunks = chunks.iter().filter_map(digest).filter(is_new).collect();
        Ok(Ok(changed))
    }

    /// These have been recorded.
    pub fn note(&mut self, chunks: &[(i64, i64)]) {
        if let Some(recorded) = &mut self.recorded {
            recorded.extend(chunks.iter().copied());
        }
    }
}

/// The same by the log of events, which need not look at all sessions; `None` where it does not tell.
pub(super) fn logged(
    database: &Database,
    log_end: &str,
    numbers: Option<&EventNumbers>,
    key: &str,
    context: &Context,
) -> Outcome<Option<Changed>> {
    let Some(logged) = ask!(database.logged_after(log_end)) else {
        return Ok(Ok(None));
    };
    let mut changed = Changed {
        log_end: Some(logged.end),
        ..Changed::default()
    };
    for id in logged.sessions {
        if let Some(number) = ask!(database.sequence_of(&id))
            && known(&id, numbers, key, context)? != Some(number)
        {
            changed.sessions.push((id, number));
        }
    }
    Ok(Ok(Some(changed)))
}

/// The event number that a session had.
fn known(
    id: &str,
    numbers: Option<&EventNumbers>,
    key: &str,
    context: &Context,
) -> Result<Option<i64>, LedgerError> {
    match numbers {
        Some(numbers) => Ok(numbers.get(id)),
        None => context.ledger.sequence(key, id),
    }
}

/// The digests of a database before it is read, for when that is done.
pub(super) fn digests(database: &Database) -> Result<Vec<(i64, i64)>, Problem> {
    let chunks = all(database)?.into_iter();
    Ok(chunks
        .filter_map(|chunk| Some((chunk.first, chunk.digest?)))
        .collect())
}

fn all(database: &Database) -> Result<Vec<Chunk>, Problem> {
    let (mut chunks, mut from) = (Vec::new(), Some(i64::MIN));
    while let Some(rowid) = from {
        let Some(chunk) = database.chunk_from(rowid)? else {
            break;
        };
        from = chunk.last().checked_add(1);
        chunks.push(chunk);
    }
    Ok(chunks)
}
