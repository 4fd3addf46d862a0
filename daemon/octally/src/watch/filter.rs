// SPDX-License-Identifier: GPL-3.0-or-later
//! Which inotify events mean that there is something to read.
//!
//! Reading a database opens, locks and closes it and its `-shm` and `-wal`, and notify asks the
//! kernel for opens and closes too: a filter that let those through would wake itself for ever. So
//! only written data, names that come and names that go count, never an access. That is enough:
//! SQLite appends to the WAL with plain writes, and `stats.json` is written or renamed.

use std::path::{Path, PathBuf};

use notify::event::{EventKind, ModifyKind};
use octally_core::source::opencode_json::{Place, place};
use octally_core::sync::Origins;

/// A file to be read was written, appeared or went.
pub const DATA: u8 = 1;
/// A data folder, or one above it, appeared, went or was renamed.
pub const FOLDERS: u8 = 2;
/// The kernel's queue was too short: events are missing.
pub const LOST: u8 = 4;
/// A message file was written, appeared or went: its folder is among those touched.
pub const MESSAGES: u8 = 8;

/// Knows which files matter.
#[derive(Debug)]
pub struct Filter {
    data_dirs: Vec<PathBuf>,
    /// The same as they were given.
    given_dirs: Vec<PathBuf>,
    databases: Vec<PathBuf>,
}

impl Filter {
    /// For the files of `origins`.
    pub fn new(origins: &Origins) -> Self {
        // The kernel's answers are absolute.
        let absolute = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
        Self {
            data_dirs: origins.data_dirs.iter().map(absolute).collect(),
            given_dirs: origins.data_dirs.clone(),
            databases: origins.databases.iter().map(absolute).collect(),
        }
    }

    /// Every folder that holds such a file, once.
    pub fn folders(&self) -> Vec<PathBuf> {
        let parents = self
            .databases
            .iter()
            .filter_map(|path| path.parent())
            .map(Path::to_owned);
        let mut folders: Vec<_> = self.data_dirs.iter().cloned().chain(parents).collect();
        folders.sort();
        folders.dedup();
        folders
    }

    /// The folders that a first message file appears below.
    pub fn message_folders(&self) -> Vec<PathBuf> {
        let dirs = self.data_dirs.iter();
        dirs.flat_map(|dir| [dir.join("storage/message"), dir.join("project")])
            .collect()
    }

    /// A folder under the name that the data folder above it was given.
    pub fn as_given(&self, folder: &Path) -> PathBuf {
        let mut dirs = self.data_dirs.iter().zip(&self.given_dirs);
        let found = dirs.find_map(|(dir, given)| Some(given.join(folder.strip_prefix(dir).ok()?)));
        found.unwrap_or_else(|| folder.into())
    }

    /// What it means that folders are watched for the first time: they may have changed before.
    pub fn appeared(&self, folders: &[PathBuf]) -> u8 {
        folders
            .iter()
            .fold(0, |flags, folder| match self.place(folder) {
                Some(Place::Messages(_)) => flags | MESSAGES,
                _ => flags | LOST,
            })
    }

    /// The message folders that an event has to do with.
    pub fn touched(&self, event: &notify::Event) -> Vec<PathBuf> {
        if self.flags(event) & MESSAGES == 0 {
            return Vec::new();
        }
        let paths = event.paths.iter();
        paths
            .filter_map(|path| match self.place(path)? {
                Place::Messages(folder) => Some(folder),
                Place::Above => None,
            })
            .collect()
    }

    /// What an event means, as a sum of flags; 0: nothing.
    pub fn flags(&self, event: &notify::Event) -> u8 {
        if event.need_rescan() {
            return LOST;
        }
        match event.kind {
            EventKind::Modify(ModifyKind::Data(_) | ModifyKind::Any) => {
                self.data(event) | (self.messages(event) & MESSAGES)
            }
            EventKind::Create(_)
            | EventKind::Remove(_)
            | EventKind::Modify(ModifyKind::Name(_)) => {
                self.data(event) | self.folder(event) | self.messages(event)
            }
            _ => 0,
        }
    }

    /// Whether a path is a file to be read, or the WAL of one.
    pub fn is_data(&self, path: &Path) -> bool {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            return false;
        };
        let database = path.with_file_name(name.strip_suffix("-wal").unwrap_or(name));
        if self.databases.contains(&database) {
            return true;
        }
        let is_inside = path
            .parent()
            .is_some_and(|dir| self.data_dirs.iter().any(|d| d == dir));
        is_inside && (name == "stats.json" || is_database(&database))
    }

    fn data(&self, event: &notify::Event) -> u8 {
        if event.paths.iter().any(|path| self.is_data(path)) {
            DATA
        } else {
            0
        }
    }

    /// [`MESSAGES`], and [`FOLDERS`] for what is above message folders.
    fn messages(&self, event: &notify::Event) -> u8 {
        let paths = event.paths.iter();
        paths.fold(0, |flags, path| match self.place(path) {
            Some(Place::Messages(_)) => flags | MESSAGES,
            Some(Place::Above) => flags | FOLDERS,
            None => flags,
        })
    }

    fn place(&self, path: &Path) -> Option<Place> {
        self.data_dirs.iter().find_map(|dir| place(dir, path))
    }

    fn folder(&self, event: &notify::Event) -> u8 {
        let folders = self.folders();
        let is_above = |path: &PathBuf| folders.iter().any(|folder| folder.starts_with(path));
        if event.paths.iter().any(is_above) {
            FOLDERS
        } else {
            0
        }
    }
}

