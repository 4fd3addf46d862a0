// SPDX-License-Identifier: GPL-3.0-or-later
//! The tree of a data folder and the few questions that the ledger has for it.
//!
//! A question reads one folder of messages at a time, so that memory does not grow with the history.

use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, statat};

use super::file::{Look, Reader};
use super::folder::{Folder, Stamp, Stamper};
use super::names::{SessionFile, projects};
use super::parse::{Folders, Message, Part};
use super::paths::{Layout, Listing, MessageDir, Names, Store, list, open_folder};
use crate::model::{Problem, Project, Session};
use crate::source::figures::{Unreadable, instant};
use crate::source::{Rows, Unread, VersionSeen, versions};

/// The JSON files of one data folder. Nothing is kept open; make a new one to see new stores.
#[derive(Debug)]
pub struct Tree {
    data_dir: PathBuf,
    pub(super) stores: Vec<Store>,
    problems: Vec<Problem>,
    is_waiting: bool,
}

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
    /// The tree of a data folder; `None` where it has no messages as files.
    ///
    /// # Errors
    /// A [`Problem`] that says why the folder cannot be looked at.
    pub fn open(data_dir: &Path) -> Result<Option<Self>, Problem> {
        let (mut stores, mut problems) = match Store::per_project(data_dir) {
            Ok(stores) => (stores, Vec::new()),
            Err(problem) => (Vec::new(), vec![problem]),
        };
        stores.extend(Store::global(data_dir));
        if stores.is_empty() {
            return problems.pop().map_or(Ok(None), Err);
        }
        Ok(Some(Self {
            data_dir: data_dir.into(),
            stores,
            problems,
            is_waiting: true,
        }))
    }

    /// The same, but a message that is broken is not waited for: nobody is writing.
    pub fn without_waiting(self) -> Self {
        Self {
            is_waiting: false,
            ..self
        }
    }

    fn reader(&self) -> Reader {
        if self.is_waiting {
            Reader::default()
        } else {
            Reader::hasty()
        }
    }

    /// The data folder.
    pub fn path(&self) -> &Path {
        &self.data_dir
    }

    /// The message folders of all sessions: one look per session, no file is opened.
    pub fn message_dirs(&self) -> Listing {
        let mut listing = Listing {
            problems: self.problems.clone(),
            ..Listing::default()
        };
        for store in &self.stores {
            store.list_messages(&mut listing);
        }
        listing
    }

    /// How a listing and the files of the projects look: the same digest means that no message folder and no
    /// project has come, gone or changed. `None` where something could not be looked at. Another build of this
    /// program may make another one.
    pub fn look(&self, listing: &Listing) -> Option<String> {
        let mut digest = DefaultHasher::new();
        for dir in &listing.dirs {
            (dir.path.as_os_str(), dir.modified_ns).hash(&mut digest);
        }
        for store in self.stores.iter().filter(|store| store.slug.is_none()) {
            // Without the folder there are no projects: that is a look, too.
            let Ok(Names { fd, names }) = Names::of(&store.root.join("project")) else {
                continue;
            };
            for name in names {
                let look = Look::of(&statat(&fd, &name, AtFlags::empty()).ok()?);
                (name, look.modified_ns, look.bytes).hash(&mut digest);
            }
        }
        let digest = digest.finish();
        listing
            .problems
            .is_empty()
            .then(|| format!("{digest:016x}"))
    }

    /// The message folder at a path; `None` where there is none.
    pub fn message_dir(&self, path: &Path) -> Option<MessageDir> {
        let mut stores = self.stores.iter();
        stores.find_map(|store| store.message_dir(path))
    }

    /// What a folder looks like now.
    ///
    /// # Errors
    /// A [`Problem`] that says why it cannot be looked at; the same for every question below. A folder
    /// that has gone is empty.
    pub fn stamp(&self, dir: &MessageDir) -> Result<Stamp, Problem> {
        let Some(folder) = Folder::open(&dir.path)? else {
            return Ok(Stamp::default());
        };
        let parts = self.part_folders(&dir.session_id);
        let mut stamper = Stamper::default();
        for name in &folder.names {
            look_at_parts(&parts, name, &mut stamper);
            stamper.add(name, folder.look(name));
        }
        Ok(stamper.finish())
    }

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
        let Some(folder) = Folder::open(&dir.path)? else {
            return Ok(FolderRows::default());
        };
        let mut found = FolderRows::default();
        let mut reading = Reading {
            dir,
            part_stores: self.part_stores(&dir.session_id),
            reader,
            strays: HashSet::new(),
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

    /// The session of a message folder; `None` where its file is missing or broken.
    ///
    /// # Errors
    /// See [`Self::stamp`].
    pub fn session(&self, dir: &MessageDir) -> Result<Option<Session>, Problem> {
        let of_dir = |store: &&Store| dir.path.starts_with(&store.root);
        let Some(store) = self.stores.iter().find(of_dir) else {
            return Ok(None);
        };
        let Some(file) = self.session_file(store, &dir.session_id)? else {
            return Ok(None);
        };
        let Some(created_ms) = instant(file.time.created, "time.created").ok().flatten() else {
            return Ok(None);
        };
        let directory = match file.directory {
            None if store.layout == Layout::PerProject => {
                self.folders(&dir.path)?.and_then(|folders| folders.cwd)
            }
            directory => directory,
        };
        Ok(Some(Session {
            id: dir.session_id.clone(),
            parent_id: file.parent_id,
            project_id: file.project_id.or_else(|| store.slug.clone()),
            directory,
            agent: None,
            created_ms,
            archived_ms: instant(file.time.archived, "time.archived").ok().flatten(),
        }))
    }

    /// Which versions of OpenCode began the sessions in it, the oldest first. Opens every session's file.
    ///
    /// # Errors
    /// See [`Self::stamp`].
    pub fn versions(&self) -> Result<Vec<VersionSeen>, Problem> {
        let mut sessions = BTreeMap::new();
        for dir in self.message_dirs().dirs {
            for store in &self.stores {
                if let Some(file) = self.session_file(store, &dir.session_id)? {
                    sessions.insert(dir.session_id.clone(), file.version);
                    break;
                }
            }
            sessions.entry(dir.session_id).or_default();
        }
        Ok(versions::counted(sessions.into_values()))
    }

    /// The title that the user sees, for the user's own screen.
    ///
    /// # Errors
    /// See [`Self::stamp`].
    pub fn title(&self, session_id: &str) -> Result<Option<String>, Problem> {
        for store in self.stores.iter().rev() {
            let file = self.session_file(store, session_id)?;
            if let Some(title) = file.and_then(|file| file.title) {
                return Ok(Some(title));
            }
        }
        Ok(None)
    }

    /// All projects. Those of 0.1 and 0.5 have their folder's name for an id.
    ///
    /// # Errors
    /// See [`Self::stamp`].
    pub fn projects(&self) -> Result<Vec<Project>, Problem> {
        let mut found = Vec::new();
        for store in &self.stores {
            match &store.slug {
                Some(slug) => found.extend(self.old_project(store, slug)?),
                None => found.extend(projects(&store.root.join("project"))?),
            }
        }
        Ok(found)
    }

    fn old_project(&self, store: &Store, slug: &str) -> Result<Option<Project>, Problem> {
        for session_id in list(&store.messages())? {
            let folders = self.folders(&store.messages().join(session_id))?;
            if let Some(worktree) = folders.and_then(|folders| folders.root) {
                return Ok(Some(Project {
                    id: slug.into(),
                    worktree,
                    name: None,
                }));
            }
        }
        Ok(None)
    }

    /// Where the first answer in a folder was written.
    fn folders(&self, messages: &Path) -> Result<Option<Folders>, Problem> {
        let Some(folder) = Folder::open(messages)? else {
            return Ok(None);
        };
        let mut reader = self.reader();
        let mut folders = folder.names.iter().filter_map(|name| {
            let message = reader.value::<Message>(&folder.fd, name)?;
            message.flat().folders()
        });
        Ok(folders.next())
    }

    fn session_file(&self, store: &Store, id: &str) -> Result<Option<SessionFile>, Problem> {
        let Some(path) = store.session(id)? else {
            return Ok(None);
        };
        let file = self
            .reader()
            .value::<SessionFile>(&CWD, &path.to_string_lossy());
        Ok(file.filter(|file| file.id.as_deref().is_none_or(|found| found == id)))
    }

    /// The stores that may hold parts of a session's messages: an upgrade copies them one by one, so
    /// that a message may be in one store and its parts in another.
    pub(super) fn part_stores(&self, session_id: &str) -> Vec<&Store> {
        let knows = |store: &&Store| {
            store.layout == Layout::Global || store.messages().join(session_id).is_dir()
        };
        self.stores.iter().filter(knows).collect()
    }

    /// The folders that have one folder of parts per message, where they can be opened.
    fn part_folders(&self, session_id: &str) -> Vec<Option<OwnedFd>> {
        let stores = self.part_stores(session_id).into_iter();
        let open = |store: &Store| open_folder(&store.all_parts(session_id)).ok();
        stores.map(open).collect()
    }
}

