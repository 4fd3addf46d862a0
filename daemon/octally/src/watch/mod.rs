// SPDX-License-Identifier: GPL-3.0-or-later
//! Notices that OpenCode wrote something, without looking.
//!
//! One inotify watch per data folder, not recursive, and one for each of the folders that a sync names
//! because message files in them may still change. What counts as a change is decided in
//! `filter`, inside the callback, so that nothing else wakes the runtime. A folder that does not
//! exist is waited for at its nearest existing parent. Where the kernel grants no watch, `poll`
//! stands in; where it only refuses message folders, those are left to the minute's look. Nothing here opens a file.

mod filter;
mod places;
mod poll;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use notify::{ErrorKind, RecommendedWatcher, Watcher};
use octally_core::model::{Problem, Severity};
use octally_core::sync::Origins;
use tokio::sync::Notify;

use filter::Filter;
use places::{Placed, Places};
use poll::Poll;

/// What may have changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A file that is watched.
    Data,
    /// Anything: events were lost, or a folder appeared, went or was replaced.
    Everything,
}

/// What the callback, which runs on notify's own thread, leaves for the runtime.
#[derive(Debug, Default)]
struct Mailbox {
    flags: AtomicU8,
    /// Message folders that were written to.
    touched: Mutex<BTreeSet<PathBuf>>,
    arrived: Notify,
}

impl Mailbox {
    fn put(&self, flags: u8) {
        if flags != 0 && self.flags.fetch_or(flags, Ordering::AcqRel) & flags != flags {
            self.arrived.notify_one();
        }
    }

    fn touch(&self, folders: Vec<PathBuf>) {
        if !folders.is_empty() {
            self.touched().extend(folders);
        }
    }

    /// A set of paths is whole whatever happened to who changed it.
    fn touched(&self) -> MutexGuard<'_, BTreeSet<PathBuf>> {
        self.touched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> u8 {
        self.flags.swap(0, Ordering::AcqRel)
    }
}

/// The watches on all data folders.
#[derive(Debug)]
pub struct Watch {
    watcher: Option<RecommendedWatcher>,
    folders: Vec<PathBuf>,
    /// Where message files may appear or change; the first ones stay, the others a sync has named.
    message_folders: Vec<PathBuf>,
    /// Those that it named.
    named: Vec<PathBuf>,
    places: Places,
    filter: Arc<Filter>,
    mailbox: Arc<Mailbox>,
    /// Set while the kernel grants no watches.
    fallback: Option<(Problem, Poll)>,
    /// Set while it refuses some of the message folders.
    refused: Option<Problem>,
}

impl Watch {
    /// Watches the folders of `origins` from now on. Never fails: see [`Watch::problem`].
    pub fn new(origins: &Origins) -> Self {
        let filter = Arc::new(Filter::new(origins));
        let mut watch = Self {
            watcher: None,
            folders: filter.folders(),
            message_folders: filter.message_folders(),
            named: Vec::new(),
            places: Places::default(),
            filter,
            mailbox: Arc::default(),
            fallback: None,
            refused: None,
        };
        watch.recheck();
        watch
    }

    /// Why changes are seen late, if they are.
    pub fn problem(&self) -> Option<&Problem> {
        let fallback = self.fallback.as_ref().map(|(problem, _)| problem);
        fallback.or(self.refused.as_ref())
    }

    /// From now on also watches the folders that the latest sync named. What is watched for the first time
    /// may have changed in between: it is told as changed.
    pub fn follow(&mut self, message_folders: &[PathBuf]) {
        if self.named == *message_folders || self.fallback.is_some() {
            return;
        }
        self.named = message_folders.into();
        let own = self.filter.message_folders();
        let absolute = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
        let followed = message_folders.iter().map(absolute);
        self.message_folders = own.into_iter().chain(followed).collect();
        let Ok(Placed { added, .. }) = self.place() else {
            return;
        };
        let flags = self.filter.appeared(&added);
        self.mailbox.touch(added);
        self.mailbox.put(flags);
    }

    /// The message folders that were written to since the last time, below the data folders as given.
    pub fn touched(&self) -> Vec<PathBuf> {
        let touched = std::mem::take(&mut *self.mailbox.touched());
        touched
            .iter()
            .map(|folder| self.filter.as_given(folder))
            .collect()
    }

