// SPDX-License-Identifier: GPL-3.0-or-later
//! Brings the ledger up to date with the message files of OpenCode 0.1 to 1.1.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::compare::{PAGE, compare};
use super::folders::{Found, FoundFolders, look, there};
use super::in_order::{Crew, in_order};
use super::{Context, Depth, Progress, SourceStatus};
use crate::ledger::{Batch, Checkpoint, FolderCheckpoint, LedgerError};
use crate::model::{Authority, Problem};
use crate::source::opencode_json::{Files, GENERATION, MessageDir, Tree, latest, message_parents};

/// OpenCode has not written such files since 1.2, and folders that it writes to are touched: a quick sync
/// looks at all of them no more often than this, milliseconds.
const LOOK_MS: i64 = 30_000;

/// Who reads the folders of a long history. What is read ahead costs memory.
const READERS: Crew = Crew {
    helpers: 1,
    room: 600,
};

/// How so many folders looked is known at once: a long history has tens of thousands.
const PAGE_FOLDERS: usize = 500;

/// What one process remembers of a tree between syncs.
#[derive(Debug, Default)]
pub(super) struct SeenTree {
    /// When it was last looked at, Unix milliseconds.
    looked_ms: i64,
    /// What the last look found.
    pub(super) status: Option<SourceStatus>,
    problems: Vec<Problem>,
    /// Whether the last thorough look could tell what is there and what is not.
    is_readable: bool,
    /// Sessions whose store was not there then.
    away: HashSet<String>,
    /// While all that could not be read is looked at again: what still cannot.
    still_unread: Option<HashSet<String>>,
    /// Message folders that were written to, and when that was heard of, Unix milliseconds; `None` for
    /// those that no sync has seen yet.
    pub(super) touched: BTreeMap<PathBuf, Option<i64>>,
    /// The folders that tell when a message file changes; those of sessions newest first.
    pub(super) parents: Vec<PathBuf>,
    pub(super) latest: Vec<PathBuf>,
}

