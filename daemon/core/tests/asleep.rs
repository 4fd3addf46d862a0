// SPDX-License-Identifier: GPL-3.0-or-later
//! Databases that a new process leaves closed, because they look as they did when they had been read.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod opencode;

use std::fs::{File, FileTimes};
use std::os::unix::fs::FileExt;

use octally_core::sync::Depth;
use opencode::{OpenCode, START_MS, answer, sync};

fn one_step() -> OpenCode {
    let opencode = OpenCode::new();
    opencode.session("ses_1", None, START_MS);
    let data = answer("msg_u", START_MS + 1, 100, 10, 0.001);
    opencode.message("msg_1", "ses_1", START_MS + 1, START_MS + 1, &data);
    // Into the database itself, as when OpenCode ends.
    let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
    opencode.connection.execute_batch(sql).unwrap();
    opencode
}

#[test]
fn a_database_that_looks_as_it_was_read_is_not_opened() {
    let opencode = one_step();
    let first = sync(&mut opencode.meter(), Depth::Quick);
    // Whoever opens it now finds no database in it.
    let file = File::options()
        .write(true)
        .open(opencode.database())
        .unwrap();
    let modified = file.metadata().unwrap().modified().unwrap();
    file.write_all_at(b"no SQLite format", 0).unwrap();
    file.set_times(FileTimes::new().set_modified(modified))
        .unwrap();
    let mut meter = opencode.meter();
    let second = sync(&mut meter, Depth::Quick);
    assert_eq!((second.messages_read, second.problems.len()), (0, 0));
    assert_eq!(second.sources, first.sources);
    assert_eq!(meter.title("ses_1"), None);
    let third = sync(&mut meter, Depth::Thorough);
    assert_eq!(third.problems[0].code, "not_a_database");
    assert!(!third.sources[0].is_current);
}

#[test]
fn a_closed_database_is_opened_for_a_title_and_for_what_is_new() {
    let opencode = one_step();
    sync(&mut opencode.meter(), Depth::Quick);
    let mut meter = opencode.meter();
    sync(&mut meter, Depth::Quick);
    assert!(meter.title("ses_1").is_some());
    let data = answer("msg_u", START_MS + 2, 100, 10, 0.001);
    opencode.message("msg_2", "ses_1", START_MS + 2, START_MS + 2, &data);
    opencode.bump("ses_1");
    assert_eq!(sync(&mut meter, Depth::Quick).steps_added, 1);
    assert_eq!(sync(&mut opencode.meter(), Depth::Quick).steps_added, 0);
}
