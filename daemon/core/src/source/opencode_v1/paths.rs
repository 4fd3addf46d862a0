// SPDX-License-Identifier: GPL-3.0-or-later
//! Where the databases of a data folder are.

use std::io;
use std::path::{Path, PathBuf};

/// `opencode.db` and `opencode-<channel>.db` of a data folder, sorted. Empty where the folder does
/// not exist.
///
/// # Errors
/// What the system says of a folder that exists and cannot be listed.
pub fn databases(data_dir: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(data_dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if is_database(&path) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn is_database(path: &Path) -> bool {
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    let is_named_so =
        name == "opencode.db" || (name.starts_with("opencode-") && name.ends_with(".db"));
    is_named_so && path.is_file()
}