impl SeenTree {
    /// Reads what is new below a data folder, if it has message files.
    pub fn sync(&mut self, data_dir: &Path, context: &mut Context) -> Result<(), LedgerError> {
        self.read_touched(data_dir, context)?;
        let is_due = !(0..LOOK_MS).contains(&(context.now_ms - self.looked_ms));
        if is_due || context.depth == Depth::Thorough {
            self.problems.clear();
            self.parents = message_parents(data_dir);
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
        let report = &mut *context.report;
        report.problems.extend(self.problems.iter().cloned());
        let folders = self.parents.iter().chain(&self.latest).cloned();
        report.message_folders.extend(folders);
        Ok(())
    }

    /// Whether it can tell what is there and what is not.
    pub fn is_readable(&self) -> bool {
        self.is_readable
    }

    /// Whether it can tell that for the source of this name.
    pub fn answers_for(&self, data_dir: &Path, key: &str) -> bool {
        self.is_readable && source_path(data_dir) == key
    }

    /// The files of a session; `None` where that cannot be told.
    pub fn files(&self, data_dir: &Path, session_id: &str) -> Option<Files> {
        if self.away.contains(session_id) {
            return None;
        }
        Tree::open(data_dir).ok()??.files(session_id).ok()
    }

    fn look(&mut self, data_dir: &Path, context: &mut Context) -> Result<(), LedgerError> {
        match Tree::open(data_dir) {
            Ok(Some(tree)) => self.read(&tree, context),
            Ok(None) => {
                self.status = None;
                self.is_readable = false;
                self.latest.clear();
                Ok(())
            }
            Err(problem) => {
                self.problems.push(problem);
                self.is_readable = false;
                Ok(())
            }
        }
    }

    fn read(&mut self, tree: &Tree, context: &mut Context) -> Result<(), LedgerError> {
        let path = source_path(tree.path());
        let listing = tree.message_dirs();
        self.latest = latest(&listing.dirs);
        let (look, known) = (tree.look(&listing), context.ledger.checkpoint(&path)?);
        if let Some(known) = known
            .as_ref()
            .filter(|known| may_skip(known, &look, context))
        {
            self.status = Some(status(known, true));
            return Ok(());
        }
        self.problems.extend(listing.problems);
        let mut checkpoint = Checkpoint {
            sessions: listing.dirs.len() as u64,
            newest_ms: known.as_ref().and_then(|known| known.newest_ms),
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
        if known.is_none() {
            context.write(&Batch {
                checkpoint: Some(&checkpoint),
                ..Batch::default()
            })?;
        }
        let doubted = match context.depth {
            Depth::Quick => Vec::new(),
            Depth::Thorough => context.ledger.unread_ids(&checkpoint.path)?,
        };
        self.still_unread = (!doubted.is_empty()).then(HashSet::new);
        let is_complete = self.read_folders(tree, &listing.dirs, &mut checkpoint, context)?;
        if is_complete && context.depth == Depth::Thorough {
            self.forget(doubted, &checkpoint, context)?;
            self.compare(&checkpoint.path, &listing.dirs, context)?;
        }
        let (messages, is_unsettled) = context.ledger.files_in_folders(&checkpoint.path)?;
        checkpoint.messages = messages;
        let is_current = is_complete && self.problems.is_empty();
        if is_current && !is_unsettled {
            checkpoint.stamp = look;
            if known.is_none_or(|known| known.stamp != checkpoint.stamp) {
                context.write(&Batch {
                    checkpoint: Some(&checkpoint),
                    ..Batch::default()
                })?;
            }
        }
        self.status = Some(status(&checkpoint, is_current));
        Ok(())
    }

    /// Notes the sessions whose folders have gone. A store that is not there, and one without a single
    /// session, may be on a disk that is not mounted: nothing of it is taken for gone.
    fn compare(
        &mut self,
        key: &str,
        dirs: &[MessageDir],
        context: &mut Context,
    ) -> Result<(), LedgerError> {
        self.is_readable = !dirs.is_empty() && self.problems.is_empty();
        if !self.is_readable {
            return Ok(());
        }
        let listed: HashSet<(&Path, &str)> = dirs.iter().map(place).collect();
        let is_listed = |path: &str| {
            let path = Path::new(path);
            let name = path.file_name().and_then(|name| name.to_str());
            let place = path.parent().zip(name);
            place.is_some_and(|place| listed.contains(&place))
        };
        let unlisted = context.ledger.folders_without(key, is_listed)?;
        let unlisted = unlisted.into_iter().map(PathBuf::from);
        let (gone, away): (Vec<_>, Vec<_>) = unlisted.partition(|path| has_store(path));
        for path in &gone {
            context.ledger.raise_doubt(&session_of(path))?;
            context.ledger.forget_folder(&path.display().to_string())?;
        }
        self.away = away.iter().map(|path| session_of(path)).collect();
        let mut sessions: Vec<&str> = dirs.iter().map(|dir| &*dir.session_id).collect();
        sessions.sort_unstable();
        sessions.dedup();
        let page_after = |after: &str| {
            let start = sessions.partition_point(|id| *id <= after);
            Ok(sessions[start..]
                .iter()
                .take(PAGE)
                .map(|id| there(id))
                .collect())
        };
        // A list that is there already cannot fail.
        let _ = compare(key, page_after, |id| self.away.contains(id), context)?;
        Ok(())
    }

    /// Forgets what was mended or deleted of what could not be read.
    fn forget(
        &mut self,
        mut doubted: Vec<String>,
        checkpoint: &Checkpoint,
        context: &mut Context,
    ) -> Result<(), LedgerError> {
        let Some(still_unread) = self.still_unread.take() else {
            return Ok(());
        };
        if !self.problems.is_empty() {
            return Ok(());
        }
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
        if !context.ledger.has_folders(&checkpoint.path)? {
            return self.fill(tree, dirs, checkpoint, context);
        }
        let (depth, is_doubting) = (context.depth, self.still_unread.is_some());
        let is_doubted = |folder: &FolderCheckpoint| is_doubting && folder.unsettled > 0;
        for page in dirs.chunks(PAGE_FOLDERS) {
            let known = known_of(page, &checkpoint.path, context)?;
            let look_at = |dir: &MessageDir| {
                let known = known.get(&dir.path().display().to_string());
                look(tree, dir, known, known.is_some_and(is_doubted), depth).transpose()
            };
            if !self.record_all(&mut page.iter().filter_map(look_at), checkpoint, context)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Reads folders of which nothing is known yet. Opening files is most of the work: several threads do it.
    fn fill(
        &mut self,
        tree: &Tree,
        dirs: &[MessageDir],
        checkpoint: &mut Checkpoint,
        context: &mut Context,
    ) -> Result<bool, LedgerError> {
        let depth = context.depth;
        context.ledger.begin_filling()?;
        context.ledger.gather()?;
        let outcome = in_order(
            dirs,
            READERS,
            |dir| look(tree, dir, None, false, depth).transpose(),
            |found| found.as_ref().map_or(1, |found| found.messages().max(1)),
            |found| self.record_all(found, checkpoint, context),
        );
        context.ledger.flush()?;
        outcome
    }

    /// Records what was found, some folders at a time: false if the user stopped it.
    fn record_all(
        &mut self,
        looks: &mut dyn Iterator<Item = Result<Found, Problem>>,
        checkpoint: &mut Checkpoint,
        context: &mut Context,
    ) -> Result<bool, LedgerError> {
        let mut found = FoundFolders::default();
        let mut goes_on = true;
        for look in looks {
            match look {
                Ok(folder) => {
                    if let Some(still_unread) = &mut self.still_unread {
                        still_unread.extend(folder.unread_ids());
                    }
                    found.add(folder, checkpoint, context)?;
                }
                Err(problem) => self.problems.push(problem),
            }
            if found.is_much() {
                std::mem::take(&mut found).record(checkpoint, context)?;
            }
            let messages_read = context.report.messages_read;
            let progress = Progress {
                messages_read,
                messages: messages_read,
            };
            goes_on = (context.on_progress)(progress);
            if !goes_on {
                break;
            }
        }
        found.record(checkpoint, context)?;
        Ok(goes_on)
    }
}

/// Whether nothing has changed since some process had read everything: then nobody need know how each folder
/// looked.
fn may_skip(known: &Checkpoint, look: &Option<String>, context: &Context) -> bool {
    let is_same = look.is_some() && *look == known.stamp;
    is_same && context.depth == Depth::Quick
}

/// How some folders looked when they were last read, by path.
fn known_of(
    page: &[MessageDir],
    source: &str,
    context: &Context,
) -> Result<HashMap<String, FolderCheckpoint>, LedgerError> {
    let paths = || page.iter().map(|dir| dir.path().display().to_string());
    let (first, last) = (paths().min(), paths().max());
    let ends = first.as_deref().zip(last.as_deref());
    ends.map_or_else(
        || Ok(HashMap::new()),
        |(first, last)| context.ledger.folders(source, first, last),
    )
}

fn status(checkpoint: &Checkpoint, is_current: bool) -> SourceStatus {
    SourceStatus {
        path: (&checkpoint.path).into(),
        generation: GENERATION,
        is_current,
        messages: checkpoint.messages,
        sessions: checkpoint.sessions,
        newest_ms: checkpoint.newest_ms,
        read_ms: Some(checkpoint.read_ms),
    }
}

fn place(dir: &MessageDir) -> (&Path, &str) {
    (&dir.parent, &dir.session_id)
}

fn session_of(folder: &Path) -> String {
    let name = folder.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// Whether the store of a session's folder is there.
fn has_store(folder: &Path) -> bool {
    folder.parent().is_some_and(Path::is_dir)
}

/// The name of the tree in the ledger and in statuses; not the data folder, which may hold databases too.
pub(super) fn source_path(data_dir: &Path) -> String {
    data_dir.join("storage").display().to_string()
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
