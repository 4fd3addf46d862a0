// SPDX-License-Identifier: GPL-3.0-or-later
//! Whose the lines of a reconciliation are, and what could not be compared.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod migrate;
mod opencode;

use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use migrate::{MIGRATED_MS, Migrated};
use octally_core::sync::Depth;
use octally_core::wire::{Amounts, Line, Reconciliation};
use opencode::{OpenCode, START_MS, answer, sync};
use rusqlite::Connection;

fn line<'f>(found: &'f Reconciliation, key: &str) -> &'f Line {
    let mut lines = found.lines.iter().chain(&found.contained);
    lines.find(|line| line.key == key).unwrap()
}

fn assert_adds_up(found: &Reconciliation) {
    let lines = found.lines.iter();
    let explained = lines.fold(found.opencode, |sum, line| sum + line.amounts);
    assert_eq!(
        (found.adds_up, explained),
        (true, found.octally),
        "{found:#?}"
    );
}

/// A prompt and its answer.
fn turn(opencode: &OpenCode, session: &str, number: i64, input: u64) {
    let at_ms = START_MS + number * 10_000;
    let (prompt, id) = (format!("msg_{number:04}a"), format!("msg_{number:04}b"));
    let data = answer(&prompt, at_ms, input, 1, 0.001);
    opencode.message(&prompt, session, at_ms - 1, at_ms, r#"{"role":"user"}"#);
    opencode.message(&id, session, at_ms, at_ms, &data);
}

fn two_sessions() -> OpenCode {
    let opencode = OpenCode::new();
    let sql = "ALTER TABLE session ADD COLUMN revert text";
    opencode.connection.execute_batch(sql).unwrap();
    for session in ["ses_1", "ses_2"] {
        opencode.session(session, None, START_MS);
    }
    for number in 1..=4 {
        turn(&opencode, "ses_1", number, 100);
    }
    turn(&opencode, "ses_2", 5, 7_000);
    opencode
}

#[test]
fn every_line_adds_up_from_its_sessions_and_shows_the_largest_first() {
    let opencode = two_sessions();
    opencode.session("ses_fork", None, START_MS + 900_000);
    let data = answer("msg_0006a", START_MS + 10_000, 100, 1, 0.001);
    opencode.message(
        "msg_0006b",
        "ses_fork",
        START_MS + 10_000,
        START_MS + 900_000,
        &data,
    );
    let mut meter = opencode.meter();
    sync(&mut meter, Depth::Thorough);
    let sql = "DELETE FROM message WHERE id = 'msg_0001b'";
    opencode.connection.execute_batch(sql).unwrap();
    sync(&mut meter, Depth::Thorough);
    let found = meter.reconcile(10).unwrap();
    assert_adds_up(&found);
    for line in found.lines.iter().chain(&found.contained) {
        let parts = line.sessions.as_ref().unwrap();
        let shown = parts.largest.iter();
        let sum = shown.fold(Amounts::default(), |sum, part| sum + part.amounts);
        assert_eq!(sum, line.amounts, "{line:?}");
        assert_eq!(parts.count, parts.largest.len() as u64);
    }
    let names = |key: &str| -> Vec<String> {
        let parts = line(&found, key).sessions.as_ref().unwrap();
        parts
            .largest
            .iter()
            .map(|part| part.session.clone())
            .collect()
    };
    assert_eq!(names("no_totals"), ["ses_2", "ses_1", "ses_fork"]);
    assert_eq!(names("deleted_messages"), ["ses_1"]);
    assert_eq!(names("fork_copies"), ["ses_fork"]);
    let one = meter.reconcile(1).unwrap();
    let parts = line(&one, "no_totals").sessions.as_ref().unwrap();
    assert_eq!((parts.count, parts.largest.len()), (3, 1));
    assert_eq!(
        line(&meter.reconcile(0).unwrap(), "no_totals").sessions,
        None
    );
}

#[test]
fn the_sessions_of_totals_and_of_a_second_database_add_up_too() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("opencode");
    std::fs::create_dir(&data_dir).unwrap();
    for (fixture, name) in [("1.18.33", "opencode.db"), ("1.15.13", "opencode-next.db")] {
        let from = fixtures.join(fixture).join("opencode/opencode.db");
        let to = data_dir.join(name).display().to_string();
        let from = Connection::open(from).unwrap();
        from.execute("VACUUM INTO ?", [to]).unwrap();
    }
    let sql = "UPDATE session SET tokens_input = tokens_input + 5
        WHERE id = (SELECT min(id) FROM session)";
    let database = Connection::open(data_dir.join("opencode.db")).unwrap();
    database.execute_batch(sql).unwrap();
    let mut meter = opencode::open_meter(&folder.path().join("ledger.db"), &data_dir);
    sync(&mut meter, Depth::Thorough);
    let found = meter.reconcile(1_000).unwrap();
    assert_adds_up(&found);
    for key in ["totals_differ", "other_database"] {
        let line = line(&found, key);
        let parts = line.sessions.as_ref().unwrap();
        let shown = parts.largest.iter();
        let sum = shown.fold(Amounts::default(), |sum, part| sum + part.amounts);
        assert_eq!(sum, line.amounts, "{key}");
    }
    let odd = line(&found, "totals_differ").sessions.as_ref().unwrap();
    let odd: Vec<i64> = odd.largest.iter().map(|part| part.amounts.input).collect();
    assert!(odd.contains(&-5), "{odd:?}");
}

