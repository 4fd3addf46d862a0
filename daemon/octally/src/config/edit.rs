// SPDX-License-Identifier: GPL-3.0-or-later
//! Changes `config.toml` as its owner would: comments, order and everything else stay.
//!
//! The file appears changed as a whole or not at all, and only its owner can read it. Programs that
//! change it at once wait for each other; one that does not, as an editor, is noticed, and the change is made
//! again on what it wrote. What the settings mean is not here.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use octally_core::model::{Problem, Severity};
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use toml_edit::{DocumentMut, Item, Table, TableLike, Value};

use super::reader::syntax_problem;

/// So long another program may take for its change.
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(5);
/// So often a change is made again on what an editor wrote.
const ATTEMPTS: usize = 5;

/// Why the file was not changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditError {
    /// What was asked for makes no sense.
    Request {
        /// A lower-case fragment.
        what: String,
        /// What to ask for instead.
        remedy: String,
    },
    /// The file cannot be read, understood or written.
    File(Problem),
}

impl EditError {
    /// What was asked for makes no sense.
    pub fn request(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Request {
            what: what.into(),
            remedy: remedy.into(),
        }
    }
}

impl std::fmt::Display for EditError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Request { what, remedy } => write!(f, "{what}; {remedy}"),
            Self::File(problem) => write!(f, "{problem}; {}", problem.remedy),
        }
    }
}

/// Makes a change; a file that does not exist yet is empty. `change` may be called again, each time with the
/// file as it is then. May take as long as the disk: not for an async executor.
///
/// # Errors
/// Those of `change`, and [`EditError::File`]; the file is then as it was.
pub fn edit(
    path: &Path,
    mut change: impl FnMut(&mut DocumentMut) -> Result<(), EditError>,
) -> Result<(), EditError> {
    let target = target(path)?;
    let folder = folder_of(&target)?;
    let _lock = lock(folder).map_err(|error| unwritten(path, &error))?;
    for _ in 0..ATTEMPTS {
        let old = read(&target)?;
        let text = old.as_deref().unwrap_or_default();
        let mut document = parse(text, &target)?;
        // Not `text`: the last line may have no end.
        let unchanged = document.to_string();
        change(&mut document)?;
        let new = document.to_string();
        if new == unchanged {
            return Ok(());
        }
        let draft = draft(folder, &new).map_err(|error| unwritten(path, &error))?;
        if read(&target)? == old {
            return name(draft, &target).map_err(|error| unwritten(path, &error));
        }
    }
    Err(unwritten(path, &ErrorKind::ResourceBusy.into()))
}

/// The table with this name, which is made at the end of the file where there is none.
///
/// # Errors
/// Something else has the name.
pub fn table<'a>(
    document: &'a mut DocumentMut,
    names: &[&str],
) -> Result<&'a mut dyn TableLike, EditError> {
    let is_known = names
        .iter()
        .try_fold(document.as_item(), |item, name| item.get(name))
        .is_some();
    let above = (!is_known).then(|| take_trailing(document));
    let mut found: &mut dyn TableLike = document.as_table_mut();
    for (depth, name) in names.iter().enumerate() {
        if found.get(name).is_none() {
            let mut made = Table::new();
            made.set_implicit(depth + 1 < names.len());
            made.set_position(Some(isize::MAX));
            if let Some(above) = &above {
                made.decor_mut().set_prefix(above);
            }
            found.insert(name, Item::Table(made));
        }
        let place = names[..=depth].join(".");
        found = found
            .get_mut(name)
            .and_then(Item::as_table_like_mut)
            .ok_or_else(|| {
                let remedy = format!("correct {place} in the configuration file first");
                EditError::request(format!("{place} is no table"), remedy)
            })?;
    }
    Ok(found)
}

/// Comments at the end of the file stay above what is put behind them.
fn take_trailing(document: &mut DocumentMut) -> String {
    let mut above = document.trailing().as_str().unwrap_or_default().to_owned();
    document.set_trailing("");
    if !above.is_empty() && !above.ends_with('\n') {
        above.push('\n');
    }
    if !above.ends_with("\n\n") && !(above.is_empty() && document.is_empty()) {
        above.push('\n');
    }
    above
}

