// SPDX-License-Identifier: GPL-3.0-or-later
//! Where an export goes: stdout, or a file that appears under its name whole or not at all.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::cli::exit::CliError;

const BUFFER_BYTES: usize = 64 * 1024;

/// The open end of an export.
#[derive(Debug)]
pub enum Output {
    /// `-`, or nothing said.
    Stdout(BufWriter<io::Stdout>),
    /// A device or a pipe, which cannot be replaced.
    Stream(BufWriter<File>, PathBuf),
    /// A file: written beside its place, then moved there.
    File(BufWriter<NamedTempFile>, Target),
}

/// What a finished file is to replace.
#[derive(Debug)]
pub struct Target {
    path: PathBuf,
    /// Those of the file that is replaced; `None` where there is none.
    permissions: Option<Permissions>,
}

impl Output {
    /// Opens the place, so that what is wrong with it is known before anything is read.
    ///
    /// # Errors
    /// The file exists and is not to be replaced, or the place cannot be written.
    pub fn open(path: Option<&Path>, is_forced: bool) -> Result<Self, CliError> {
        let Some(path) = path.filter(|path| *path != Path::new("-")) else {
            let stdout = BufWriter::with_capacity(BUFFER_BYTES, io::stdout());
            return Ok(Self::Stdout(stdout));
        };
        let unwritten = |error| CliError::unwritten(path, &error);
        match path.metadata() {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Self::beside(path, None).map_err(unwritten)
            }
            Err(error) => Err(unwritten(error)),
            Ok(found) if found.is_dir() => Err(is_folder(path)),
            Ok(found) if !found.is_file() => {
                let stream = OpenOptions::new().write(true).open(path);
                let stream = BufWriter::with_capacity(BUFFER_BYTES, stream.map_err(unwritten)?);
                Ok(Self::Stream(stream, path.into()))
            }
            Ok(_) if !is_forced => Err(exists(path)),
            // A link stays one: what it leads to is replaced.
            Ok(found) => path
                .canonicalize()
                .and_then(|path| Self::beside(&path, Some(found.permissions())))
                .map_err(unwritten),
        }
    }

    fn beside(path: &Path, permissions: Option<Permissions>) -> io::Result<Self> {
        let name = path.file_name().ok_or(ErrorKind::InvalidInput)?;
        let mut prefix = OsString::from(".");
        prefix.push(name);
        prefix.push(".");
        // For the user alone, as all that we write.
        let draft = tempfile::Builder::new()
            .prefix(&prefix)
            .suffix(".octally-new")
            .tempfile_in(folder_of(path))
            // Not the draft's name, which says nothing to the user.
            .map_err(|error| io::Error::from(error.kind()))?;
        let target = Target {
            path: path.into(),
            permissions,
        };
        let draft = BufWriter::with_capacity(BUFFER_BYTES, draft);
        Ok(Self::File(draft, target))
    }

    /// The error that a failed writing is.
    pub fn failed(&self, error: io::Error) -> CliError {
        match self {
            // A pipe whose reader has seen enough is no error.
            Self::Stdout(_) => error.into(),
            Self::Stream(..) if error.kind() == ErrorKind::BrokenPipe => error.into(),
            Self::Stream(_, path) => CliError::unwritten(path, &error),
            Self::File(_, target) => CliError::unwritten(&target.path, &error),
        }
    }

    /// Makes what was written last, and gives a file its name.
    ///
    /// # Errors
    /// The rest cannot be written, or somebody else has made the file in the meantime.
    pub fn finish(mut self) -> Result<(), CliError> {
        self.flush().map_err(|error| self.failed(error))?;
        let Self::File(draft, target) = self else {
            return Ok(());
        };
        let unwritten = |error: &io::Error| CliError::unwritten(&target.path, error);
        let draft = draft
            .into_inner()
            .map_err(|error| unwritten(error.error()))?;
        if let Some(permissions) = &target.permissions {
            let kept = draft.as_file().set_permissions(permissions.clone());
            kept.map_err(|error| unwritten(&error))?;
        }
        let synced = draft.as_file().sync_all();
        synced.map_err(|error| unwritten(&error))?;
        target.name(draft)
    }
}

impl Target {
    fn name(&self, draft: NamedTempFile) -> Result<(), CliError> {
        let named = if self.permissions.is_some() {
            draft.persist(&self.path)
        } else {
            draft.persist_noclobber(&self.path)
        };
        match named {
            Ok(_) => {}
            Err(error) if error.error.kind() == ErrorKind::AlreadyExists => {
                return Err(exists(&self.path));
            }
            Err(error) => return Err(CliError::unwritten(&self.path, &error.error)),
        }
        // The name is as durable as the content, where the file system has a way to say so.
        if let Ok(folder) = File::open(folder_of(&self.path)) {
            let _ = folder.sync_all();
        }
        Ok(())
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(stdout) => stdout.write(bytes),
            Self::Stream(stream, _) => stream.write(bytes),
            Self::File(draft, _) => draft.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(stdout) => stdout.flush(),
            Self::Stream(stream, _) => stream.flush(),
            Self::File(draft, _) => draft.flush(),
        }
    }
}

fn folder_of(path: &Path) -> &Path {
    let parent = path.parent();
    parent
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

fn exists(path: &Path) -> CliError {
    let what = format!("{} exists already", path.display());
    CliError::usage(what, "--force replaces it; or name another file")
}

fn is_folder(path: &Path) -> CliError {
    let what = format!("{} is a folder", path.display());
    CliError::usage(what, "name a file in it")
}
