// SPDX-License-Identifier: GPL-3.0-or-later
//! Message folders that have changed: what is in them, and recording some of them together.

use super::compare::compare_some;
use super::tree::{json_authority, parted_messages};
use super::{Context, Depth};
use crate::ledger::{Batch, Checkpoint, FolderCheckpoint, LedgerError};
use crate::model::{Authority, PricedStep, Problem, Session};
use crate::source::opencode_json::{FolderRows, MessageDir, Tree};
use crate::source::{Holding, Unread};

/// So many steps are recorded in one transaction.
const MANY_STEPS: usize = 500;

/// A folder that has changed.
pub(super) struct Found {
    folder: FolderCheckpoint,
    session_id: String,
    session: Option<Session>,
    rows: FolderRows,
    /// Whether it had been read before.
    is_known: bool,
}

impl Found {
    /// How many messages were read.
    pub fn messages(&self) -> usize {
        usize::try_from(self.rows.rows.read).unwrap_or(usize::MAX)
    }

    /// The ids of what could not be read in it.
    pub fn unread_ids(&self) -> impl Iterator<Item = String> {
        self.rows.rows.unread.iter().map(|row| row.id.clone())
    }
}

/// What is in a folder; `None` where it looks as it did, unless it is doubted: then it is read whatever it
/// looks like.
pub(super) fn look(
    tree: &Tree,
    dir: &MessageDir,
    known: Option<&FolderCheckpoint>,
    is_doubted: bool,
    depth: Depth,
) -> Result<Option<Found>, Problem> {
    let path = dir.path().display().to_string();
    if !is_doubted && is_unchanged(tree, dir, known, depth)? {
        return Ok(None);
    }
    let rows = tree.read(dir, None)?;
    Ok(Some(Found {
        folder: folder_checkpoint(path, dir, &rows),
        session_id: dir.session_id.to_string(),
        session: tree.session(dir)?,
        rows,
        is_known: known.is_some(),
    }))
}

fn is_unchanged(
    tree: &Tree,
    dir: &MessageDir,
    known: Option<&FolderCheckpoint>,
    depth: Depth,
) -> Result<bool, Problem> {
    let Some(known) = known.filter(|known| known.modified_ns == dir.modified_ns) else {
        return Ok(false);
    };
    if known.unsettled == 0 && depth == Depth::Quick {
        return Ok(true);
    }
    let stamp = tree.stamp(dir)?;
    Ok(
        (stamp.files, stamp.newest_ns, stamp.digest)
            == (known.files, known.newest_ns, known.digest),
    )
}

pub(super) fn folder_checkpoint(
    path: String,
    dir: &MessageDir,
    found: &FolderRows,
) -> FolderCheckpoint {
    FolderCheckpoint {
        path,
        modified_ns: dir.modified_ns,
        files: found.stamp.files,
        newest_ns: found.stamp.newest_ns,
        digest: found.stamp.digest,
        unsettled: found.unsettled,
    }
}

/// Folders that are recorded together.
#[derive(Default)]
pub(super) struct FoundFolders {
    folders: Vec<FolderCheckpoint>,
    holdings: Vec<Holding>,
    sessions: Vec<Session>,
    steps: Vec<PricedStep>,
    unread: Vec<Unread>,
}

impl FoundFolders {
    /// Takes one more.
    pub fn add(
        &mut self,
        found: Found,
        checkpoint: &mut Checkpoint,
        context: &mut Context,
    ) -> Result<(), LedgerError> {
        if found.is_known {
            context.ledger.raise_doubt(&found.session_id)?;
        }
        let rows = found.rows.rows;
        let newest_ms = rows.steps.iter().map(|step| step.created_ms).max();
        checkpoint.newest_ms = newest_ms.max(checkpoint.newest_ms);
        context.report.messages_read += rows.read;
        self.steps
            .extend(judged(context.price(rows.steps, Authority::Json)));
        self.unread.extend(rows.unread);
        self.holdings.push(there(&found.session_id));
        self.sessions.extend(found.session);
        self.folders.push(found.folder);
        Ok(())
    }

    /// Whether it is time to record them.
    pub fn is_much(&self) -> bool {
        self.steps.len() >= MANY_STEPS || self.folders.len() >= MANY_STEPS
    }

    /// Records them.
    pub fn record(self, checkpoint: &Checkpoint, context: &mut Context) -> Result<(), LedgerError> {
        if self.folders.is_empty() {
            return Ok(());
        }
        compare_some(&checkpoint.path, &self.holdings, context)?;
        context.write(&Batch {
            sessions: &self.sessions,
            steps: &self.steps,
            unread: &self.unread,
            checkpoint: Some(checkpoint),
            folders: &self.folders,
            ..Batch::default()
        })
    }
}

/// Marks the steps of messages that held several.
pub(super) fn judged(mut steps: Vec<PricedStep>) -> Vec<PricedStep> {
    let parted = parted_messages(steps.iter().map(|priced| priced.step.id.as_str()));
    for priced in &mut steps {
        priced.authority = json_authority(&priced.step.id, &parted);
    }
    steps
}

/// A session that has a folder. What is in it is told by the folder's own checkpoint.
pub(super) fn there(session_id: &str) -> Holding {
    Holding {
        session_id: session_id.into(),
        digest: 0,
        is_reverted: false,
    }
}
