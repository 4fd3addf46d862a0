// SPDX-License-Identifier: GPL-3.0-or-later
//! Reading one JSON file that OpenCode may be rewriting.
//!
//! OpenCode rewrites its files in place: now and then a reader finds one empty or cut. Such a file is
//! read again a few times; what stays broken is told by a stable code, never by its content.

use std::fs::File;
use std::io::{BufReader, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::fs::{Mode, OFlags, Stat, fstat, openat};
use rustix::io::Errno;
use serde::de::DeserializeOwned;

use super::paths::nanoseconds;
use crate::source::figures::Unreadable;
use crate::source::object::Object;

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
    waits_ms: &'static [u64],
    waited_files: u32,
    pause_ms: Box<dyn FnMut(u64)>,
}

impl Default for Reader {
    fn default() -> Self {
        Self {
            buffer: Vec::new(),
            waits_ms: &WAITS_MS,
            waited_files: 0,
            pause_ms: Box::new(pause),
        }
    }
}

/// What reading one file gave.
pub(super) struct Outcome<T> {
    /// What it looked like before it was read; `None` where it could not be opened.
    pub look: Option<Look>,
    /// What was in it.
    pub value: Result<T, Unreadable>,
}

enum Failure {
    /// Perhaps being rewritten right now.
    Torn(Look, Unreadable),
    /// Will not get better by waiting.
    Final(Option<Look>, Unreadable),
    /// Deleted since it was listed.
    Gone,
}

impl Reader {
    /// One that does not wait for a torn file to become whole.
    pub fn hasty() -> Self {
        Self {
            waits_ms: &[],
            ..Self::default()
        }
    }

    /// Reads the file `name` in the open folder `folder`; `None` if it does not exist any more.
    pub fn read<T: DeserializeOwned>(
        &mut self,
        folder: &impl AsFd,
        name: &str,
    ) -> Option<Outcome<T>> {
        let mut waits = self.waits_ms.iter();
        let (look, value) = loop {
            match self.attempt(folder, name) {
                Ok((value, look)) => break (Some(look), Ok(value)),
                Err(Failure::Gone) => return None,
                Err(Failure::Final(look, unreadable)) => break (look, Err(unreadable)),
                Err(Failure::Torn(look, unreadable)) => match waits.next() {
                    Some(ms) if self.waited_files < MAX_WAITED_FILES => (self.pause_ms)(*ms),
                    _ => {
                        self.waited_files += 1;
                        break (Some(look), Err(unreadable));
                    }
                },
            }
        };
        Some(Outcome { look, value })
    }

    /// The value in a file; `None` where it is missing or broken.
    pub fn value<T: DeserializeOwned>(&mut self, folder: &impl AsFd, name: &str) -> Option<T> {
        self.read(folder, name)?.value.ok()
    }

    fn attempt<T: DeserializeOwned>(
        &mut self,
        folder: &impl AsFd,
        name: &str,
    ) -> Result<(T, Look), Failure> {
        // Not blocking: a pipe in the place of a message would be waited for without end.
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let file = openat(folder, name, flags, Mode::empty()).map_err(refused)?;
        let stat = fstat(&file).map_err(refused)?;
        let look = Look::of(&stat);
        let never = |code, what| Err(Failure::Final(Some(look), (code, what)));
        if !rustix::fs::FileType::from_raw_mode(stat.st_mode).is_file() {
            return never("no_file", "something else is in the file's place".into());
        }
        if look.bytes > MAX_BYTES {
            let what = format!("the file has {} bytes; {MAX_BYTES} are read", look.bytes);
            return never("too_large", what);
        }
        let value = if look.bytes > MAX_BUFFERED_BYTES {
            let limited = BufReader::with_capacity(1 << 16, File::from(file)).take(MAX_BYTES);
            serde_json::from_reader(limited).map(|Object(value)| value)
        } else {
            let read = self.fill(&file, look.bytes as usize);
            let read = read.map_err(|error| Failure::Final(Some(look), no_access(error)))?;
            parse(&self.buffer[..read])
        };
        value
            .map(|value| (value, look))
            .map_err(|error| broken(look, &error))
    }

    /// Fills the buffer with a file that had `bytes` bytes; what was added since tears its JSON. Room
    /// for one more byte makes one call enough: less than asked for is the end.
    fn fill(&mut self, file: &OwnedFd, bytes: usize) -> rustix::io::Result<usize> {
        if self.buffer.len() <= bytes {
            self.buffer.resize(bytes + 1, 0);
        }
        let room = bytes + 1;
        let mut filled = 0;
        loop {
            let read = rustix::io::read(file, &mut self.buffer[filled..room])?;
            filled += read;
            if read == 0 || filled == bytes || filled == room {
                return Ok(filled);
            }
        }
    }
}

