// SPDX-License-Identifier: GPL-3.0-or-later
//! The file itself: only a plain, sane file of our own user is read.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use super::StatsFile;
use super::parse::parse;
use crate::model::{Problem, Severity};

/// The size in bytes that a sane file never reaches.
pub const MAX_BYTES: u64 = 4 * 1024 * 1024;

const REMEDY: &str = "figures come from OpenCode's database and are right; only live states are missing. \
                      Delete the file, the plugin makes a new one";

/// Reads `stats.json`. `Ok(None)` where there is none.
///
/// # Errors
/// A [`Problem`] for a symbolic link, a file of another user, one above [`MAX_BYTES`], and one that
/// is no JSON object of a known format.
pub fn load(path: &Path) -> Result<Option<StatsFile>, Problem> {
    let problem = |code: &str, what: String| {
        Problem::new(
            Severity::Warning,
            code,
            what,
            path.display().to_string(),
            REMEDY,
        )
    };
    let file = match open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => {
            return Err(problem(
                "odd_stats",
                "is a symbolic link and is not followed".into(),
            ));
        }
        Err(error) => return Err(problem("odd_stats", format!("cannot be opened ({error})"))),
    };
    let about = file
        .metadata()
        .map_err(|error| problem("odd_stats", error.to_string()))?;
    if !about.is_file() {
        return Err(problem("odd_stats", "is no plain file".into()));
    }
    if about.uid() != rustix::process::geteuid().as_raw() {
        return Err(problem(
            "odd_stats",
            format!("belongs to another user (uid {})", about.uid()),
        ));
    }
    if about.len() > MAX_BYTES {
        return Err(problem(
            "odd_stats",
            format!("is {} bytes, far too large", about.len()),
        ));
    }
    let mut text = String::new();
    file.take(MAX_BYTES)
        .read_to_string(&mut text)
        .map_err(|error| problem("broken_stats", format!("cannot be read ({error})")))?;
    parse(&text)
        .map(Some)
        .map_err(|what| problem("broken_stats", what))
}

/// Without following links, and without waiting for a pipe's other end.
fn open(path: &Path) -> std::io::Result<File> {
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits() as i32)
        .open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(path: &Path) -> String {
        load(path).unwrap_err().code
    }

    #[test]
    fn only_a_plain_sane_file_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stats.json");
        assert_eq!(load(&path), Ok(None));
        std::fs::write(&path, "{\"session\":{\"totalTok").unwrap();
        assert_eq!(code(&path), "broken_stats");
        std::os::unix::fs::symlink(&path, folder.path().join("link")).unwrap();
        assert_eq!(code(&folder.path().join("link")), "odd_stats");
        assert_eq!(code(folder.path()), "odd_stats");
        let huge = folder.path().join("huge");
        File::create(&huge).unwrap().set_len(1 << 30).unwrap();
        assert_eq!(code(&huge), "odd_stats");
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap();
        assert!(made.success());
        assert_eq!(code(&pipe), "odd_stats");
    }
}
