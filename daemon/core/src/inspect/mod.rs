// SPDX-License-Identifier: GPL-3.0-or-later
//! What `octally doctor` tells of each source: versions, lag, rows that cannot be read.
//!
//! Sessions are read and messages only counted: it stays quick whatever the size of the data.

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
        let asked = ask(status).ok();
        let counts = asked.as_ref().and_then(|asked| asked.counts);
        let (messages, sessions) = counts.unwrap_or((status.messages, status.sessions));
        rows.push(SourceRow {
            path: status.path.display().to_string(),
            generation: status.generation,
            is_current: status.is_current,
            messages,
            sessions,
            versions: asked.map(|asked| version_rows(asked.versions)),
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

/// What only the source itself knows now: the ledger keeps no versions, and a quick sync does not count.
#[derive(Default)]
struct Asked {
    versions: Vec<VersionSeen>,
    /// Messages and sessions; `None` where the sync has counted them.
    counts: Option<(u64, u64)>,
}

fn ask(status: &SourceStatus) -> Result<Asked, Problem> {
    match status.generation {
        opencode_json::GENERATION => {
            let data_dir = status.path.parent().unwrap_or(Path::new("/"));
            let tree = opencode_json::Tree::open(data_dir)?;
            Ok(Asked {
                versions: tree.map_or_else(|| Ok(Vec::new()), |tree| tree.versions())?,
                counts: None,
            })
        }
        opencode_v2::GENERATION => {
            let Some(database) = opencode_v2::Database::open(&status.path)? else {
                return Ok(Asked::default());
            };
            let counts = database.counts()?;
            Ok(Asked {
                versions: database.versions()?,
                counts: Some((counts.messages, counts.sessions)),
            })
        }
        _ => {
            let database = opencode_v1::Database::open(&status.path)?;
            let counts = database.counts()?;
            Ok(Asked {
                versions: database.versions()?,
                counts: Some((counts.messages, counts.sessions)),
            })
        }
    }
}

fn version_rows(seen: Vec<VersionSeen>) -> Vec<VersionRow> {
    seen.into_iter()
        .map(|VersionSeen { version, sessions }| VersionRow { version, sessions })
        .collect()
}
