// SPDX-License-Identifier: GPL-3.0-or-later
//! Where the watches sit: on each folder, or on the nearest parent that exists for as long as the folder
//! does not.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use notify::{ErrorKind, RecommendedWatcher, RecursiveMode, Watcher};

/// A folder under its name, and which one that was: device and inode.
type Place = (PathBuf, u64, u64);

/// The folders that are watched.
#[derive(Debug, Default)]
pub struct Places {
    watched: BTreeSet<Place>,
}

/// What placing the watches led to.
#[derive(Debug, Default)]
pub struct Placed {
    /// Whether any had to move.
    pub moved: bool,
    /// Folders that were not watched before.
    pub added: Vec<PathBuf>,
    /// Why the kernel refused the first of the lesser folders that it refused, and how many are not watched.
    pub refused: Option<(notify::Error, usize)>,
}

impl Places {
    /// Moves the watches to where they belong for `folders`, and for as many of the `lesser` ones as the
    /// kernel grants, in their order.
    ///
    /// # Errors
    /// When the kernel refuses one of `folders`.
    pub fn place(
        &mut self,
        folders: &[PathBuf],
        lesser: &[PathBuf],
        watcher: &mut RecommendedWatcher,
    ) -> notify::Result<Placed> {
        let mut placed = Placed::default();
        // Whatever appears between the look and the watch is caught by looking again.
        loop {
            let (first, then) = (wanted(folders), wanted(lesser));
            let is_wanted = |place: &Place| first.contains(place) || then.contains(place);
            let is_moved = self.leave_all_but(is_wanted, watcher);
            let before = placed.added.len();
            for place in first {
                if !self.watched.contains(&place) {
                    watch(watcher, &place.0)?;
                    self.add(place, &mut placed);
                }
            }
            placed.refused = self.add_lesser(then, &mut placed, watcher);
            if !is_moved && placed.added.len() == before {
                return Ok(placed);
            }
            placed.moved = true;
        }
    }

    fn add_lesser(
        &mut self,
        wanted: Vec<Place>,
        placed: &mut Placed,
        watcher: &mut RecommendedWatcher,
    ) -> Option<(notify::Error, usize)> {
        let mut refused: Option<(notify::Error, usize)> = None;
        for place in wanted {
            if self.watched.contains(&place) {
                continue;
            }
            if let Some((_, count)) = &mut refused {
                *count += 1;
                continue;
            }
            match watch(watcher, &place.0) {
                Ok(()) => self.add(place, placed),
                Err(error) => refused = Some((error, 1)),
            }
        }
        refused
    }

    fn add(&mut self, place: Place, placed: &mut Placed) {
        placed.added.push(place.0.clone());
        self.watched.insert(place);
    }

    fn leave_all_but(
        &mut self,
        is_wanted: impl Fn(&Place) -> bool,
        watcher: &mut RecommendedWatcher,
    ) -> bool {
        let before = self.watched.len();
        self.watched.retain(|place| {
            let stays = is_wanted(place);
            if !stays {
                // It is gone already where the folder was removed.
                let _ = watcher.unwatch(&place.0);
            }
            stays
        });
        self.watched.len() < before
    }

    /// Gives every watch back.
    pub fn leave(&mut self, watcher: &mut RecommendedWatcher) {
        self.leave_all_but(|_| false, watcher);
    }
}

fn watch(watcher: &mut RecommendedWatcher, path: &Path) -> notify::Result<()> {
    match watcher.watch(path, RecursiveMode::NonRecursive) {
        Err(error) if matches!(error.kind, ErrorKind::PathNotFound) => Ok(()),
        other => other.map_err(|error| error.add_path(path.into())),
    }
}

/// Each place once, in the order of the folders.
fn wanted(folders: &[PathBuf]) -> Vec<Place> {
    let mut seen = BTreeSet::new();
    let places = folders.iter().filter_map(|folder| nearest(folder));
    places.filter(|place| seen.insert(place.clone())).collect()
}

fn nearest(path: &Path) -> Option<Place> {
    path.ancestors().find_map(|path| {
        let found = std::fs::metadata(path)
            .ok()
            .filter(std::fs::Metadata::is_dir)?;
        Some((path.to_owned(), found.dev(), found.ino()))
    })
}
