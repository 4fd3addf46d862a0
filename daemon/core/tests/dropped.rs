// SPDX-License-Identifier: GPL-3.0-or-later
//! Sessions that OpenCode 2 deletes from a file that it took over: their rows stay in the tables of OpenCode 1.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[allow(
    dead_code,
    clippy::allow_attributes,
    reason = "not every test that shares this needs all of it"
)]
mod marked;
#[allow(
    dead_code,
    clippy::allow_attributes,
    reason = "not every test that shares this needs all of it"
)]
mod migrate;
mod opencode;

use std::path::Path;

use migrate::{MIGRATED_MS, Migrated};
use octally_core::meter::Meter;
use octally_core::sync::Depth;
use opencode::{open_meter, sync};

struct World {
    folder: tempfile::TempDir,
    migrated: Migrated,
    meter: Meter,
}

impl World {
    /// A file that OpenCode 2 has taken over so many sessions of.
    fn new(sessions: usize) -> Self {
        let fixture = "tests/fixtures/v1-fork-subagent-1.18.33/opencode/opencode.db";
        let folder = tempfile::tempdir().unwrap();
        let data_dir = folder.path().join("opencode");
        std::fs::create_dir(&data_dir).unwrap();
        let database = data_dir.join("opencode.db");
        std::fs::copy(
            Path::new(env!("CARGO_MANIFEST_DIR")).join(fixture),
            &database,
        )
        .unwrap();
        let migrated = Migrated::begin(&database, sessions);
        let meter = open_meter(&folder.path().join("ledger.db"), &data_dir);
        Self {
            folder,
            migrated,
            meter,
        }
    }

    /// A session with calls, which OpenCode 2 deletes.
    fn delete(&self) -> String {
        let sql = "SELECT session_id FROM session_message WHERE type = 'assistant' LIMIT 1";
        let first = |row: &rusqlite::Row| row.get::<_, String>(0);
        let connection = &self.migrated.connection;
        let id = connection.query_row(sql, [], first).unwrap();
        let sql = "DELETE FROM session_message WHERE session_id = ?";
        connection.execute(sql, [&id]).unwrap();
        for (table, column) in [("session_v2", "id"), ("event_sequence", "aggregate_id")] {
            let sql = format!("DELETE FROM {table} WHERE {column} = ?");
            connection.execute(&sql, [&id]).unwrap();
        }
        id
    }

    /// How many sessions are marked as deleted, and how many steps as gone with theirs.
    fn marked(&mut self) -> (i64, usize) {
        assert_eq!(sync(&mut self.meter, Depth::Thorough).problems, []);
        let found = self.meter.reconcile(0).unwrap();
        assert!(found.adds_up, "{found:#?}");
        let ledger = self.folder.path().join("ledger.db");
        let marks = marked::marks(&ledger);
        assert!(marks.values().all(|mark| *mark == 1), "{marks:?}");
        (marked::deleted(&ledger), marks.len())
    }
}

#[test]
fn a_session_that_opencode_2_deleted_is_marked_though_the_tables_of_1_have_it() {
    let mut world = World::new(1_000);
    assert_eq!(world.marked(), (0, 0));
    let input = marked::input(&world.meter);
    world.delete();
    let (sessions, steps) = world.marked();
    assert!(sessions == 1 && steps > 0);
    assert_eq!(marked::input(&world.meter), input);
    assert_eq!(world.marked(), (sessions, steps));
}

#[test]
fn a_session_that_opencode_2_deleted_before_any_reading_is_marked_too() {
    let mut world = World::new(1_000);
    world.delete();
    let (sessions, steps) = world.marked();
    assert!(sessions == 1 && steps > 0);
}

#[test]
fn a_session_that_opencode_1_went_on_with_is_its_own() {
    let mut world = World::new(1_000);
    let id = world.delete();
    assert_eq!(world.marked().0, 1);
    let late_ms = MIGRATED_MS + 1_000;
    world.migrated.call_of_1("msg_late", &id, late_ms, 11);
    assert_eq!(world.marked(), (0, 0));
}

#[test]
fn a_session_that_is_not_taken_over_yet_and_one_that_opencode_1_began_later_are_there() {
    let mut world = World::new(1);
    assert_eq!(world.marked(), (0, 0));
    let mut world = World::new(1_000);
    world.migrated.session_of_1("ses_late", MIGRATED_MS + 1_000);
    assert_eq!(world.marked(), (0, 0));
}