/// Adds when the parts of the message in the file `name` were last added or replaced.
fn look_at_parts(folders: &[Option<OwnedFd>], name: &str, stamper: &mut Stamper) {
    let message = name.trim_end_matches(".json");
    for folder in folders {
        let stat = folder
            .as_ref()
            .and_then(|folder| statat(folder, message, AtFlags::empty()).ok());
        stamper.add_parts(stat.map_or(0, |stat| Look::of(&stat).modified_ns));
    }
}

/// What reading the messages of one folder needs.
struct Reading<'a> {
    dir: &'a MessageDir,
    part_stores: Vec<&'a Store>,
    reader: Reader,
    /// The ids of messages in files of other names.
    strays: HashSet<String>,
    found: &'a mut FolderRows,
}

impl Reading<'_> {
    /// How the file looked before it was read.
    fn message(&mut self, folder: &Folder, name: &str) -> Option<Look> {
        let outcome = self.reader.read::<Message>(&folder.fd, name)?;
        let modified_ms = outcome.look.map_or(0, |look| look.modified_ns / 1_000_000);
        let rows = &mut self.found.rows;
        rows.read += 1;
        rows.updated_ms = rows.updated_ms.max(modified_ms);
        let stem = name.trim_end_matches(".json");
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
        let message = message.flat();
        self.found.unsettled += u64::from(message.is_open());
        let id = message.id.clone().unwrap_or_else(|| stem.into());
        let parts = if message.may_have_steps() {
            self.finished_steps(&id)
        } else {
            Vec::new()
        };
        let steps = match message.steps(&id, &self.dir.session_id, &parts) {
            Ok(steps) => steps,
            Err(unreadable) => return self.unread(id, unreadable),
        };
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
                let part_id = name.trim_end_matches(".json");
                if steps.contains_key(part_id) {
                    continue;
                }
                match self
                    .reader
                    .read::<Part>(&folder.fd, name)
                    .map(|part| part.value)
                {
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
