// SPDX-License-Identifier: GPL-3.0-or-later
//! Where the watches sit: on each data folder, or on the nearest parent that exists for as long as
//! the folder does not.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use notify::{ErrorKind, RecommendedWatcher, RecursiveMode, Watcher};

/// A folder under its name, and which one that was: device and inode.
type Place = (PathBuf, u64, u64);

#[derive(Debug, Default)]
pub struct Places {
    watched: Vec<Place>,
}

impl Places {
    /// Moves the watches to where they belong for `folders` and returns whether any had to move.
    ///
    /// # Errors
    /// When the kernel refuses a watch.
    pub fn place(
        &mut self,
        folders: &[PathBuf],
        watcher: &mut RecommendedWatcher,
    ) -> notify::Result<bool> {
        let mut moved = false;
        // Whatever appears between the look and the watch is caught by looking again.
        loop {
            let wanted = wanted(folders);
            if wanted == self.watched {
                return Ok(moved);
            }
            self.leave(watcher);
            for place in &wanted {
                watch(watcher, &place.0)?;
            }
            self.watched = wanted;
            moved = true;
        }
    }

    /// Gives every watch back.
    pub fn leave(&mut self, watcher: &mut RecommendedWatcher) {
        for (path, ..) in self.watched.drain(..) {
            // It is gone already where the folder was removed.
            let _ = watcher.unwatch(&path);
        }
    }
}

fn watch(watcher: &mut RecommendedWatcher, path: &Path) -> notify::Result<()> {
    match watcher.watch(path, RecursiveMode::NonRecursive) {
        Err(error) if matches!(error.kind, ErrorKind::PathNotFound) => Ok(()),
        other => other.map_err(|error| error.add_path(path.into())),
    }
}

fn wanted(folders: &[PathBuf]) -> Vec<Place> {
    let mut wanted: Vec<Place> = folders
        .iter()
        .filter_map(|folder| nearest(folder))
        .collect();
    wanted.sort();
    wanted.dedup();
    wanted
}

fn nearest(path: &Path) -> Option<Place> {
    path.ancestors().find_map(|path| {
        let found = std::fs::metadata(path)
            .ok()
            .filter(std::fs::Metadata::is_dir)?;
        Some((path.to_owned(), found.dev(), found.ino()))
    })
}
