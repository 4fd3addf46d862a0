// SPDX-License-Identifier: GPL-3.0-or-later
//! Message folders that somebody saw OpenCode write to: read at once, alone, and as far as needed.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use octally_core::meter::{Host, Meter};
use octally_core::model::Zone;
use octally_core::sync::{Depth, Origins, SyncReport};
use rusqlite::Connection;

/// File times are the machine's, so the clock is too.
fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(now.as_millis()).unwrap()
}

struct World {
    folder: tempfile::TempDir,
    meter: Meter,
    start_ms: i64,
}

impl World {
    /// With `sessions` of two answers each, read to their end.
    fn with(sessions: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut world = Self {
            meter: meter(folder.path()),
            folder,
            start_ms: now_ms(),
        };
        for session in 0..sessions {
            for number in 0..2 {
                world.answer(session, number, 100);
            }
        }
        world.sync(Depth::Quick);
        world
    }

    /// As a new process.
    fn restart(&mut self) {
        self.meter = meter(self.folder.path());
    }

    fn dir(&self, session: usize) -> PathBuf {
        let messages = self.folder.path().join("opencode/storage/message");
        messages.join(format!("ses_{session}"))
    }

    fn answer(&self, session: usize, number: usize, input: u64) {
        let at_ms = self.start_ms + number as i64;
        let text = format!(
            r#"{{"role":"assistant","parentID":"msg_u","providerID":"p","modelID":"m","agent":"build",
            "cost":0.5,"finish":"stop","time":{{"created":{at_ms},"completed":{at_ms}}},
            "tokens":{{"input":{input},"output":0,"reasoning":0,"cache":{{"read":0,"write":0}}}}}}"#
        );
        self.write(session, number, &text);
    }

    fn write(&self, session: usize, number: usize, text: &str) {
        std::fs::create_dir_all(self.dir(session)).unwrap();
        let name = format!("msg_{session}_{number}.json");
        std::fs::write(self.dir(session).join(name), text).unwrap();
    }

    fn sync(&mut self, depth: Depth) -> SyncReport {
        self.sync_at(now_ms(), depth)
    }

    fn sync_at(&mut self, at_ms: i64, depth: Depth) -> SyncReport {
        let report = self
            .meter
            .sync(depth, &Zone::utc(), at_ms, &mut |_| true)
            .unwrap();
        assert_eq!(report.problems, [], "{depth:?}");
        report
    }

    /// The next sync, after word of these sessions.
    fn touch(&mut self, sessions: &[usize]) -> SyncReport {
        for session in sessions {
            let dir = self.dir(*session);
            self.meter.touch(&dir);
        }
        self.sync(Depth::Quick)
    }

    fn total(&self) -> i64 {
        let ledger = Connection::open(self.folder.path().join("ledger.db")).unwrap();
        let sql = "SELECT coalesce(sum(input), 0) FROM quarter";
        ledger.query_row(sql, [], |row| row.get(0)).unwrap()
    }
}

fn meter(folder: &Path) -> Meter {
    let origins = Origins {
        data_dirs: vec![folder.join("opencode")],
        ..Origins::default()
    };
    let host = Host {
        id: "h".into(),
        label: "test".into(),
    };
    Meter::open(&folder.join("ledger.db"), origins, host).unwrap()
}

#[test]
fn a_new_process_that_found_nothing_new_knows_what_is_in_a_touched_folder() {
    let mut world = World::with(2);
    world.restart();
    let nothing = world.sync(Depth::Quick);
    assert_eq!((nothing.messages_read, nothing.sources[0].messages), (0, 4));
    world.answer(1, 2, 7);
    let report = world.touch(&[1]);
    assert_eq!((report.steps_added, report.sources[0].messages), (1, 5));
    assert_eq!((report.sources[0].sessions, world.total()), (2, 407));
    world.restart();
    assert_eq!(world.sync(Depth::Quick).steps_added, 0);
    assert_eq!(world.total(), 407);
}

#[test]
fn only_the_touched_folder_is_read_and_only_what_was_written() {
    let mut world = World::with(3);
    assert_eq!(world.total(), 600);
    world.answer(1, 2, 7);
    world.answer(2, 2, 9);
    let nothing = world.sync(Depth::Quick);
    assert_eq!((nothing.messages_read, world.total()), (0, 600));
    let report = world.touch(&[1]);
    // Those that were written within the same tick of the file system's clock may be among them.
    assert!((1..=3).contains(&report.messages_read), "{report:?}");
    assert_eq!(world.total(), 607);
    world.touch(&[2]);
    assert_eq!(world.total(), 616);
}

#[test]
fn a_rewritten_file_and_a_new_session_are_read() {
    let mut world = World::with(1);
    world.answer(0, 1, 130);
    world.answer(5, 0, 1_000);
    let report = world.touch(&[0, 5]);
    assert_eq!(world.total(), 1_230);
    assert_eq!(
        (report.sources[0].sessions, report.sources[0].messages),
        (2, 3)
    );
    assert_eq!(report.message_folders[1], world.dir(5));
}

#[test]
fn a_torn_file_is_neither_a_problem_nor_forgotten() {
    let mut world = World::with(1);
    world.write(0, 2, "{\"role\":\"assi");
    let before_ms = now_ms();
    assert!(world.touch(&[0]).messages_read > 0);
    // Nobody touches it again.
    world.answer(0, 2, 11);
    world.sync(Depth::Quick);
    assert_eq!(world.total(), 211);
    // What stays torn is given up in a while, and told by the next patient look.
    world.write(0, 3, "{");
    world.touch(&[0]);
    world.sync_at(before_ms + 8_000, Depth::Quick);
    assert_eq!(
        world.sync_at(before_ms + 9_000, Depth::Quick).messages_read,
        0
    );
    let meter = &mut world.meter;
    let told = meter.sync(Depth::Thorough, &Zone::utc(), now_ms(), &mut |_| true);
    assert_eq!(told.unwrap().problems[0].code, "broken_row");
}

#[test]
fn a_thorough_sync_reads_the_folder_once_more_and_then_no_more() {
    let mut world = World::with(2);
    world.answer(0, 2, 7);
    world.touch(&[0]);
    let whole = world.sync(Depth::Thorough);
    assert_eq!((whole.messages_read, whole.steps_updated), (3, 0));
    assert_eq!(world.sync(Depth::Thorough).messages_read, 0);
    assert_eq!(world.total(), 407);
}

#[test]
fn what_is_no_message_folder_is_passed_over() {
    let mut world = World::with(1);
    let opencode = world.folder.path().join("opencode");
    for path in [
        opencode.clone(),
        opencode.join("storage"),
        opencode.join("storage/message"),
        opencode.join("storage/message/ses_gone"),
        PathBuf::from("/"),
    ] {
        world.meter.touch(&path);
    }
    assert_eq!(world.sync(Depth::Quick).messages_read, 0);
    assert_eq!(world.total(), 200);
}
