// SPDX-License-Identifier: GPL-3.0-or-later
//! Where the files of a data folder are.
//!
//! Only fixed depths are listed, so that a symlink that leads back cannot be followed for ever.

use std::fs::Metadata;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, openat, statat};
use rustix::io::Errno;

use super::file::Look;
use crate::model::{Problem, Severity};

/// Which of the two shapes a store has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// `project/<slug>/storage/session/{info,message,part}`: 0.1 and 0.5.
    PerProject,
    /// `storage/{session,message,part,project}`: 1.0 and 1.1.
    Global,
}

/// One folder with sessions in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Store {
    pub layout: Layout,
    /// `project/<slug>/storage/session` or `storage`.
    pub root: PathBuf,
    /// The folder's name, for [`Layout::PerProject`].
    pub slug: Option<String>,
    /// The folders of session files, once they have been asked for.
    session_folders: OnceLock<Vec<PathBuf>>,
}

/// The message folder of one session. A long history has tens of thousands, which are listed at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageDir {
    /// The folder it is in; the same session may have one in each layout.
    pub parent: Arc<Path>,
    /// `ses_...`, the folder's name.
    pub session_id: Box<str>,
    /// The layout it belongs to.
    pub layout: Layout,
    /// When a file was last added or removed, Unix nanoseconds. Rewriting a file does not move it.
    pub modified_ns: i64,
}

impl MessageDir {
    /// Its path.
    pub fn path(&self) -> PathBuf {
        self.parent.join(&*self.session_id)
    }
}

/// The message folders of a tree, and those that could not be listed.
#[derive(Debug, Default)]
pub struct Listing {
    /// Older layouts first, so that what a newer one says of a session comes last.
    pub dirs: Vec<MessageDir>,
    /// What could not be listed.
    pub problems: Vec<Problem>,
}

impl Store {
    /// The store of 1.0 and 1.1, if it has messages.
    pub fn global(data_dir: &Path) -> Option<Self> {
        let root = data_dir.join("storage");
        let store = Self {
            layout: Layout::Global,
            root,
            slug: None,
            session_folders: OnceLock::new(),
        };
        exists(&store.messages()).then_some(store)
    }

    /// The stores of 0.1 and 0.5, sorted.
    pub fn per_project(data_dir: &Path) -> Result<Vec<Self>, Problem> {
        let projects = data_dir.join("project");
        let mut found = Vec::new();
        for entry in list(&projects)? {
            let store = Self {
                layout: Layout::PerProject,
                root: projects.join(&entry).join("storage/session"),
                slug: Some(entry),
                session_folders: OnceLock::new(),
            };
            if exists(&store.messages()) {
                found.push(store);
            }
        }
        Ok(found)
    }

    /// The folder that has one folder of messages per session.
    pub fn messages(&self) -> PathBuf {
        self.root.join("message")
    }

    /// The folder of a message's parts.
    pub fn parts(&self, session_id: &str, message_id: &str) -> PathBuf {
        self.all_parts(session_id).join(message_id)
    }

    /// The folder that has one folder of parts per message.
    pub fn all_parts(&self, session_id: &str) -> PathBuf {
        match self.layout {
            Layout::PerProject => self.root.join("part").join(session_id),
            Layout::Global => self.root.join("part"),
        }
    }

    /// The file of a session, if there is one.
    pub fn session(&self, session_id: &str) -> Result<Option<PathBuf>, Problem> {
        let name = format!("{session_id}.json");
        let file_in = |folders: &[PathBuf]| {
            let mut files = folders.iter().map(|folder| folder.join(&name));
            files.find(|file| exists(file))
        };
        // Listed once for many sessions, and again for one in a folder that has come since.
        if let Some(file) = self.session_folders.get().and_then(|known| file_in(known)) {
            return Ok(Some(file));
        }
        let folders = self.list_session_folders()?;
        let file = file_in(&folders);
        // Fails where it was listed before; that is as good.
        let _ = self.session_folders.set(folders);
        Ok(file)
    }

