// SPDX-License-Identifier: GPL-3.0-or-later
//! What a tree looks like from outside: no file is opened.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, statat};

use super::file::Look;
use super::folder::{Stamper, stem};
use super::load::Tree;
use super::paths::{Listing, Names, Store, open_folder};

impl Tree {
    /// How a listing and the files of the projects look: the same digest means that no message folder and no
    /// project has come, gone or changed. `None` where something could not be looked at. Another build of this
    /// program may make another one.
    pub fn look(&self, listing: &Listing) -> Option<String> {
        let mut digest = DefaultHasher::new();
        for dir in &listing.dirs {
            (dir.parent.as_os_str(), &dir.session_id, dir.modified_ns).hash(&mut digest);
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

    /// The folders that have one folder of parts per message, where they can be opened.
    pub(super) fn part_folders(&self, session_id: &str) -> Vec<Option<OwnedFd>> {
        let stores = self.part_stores(session_id).into_iter();
        let open = |store: &Store| open_folder(&store.all_parts(session_id)).ok();
        stores.map(open).collect()
    }
}

/// Adds when the parts of the message in the file `name` were last added or replaced.
pub(super) fn look_at_parts(folders: &[Option<OwnedFd>], name: &str, stamper: &mut Stamper) {
    let message = stem(name);
    for folder in folders {
        let stat = folder
            .as_ref()
            .and_then(|folder| statat(folder, message, AtFlags::empty()).ok());
        stamper.add_parts(stat.map_or(0, |stat| Look::of(&stat).modified_ns));
    }
}
