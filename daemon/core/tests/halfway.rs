// SPDX-License-Identifier: GPL-3.0-or-later
//! A file that OpenCode 2 took over, while the rows of OpenCode 1 in it have not all been read.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod opencode;
mod two;

use octally_core::sync::Depth;
use rusqlite::params;
use two::{MORNING_MS, SESSION, World};

const TABLES_OF_1: &str = "
    CREATE TABLE session (id text PRIMARY KEY, project_id text NOT NULL, parent_id text,
        directory text NOT NULL, title text NOT NULL, agent text, time_created integer NOT NULL,
        time_updated integer NOT NULL, time_archived integer);
    CREATE TABLE message (id text PRIMARY KEY, session_id text NOT NULL, time_created integer NOT NULL,
        time_updated integer NOT NULL, data text NOT NULL);
    CREATE INDEX message_session ON message (session_id, time_created, id)";

/// More rows of OpenCode 1 than are read at once, the last one a compaction, which has no row of OpenCode 2 and
/// stands in the totals only.
fn migrated(compaction: u64) -> World {
    let mut world = World::new();
    world.database.execute_batch(TABLES_OF_1).unwrap();
    let sql =
        "INSERT INTO session VALUES (?1, 'p', NULL, '/home/dev/p', 't', 'build', ?2, ?2, NULL)";
    let row = params![SESSION, MORNING_MS];
    world.database.execute(sql, row).unwrap();
    let prompts = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 500)
        INSERT INTO message SELECT 'msg_u' || n, ?1, ?2, ?2, '{\"role\":\"user\"}' FROM n";
    world.database.execute(prompts, row).unwrap();
    let data = opencode::answer("msg_u1", MORNING_MS + 2, compaction, 0, 0.0);
    let sql = "INSERT INTO message VALUES ('msg_z', ?1, ?2, ?2, ?3)";
    let row = params![SESSION, MORNING_MS + 2, data];
    world.database.execute(sql, row).unwrap();
    let sql = "INSERT INTO kv VALUES ('migration.v1-v2', '{\"phase\":\"completed\"}', ?1, ?1)";
    world.database.execute(sql, [MORNING_MS + 1_000]).unwrap();
    world.call(Some("msg_1"), 1_000);
    world.call(None, compaction.cast_signed());
    world
}

#[test]
fn a_first_reading_that_is_stopped_takes_no_unread_row_for_a_remainder() {
    for stops in 0..3 {
        let mut world = migrated(700);
        for _ in 0..stops {
            world.stop();
            world.restart();
        }
        world.sync(Depth::Quick);
        let found = (world.total(), world.remainders());
        assert_eq!(found, (1_700, Vec::new()), "stopped {stops} times");
        world.assert_adds_up();
    }
}

#[test]
fn marks_wait_while_a_rebuilt_ledger_is_read_halfway() {
    let mut world = migrated(700);
    world.sync(Depth::Thorough);
    world.rebuild();
    world.stop();
    world.restart();
    world.stop();
    assert_eq!(world.gone(), 0);
    world.sync(Depth::Thorough);
    assert_eq!((world.gone(), world.total()), (0, 1_700));
    world.assert_adds_up();
}

#[test]
fn what_is_kept_is_told_by_files_that_there_are() {
    let mut world = migrated(700);
    world.sync(Depth::Thorough);
    let sources = world.meter().holdings(5).unwrap().sources;
    let found: Vec<(&str, &str)> = sources
        .iter()
        .map(|source| (source.generation.as_str(), source.path.as_str()))
        .collect();
    let path = world.path("opencode.db").display().to_string();
    let wanted = [("opencode_v1", path.as_str()), ("opencode_v2", &path)];
    assert_eq!(found, wanted);
}