    /// Puts every watch where it belongs now: onto a folder that appeared or was replaced, onto its
    /// parent where it went. Returns whether any had to move. Cheap: one `stat` per folder.
    pub fn recheck(&mut self) -> bool {
        match self.place() {
            Ok(placed) => {
                self.fallback = None;
                placed.moved
            }
            Err(error) => {
                self.fall_back(&error);
                false
            }
        }
    }

    /// Waits for a change. Safe to cancel.
    pub async fn changed(&mut self) -> Change {
        loop {
            self.something_arrived().await;
            let flags = self.mailbox.take();
            if flags & filter::FOLDERS != 0 {
                self.replace();
            }
            if flags & (filter::FOLDERS | filter::LOST) != 0 {
                return Change::Everything;
            }
            if flags & (filter::DATA | filter::MESSAGES) != 0 {
                return Change::Data;
            }
        }
    }

    async fn something_arrived(&mut self) {
        match &mut self.fallback {
            None => self.mailbox.arrived.notified().await,
            Some((_, poll)) => tokio::select! {
                () = self.mailbox.arrived.notified() => {}
                () = poll.changed() => self.mailbox.put(filter::DATA),
            },
        }
    }

    fn place(&mut self) -> notify::Result<Placed> {
        let watcher = match &mut self.watcher {
            Some(watcher) => watcher,
            None => self.watcher.insert(open(&self.filter, &self.mailbox)?),
        };
        let placed = self
            .places
            .place(&self.folders, &self.message_folders, watcher)?;
        let refused = placed.refused.as_ref();
        let refused = refused.map(|(error, count)| message_problem(error, *count));
        if let Some(problem) = refused.as_ref().filter(|_| self.refused.is_none()) {
            tracing::warn!(code = problem.code, "{problem}: {}", problem.remedy);
        }
        self.refused = refused;
        Ok(placed)
    }

    /// A folder that was removed and made again may have the same inode and no watch any more: ask
    /// for all of them anew.
    fn replace(&mut self) {
        if let Some(watcher) = &mut self.watcher {
            self.places.leave(watcher);
        }
        self.recheck();
    }

    fn fall_back(&mut self, error: &notify::Error) {
        if self.fallback.is_none() {
            let problem = problem(error);
            tracing::warn!(code = problem.code, "{problem}: {}", problem.remedy);
            self.fallback = Some((problem, Poll::new(Arc::clone(&self.filter))));
        }
    }
}

fn open(filter: &Arc<Filter>, mailbox: &Arc<Mailbox>) -> notify::Result<RecommendedWatcher> {
    let (filter, mailbox) = (Arc::clone(filter), Arc::clone(mailbox));
    let callback = move |event: notify::Result<notify::Event>| match event {
        Ok(event) => {
            mailbox.touch(filter.touched(&event));
            mailbox.put(filter.flags(&event));
        }
        Err(_) => mailbox.put(filter::LOST),
    };
    RecommendedWatcher::new(callback, notify::Config::default())
}

fn problem(error: &notify::Error) -> Problem {
    let (what, remedy) = cause(error);
    let place = error
        .paths
        .first()
        .map_or_else(|| PathBuf::from("inotify"), PathBuf::clone);
    let instead = format!(
        "{what}; the files are looked at every {} seconds instead",
        poll::PERIOD.as_secs()
    );
    let place = place.display().to_string();
    Problem::new(Severity::Warning, "no_inotify", instead, place, remedy)
}

fn message_problem(error: &notify::Error, folders: usize) -> Problem {
    let (what, remedy) = cause(error);
    let what = format!(
        "{what}; message folders without a watch, looked at once a minute instead: {folders}"
    );
    let place = error
        .paths
        .first()
        .map_or_else(|| "inotify".into(), |path| path.display().to_string());
    Problem::new(Severity::Warning, "few_watches", what, place, remedy)
}

/// What the kernel refused, and what helps.
fn cause(error: &notify::Error) -> (String, String) {
    let raw = match &error.kind {
        ErrorKind::Io(error) => error.raw_os_error(),
        _ => None,
    };
    match &error.kind {
        ErrorKind::MaxFilesWatch => (
            "the kernel grants no more inotify watches".into(),
            "raise fs.inotify.max_user_watches with sysctl".into(),
        ),
        _ if raw == Some(libc::EMFILE) => (
            "the kernel grants no more inotify instances".into(),
            "raise fs.inotify.max_user_instances with sysctl, or the limit of open files".into(),
        ),
        _ => (
            format!("it cannot be watched ({error})"),
            "make it and its parent folder readable".to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests;
