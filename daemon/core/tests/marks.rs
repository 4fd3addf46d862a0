// SPDX-License-Identifier: GPL-3.0-or-later
//! What OpenCode deletes, reverts or archives stays, marked; what merely cannot be reached is not.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod earlier;
mod opencode;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use octally_core::meter::Meter;
use octally_core::model::Zone;
use octally_core::rollup::{By, Request};
use octally_core::sync::Depth;
use opencode::{OpenCode, START_MS, answer, open_meter, sync};
use rusqlite::Connection;

const REVERT: &str = "ALTER TABLE session ADD COLUMN revert text";

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The data of a fixture with a ledger that knows it.
struct Installed {
    folder: tempfile::TempDir,
    meter: Meter,
}

impl Installed {
    fn of(fixture: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(
            &fixtures().join(fixture).join("opencode"),
            &folder.path().join("opencode"),
        );
        let meter = open_meter(
            &folder.path().join("octally/ledger.db"),
            &folder.path().join("opencode"),
        );
        let mut installed = Self { folder, meter };
        installed.sync();
        assert_eq!(installed.marks(), BTreeMap::new(), "{fixture}");
        installed
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("opencode").join(name)
    }

    fn sync(&mut self) {
        sync(&mut self.meter, Depth::Thorough);
    }

    fn marks(&self) -> BTreeMap<String, i64> {
        marks(&self.folder.path().join("octally/ledger.db"))
    }

    fn deleted(&self) -> i64 {
        deleted(&self.folder.path().join("octally/ledger.db"))
    }

    fn database(&self) -> Connection {
        Connection::open(self.path("opencode.db")).unwrap()
    }

    fn input(&self) -> u64 {
        input(&self.meter)
    }
}

fn input(meter: &Meter) -> u64 {
    let report = meter.report(&Request::new(By::Day), &Zone::utc()).unwrap();
    report.totals.tokens.input
}

fn marks(ledger: &Path) -> BTreeMap<String, i64> {
    let ledger = Connection::open(ledger).unwrap();
    let sql = "SELECT uid, gone FROM step WHERE gone_ms IS NOT NULL";
    let mut statement = ledger.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    rows.unwrap().collect::<rusqlite::Result<_>>().unwrap()
}