/// Gives a key its value; what stands beside the old one stays.
pub fn set(table: &mut dyn TableLike, key: &str, value: impl Into<Value>) {
    let mut value = value.into();
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) => {
            *value.decor_mut() = old.decor().clone();
            *old = value;
        }
        None => {
            table.insert(key, Item::Value(value));
        }
    }
}

/// Where a link leads, so that it stays one.
fn target(path: &Path) -> Result<PathBuf, EditError> {
    match path.symlink_metadata() {
        Ok(found) if found.is_symlink() => path.canonicalize().map_err(|error| {
            let what = format!("is a link that leads nowhere: {error}");
            file_problem(
                path,
                what,
                "make the file that it leads to, or remove the link",
            )
        }),
        _ => Ok(path.into()),
    }
}

fn folder_of(target: &Path) -> Result<&Path, EditError> {
    let folder = target.parent().filter(|f| !f.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| unwritten(target, &error))?;
    Ok(folder)
}

/// The folder itself is locked, so that no lock file lies about. Where the file system has no such locks
/// there is none, and the comparison before the renaming is all.
fn lock(folder: &Path) -> std::io::Result<Option<File>> {
    let handle = File::open(folder)?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        match flock(&handle, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(Some(handle)),
            Err(Errno::WOULDBLOCK) if Instant::now() < deadline => std::thread::sleep(PAUSE),
            Err(Errno::WOULDBLOCK) => return Err(ErrorKind::ResourceBusy.into()),
            Err(error) => {
                tracing::debug!(%error, "the folder of the configuration cannot be locked");
                return Ok(None);
            }
        }
    }
}

/// `None`: there is no file.
fn read(target: &Path) -> Result<Option<String>, EditError> {
    let unread = |what: String| file_problem(target, what, "mend the file, or remove it");
    match target.metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        // A device, as /dev/null, stands for no configuration and is not to be replaced.
        Ok(found) if !found.is_file() => {
            return Err(unread("is no file and cannot be changed".into()));
        }
        _ => {}
    }
    let text = std::fs::read_to_string(target);
    text.map(Some)
        .map_err(|error| unread(format!("cannot be read: {error}")))
}

fn parse(text: &str, path: &Path) -> Result<DocumentMut, EditError> {
    text.parse().map_err(|error| {
        let mut problem = syntax_problem(&error, text, path);
        problem.remedy = "correct the line; until then nothing is changed in the file".into();
        EditError::File(problem)
    })
}

fn draft(folder: &Path, text: &str) -> std::io::Result<tempfile::NamedTempFile> {
    let mut draft = tempfile::Builder::new()
        .prefix(".config.toml.")
        .suffix(".octally-new")
        .tempfile_in(folder)
        // Not the draft's name, which says nothing to the user.
        .map_err(|error| std::io::Error::from(error.kind()))?;
    draft.write_all(text.as_bytes())?;
    draft.as_file().sync_all()?;
    Ok(draft)
}

fn name(draft: tempfile::NamedTempFile, target: &Path) -> std::io::Result<()> {
    draft.persist(target).map_err(|error| error.error)?;
    // The name is as durable as the content, where the file system has a way to say so.
    if let Some(Ok(folder)) = target.parent().map(File::open) {
        let _ = folder.sync_all();
    }
    Ok(())
}

fn unwritten(path: &Path, error: &std::io::Error) -> EditError {
    let (what, remedy) = match error.kind() {
        ErrorKind::ResourceBusy => (
            "another program changes it all the time".to_owned(),
            "try again, or close the program",
        ),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => (
            format!("cannot be written: {error}"),
            "free some space; the file is as it was",
        ),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => (
            format!("cannot be written: {error}"),
            "make its folder writable; where systemd keeps the daemon from it, add the folder as \
             ReadWritePaths= with 'systemctl --user edit octally'",
        ),
        _ => (
            format!("cannot be written: {error}"),
            "mend its folder; the file is as it was",
        ),
    };
    file_problem(path, what, remedy)
}

fn file_problem(path: &Path, what: String, remedy: &str) -> EditError {
    let place = path.display().to_string();
    EditError::File(Problem::new(
        Severity::Error,
        "config_not_changed",
        what,
        place,
        remedy,
    ))
}

#[cfg(test)]
mod tests;
