// SPDX-License-Identifier: GPL-3.0-or-later
//! What a tree still has of what was once read from it.

use std::collections::HashSet;

use rustix::fs::CWD;
use serde::Deserialize;

use super::file::Reader;
use super::folder::{Folder, stem};
use super::load::Tree;
use crate::model::Problem;
use crate::source::{Revert, Standing};

/// The messages of one session that there are files of.
#[derive(Debug, Default)]
pub struct Files {
    /// A message's file has its id for a name.
    ids: HashSet<String>,
    revert: Option<Revert>,
}

#[derive(Deserialize)]
struct SessionFile {
    revert: Option<Revert>,
}

impl Files {
    /// Whether there are none: deleting a session leaves its folder behind.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Whether there is a file of a message.
    pub fn standing(&self, message_id: &str) -> Standing {
        if !self.ids.contains(message_id) {
            return Standing::Absent;
        }
        match &self.revert {
            Some(revert) if revert.hides(message_id) => Standing::Hidden,
            _ => Standing::Present,
        }
    }
}

impl Tree {
    /// The files of one session, in whatever store. None is opened but the session's own.
    ///
    /// # Errors
    /// See [`Self::stamp`].
    pub fn files(&self, session_id: &str) -> Result<Files, Problem> {
        let mut files = Files::default();
        for store in &self.stores {
            let Some(folder) = Folder::open(&store.messages().join(session_id))? else {
                continue;
            };
            let ids = folder.names.iter();
            files.ids.extend(ids.map(|name| stem(name).to_owned()));
            if let Some(path) = store.session(session_id)? {
                let file = Reader::default().value::<SessionFile>(&CWD, &path.to_string_lossy());
                files.revert = file.and_then(|file| file.revert);
            }
        }
        Ok(files)
    }
}
