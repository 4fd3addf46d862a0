// SPDX-License-Identifier: GPL-3.0-or-later
//! Brings the ledger up to date with the message files of OpenCode 0.1 to 1.1.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use super::{Context, Depth, Progress, SourceStatus};
use crate::ledger::{Batch, Checkpoint, FolderCheckpoint, LedgerError};
use crate::model::{Authority, CostNote, PricedStep, Problem};
use crate::source::opencode_json::{FolderRows, GENERATION, MessageDir, Tree};

/// OpenCode has not written such files since 1.2: a quick sync looks at them no more often than this,
/// milliseconds.
const LOOK_MS: i64 = 30_000;

/// What one process remembers of a tree between syncs.
#[derive(Debug, Default)]
pub(super) struct SeenTree {
    /// When it was last looked at, Unix milliseconds.
    looked_ms: i64,
    /// Its folders by path; loaded when first needed.
    folders: Option<HashMap<String, FolderCheckpoint>>,
    /// What the last look found.
    status: Option<SourceStatus>,
    problems: Vec<Problem>,
    /// While all that could not be read is looked at again: what still cannot.
    still_unread: Option<HashSet<String>>,
}

impl SeenTree {
    /// Reads what is new below a data folder, if it has message files.
    pub fn sync(&mut self, data_dir: &Path, context: &mut Context) -> Result<(), LedgerError> {
        let is_due = !(0..LOOK_MS).contains(&(context.now_ms - self.looked_ms));
        if is_due || context.depth == Depth::Thorough {
            self.problems.clear();
            self.look(data_dir, context)?;
            self.looked_ms = context.now_ms;
        }
        if let Some(status) = &self.status {
            context
                .report
                .problems
                .extend(context.ledger.unread(&source_path(data_dir))?);
            context.report.sources.push(status.clone());
        }
        context
            .report
            .problems
            .extend(self.problems.iter().cloned());
        Ok(())
    }

    fn look(&mut self, data_dir: &Path, context: &mut Context) -> Result<(), LedgerError> {
        match Tree::open(data_dir) {
            Ok(Some(tree)) => self.read(&tree, context),
            Ok(None) => {
                self.status = None;
                Ok(())
            }
            Err(problem) => {
                self.problems.push(problem);
                Ok(())
            }
        }
    }

    fn read(&mut self, tree: &Tree, context: &mut Context) -> Result<(), LedgerError> {
        let path = source_path(tree.path());
        if self.folders.is_none() {
            self.folders = Some(context.ledger.folders(&path)?);
        }
        let listing = tree.message_dirs();
        self.problems.extend(listing.problems);
        let mut checkpoint = Checkpoint {
            sessions: listing.dirs.len() as u64,
            newest_ms: context
                .ledger
                .checkpoint(&path)?
                .and_then(|known| known.newest_ms),
            path,
            generation: GENERATION.into(),
            read_ms: context.now_ms,
            ..Checkpoint::default()
        };
        match tree.projects() {
            Ok(projects) => context.write(&Batch {
                projects: &projects,
                ..Batch::default()
            })?,
            Err(problem) => self.problems.push(problem),
        }
        let doubted = match context.depth {
            Depth::Quick => Vec::new(),
            Depth::Thorough => context.ledger.unread_ids(&checkpoint.path)?,
        };
        self.still_unread = (!doubted.is_empty()).then(HashSet::new);
        let is_complete = self.read_folders(tree, &listing.dirs, &mut checkpoint, context)?;
        if is_complete && self.problems.is_empty() {
            self.forget(doubted, &checkpoint, context)?;
        }
        self.status = Some(self.status_of(tree, &checkpoint, is_complete));
        Ok(())
    }

    /// Forgets what was mended or deleted of what could not be read.
    fn forget(
        &mut self,
        mut doubted: Vec<String>,
        checkpoint: &Checkpoint,
        context: &mut Context,
    ) -> Result<(), LedgerError> {
        let still_unread = self.still_unread.take().unwrap_or_default();
        doubted.retain(|id| !still_unread.contains(id));
        context.write(&Batch {
            checkpoint: Some(checkpoint),
            settled: &doubted,
            ..Batch::default()
        })
    }

