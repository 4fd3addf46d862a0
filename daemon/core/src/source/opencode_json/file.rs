// SPDX-License-Identifier: GPL-3.0-or-later
//! Reading one JSON file that OpenCode may be rewriting.
//!
//! OpenCode rewrites its files in place: now and then a reader finds one empty or cut. Such a file is
//! read again a few times; what stays broken is told by a stable code, never by its content.

use std::fs::File;
use std::io::{BufReader, Read};
use std::time::Duration;

use rustix::fs::{Mode, OFlags, Stat, fstat, openat};
use serde::de::DeserializeOwned;

use super::paths::nanoseconds;
use crate::source::figures::Unreadable;

/// Beyond this no message is real: the largest seen hold some megabytes of tool output.
const MAX_BYTES: u64 = 64 << 20;
/// Beyond this a file is parsed as it is read, to keep the memory small.
const MAX_BUFFERED_BYTES: u64 = 256 << 10;
/// Together longer than the tick that file times are rounded to.
const WAITS_MS: [u64; 3] = [1, 4, 10];
/// So many broken files of a folder are waited for, so that a ruined folder does not hold everything up.
const MAX_WAITED_FILES: u32 = 4;

/// What a file looked like before it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    /// When it was last written, Unix nanoseconds.
    pub modified_ns: i64,
    /// Its size.
    pub bytes: u64,
}

impl Look {
    #[expect(clippy::unnecessary_cast, reason = "the types differ between machines")]
    pub fn of(stat: &Stat) -> Self {
        Self {
            modified_ns: nanoseconds(stat.st_mtime as i64, stat.st_mtime_nsec as i64),
            bytes: stat.st_size as u64,
        }
    }
}

/// Reads the files of one folder, one after the other, with one buffer.
pub(super) struct Reader {
    buffer: Vec<u8>,
    waited_files: u32,
    pause_ms: Box<dyn FnMut(u64)>,
}

impl Default for Reader {
    fn default() -> Self {
        Self {
            buffer: Vec::new(),
            waited_files: 0,
            pause_ms: Box::new(pause),
        }
    }
}

enum Failure {
    /// Perhaps being rewritten right now.
    Torn(Unreadable),
    /// Will not get better by waiting.
    Final(Unreadable),
    /// Deleted since it was listed.
    Gone,
}

impl Reader {
    /// The value in the file `name` of the open folder `folder`, and what the file looked like; `None`
    /// if it does not exist any more.
    pub fn read<T: DeserializeOwned>(
        &mut self,
        folder: &impl std::os::fd::AsFd,
        name: &str,
    ) -> Result<Option<(T, Look)>, Unreadable> {
        let mut waits = WAITS_MS.iter();
        loop {
            match self.attempt(folder, name) {
                Ok(found) => return Ok(Some(found)),
                Err(Failure::Gone) => return Ok(None),
                Err(Failure::Final(unreadable)) => return Err(unreadable),
                Err(Failure::Torn(unreadable)) => match waits.next() {
                    Some(ms) if self.waited_files < MAX_WAITED_FILES => {
                        (self.pause_ms)(*ms);
                    }
                    _ => {
                        self.waited_files += 1;
                        return Err(unreadable);
                    }
                },
            }
        }
    }

    fn attempt<T: DeserializeOwned>(
        &mut self,
        folder: &impl std::os::fd::AsFd,
        name: &str,
    ) -> Result<(T, Look), Failure> {
        // Not blocking: a pipe in the place of a message would be waited for without end.
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let file = openat(folder, name, flags, Mode::empty()).map_err(refused)?;
        let stat = fstat(&file).map_err(refused)?;
        if !rustix::fs::FileType::from_raw_mode(stat.st_mode).is_file() {
            let what = "there is no file but something else in its place";
            return Err(Failure::Final(("no_file", what.into())));
        }
        let look = Look::of(&stat);
        if look.bytes > MAX_BYTES {
            let what = format!("the file has {} bytes; {MAX_BYTES} are read", look.bytes);
            return Err(Failure::Final(("too_large", what)));
        }
        let value = self.parse(File::from(file), look.bytes)?;
        Ok((value, look))
    }

