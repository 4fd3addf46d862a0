// SPDX-License-Identifier: GPL-3.0-or-later
//! A step is gone when no source has it; what merely cannot be reached is not gone.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod marked;
mod tree;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use marked::is;
use octally_core::meter::{Host, Meter};
use octally_core::model::Zone;
use octally_core::sync::{Depth, Origins};
use rusqlite::Connection;
use tree::copy;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
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
        let origins = Origins {
            data_dirs: vec![folder.path().join("opencode")],
            ..Origins::default()
        };
        let host = Host {
            id: "h".into(),
            label: "test".into(),
        };
        let ledger = folder.path().join("octally/ledger.db");
        let meter = Meter::open(&ledger, origins, host).unwrap();
        let mut installed = Self { folder, meter };
        installed.sync();
        assert_eq!(installed.marks(), BTreeMap::new(), "{fixture}");
        installed
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("opencode").join(name)
    }

    fn sync(&mut self) {
        let now_ms = 1_796_000_000_000;
        self.meter
            .sync(Depth::Thorough, &Zone::utc(), now_ms, &mut |_| true)
            .unwrap();
    }

    fn marks(&self) -> BTreeMap<String, i64> {
        marked::marks(&self.folder.path().join("octally/ledger.db"))
    }

    fn deleted(&self) -> i64 {
        marked::deleted(&self.folder.path().join("octally/ledger.db"))
    }

    fn database(&self) -> Connection {
        Connection::open(self.path("opencode.db")).unwrap()
    }

    fn input(&self) -> u64 {
        marked::input(&self.meter)
    }
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

const DELETE_ALL: &str = "DELETE FROM message; DELETE FROM session";

/// A data folder with an empty database, the place of a second one that has all that was deleted, and where
/// that is now.
fn emptied_while_its_copy_is_away() -> (Installed, PathBuf, PathBuf) {
    let mut world = Installed::of("1.18.33");
    let second = world.path("opencode-second.db");
    let to = second.display().to_string();
    world.database().execute("VACUUM INTO ?", [to]).unwrap();
    world.sync();
    let away = world.folder.path().join("away.db");
    fs::rename(&second, &away).unwrap();
    world.database().execute_batch(DELETE_ALL).unwrap();
    world.sync();
    (world, second, away)
}

#[test]
fn what_a_source_that_is_away_may_have_waits_until_it_is_back() {
    let (mut world, second, away) = emptied_while_its_copy_is_away();
    assert_eq!((world.marks(), world.deleted()), (is(&[]), 0));
    fs::rename(&away, &second).unwrap();
    world.sync();
    assert_eq!((world.marks(), world.deleted()), (is(&[]), 0));
    Connection::open(&second)
        .unwrap()
        .execute_batch(DELETE_ALL)
        .unwrap();
    let input = world.input();
    world.sync();
    assert!(world.marks().len() > 5 && world.deleted() > 0);
    assert_eq!(world.input(), input);
}

#[test]
fn a_source_that_comes_back_without_it_settles_what_waited() {
    let (mut world, second, away) = emptied_while_its_copy_is_away();
    Connection::open(&away)
        .unwrap()
        .execute_batch(DELETE_ALL)
        .unwrap();
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
