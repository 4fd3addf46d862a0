// SPDX-License-Identifier: GPL-3.0-or-later
//! The messages of one folder, and the finished steps among the parts of those that need them.

use std::collections::{BTreeMap, HashSet};

use super::file::{Look, Reader};
use super::folder::{Folder, Stamp, Stamper, stem};
use super::load::Tree;
use super::look::look_at_parts;
use super::message::{Message, Part};
use super::paths::{MessageDir, Store};
use crate::model::Problem;
use crate::source::figures::{Unreadable, written};
use crate::source::{Rows, Unread};

/// What one message folder held.
#[derive(Debug, Default)]
pub struct FolderRows {
    /// Steps and unread messages; `read` counts the files that were opened, `updated_ms` is the time of
    /// the newest, `last_rowid` has no meaning here.
    pub rows: Rows,
    /// The folder as it was, each file before it was read: a later write changes the next stamp.
    pub stamp: Stamp,
    /// Answers that were still being written, and unread messages: while there are any, a file may
    /// change without [`MessageDir::modified_ns`] moving.
    pub unsettled: u64,
}

impl Tree {
    /// Reads the messages of a folder that were written at or after `since_ns`, the
    /// [`Stamp::newest_ns`] of an earlier reading, or all of them. Files whose time went back, as after
    /// restoring a backup, are found by reading all.
    ///
    /// # Errors
    /// See [`Self::stamp`]. Messages that cannot be read are in [`Rows::unread`] instead.
    pub fn read(&self, dir: &MessageDir, since_ns: Option<i64>) -> Result<FolderRows, Problem> {
        self.read_with(self.reader(), dir, since_ns)
    }

    /// The same in a folder that OpenCode writes to right now: a torn file is not waited for, since its
    /// next write is told.
    ///
    /// # Errors
    /// See [`Self::read`].
    pub fn read_hastily(
        &self,
        dir: &MessageDir,
        since_ns: Option<i64>,
    ) -> Result<FolderRows, Problem> {
        self.read_with(Reader::hasty(), dir, since_ns)
    }

    fn read_with(
        &self,
        reader: Reader,
        dir: &MessageDir,
        since_ns: Option<i64>,
    ) -> Result<FolderRows, Problem> {
        let Some(folder) = Folder::open(&dir.path())? else {
            return Ok(FolderRows::default());
        };
        let mut found = FolderRows::default();
        let mut reading = Reading {
            dir,
            part_stores: self.part_stores(&dir.session_id),
            reader,
            strays: HashSet::new(),
            written_ms: None,
            found: &mut found,
        };
        let parts = self.part_folders(&dir.session_id);
        let mut stamper = Stamper::default();
        for name in &folder.names {
            look_at_parts(&parts, name, &mut stamper);
            let look = match since_ns.and_then(|since_ns| Some((since_ns, folder.look(name)?))) {
                Some((since_ns, look)) if look.modified_ns < since_ns => Some(look),
                _ => reading.message(&folder, name),
            };
            stamper.add(name, look);
        }
        found.stamp = stamper.finish();
        Ok(found)
    }
}

/// What reading the messages of one folder needs.
struct Reading<'a> {
    dir: &'a MessageDir,
    part_stores: Vec<&'a Store>,
    reader: Reader,
    /// The ids of messages in files of other names.
    strays: HashSet<String>,
    /// When the message that is being read, or a part of it, was last written, Unix milliseconds.
    written_ms: Option<i64>,
    found: &'a mut FolderRows,
}

impl Reading<'_> {
    /// How the file looked before it was read.
    fn message(&mut self, folder: &Folder, name: &str) -> Option<Look> {
        let outcome = self.reader.read::<Message>(&folder.fd, name)?;
        self.written_ms = outcome.look.map(|look| look.modified_ns / 1_000_000);
        let modified_ms = self.written_ms.unwrap_or(0);
        let rows = &mut self.found.rows;
        rows.read += 1;
        rows.updated_ms = rows.updated_ms.max(modified_ms);
        let stem = stem(name);
        match outcome.value {
            Ok(message) if self.is_repeated(folder, stem, &message) => {
                let what = "its id is that of another message of the session".into();
                self.unread(stem.into(), ("duplicate_id", what));
            }
            Ok(message) => self.take(stem, message),
            Err(unreadable) => self.unread(stem.into(), unreadable),
        }
        outcome.look
    }

    /// Whether another file of the folder has this message's name, or had its id before.
    fn is_repeated(&mut self, folder: &Folder, stem: &str, message: &Message) -> bool {
        let Some(id) = message.id.as_deref().filter(|id| *id != stem) else {
            return false;
        };
        let name = format!("{id}.json");
        folder.names.binary_search(&name).is_ok() || !self.strays.insert(id.into())
    }

    fn take(&mut self, stem: &str, message: Message) {
        let mut message = message.flat();
        self.found.unsettled += u64::from(message.is_open());
        let id = message.id.take().unwrap_or_else(|| stem.into());
        let parts = if message.may_have_steps() {
            self.finished_steps(&id)
        } else {
            Vec::new()
        };
        let mut steps = match message.steps(id.clone(), &self.dir.session_id, &parts) {
            Ok(steps) => steps,
            Err(unreadable) => return self.unread(id, unreadable),
        };
        for step in &mut steps {
            step.updated_ms = written(self.written_ms);
        }
        self.found.rows.steps.extend(steps);
    }

    fn unread(&mut self, id: String, (code, what): Unreadable) {
        self.found.unsettled += 1;
        self.found.rows.unread.push(Unread { id, code, what });
    }

    /// The `step-finish` parts of a message, in the order of their ids, which is that of time. The same
    /// part in two stores counts once; one that cannot be read is unread under the step's id.
    fn finished_steps(&mut self, message_id: &str) -> Vec<(String, Part)> {
        let mut steps = BTreeMap::new();
        let mut broken = BTreeMap::new();
        for store in self.part_stores.clone() {
            let path = store.parts(&self.dir.session_id, message_id);
            let folder = match Folder::open(&path) {
                Ok(Some(folder)) => folder,
                Ok(None) => continue,
                Err(problem) => {
                    self.unread(message_id.into(), ("no_access", problem.to_string()));
                    continue;
                }
            };
            for name in &folder.names {
                let part_id = stem(name);
                if steps.contains_key(part_id) {
                    continue;
                }
                let part = self.reader.read::<Part>(&folder.fd, name);
                let look = part.as_ref().and_then(|part| part.look);
                let part_ms = look.map(|look| look.modified_ns / 1_000_000);
                self.written_ms = self.written_ms.max(part_ms);
                match part.map(|part| part.value) {
                    Some(Ok(part)) => {
                        broken.remove(part_id);
                        steps.insert(part_id.to_owned(), part);
                    }
                    Some(Err(unreadable)) => {
                        broken.insert(part_id.to_owned(), unreadable);
                    }
                    None => {}
                }
            }
        }
        for (part_id, unreadable) in broken {
            self.unread(format!("{message_id}#{part_id}"), unreadable);
        }
        steps.retain(|_, part| part.is_finished_step());
        steps.into_iter().collect()
    }
}