    /// False if the user stopped it.
    fn read_folders(
        &mut self,
        tree: &Tree,
        dirs: &[MessageDir],
        checkpoint: &mut Checkpoint,
        context: &mut Context,
    ) -> Result<bool, LedgerError> {
        for dir in dirs {
            match self.read_folder(tree, dir, checkpoint, context)? {
                Ok(true) => {}
                Ok(false) => continue,
                Err(problem) => self.problems.push(problem),
            }
            let messages_read = context.report.messages_read;
            let progress = Progress {
                messages_read,
                messages: messages_read,
            };
            if !(context.on_progress)(progress) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether there was anything to read. The inner error is the folder's own problem.
    fn read_folder(
        &mut self,
        tree: &Tree,
        dir: &MessageDir,
        checkpoint: &mut Checkpoint,
        context: &mut Context,
    ) -> Result<Result<bool, Problem>, LedgerError> {
        let path = dir.path.display().to_string();
        let known = self.folders.get_or_insert_default().get(&path);
        let is_doubted =
            |known: &&FolderCheckpoint| self.still_unread.is_some() && known.unsettled > 0;
        let known = known.filter(|known| !is_doubted(known));
        match is_unchanged(tree, dir, known, context.depth) {
            Ok(true) => return Ok(Ok(false)),
            Ok(false) => {}
            Err(problem) => return Ok(Err(problem)),
        }
        let found = match tree.read(dir, None) {
            Ok(found) => found,
            Err(problem) => return Ok(Err(problem)),
        };
        let session = match tree.session(dir) {
            Ok(session) => session,
            Err(problem) => return Ok(Err(problem)),
        };
        let folder = folder_checkpoint(path, dir, &found);
        checkpoint.newest_ms = found
            .rows
            .steps
            .iter()
            .map(|step| step.created_ms)
            .max()
            .max(checkpoint.newest_ms);
        context.report.messages_read += found.rows.read;
        let unread = found.rows.unread;
        if let Some(still_unread) = &mut self.still_unread {
            still_unread.extend(unread.iter().map(|row| row.id.clone()));
        }
        let steps = judged(
            context.price(found.rows.steps, Authority::Json),
            &found.cost_notes,
        );
        context.write(&Batch {
            sessions: session.as_slice(),
            steps: &steps,
            unread: &unread,
            checkpoint: Some(checkpoint),
            folder: Some(&folder),
            ..Batch::default()
        })?;
        self.folders
            .get_or_insert_default()
            .insert(folder.path.clone(), folder);
        Ok(Ok(true))
    }

    fn status_of(&self, tree: &Tree, checkpoint: &Checkpoint, is_complete: bool) -> SourceStatus {
        let folders = self.folders.iter().flat_map(HashMap::values);
        SourceStatus {
            path: source_path(tree.path()).into(),
            generation: GENERATION,
            is_current: is_complete && self.problems.is_empty(),
            messages: folders.map(|folder| folder.files).sum(),
            sessions: checkpoint.sessions,
            newest_ms: checkpoint.newest_ms,
            read_ms: Some(checkpoint.read_ms),
        }
    }
}

/// The name of the tree in the ledger and in statuses; not the data folder, which may hold databases too.
fn source_path(data_dir: &Path) -> String {
    data_dir.join("storage").display().to_string()
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

fn folder_checkpoint(path: String, dir: &MessageDir, found: &FolderRows) -> FolderCheckpoint {
    FolderCheckpoint {
        path,
        modified_ns: dir.modified_ns,
        files: found.stamp.files,
        newest_ns: found.stamp.newest_ns,
        digest: found.stamp.digest,
        unsettled: found.unsettled,
    }
}

/// Marks wrong costs, and the steps of messages that held several.
fn judged(mut steps: Vec<PricedStep>, notes: &[(String, CostNote)]) -> Vec<PricedStep> {
    let parted = parted_messages(steps.iter().map(|priced| priced.step.id.as_str()));
    for priced in &mut steps {
        let id = &priced.step.id;
        priced.cost_note = notes
            .iter()
            .find(|(noted, _)| noted == id)
            .map(|(_, note)| *note);
        priced.authority = json_authority(id, &parted);
    }
    steps
}

/// The messages that held several steps, from the ids of a folder's steps.
pub(crate) fn parted_messages<'s>(step_ids: impl Iterator<Item = &'s str>) -> HashSet<String> {
    step_ids
        .filter_map(|id| id.split_once('#').map(|(message, _)| message.to_owned()))
        .collect()
}

/// Whose figures those of a step in a message file are.
pub(crate) fn json_authority(step_id: &str, parted: &HashSet<String>) -> Authority {
    if step_id.contains('#') || parted.contains(step_id) {
        Authority::JsonPart
    } else {
        Authority::Json
    }
}
