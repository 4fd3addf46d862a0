// SPDX-License-Identifier: GPL-3.0-or-later
//! Which inotify events mean that there is something to read.
//!
//! Reading a database opens, locks and closes it and its `-shm` and `-wal`, and notify asks the
//! kernel for opens and closes too: a filter that let those through would wake itself for ever. So
//! only written data, names that come and names that go count, never an access. That is enough:
//! SQLite appends to the WAL with plain writes, and `stats.json` is written or renamed.

use std::path::{Path, PathBuf};

use notify::event::{EventKind, ModifyKind};
use octally_core::sync::Origins;

/// A file to be read was written, appeared or went.
pub const DATA: u8 = 1;
/// A data folder, or one above it, appeared, went or was renamed.
pub const FOLDERS: u8 = 2;
/// The kernel's queue was too short: events are missing.
pub const LOST: u8 = 4;

/// Knows which files matter.
#[derive(Debug)]
pub struct Filter {
    data_dirs: Vec<PathBuf>,
    databases: Vec<PathBuf>,
}

impl Filter {
    /// For the files of `origins`.
    pub fn new(origins: &Origins) -> Self {
        // The kernel's answers are absolute.
        let absolute = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
        Self {
            data_dirs: origins.data_dirs.iter().map(absolute).collect(),
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

    /// What an event means, as a sum of flags; 0: nothing.
    pub fn flags(&self, event: &notify::Event) -> u8 {
        if event.need_rescan() {
            return LOST;
        }
        match event.kind {
            EventKind::Modify(ModifyKind::Data(_) | ModifyKind::Any) => self.data(event),
            EventKind::Create(_)
            | EventKind::Remove(_)
            | EventKind::Modify(ModifyKind::Name(_)) => self.data(event) | self.folder(event),
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
    fn a_full_queue_means_that_anything_may_have_changed() {
        let event = Event::new(EventKind::Other).set_flag(Flag::Rescan);
        assert_eq!(filter().flags(&event), LOST);
    }
}
