// SPDX-License-Identifier: GPL-3.0-or-later
//! Where OpenCode's data and prices are, and the databases found there.

use std::path::{Path, PathBuf};

use crate::model::{Problem, Severity};
use crate::source::opencode_json::{self, Tree};
use crate::source::opencode_v1;

/// Where OpenCode's data and prices are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins {
    /// OpenCode's data folders, each with `opencode.db`, `opencode-*.db` and `stats.json`.
    pub data_dirs: Vec<PathBuf>,
    /// Databases outside of them (`OPENCODE_DB`).
    pub databases: Vec<PathBuf>,
    /// Price tables, best first; need not exist: the user's `prices.toml`, the plugin's `prices.json`,
    /// OpenCode's `models.json`.
    pub price_files: Vec<PathBuf>,
}

impl Origins {
    /// The folders that tell when a message file changes: those that have one folder per session, then the
    /// latest sessions' own. Looks at every session's folder once.
    pub fn message_folders(&self) -> Vec<PathBuf> {
        let of_dir = |dir: &PathBuf| {
            let mut folders = opencode_json::message_parents(dir);
            if let Ok(Some(tree)) = Tree::open(dir) {
                folders.extend(opencode_json::latest(&tree.message_dirs().dirs));
            }
            folders
        };
        self.data_dirs.iter().flat_map(of_dir).collect()
    }

    /// The stats.json of each data folder, whether it exists or not.
    pub fn stats_files(&self) -> Vec<PathBuf> {
        self.data_dirs
            .iter()
            .map(|dir| dir.join("stats.json"))
            .collect()
    }

    /// Every database there is, each once, in the order in which they are read.
    pub(super) fn databases(&self, problems: &mut Vec<Problem>) -> Vec<PathBuf> {
        let mut paths: Vec<PathBuf> = Vec::new();
        for dir in &self.data_dirs {
            match opencode_v1::databases(dir) {
                Ok(found) => paths.extend(found),
                Err(error) => problems.push(unlisted(dir, &error)),
            }
        }
        paths.extend(self.databases.iter().filter(|path| path.exists()).cloned());
        let mut seen = Vec::new();
        paths.retain(|path| {
            let real = path.canonicalize().unwrap_or_else(|_| path.clone());
            let is_new = !seen.contains(&real);
            seen.push(real);
            is_new
        });
        paths
    }
}

fn unlisted(dir: &Path, error: &std::io::Error) -> Problem {
    Problem::new(
        Severity::Error,
        "no_access",
        format!("the folder cannot be listed ({error})"),
        dir.display().to_string(),
        "make it readable for your user, or name another with --data-dir",
    )
}
