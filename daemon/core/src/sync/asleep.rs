// SPDX-License-Identifier: GPL-3.0-or-later
//! Databases that need not be opened: their files look as they did when everything in them had been read.
//!
//! A process that lives for one answer saves most of its time so. What else needs such a database, a title or
//! a doubt, opens it then.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use super::database::{self, OpenDatabase};
use super::database_v2::{self, OpenDatabaseV2};
use super::{Context, SourceStatus};
use crate::ledger::{Batch, Checkpoint, LedgerError};
use crate::source::{identity, stamp};

/// A database that the latest sync did not open.
#[derive(Debug)]
pub(super) struct Asleep {
    path: PathBuf,
    opened: OnceCell<Opened>,
}

/// Its readings; without those that cannot be opened.
#[derive(Debug)]
struct Opened {
    v1: Option<OpenDatabase>,
    v2: Option<OpenDatabaseV2>,
}

impl Asleep {
    /// `None` where there may be something new in the database; else the report has its sources as they are
    /// known.
    pub fn find(path: &Path, context: &mut Context) -> Result<Option<Self>, LedgerError> {
        let (Ok(identity), Some(stamp)) = (identity(path), stamp(path, context.now_ms)) else {
            return Ok(None);
        };
        let (first, second) = (database::key(path), database_v2::key(path));
        let v1 = context.ledger.checkpoint(&first)?;
        let v2 = context.ledger.checkpoint(&second)?;
        let is_read = |known: &Checkpoint| {
            known.identity == identity
                && known.stamp.as_ref() == Some(&stamp)
                && known.scan_rowid.is_none()
        };
        let mut known = v1.iter().chain(&v2).peekable();
        if known.peek().is_none() || !known.all(is_read) {
            return Ok(None);
        }
        if let Some(v1) = v1 {
            note(&v1, database::status(&v1, path, true), context)?;
        }
        if let Some(v2) = v2 {
            note(&v2, database_v2::status(&v2, path, true), context)?;
        }
        Ok(Some(Self {
            path: path.into(),
            opened: OnceCell::new(),
        }))
    }

    /// Its rows of OpenCode 1.
    pub fn v1(&self) -> Option<&OpenDatabase> {
        self.opened().v1.as_ref()
    }

    /// Its rows of OpenCode 2.
    pub fn v2(&self) -> Option<&OpenDatabaseV2> {
        self.opened().v2.as_ref()
    }

    fn opened(&self) -> &Opened {
        // What cannot be opened is told by the sync that finds it changed, and cannot be reached until then.
        self.opened.get_or_init(|| Opened {
            v1: OpenDatabase::open(&self.path).ok(),
            v2: OpenDatabaseV2::open(&self.path).ok().flatten(),
        })
    }
}

fn note(
    known: &Checkpoint,
    status: SourceStatus,
    context: &mut Context,
) -> Result<(), LedgerError> {
    let unread = context.ledger.unread(&known.path)?;
    context.report.problems.extend(unread);
    context.report.sources.push(status);
    Ok(())
}

/// Notes with the reading `key` how the files looked before it.
pub(super) fn save_stamp(
    key: &str,
    stamp: Option<String>,
    context: &mut Context,
) -> Result<(), LedgerError> {
    let (Some(stamp), Some(known)) = (stamp, context.ledger.checkpoint(key)?) else {
        return Ok(());
    };
    let checkpoint = Checkpoint {
        stamp: Some(stamp),
        ..known
    };
    context.write(&Batch {
        checkpoint: Some(&checkpoint),
        ..Batch::default()
    })
}
