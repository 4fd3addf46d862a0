// SPDX-License-Identifier: GPL-3.0-or-later
//! Reads the message folders that somebody saw OpenCode write to, and nothing else.
//!
//! Only files written since the last reading are opened, and none is waited for: one that is torn is read
//! again by the next sync, for a while. What such a reading cannot know of a folder is left to the next
//! thorough one, which finds another digest and reads all of it.

use std::path::{Path, PathBuf};

use super::Context;
use super::folders::{folder_checkpoint, judged};
use super::tree::{SeenTree, source_path};
use crate::ledger::{Batch, Checkpoint, FolderCheckpoint, LedgerError};
use crate::model::{Authority, Session};
use crate::source::opencode_json::{FolderRows, GENERATION, MAX_WATCHED, MessageDir, Tree};

/// A torn file is tried again for so long, milliseconds.
const PATIENCE_MS: i64 = 5_000;

impl SeenTree {
    /// The next sync reads this folder.
    pub fn touch(&mut self, folder: &Path) {
        self.touched.insert(folder.into(), None);
    }

    pub fn read_touched(
        &mut self,
        data_dir: &Path,
        context: &mut Context,
    ) -> Result<(), LedgerError> {
        // Before the first look, and where there is no tree, there is nothing to add to.
        if self.touched.is_empty() || self.status.is_none() {
            return Ok(());
        }
        // What cannot be opened is told by the next look.
        let Ok(Some(tree)) = Tree::open(data_dir) else {
            return Ok(());
        };
        for (path, heard_ms) in self.touched.clone() {
            let heard_ms = heard_ms.unwrap_or(context.now_ms);
            let is_torn = match tree.message_dir(&path) {
                Some(dir) => self.read_touched_folder(&tree, &dir, context)?,
                None => false,
            };
            if is_torn && (0..PATIENCE_MS).contains(&(context.now_ms - heard_ms)) {
                self.touched.insert(path, Some(heard_ms));
            } else {
                self.touched.remove(&path);
            }
        }
        Ok(())
    }

    /// Whether a message in it could not be read.
    fn read_touched_folder(
        &mut self,
        tree: &Tree,
        dir: &MessageDir,
        context: &mut Context,
    ) -> Result<bool, LedgerError> {
        let path = dir.path().display().to_string();
        let known = context.ledger.folder(&source_path(tree.path()), &path)?;
        let (is_new, files) = (
            known.is_none(),
            known.as_ref().map_or(0, |known| known.files),
        );
        let now_ns = context.now_ms.saturating_mul(1_000_000);
        // Where a file is from the future, later ones may seem to be older.
        let since_ns = known
            .as_ref()
            .map(|known| known.newest_ns)
            .filter(|newest_ns| *newest_ns <= now_ns);
        let (Ok(found), Ok(session)) = (tree.read_hastily(dir, since_ns), tree.session(dir)) else {
            return Ok(false);
        };
        let is_torn = !found.rows.unread.is_empty();
        let mut folder = folder_checkpoint(path, dir, &found);
        if let Some(known) = known.filter(|_| since_ns.is_some()) {
            folder.unsettled = folder.unsettled.max(known.unsettled);
            folder.digest = 0;
        }
        let checkpoint = self.checkpoint(tree, &found, context)?;
        self.record_touched(tree, found, session, (&checkpoint, &folder), context)?;
        self.note_touched(&dir.path(), is_new, (files, folder.files), &checkpoint);
        Ok(is_torn)
    }

    fn checkpoint(
        &self,
        tree: &Tree,
        found: &FolderRows,
        context: &Context,
    ) -> Result<Checkpoint, LedgerError> {
        let path = source_path(tree.path());
        let known = context.ledger.checkpoint(&path)?.unwrap_or_default();
        let newest_ms = found.rows.steps.iter().map(|step| step.created_ms).max();
        Ok(Checkpoint {
            path,
            generation: GENERATION.into(),
            newest_ms: newest_ms.max(known.newest_ms),
            read_ms: context.now_ms,
            // What it looks like now has not been read to its end.
            stamp: None,
            ..known
        })
    }

    /// Without the unread ones: a torn file is no news before a patient look finds it so.
    fn record_touched(
        &self,
        tree: &Tree,
        found: FolderRows,
        session: Option<Session>,
        (checkpoint, folder): (&Checkpoint, &FolderCheckpoint),
        context: &mut Context,
    ) -> Result<(), LedgerError> {
        let is_known = match &session {
            Some(session) => context.ledger.has_project_of(session)?,
            None => true,
        };
        let projects = if is_known {
            Vec::new()
        } else {
            tree.projects().unwrap_or_default()
        };
        context.report.messages_read += found.rows.read;
        let steps = context.price(found.rows.steps, Authority::Json);
        let steps = judged(steps);
        context.write(&Batch {
            projects: &projects,
            sessions: session.as_slice(),
            steps: &steps,
            checkpoint: Some(checkpoint),
            folders: std::slice::from_ref(folder),
            ..Batch::default()
        })
    }

    fn note_touched(
        &mut self,
        path: &PathBuf,
        is_new: bool,
        (before, now): (u64, u64),
        checkpoint: &Checkpoint,
    ) {
        if !self.latest.contains(path) {
            self.latest.insert(0, path.clone());
            self.latest.truncate(MAX_WATCHED);
        }
        if let Some(status) = &mut self.status {
            status.messages = (status.messages + now).saturating_sub(before);
            status.sessions += u64::from(is_new);
            status.newest_ms = checkpoint.newest_ms;
            status.read_ms = Some(checkpoint.read_ms);
        }
    }
}
