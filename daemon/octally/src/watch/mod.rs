// SPDX-License-Identifier: GPL-3.0-or-later
//! Notices that OpenCode wrote something, without looking.
//!
//! One inotify watch per data folder, not recursive. What counts as a change is decided in
//! `filter`, inside the callback, so that nothing else wakes the runtime. A folder that does not
//! exist is waited for at its nearest existing parent. Where the kernel grants no watch, `poll`
//! stands in. Nothing here opens a file.

mod filter;
mod places;
mod poll;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use notify::{ErrorKind, RecommendedWatcher, Watcher};
use octally_core::model::{Problem, Severity};
use octally_core::sync::Origins;
use tokio::sync::Notify;

use filter::Filter;
use places::Places;
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
    arrived: Notify,
}

impl Mailbox {
    fn put(&self, flags: u8) {
        if flags != 0 && self.flags.fetch_or(flags, Ordering::AcqRel) & flags != flags {
            self.arrived.notify_one();
        }
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
    places: Places,
    filter: Arc<Filter>,
    mailbox: Arc<Mailbox>,
    /// Set while the kernel grants no watches.
    fallback: Option<(Problem, Poll)>,
}

impl Watch {
    /// Watches the folders of `origins` from now on. Never fails: see [`Watch::problem`].
    pub fn new(origins: &Origins) -> Self {
        let filter = Arc::new(Filter::new(origins));
        let mut watch = Self {
            watcher: None,
            folders: filter.folders(),
            places: Places::default(),
            filter,
            mailbox: Arc::default(),
            fallback: None,
        };
        watch.recheck();
        watch
    }

    /// Why changes are seen late, if they are.
    pub fn problem(&self) -> Option<&Problem> {
        self.fallback.as_ref().map(|(problem, _)| problem)
    }

    /// Puts every watch where it belongs now: onto a folder that appeared or was replaced, onto its
    /// parent where it went. Returns whether any had to move. Cheap: one `stat` per folder.
    pub fn recheck(&mut self) -> bool {
        match self.place() {
            Ok(moved) => {
                self.fallback = None;
                moved
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
            if flags & filter::DATA != 0 {
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

    fn place(&mut self) -> notify::Result<bool> {
        let watcher = match &mut self.watcher {
            Some(watcher) => watcher,
            None => self.watcher.insert(open(&self.filter, &self.mailbox)?),
        };
        self.places.place(&self.folders, watcher)
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
        Ok(event) => mailbox.put(filter.flags(&event)),
        Err(_) => mailbox.put(filter::LOST),
    };
    RecommendedWatcher::new(callback, notify::Config::default())
}

fn problem(error: &notify::Error) -> Problem {
    let raw = match &error.kind {
        ErrorKind::Io(error) => error.raw_os_error(),
        _ => None,
    };
    let (what, remedy) = match &error.kind {
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
    };
    let place = error
        .paths
        .first()
        .map_or_else(|| PathBuf::from("inotify"), PathBuf::clone);
    Problem::new(
        Severity::Warning,
        "no_inotify",
        format!(
            "{what}; the files are looked at every {} seconds instead",
            poll::PERIOD.as_secs()
        ),
        place.display().to_string(),
        remedy,
    )
}

#[cfg(test)]
mod tests;
