// SPDX-License-Identifier: GPL-3.0-or-later
//! What `octally doctor` tells of each source: versions, lag, rows that cannot be read.
//!
//! Only sessions are asked for, never messages: it stays quick whatever the size of the data.

use std::path::Path;

use crate::ledger::{Checkpoint, Ledger, LedgerError};
use crate::model::Problem;
use crate::source::{VersionSeen, opencode_json, opencode_v1, opencode_v2};
use crate::sync::SourceStatus;
use crate::wire::{SourceRow, VersionRow};

/// The sources of a sync, set against how far the ledger had read them before it.
///
/// # Errors
/// See [`LedgerError`]. A source that cannot be read is told by the sync's own problems.
pub(crate) fn sources(
    ledger: &Ledger,
    before: &[Checkpoint],
    found: &[SourceStatus],
) -> Result<Vec<SourceRow>, LedgerError> {
    let mut rows = Vec::new();
    for status in found {
        let key = key(status);
        let known = before.iter().find(|known| known.path == key);
        rows.push(SourceRow {
            path: status.path.display().to_string(),
            generation: status.generation,
            is_current: status.is_current,
            messages: status.messages,
            new_messages: new_messages(status, known),
            sessions: status.sessions,
            versions: versions(status).ok().map(version_rows),
            newest_ms: status.newest_ms,
            lag_ms: lag_ms(status, known),
            read_ms: status.read_ms,
            unread: ledger.unread(&key)?,
        });
    }
    Ok(rows)
}

/// The name of a source in the ledger.
fn key(status: &SourceStatus) -> String {
    let path = status.path.display();
    match status.generation {
        opencode_v2::GENERATION => format!("{path}#v2"),
        _ => path.to_string(),
    }
}

fn was_read(known: &Checkpoint) -> bool {
    known.scan_rowid.is_none() && known.read_ms > 0
}

fn lag_ms(status: &SourceStatus, known: Option<&Checkpoint>) -> Option<i64> {
    let known = known.filter(|known| status.is_current && was_read(known))?;
    match (status.newest_ms, known.newest_ms) {
        (Some(newest), Some(known)) => Some((newest - known).max(0)),
        (None, _) => Some(0),
        // Its first step: there is nothing to measure from.
        (Some(_), None) => None,
    }
}

/// Message files are not counted in the ledger.
fn new_messages(status: &SourceStatus, known: Option<&Checkpoint>) -> Option<u64> {
    let known = known.filter(|known| status.is_current && was_read(known))?;
    (status.generation != opencode_json::GENERATION)
        .then(|| status.messages.saturating_sub(known.messages))
}

/// Asked of the source itself: the ledger does not keep them.
fn versions(status: &SourceStatus) -> Result<Vec<VersionSeen>, Problem> {
    match status.generation {
        opencode_json::GENERATION => {
            let data_dir = status.path.parent().unwrap_or(Path::new("/"));
            let tree = opencode_json::Tree::open(data_dir)?;
            tree.map_or_else(|| Ok(Vec::new()), |tree| tree.versions())
        }
        opencode_v2::GENERATION => {
            let database = opencode_v2::Database::open(&status.path)?;
            database.map_or_else(|| Ok(Vec::new()), |database| database.versions())
        }
        _ => opencode_v1::Database::open(&status.path)?.versions(),
    }
}

fn version_rows(seen: Vec<VersionSeen>) -> Vec<VersionRow> {
    seen.into_iter()
        .map(|VersionSeen { version, sessions }| VersionRow { version, sessions })
        .collect()
}