    fn parse<T: DeserializeOwned>(&mut self, mut file: File, bytes: u64) -> Result<T, Failure> {
        if bytes > MAX_BUFFERED_BYTES {
            let limited = BufReader::with_capacity(1 << 16, file).take(MAX_BYTES);
            return serde_json::from_reader(limited).map_err(|error| broken(&error));
        }
        self.buffer.clear();
        let read = (&mut file).take(MAX_BYTES).read_to_end(&mut self.buffer);
        read.map_err(|error| Failure::Final(("no_access", error.to_string())))?;
        serde_json::from_slice(&self.buffer).map_err(|error| broken(&error))
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "nothing tells when OpenCode has finished rewriting a file"
)]
fn pause(ms: u64) {
    std::thread::sleep(Duration::from_millis(ms));
}

fn refused(error: rustix::io::Errno) -> Failure {
    match error {
        rustix::io::Errno::NOENT => Failure::Gone,
        error => Failure::Final(("no_access", format!("cannot be opened ({error})"))),
    }
}

/// Not the error's own text, which may quote the file.
fn broken(error: &serde_json::Error) -> Failure {
    let kind = error.classify();
    let (line, column) = (error.line(), error.column());
    let what = format!("broken JSON ({kind:?}, line {line}, column {column})");
    match kind {
        serde_json::error::Category::Data => Failure::Final(("broken_row", what)),
        _ => Failure::Torn(("broken_row", what)),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;

    /// A folder with one cut file, and a reader whose pauses are noted and mend the file at the
    /// `mended`th.
    fn reader(mended: Option<usize>) -> (tempfile::TempDir, File, Reader, Rc<RefCell<Vec<u64>>>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        std::fs::write(&path, "[1,").unwrap();
        let pauses = Rc::new(RefCell::new(Vec::new()));
        let seen = Rc::clone(&pauses);
        let reader = Reader {
            pause_ms: Box::new(move |ms| {
                seen.borrow_mut().push(ms);
                if Some(seen.borrow().len()) == mended {
                    std::fs::write(&path, "[1,2]").unwrap();
                }
            }),
            ..Reader::default()
        };
        let fd = File::open(folder.path()).unwrap();
        (folder, fd, reader, pauses)
    }

    #[test]
    fn a_torn_file_that_is_whole_again_soon_is_read() {
        let (_folder, fd, mut reader, pauses) = reader(Some(2));
        let (value, look) = reader.read::<Vec<u8>>(&fd, "a.json").unwrap().unwrap();
        assert_eq!((value, look.bytes), (vec![1, 2], 5));
        assert_eq!(*pauses.borrow(), [1, 4]);
    }

    #[test]
    fn what_stays_broken_is_unreadable_and_is_not_waited_for_without_end() {
        let (_folder, fd, mut reader, pauses) = reader(None);
        for _ in 0..10 {
            let (code, _) = reader.read::<Vec<u8>>(&fd, "a.json").unwrap_err();
            assert_eq!(code, "broken_row");
        }
        assert_eq!(*pauses.borrow(), [1, 4, 10].repeat(4));
    }

    #[test]
    fn what_is_whole_but_wrong_is_not_waited_for() {
        let (folder, fd, mut reader, pauses) = reader(None);
        std::fs::write(folder.path().join("a.json"), "\"secret\"").unwrap();
        let (_, what) = reader.read::<Vec<u8>>(&fd, "a.json").unwrap_err();
        assert!(!what.contains("secret"), "{what}");
        assert_eq!(*pauses.borrow(), [0; 0]);
        assert!(reader.read::<Vec<u8>>(&fd, "gone.json").unwrap().is_none());
    }
}