    /// The folders of session files.
    fn list_session_folders(&self) -> Result<Vec<PathBuf>, Problem> {
        match self.layout {
            Layout::PerProject => Ok(vec![self.root.join("info")]),
            Layout::Global => {
                let projects = self.root.join("session");
                let names = list(&projects)?.into_iter();
                Ok(names.map(|name| projects.join(name)).collect())
            }
        }
    }

    /// The message folder at a path, if that is one of this store's.
    pub fn message_dir(&self, path: &Path) -> Option<MessageDir> {
        let found = std::fs::metadata(path).ok()?;
        let is_ours = found.is_dir() && path.parent() == Some(&self.messages());
        let session_id = path.file_name()?.to_str()?;
        is_ours.then(|| MessageDir {
            parent: self.messages().into(),
            session_id: session_id.into(),
            layout: self.layout,
            modified_ns: modified_ns(&found),
        })
    }

    /// Adds this store's message folders to `listing`.
    pub fn list_messages(&self, listing: &mut Listing) {
        let messages = self.messages();
        let found = Names::of(&messages);
        let Names { fd, names } = match found {
            Ok(found) => found,
            Err(Errno::NOENT | Errno::NOTDIR) => return,
            Err(error) => return listing.problems.push(no_access(&messages, &error.into())),
        };
        listing.dirs.reserve_exact(names.len());
        let parent: Arc<Path> = messages.as_path().into();
        for session_id in names {
            match statat(&fd, &session_id, AtFlags::empty()) {
                Ok(found) if FileType::from_raw_mode(found.st_mode).is_dir() => {
                    listing.dirs.push(MessageDir {
                        parent: Arc::clone(&parent),
                        session_id: session_id.into(),
                        layout: self.layout,
                        modified_ns: Look::of(&found).modified_ns,
                    });
                }
                Ok(_) | Err(Errno::NOENT) => {}
                Err(error) => {
                    let path = messages.join(&session_id);
                    listing.problems.push(no_access(&path, &error.into()));
                }
            }
        }
    }
}

/// An open folder and the names in it, sorted.
pub(super) struct Names {
    pub fd: OwnedFd,
    pub names: Vec<String>,
}

impl Names {
    pub fn of(folder: &Path) -> rustix::io::Result<Self> {
        let fd = open_folder(folder)?;
        let mut names = Vec::new();
        for entry in Dir::read_from(&fd)? {
            // OpenCode's own names are ASCII: anything else is not its file.
            let name = entry?.file_name().to_str().map(str::to_owned);
            names.extend(name.ok().filter(|name| name != "." && name != ".."));
        }
        names.sort_unstable();
        Ok(Self { fd, names })
    }
}

pub(super) fn open_folder(folder: &Path) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    openat(CWD, folder, flags, Mode::empty())
}

/// The names in a folder, sorted; none where it does not exist.
pub(super) fn list(folder: &Path) -> Result<Vec<String>, Problem> {
    let read = || -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            // OpenCode's own names are ASCII: anything else is not its file.
            names.extend(entry?.file_name().into_string());
        }
        names.sort_unstable();
        Ok(names)
    };
    match read() {
        Err(error) if is_absent(&error) => Ok(Vec::new()),
        read => read.map_err(|error| no_access(folder, &error)),
    }
}

/// Whether there is nothing at a path. What exists and cannot be looked at is no absence.
fn exists(path: &Path) -> bool {
    std::fs::metadata(path).map_or_else(|error| !is_absent(&error), |_| true)
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn modified_ns(found: &Metadata) -> i64 {
    nanoseconds(found.mtime(), found.mtime_nsec())
}

/// Seconds and nanoseconds as nanoseconds, saturated in the year 2262.
pub(super) fn nanoseconds(seconds: i64, nanoseconds: i64) -> i64 {
    seconds
        .saturating_mul(1_000_000_000)
        .saturating_add(nanoseconds)
}

/// A folder or file that the system does not let us read.
pub(super) fn no_access(path: &Path, error: &io::Error) -> Problem {
    Problem::new(
        Severity::Error,
        "no_access",
        format!("cannot be opened ({error})"),
        path.display().to_string(),
        "make the file and its folder readable for your user",
    )
}