fn deleted(ledger: &Path) -> i64 {
    let ledger = Connection::open(ledger).unwrap();
    let sql = "SELECT count(*) FROM session WHERE deleted_ms IS NOT NULL";
    ledger.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// A session with three turns: a prompt and an answer each.
fn three_turns() -> OpenCode {
    let opencode = OpenCode::new();
    opencode.connection.execute_batch(REVERT).unwrap();
    opencode.session("ses_1", None, START_MS);
    for turn in 1..=3 {
        let at_ms = START_MS + turn * 10_000;
        let (prompt, id) = (format!("msg_{turn}a"), format!("msg_{turn}b"));
        let data = answer(&prompt, at_ms, 100, 1, 0.001);
        opencode.message(&prompt, "ses_1", at_ms - 1, at_ms, r#"{"role":"user"}"#);
        opencode.message(&id, "ses_1", at_ms, at_ms, &data);
    }
    opencode
}

fn set_revert(opencode: &OpenCode, revert: Option<&str>) {
    let sql = "UPDATE session SET revert = ?";
    opencode.connection.execute(sql, [revert]).unwrap();
    opencode.bump("ses_1");
}

fn is(marked: &[(&str, i64)]) -> BTreeMap<String, i64> {
    marked
        .iter()
        .map(|(id, gone)| ((*id).to_owned(), *gone))
        .collect()
}

#[test]
fn a_reverted_turn_is_marked_at_once_and_stays_so_when_it_is_deleted() {
    let opencode = three_turns();
    let mut meter = opencode.meter();
    sync(&mut meter, Depth::Thorough);
    set_revert(&opencode, Some(r#"{"messageID":"msg_2a","snapshot":"x"}"#));
    sync(&mut meter, Depth::Quick);
    let reverted = is(&[("msg_2b", 3), ("msg_3b", 3)]);
    assert_eq!(marks(&opencode.ledger()), reverted);
    set_revert(&opencode, None);
    sync(&mut meter, Depth::Quick);
    assert_eq!(marks(&opencode.ledger()), is(&[]));
    set_revert(
        &opencode,
        Some(r#"{"messageID":"msg_2b","partID":"prt_1"}"#),
    );
    sync(&mut meter, Depth::Quick);
    assert_eq!(marks(&opencode.ledger()), is(&[("msg_3b", 3)]));
    set_revert(&opencode, Some(r#"{"messageID":"msg_2a"}"#));
    sync(&mut meter, Depth::Quick);
    let sql = "DELETE FROM message WHERE id >= 'msg_2a'; UPDATE session SET revert = NULL";
    opencode.connection.execute_batch(sql).unwrap();
    opencode.bump("ses_1");
    sync(&mut meter, Depth::Quick);
    assert_eq!(marks(&opencode.ledger()), reverted);
    assert_eq!(input(&meter), 300);
}

#[test]
fn a_deleted_answer_a_turn_that_went_unseen_and_a_deleted_session_differ() {
    let opencode = three_turns();
    let mut meter = opencode.meter();
    sync(&mut meter, Depth::Thorough);
    let sql = "DELETE FROM message WHERE id IN ('msg_1b', 'msg_3a', 'msg_3b')";
    opencode.connection.execute_batch(sql).unwrap();
    sync(&mut meter, Depth::Thorough);
    assert_eq!(
        marks(&opencode.ledger()),
        is(&[("msg_1b", 2), ("msg_3b", 3)])
    );
    assert_eq!(deleted(&opencode.ledger()), 0);
    let sql = "DELETE FROM message; DELETE FROM session; DELETE FROM event_sequence";
    opencode.connection.execute_batch(sql).unwrap();
    sync(&mut meter, Depth::Thorough);
    let all = is(&[("msg_1b", 2), ("msg_2b", 1), ("msg_3b", 3)]);
    assert_eq!(marks(&opencode.ledger()), all);
    assert_eq!((deleted(&opencode.ledger()), input(&meter)), (1, 300));
}

#[test]
fn a_database_that_is_away_has_lost_nothing() {
    let mut world = Installed::of("1.18.33");
    let (input, away) = (world.input(), world.folder.path().join("away.db"));
    fs::rename(world.path("opencode.db"), &away).unwrap();
    world.sync();
    assert_eq!((world.marks(), world.deleted()), (is(&[]), 0));
    fs::rename(world.path(""), world.folder.path().join("unmounted")).unwrap();
    world.sync();
    assert_eq!((world.marks(), world.deleted()), (is(&[]), 0));
    fs::rename(world.folder.path().join("unmounted"), world.path("")).unwrap();
    fs::rename(&away, world.path("opencode.db")).unwrap();
    world.sync();
    assert_eq!((world.marks(), world.deleted()), (is(&[]), 0));
    assert_eq!(world.input(), input);
}

#[test]
fn what_a_source_that_is_away_may_have_waits_until_it_is_back() {
    let mut world = Installed::of("1.18.33");
    let second = world.path("opencode-second.db");
    let to = second.display().to_string();
    world.database().execute("VACUUM INTO ?", [to]).unwrap();
    world.sync();
    let away = world.folder.path().join("away.db");
    fs::rename(&second, &away).unwrap();
    let sql = "DELETE FROM message; DELETE FROM session";
    world.database().execute_batch(sql).unwrap();
    world.sync();
    assert_eq!((world.marks(), world.deleted()), (is(&[]), 0));
    fs::rename(&away, &second).unwrap();
    world.sync();
    assert_eq!((world.marks(), world.deleted()), (is(&[]), 0));
    Connection::open(&second)
        .unwrap()
        .execute_batch(sql)
        .unwrap();
    let input = world.input();
    world.sync();
    assert!(world.marks().len() > 5 && world.deleted() > 0);
    assert_eq!(world.input(), input);
}

#[test]
fn a_source_that_comes_back_without_it_settles_what_waited() {
    let mut world = Installed::of("1.18.33");
    let second = world.path("opencode-second.db");
    let to = second.display().to_string();
    world.database().execute("VACUUM INTO ?", [to]).unwrap();
    world.sync();
    let away = world.folder.path().join("away.db");
    fs::rename(&second, &away).unwrap();
    let sql = "DELETE FROM message; DELETE FROM session";
    world.database().execute_batch(sql).unwrap();
    world.sync();
    Connection::open(&away).unwrap().execute_batch(sql).unwrap();
    fs::rename(&away, &second).unwrap();
    world.sync();
    assert!(world.marks().values().all(|gone| *gone == 1));
    assert!(world.marks().len() > 5 && world.deleted() > 0);
}

#[test]
fn a_backup_that_is_put_back_takes_the_marks_away() {
    let mut world = Installed::of("1.18.33");
    let backup = world.folder.path().join("backup.db");
    let to = backup.display().to_string();
    world.database().execute("VACUUM INTO ?", [to]).unwrap();
    let sql = "DELETE FROM message; DELETE FROM session";
    world.database().execute_batch(sql).unwrap();
    world.sync();
    assert!(world.deleted() > 0);
    for ending in ["-wal", "-shm"] {
        let _ = fs::remove_file(world.path(&format!("opencode.db{ending}")));
    }
    fs::rename(&backup, world.path("opencode.db")).unwrap();
    world.sync();
    assert_eq!((world.marks(), world.deleted()), (is(&[]), 0));
}

#[test]
fn message_files_are_gone_when_they_are_deleted_and_not_when_their_store_is() {
    let mut world = Installed::of("1.1.65");
    let input = world.input();
    let messages = world.path("storage/message");
    fs::rename(&messages, world.path("storage/elsewhere")).unwrap();
    world.sync();
    assert_eq!(world.marks(), is(&[]), "no store");
    fs::create_dir(&messages).unwrap();
    world.sync();
    assert_eq!(world.marks(), is(&[]), "an empty mount point");
    fs::remove_dir(&messages).unwrap();
    fs::rename(world.path("storage/elsewhere"), &messages).unwrap();
    world.sync();
    let folder = fs::read_dir(&messages)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    fs::rename(&folder, world.folder.path().join("kept")).unwrap();
    world.sync();
    assert!(!world.marks().is_empty() && world.deleted() == 1);
    assert!(world.marks().values().all(|gone| *gone == 1));
    fs::rename(world.folder.path().join("kept"), &folder).unwrap();
    world.sync();
    assert_eq!((world.marks(), world.deleted()), (is(&[]), 0));
    // OpenCode itself leaves the folder.
    for file in fs::read_dir(&folder).unwrap() {
        fs::remove_file(file.unwrap().path()).unwrap();
    }
    world.sync();
    assert_eq!((world.deleted(), world.input()), (1, input));
}

#[test]
fn what_a_database_took_over_from_files_is_gone_when_both_have_lost_it() {
    let mut world = Installed::of("upgrade-1.1.65-to-1.2.27-to-1.18.33");
    let sql = "DELETE FROM message; DELETE FROM session";
    world.database().execute_batch(sql).unwrap();
    world.sync();
    let after_database = world.marks();
    fs::remove_dir_all(world.path("storage/message")).unwrap();
    fs::create_dir_all(world.path("storage/message/ses_other")).unwrap();
    world.sync();
    assert!(world.marks().len() > after_database.len());
}

#[test]
fn opencode_2_reverts_and_deletes() {
    let mut world = Installed::of("v2-stable-synthetic");
    let input = world.input();
    let database = world.database();
    let sql = "SELECT session_id, id FROM session_message WHERE type = 'user' AND session_id IN
            (SELECT session_id FROM session_message WHERE type = 'assistant'
                AND data ->> '$.tokens.input' > 0)
        ORDER BY session_id, seq LIMIT 1";
    let both = |row: &rusqlite::Row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?));
    let (session, prompt) = database.query_row(sql, [], both).unwrap();
    let revert = format!(r#"{{"messageID":"{prompt}"}}"#);
    let sql = "UPDATE session_v2 SET revert = ? WHERE id = ?";
    database.execute(sql, [&revert, &session]).unwrap();
    world.sync();
    let reverted = world.marks();
    assert!(!reverted.is_empty() && reverted.values().all(|gone| *gone == 3));
    let sql = "DELETE FROM session_message WHERE session_id = ?";
    database.execute(sql, [&session]).unwrap();
    let sql = "UPDATE session_v2 SET revert = NULL WHERE id = ?";
    database.execute(sql, [&session]).unwrap();
    world.sync();
    assert_eq!(world.marks(), reverted);
    let sql = "DELETE FROM session_message; DELETE FROM session_v2";
    database.execute_batch(sql).unwrap();
    world.sync();
    let remainders = world
        .marks()
        .keys()
        .filter(|id| id.ends_with("#remainder"))
        .count();
    assert!(remainders > 0 && world.deleted() > 1);
    assert_eq!(world.input(), input);
}

#[test]
fn a_ledger_of_before_the_marks_finds_what_went_earlier() {
    let opencode = three_turns();
    let mut meter = opencode.meter();
    sync(&mut meter, Depth::Thorough);
    drop(meter);
    let sql = "DELETE FROM message WHERE id = 'msg_2b'";
    opencode.connection.execute_batch(sql).unwrap();
    earlier::before("what_is_gone.sql", &opencode.ledger());
    sync(&mut opencode.meter(), Depth::Thorough);
    assert_eq!(marks(&opencode.ledger()), is(&[("msg_2b", 2)]));
}

#[test]
fn a_meter_that_was_stopped_before_it_looked_looks_later() {
    let opencode = three_turns();
    let mut meter = opencode.meter();
    sync(&mut meter, Depth::Thorough);
    let sql = "DELETE FROM message WHERE id = 'msg_2b'";
    opencode.connection.execute_batch(sql).unwrap();
    sync(&mut meter, Depth::Thorough);
    drop(meter);
    // As it was when the change had been noted and nothing more.
    let sql = "UPDATE step SET gone = NULL, gone_ms = NULL; INSERT INTO doubt VALUES ('ses_1', 0)";
    let ledger = Connection::open(opencode.ledger()).unwrap();
    ledger.execute_batch(sql).unwrap();
    sync(&mut opencode.meter(), Depth::Quick);
    assert_eq!(marks(&opencode.ledger()), is(&[("msg_2b", 2)]));
    let doubts = "SELECT count(*) FROM doubt";
    let left: i64 = ledger.query_row(doubts, [], |row| row.get(0)).unwrap();
    assert_eq!(left, 0);
}
