// SPDX-License-Identifier: GPL-3.0-or-later
//! The tree of a data folder and the few questions that the ledger has for it.
//!
//! A question reads one folder of messages at a time, so that memory does not grow with the history.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rustix::fs::CWD;

use super::file::Reader;
use super::folder::{Folder, Stamp, Stamper};
use super::look::look_at_parts;
use super::names::{Folders, Located, SessionFile, projects};
use super::paths::{Layout, Listing, MessageDir, Store, list};
use crate::model::{Problem, Project, Session};
use crate::source::figures::instant;
use crate::source::{VersionSeen, versions};

/// The JSON files of one data folder. Nothing is kept open; make a new one to see new stores.
#[derive(Debug)]
pub struct Tree {
    data_dir: PathBuf,
    pub(super) stores: Vec<Store>,
    problems: Vec<Problem>,
    is_waiting: bool,
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

    pub(super) fn reader(&self) -> Reader {
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
        let Some(folder) = Folder::open(&dir.path())? else {
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

    /// The session of a message folder; `None` where its file is missing or broken.
    ///
    /// # Errors
    /// See [`Self::stamp`].
    pub fn session(&self, dir: &MessageDir) -> Result<Option<Session>, Problem> {
        let of_dir = |store: &&Store| dir.parent.starts_with(&store.root);
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
                self.folders(&dir.path())?.and_then(|folders| folders.cwd)
            }
            directory => directory,
        };
        Ok(Some(Session {
            id: dir.session_id.to_string(),
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
                    sessions.insert(dir.session_id.to_string(), file.version);
                    break;
                }
            }
            sessions.entry(dir.session_id.into()).or_default();
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
            let message = reader.value::<Located>(&folder.fd, name)?;
            message.folders()
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
}