/// Looking at all of it at once is quicker than at each text; what is no text in a place that is not read
/// does no harm.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> serde_json::Result<T> {
    let value = match std::str::from_utf8(bytes) {
        Ok(text) => serde_json::from_str(text),
        Err(_) => serde_json::from_slice(bytes),
    };
    value.map(|Object(value)| value)
}

fn refused(error: Errno) -> Failure {
    match error {
        Errno::NOENT => Failure::Gone,
        error => Failure::Final(None, no_access(error)),
    }
}

fn no_access(error: Errno) -> Unreadable {
    ("no_access", format!("cannot be opened ({error})"))
}

/// Not the error's own text, which may quote the file.
fn broken(look: Look, error: &serde_json::Error) -> Failure {
    let kind = error.classify();
    let (line, column) = (error.line(), error.column());
    let unreadable = (
        "broken_row",
        format!("broken JSON ({kind:?}, line {line}, column {column})"),
    );
    match kind {
        serde_json::error::Category::Data => Failure::Final(Some(look), unreadable),
        _ => Failure::Torn(look, unreadable),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "nothing tells when OpenCode has finished rewriting a file"
)]
fn pause(ms: u64) {
    std::thread::sleep(Duration::from_millis(ms));
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;

    type Numbers = std::collections::BTreeMap<String, u8>;

    /// A folder with one cut file, and a reader whose pauses are noted and mend the file at the
    /// `mended`th.
    fn reader(mended: Option<usize>) -> (tempfile::TempDir, File, Reader, Rc<RefCell<Vec<u64>>>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        std::fs::write(&path, r#"{"a":1,"#).unwrap();
        let pauses = Rc::new(RefCell::new(Vec::new()));
        let seen = Rc::clone(&pauses);
        let reader = Reader {
            pause_ms: Box::new(move |ms| {
                seen.borrow_mut().push(ms);
                if Some(seen.borrow().len()) == mended {
                    std::fs::write(&path, r#"{"a":1,"b":2}"#).unwrap();
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
        let found = reader.read::<Numbers>(&fd, "a.json").unwrap();
        assert_eq!(
            (found.value.unwrap()["b"], found.look.unwrap().bytes),
            (2, 13)
        );
        assert_eq!(*pauses.borrow(), [1, 4]);
    }

    #[test]
    fn what_stays_broken_is_unreadable_and_is_not_waited_for_without_end() {
        let (_folder, fd, mut reader, pauses) = reader(None);
        for _ in 0..10 {
            let found = reader.read::<Numbers>(&fd, "a.json").unwrap();
            assert_eq!(found.value.unwrap_err().0, "broken_row");
            assert_eq!(found.look.unwrap().bytes, 7);
        }
        assert_eq!(*pauses.borrow(), [1, 4, 10].repeat(4));
    }

    #[test]
    fn a_hasty_reader_does_not_wait() {
        let (_folder, fd, patient, pauses) = reader(None);
        let mut reader = Reader {
            waits_ms: Reader::hasty().waits_ms,
            ..patient
        };
        let found = reader.read::<Vec<u8>>(&fd, "a.json").unwrap();
        assert_eq!(found.value.unwrap_err().0, "broken_row");
        assert_eq!(*pauses.borrow(), [0; 0]);
    }

    #[test]
    fn what_is_no_text_harms_only_where_it_is_read() {
        #[derive(serde::Deserialize)]
        struct Named {
            name: String,
        }
        let (folder, fd, mut reader, _) = reader(None);
        let mut read = |content: &[u8]| {
            std::fs::write(folder.path().join("a.json"), content).unwrap();
            let named = reader.read::<Named>(&fd, "a.json").unwrap().value;
            named.map(|named| named.name).map_err(|(code, _)| code)
        };
        assert_eq!(read(b"{\"name\":\"a\",\"other\":\"\xff\"}"), Ok("a".into()));
        assert_eq!(read(b"{\"name\":\"\xff\"}"), Err("broken_row"));
    }

    #[test]
    fn what_is_whole_but_wrong_is_not_waited_for() {
        let (folder, fd, mut reader, pauses) = reader(None);
        std::fs::write(folder.path().join("a.json"), "\"secret\"").unwrap();
        let found = reader.read::<Numbers>(&fd, "a.json").unwrap();
        let (_, what) = found.value.unwrap_err();
        assert!(!what.contains("secret"), "{what}");
        assert_eq!(*pauses.borrow(), [0; 0]);
        assert!(reader.read::<Numbers>(&fd, "gone.json").is_none());
    }
}
