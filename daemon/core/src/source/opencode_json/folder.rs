// SPDX-License-Identifier: GPL-3.0-or-later
//! One folder of JSON files and what tells that something in it has changed.

use std::ffi::CStr;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{AtFlags, RawDir, statat};

use super::file::Look;
use super::paths::{no_access, open_folder};
use crate::model::Problem;

/// So much of a folder is listed by one call.
const LISTING_BYTES: usize = 8 << 10;

/// What a message folder looks like: the same stamp means the same files, and the same parts unless one was
/// rewritten in its place. Takes a look (`fstatat`) at each file and one at the folder of its parts, and opens
/// none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// Message files.
    pub files: u64,
    /// When the newest of them was written, Unix nanoseconds; 0 where there are none.
    pub newest_ns: i64,
    /// A digest of their names, times and sizes and of the times of the folders of their parts.
    /// Another build of this program may make another one.
    pub digest: u64,
}

/// Makes a [`Stamp`] from one look after the other, in the order of names.
#[derive(Debug, Default)]
pub(super) struct Stamper {
    stamp: Stamp,
    digest: DefaultHasher,
}

impl Stamper {
    /// When parts were last added to the message that comes next, or replaced, Unix nanoseconds.
    pub fn add_parts(&mut self, modified_ns: i64) {
        modified_ns.hash(&mut self.digest);
    }

    /// One more file, with `None` for what cannot be looked at.
    pub fn add(&mut self, name: &str, look: Option<Look>) {
        let (modified_ns, bytes) =
            look.map_or((0, u64::MAX), |look| (look.modified_ns, look.bytes));
        (name, modified_ns, bytes).hash(&mut self.digest);
        self.stamp.files += 1;
        self.stamp.newest_ns = self.stamp.newest_ns.max(modified_ns);
    }

    pub fn finish(self) -> Stamp {
        Stamp {
            digest: self.digest.finish(),
            ..self.stamp
        }
    }
}

/// An open folder and the names of the JSON files in it, sorted.
#[derive(Debug)]
pub(super) struct Folder {
    pub fd: OwnedFd,
    pub names: Vec<String>,
}

impl Folder {
    /// `None` where it does not exist.
    pub fn open(path: &Path) -> Result<Option<Self>, Problem> {
        match Self::list(path) {
            Ok(folder) => Ok(Some(folder)),
            Err(rustix::io::Errno::NOENT) => Ok(None),
            Err(error) => Err(no_access(path, &error.into())),
        }
    }

    fn list(path: &Path) -> rustix::io::Result<Self> {
        let fd = open_folder(path)?;
        let mut names = Vec::new();
        let mut room = [MaybeUninit::uninit(); LISTING_BYTES];
        let mut entries = RawDir::new(&fd, &mut room);
        while let Some(entry) = entries.next() {
            names.extend(json_name(entry?.file_name()));
        }
        names.sort_unstable();
        Ok(Self { fd, names })
    }

    /// How a file looks; `None` where it cannot be looked at.
    pub fn look(&self, name: &str) -> Option<Look> {
        let stat = statat(&self.fd, name, AtFlags::empty());
        stat.ok().map(|stat| Look::of(&stat))
    }
}

/// What a JSON file is named for.
pub(super) fn stem(name: &str) -> &str {
    name.strip_suffix(".json").unwrap_or(name)
}

fn json_name(name: &CStr) -> Option<String> {
    let name = name.to_str().ok()?;
    name.ends_with(".json").then(|| name.to_owned())
}