/// `opencode.db`, or that of a channel: `opencode-<channel>.db`.
fn is_database(path: &Path) -> bool {
    let stem = path
        .file_name()
        .and_then(|name| name.to_str()?.strip_suffix(".db"));
    stem.is_some_and(|stem| stem == "opencode" || stem.starts_with("opencode-"))
}

#[cfg(test)]
mod tests {
    use notify::Event;
    use notify::event::{
        AccessKind, AccessMode, CreateKind, DataChange, Flag, MetadataKind, RenameMode,
    };

    use super::*;

    fn filter() -> Filter {
        Filter::new(&Origins {
            data_dirs: vec!["/data/opencode".into()],
            databases: vec!["/else/mine.db".into()],
            price_files: Vec::new(),
        })
    }

    fn flags(kind: EventKind, path: &str) -> u8 {
        filter().flags(&Event::new(kind).add_path(path.into()))
    }

    const WRITTEN: EventKind = EventKind::Modify(ModifyKind::Data(DataChange::Any));

    #[test]
    fn writes_to_databases_wals_and_stats_count() {
        for path in [
            "/data/opencode/opencode.db",
            "/data/opencode/opencode.db-wal",
            "/data/opencode/opencode-nightly.db-wal",
            "/data/opencode/stats.json",
            "/else/mine.db-wal",
        ] {
            assert_eq!(flags(WRITTEN, path), DATA, "{path}");
        }
    }

    #[test]
    fn other_files_do_not() {
        for path in [
            "/data/opencode/opencode.db-shm",
            "/data/opencode/stats.json.lock",
            "/data/opencode/auth.json",
            "/data/opencode/log/opencode.db",
            "/else/opencode.db",
        ] {
            assert_eq!(flags(WRITTEN, path), 0, "{path}");
        }
    }

    #[test]
    fn nothing_that_a_reader_does_counts() {
        for kind in [
            EventKind::Access(AccessKind::Open(AccessMode::Any)),
            EventKind::Access(AccessKind::Close(AccessMode::Read)),
            EventKind::Access(AccessKind::Close(AccessMode::Write)),
            EventKind::Modify(ModifyKind::Metadata(MetadataKind::Any)),
        ] {
            assert_eq!(flags(kind, "/data/opencode/opencode.db-wal"), 0, "{kind:?}");
        }
    }

    #[test]
    fn a_folder_that_comes_or_goes_is_told_apart_from_its_files() {
        let created = EventKind::Create(CreateKind::Folder);
        assert_eq!(flags(created, "/data"), FOLDERS);
        assert_eq!(flags(created, "/data/opencode"), FOLDERS);
        assert_eq!(flags(created, "/data/opencode/log"), 0);
        assert_eq!(flags(created, "/data/other"), 0);
        let renamed = EventKind::Modify(ModifyKind::Name(RenameMode::To));
        assert_eq!(flags(renamed, "/data/opencode/stats.json"), DATA);
    }

    #[test]
    fn message_files_and_new_sessions_touch_their_folder_and_no_other_file_does() {
        let touched = |kind, path: &str| {
            let event = Event::new(kind).add_path(path.into());
            (filter().flags(&event), filter().touched(&event))
        };
        let created = EventKind::Create(CreateKind::Any);
        let folder = "/data/opencode/storage/message/ses_1";
        let file = format!("{folder}/msg_1.json");
        for (kind, path) in [
            (WRITTEN, file.as_str()),
            (created, &file),
            (created, folder),
        ] {
            assert_eq!(
                touched(kind, path),
                (MESSAGES, vec![folder.into()]),
                "{path}"
            );
        }
        let part = "/data/opencode/storage/part/msg_1/prt_1.json";
        assert_eq!(touched(created, part), (0, Vec::new()));
        let opened = EventKind::Access(AccessKind::Open(AccessMode::Any));
        assert_eq!(touched(opened, &file), (0, Vec::new()));
        assert_eq!(touched(created, "/data/opencode/project/slug").0, FOLDERS);
    }

    #[test]
    fn a_full_queue_means_that_anything_may_have_changed() {
        let event = Event::new(EventKind::Other).set_flag(Flag::Rescan);
        assert_eq!(filter().flags(&event), LOST);
    }
}