#[test]
fn what_is_gone_is_told_by_how_it_went() {
    let opencode = two_sessions();
    let mut meter = opencode.meter();
    sync(&mut meter, Depth::Thorough);
    let revert = r#"UPDATE session SET revert = '{"messageID":"msg_0004a"}' WHERE id = 'ses_1'"#;
    let sql =
        "DELETE FROM message WHERE id IN ('msg_0001b', 'msg_0002a', 'msg_0002b', 'msg_0005b');
        DELETE FROM session WHERE id = 'ses_2'";
    opencode.connection.execute_batch(revert).unwrap();
    opencode.connection.execute_batch(sql).unwrap();
    sync(&mut meter, Depth::Thorough);
    let found = meter.reconcile(0).unwrap();
    assert_adds_up(&found);
    let input = |key: &str| line(&found, key).amounts.input;
    assert_eq!(input("deleted_sessions"), 7_000);
    assert_eq!((input("deleted_messages"), input("reverted")), (100, 100));
    assert_eq!(input("hidden"), 100);
}

#[test]
fn a_database_that_is_away_is_out_of_reach_and_not_deleted() {
    let opencode = two_sessions();
    let mut meter = opencode.meter();
    sync(&mut meter, Depth::Thorough);
    std::fs::rename(opencode.database(), opencode.folder.path().join("away.db")).unwrap();
    sync(&mut meter, Depth::Thorough);
    let found = meter.reconcile(0).unwrap();
    assert_adds_up(&found);
    assert_eq!(line(&found, "out_of_reach").amounts, found.octally);
}

#[test]
fn a_damaged_page_is_walked_around_and_told() {
    let opencode = OpenCode::new();
    opencode.session("ses_1", None, START_MS);
    opencode.connection.execute_batch("BEGIN").unwrap();
    for number in 0..400 {
        turn(&opencode, "ses_1", number, 100);
    }
    opencode.connection.execute_batch("COMMIT").unwrap();
    let mut meter = opencode.meter();
    sync(&mut meter, Depth::Thorough);
    let path = opencode.database();
    let checkpoint = |row: &rusqlite::Row| row.get::<_, i64>(0);
    let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
    opencode.connection.query_row(sql, [], checkpoint).unwrap();
    let place = Connection::open(&path).unwrap();
    let sql = "SELECT pageno FROM dbstat WHERE name = 'message' AND pagetype = 'leaf'
        ORDER BY path LIMIT 1 OFFSET 5";
    let page = place.query_row(sql, [], checkpoint).unwrap() as u64;
    drop(place);
    let mut file = std::fs::File::options().write(true).open(&path).unwrap();
    file.seek(SeekFrom::Start((page - 1) * 4096)).unwrap();
    file.write_all(&[0xff; 64]).unwrap();
    drop(file);
    sync(&mut meter, Depth::Thorough);
    let found = meter.reconcile(0).unwrap();
    assert_adds_up(&found);
    assert!(found.damaged_places > 0, "{found:#?}");
    let read = line(&found, "no_totals").amounts.steps;
    let unread = line(&found, "out_of_reach").amounts.steps;
    assert!(read > 0 && unread > 0, "{found:#?}");
    assert_eq!((read + unread, found.octally.steps), (400, 400));
    let gone = ["deleted_sessions", "deleted_messages", "reverted"];
    assert!(
        gone.iter().all(|key| line(&found, key).amounts.is_zero()),
        "{found:#?}"
    );
}

#[test]
fn a_running_migration_is_told() {
    let fixture = "tests/fixtures/v1-fork-subagent-1.18.33/opencode/opencode.db";
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("opencode");
    std::fs::create_dir(&data_dir).unwrap();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join(fixture);
    std::fs::copy(from, data_dir.join("opencode.db")).unwrap();
    let mut meter = opencode::open_meter(&folder.path().join("ledger.db"), &data_dir);
    sync(&mut meter, Depth::Thorough);
    assert!(!meter.reconcile(0).unwrap().is_migrating);
    let migrated = Migrated::begin(&data_dir.join("opencode.db"), 1);
    let sql = "SELECT id FROM session_v2 ORDER BY id DESC";
    let first = |row: &rusqlite::Row| row.get::<_, String>(0);
    let id = migrated.connection.query_row(sql, [], first).unwrap();
    // Late work of 1.x in a session that was taken over cannot be told from what was in it before.
    migrated.call_of_1("msg_late", &id, MIGRATED_MS + 1_000, 11);
    migrated.call_of_2(None, &id, MIGRATED_MS + 1_000, 777);
    sync(&mut meter, Depth::Thorough);
    let found = meter.reconcile(0).unwrap();
    assert!(found.is_migrating && found.problems.is_empty());
    assert_adds_up(&found);
}
