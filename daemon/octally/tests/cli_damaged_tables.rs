// SPDX-License-Identifier: GPL-3.0-or-later
//! Damage to tables and files of every generation: columns of other types, other schemas, figures that have no
//! sum, ids that stand twice, files that were cut. What is lost is told, what is left is exact.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod damage;
#[path = "../../core/tests/mutate/mod.rs"]
mod mutate;
mod sandbox;

use std::fs;

use damage::{Desk, Home};
use mutate::Random;
use sandbox::Run;

const ROWS_OF_1: [&str; 4] = ["1.2.27", "1.3.2", "1.15.13", "1.18.33"];
const ROWS_OF_2: [&str; 3] = ["v2api-1.18.33", "v2-preview", "v2-stable-synthetic"];

const TABLES: [&str; 2] = ["message", "session_message"];

fn table_of(generation: &str) -> &'static str {
    if ROWS_OF_1.contains(&generation) {
        "message"
    } else {
        "session_message"
    }
}

fn sessions_of(generation: &str) -> &'static str {
    if generation == "v2-stable-synthetic" {
        "session_v2"
    } else {
        "session"
    }
}

fn all() -> impl Iterator<Item = &'static str> {
    ROWS_OF_1.into_iter().chain(ROWS_OF_2)
}

/// The file as it is, with its WAL in it and OpenCode's own constraints out of the way.
fn change(home: &Home, sql: &str) {
    home.sandbox
        .sql("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE");
    home.sandbox
        .sql(&format!("PRAGMA foreign_keys = OFF; {sql}"));
}

fn change_where_it_is(home: &Home, table: &str, sql: &str) {
    let connection = rusqlite::Connection::open(home.sandbox.database()).unwrap();
    let is_there = connection.table_exists(None, table).unwrap();
    drop(connection);
    if is_there {
        change(home, sql);
    }
}

/// What `doctor` says that could not be read.
fn unread(home: &Home) -> String {
    home.doctor().1
}

fn refresh(home: &Home) -> Run {
    home.sandbox.run(&["status", "--refresh"])
}

/// One row of 1: its own columns are of another type.
#[test]
fn a_column_of_another_type_costs_its_own_row() {
    for generation in all() {
        let desk = Desk::new(generation);
        let table = table_of(generation);
        for column in ["id", "session_id", "data", "time_created"] {
            let case = format!("{generation}: {column}");
            let home = desk.home();
            let (id, other) = (&desk.victim.id, "CAST('odd' AS BLOB)");
            change(
                &home,
                &format!("UPDATE {table} SET {column} = {other} WHERE id = '{id}'"),
            );
            assert_eq!(refresh(&home).code, 4, "{case}");
            let told = unread(&home);
            assert!(
                told.contains("a column is not what it should be"),
                "{case}: {told}"
            );
            assert!(
                told.contains("rowid ") || told.contains(id.as_str()),
                "{case}: {told}"
            );
            let reconcile = home.sandbox.run(&["reconcile"]);
            assert!(
                reconcile.stdout.contains("\n1 row cannot be read"),
                "{case}: {reconcile:?}"
            );
            assert!(
                reconcile.stdout.contains("The lines add up."),
                "{case}: {reconcile:?}"
            );
            assert_eq!(home.check_rest(&desk, &case), 4, "{case}");
        }
    }
}

#[test]
fn sessions_and_projects_of_another_type_cost_no_step() {
    for generation in all() {
        let desk = Desk::new(generation);
        let sessions = sessions_of(generation);
        for damage in [
            format!("UPDATE {sessions} SET title = x'00', directory = x'00', project_id = x'00'"),
            format!("UPDATE {sessions} SET time_updated = 'now', time_archived = 'soon'"),
            format!("UPDATE {sessions} SET parent_id = 7"),
            "UPDATE project SET worktree = x'00', name = x'00'".into(),
            "UPDATE project SET id = x'00' WHERE id = (SELECT min(id) FROM project)".into(),
            "ALTER TABLE project RENAME COLUMN worktree TO place".into(),
            "DROP TABLE project".into(),
            format!("UPDATE {} SET time_updated = 'today'", table_of(generation)),
            format!(
                "UPDATE {} SET time_updated = 253402300799000",
                table_of(generation)
            ),
            format!("UPDATE {} SET time_updated = -1", table_of(generation)),
        ] {
            let home = desk.home();
            change(&home, &damage);
            let run = refresh(&home);
            assert!(
                run.code == 0 || unread(&home).contains("totals"),
                "{generation}: {damage}: {run:?}"
            );
            assert_eq!(home.steps(), desk.steps, "{generation}: {damage}");
        }
    }
}

#[test]
fn event_numbers_of_another_type_cost_no_step() {
    for generation in [
        "1.18.33",
        "v2api-1.18.33",
        "v2-preview",
        "v2-stable-synthetic",
    ] {
        let desk = Desk::new(generation);
        for damage in [
            "UPDATE event_sequence SET seq = 'many'",
            "UPDATE event_sequence SET aggregate_id = CAST(aggregate_id AS BLOB)",
            "UPDATE event_sequence SET seq = -1",
            "UPDATE event_sequence SET seq = 9223372036854775807",
            "ALTER TABLE event_sequence RENAME COLUMN seq TO number",
            "DELETE FROM event_sequence",
        ] {
            let home = desk.home();
            change(&home, damage);
            assert_eq!(refresh(&home).code, 0, "{generation}: {damage}");
            assert_eq!(home.steps(), desk.steps, "{generation}: {damage}");
        }
    }
}

#[test]
fn a_row_without_its_session_counts() {
    for generation in all() {
        let desk = Desk::new(generation);
        let home = desk.home();
        change(&home, &format!("DELETE FROM {}", sessions_of(generation)));
        let run = refresh(&home);
        assert_eq!(run.code, 0, "{generation}: {run:?}");
        let found = home.steps();
        assert!(
            desk.steps
                .iter()
                .all(|step| found.get(step.0) == Some(step.1)),
            "{generation}"
        );
    }
}

/// Nothing is read as zero, and what was read before stays.
#[test]
fn a_missing_column_is_told_and_costs_nothing_that_was_read() {
    for generation in all() {
        let desk = Desk::new(generation);
        let (table, sessions) = (table_of(generation), sessions_of(generation));
        let columns = ["id", "session_id", "time_created", "time_updated", "data"];
        let of_rows = columns.map(|column| (table, column)).to_vec();
        let of_2 = [(table, "type"), (table, "seq")];
        let of_sessions = [(sessions, "id"), (sessions, "time_created")];
        let is_of_2 = ROWS_OF_2.contains(&generation);
        let more = of_2.iter().filter(|_| is_of_2).chain(&of_sessions);
        for (table, column) in of_rows.iter().chain(more) {
            let case = format!("{generation}: {table}.{column}");
            let home = desk.home();
            assert_eq!(home.sandbox.run(&["status"]).code, 0);
            change(
                &home,
                &format!("ALTER TABLE {table} RENAME COLUMN {column} TO other"),
            );
            let run = refresh(&home);
            assert_eq!(run.code, 4, "{case}: {run:?}");
            assert!(
                unread(&home).contains("its tables are not those of"),
                "{case}"
            );
            let reconcile = home.sandbox.run(&["reconcile"]);
            assert_eq!(reconcile.code, 4, "{case}: {reconcile:?}");
            assert!(
                reconcile.stderr.contains("its tables are not those of"),
                "{case}: {reconcile:?}"
            );
            assert_eq!(home.steps(), desk.steps, "{case}");
        }
    }
}

#[test]
fn a_missing_table_is_told() {
    for generation in all() {
        let desk = Desk::new(generation);
        // Without rows of its own API, a file is one of an older 1.x.
        let of_rows = Some(table_of(generation))
            .filter(|_| generation != "v2api-1.18.33" && generation != "v2-preview");
        for table in of_rows.into_iter().chain([sessions_of(generation)]) {
            let home = desk.home();
            change(&home, &format!("ALTER TABLE {table} RENAME TO other"));
            let run = refresh(&home);
            assert_eq!(run.code, 4, "{generation}: {table}: {run:?}");
        }
    }
}

#[test]
fn the_database_of_another_program_is_told_and_costs_nothing() {
    for generation in all() {
        for schema in [
            "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT)",
            "CREATE TABLE message (id INTEGER, sender TEXT); CREATE TABLE session (id INTEGER)",
            "CREATE TABLE session_message (id TEXT, data TEXT); CREATE TABLE session_v2 (id TEXT)",
            "CREATE TABLE session_message (id TEXT, type TEXT); CREATE TABLE session (id TEXT)",
            "CREATE VIEW message AS SELECT 1 AS id; CREATE TABLE session (id TEXT)",
        ] {
            let desk = Desk::new(generation);
            let home = desk.home();
            let other = home.sandbox.data_dir().join("opencode-other.db");
            let other = rusqlite::Connection::open(other).unwrap();
            other.execute_batch(schema).unwrap();
            let run = refresh(&home);
            assert_eq!(run.code, 4, "{generation}: {schema}: {run:?}");
            assert!(
                unread(&home).contains("opencode-other.db"),
                "{generation}: {schema}"
            );
            assert_eq!(home.sandbox.run(&["reconcile"]).code, 4);
            assert_eq!(home.steps(), desk.steps, "{generation}: {schema}");
        }
    }
}

/// Each figure alone would be possible.
#[test]
fn figures_that_have_no_sum_are_unread_each() {
    for generation in all() {
        let desk = Desk::new(generation);
        for (field, figure) in [
            ("tokens.input", "9007199254740991"),
            ("cost", "9000000000.0"),
        ] {
            let home = desk.home();
            for table in TABLES {
                let condition = "data ->> '$.tokens' IS NOT NULL";
                let sql = format!(
                    "UPDATE {table} SET data = json_set(data, '$.{field}', {figure}) WHERE {condition}"
                );
                change_where_it_is(&home, table, &sql);
            }
            let run = refresh(&home);
            assert_eq!(run.code, 4, "{generation}: {run:?}");
            assert!(home.steps().is_empty(), "{generation}");
            let reconcile = home.sandbox.run(&["reconcile"]);
            assert!(
                reconcile.stdout.contains("The lines add up."),
                "{generation}: {reconcile:?}"
            );
        }
    }
}

#[test]
fn the_largest_possible_figures_have_a_sum() {
    for generation in all() {
        let desk = Desk::new(generation);
        let home = desk.home();
        let table = table_of(generation);
        change(
            &home,
            &format!("UPDATE {table} SET data = json_set(data, '$.tokens.input', 10000000000, '$.cost', 100000)
                WHERE data ->> '$.tokens.input' > 0"),
        );
        assert_eq!(refresh(&home).code, 0, "{generation}");
        let steps = home.steps();
        assert!(
            steps
                .values()
                .any(|figures| figures[1] == Some(10_000_000_000)),
            "{generation}"
        );
        assert_eq!(home.sandbox.run(&["reconcile"]).code, 0, "{generation}");
    }
}

#[test]
fn an_id_that_stands_twice_in_a_table_counts_once_and_is_told() {
    for generation in all() {
        let desk = Desk::new(generation);
        let home = desk.home();
        let (table, id) = (table_of(generation), &desk.victim.id);
        change(
            &home,
            &format!(
                "CREATE TABLE loose AS SELECT * FROM {table};
                INSERT INTO loose SELECT * FROM {table} WHERE id = '{id}';
                DROP TABLE {table}; ALTER TABLE loose RENAME TO {table}"
            ),
        );
        let run = refresh(&home);
        assert_eq!(home.steps(), desk.steps, "{generation}");
        assert_eq!(run.code, 4, "{generation}: {run:?}");
        let told = unread(&home);
        assert!(
            told.contains("stands in more than one row") && told.contains(id.as_str()),
            "{generation}: {told}"
        );
    }
}

#[test]
fn a_message_file_with_another_files_id_is_told() {
    for generation in ["0.1.174", "0.5.29", "1.0.0", "1.0.185", "1.1.65"] {
        let desk = Desk::new(generation);
        for name in ["msg_00000", "msg_zzzzz"] {
            let home = desk.home();
            home.copy_message(&desk.victim, name);
            let run = refresh(&home);
            assert_eq!(run.code, 4, "{generation}: {run:?}");
            let told = unread(&home);
            assert!(
                told.contains(name) && told.contains("its id is that of another"),
                "{told}"
            );
            let reconcile = home.sandbox.run(&["reconcile"]);
            assert!(
                reconcile.stdout.contains("\n1 row cannot be read"),
                "{reconcile:?}"
            );
            assert_eq!(home.steps(), desk.steps, "{generation}");
        }
    }
}

#[test]
fn a_database_that_was_cut_anywhere_is_told_and_what_is_left_is_right() {
    for generation in all() {
        let desk = Desk::new(generation);
        let mut random = Random::new(generation.len() as u64);
        let anywhere = [(); 4].map(|()| 1 + random.below(998));
        let near_the_ends = [1, 90, 250, 480, 850, 930, 980, 999];
        for thousandths in near_the_ends.into_iter().chain(anywhere) {
            let home = desk.home();
            change(&home, "");
            let bytes = fs::read(home.sandbox.database()).unwrap();
            let kept = &bytes[..bytes.len() * thousandths / 1_000];
            fs::write(home.sandbox.database(), kept).unwrap();
            let run = refresh(&home);
            let found = home.steps();
            let case = format!("{generation} {thousandths}");
            assert!(
                found
                    .iter()
                    .all(|step| desk.steps.get(step.0) == Some(step.1)),
                "{case}"
            );
            assert!(run.code == 4 || found == desk.steps, "{case}: {run:?}");
            assert_eq!(run.code == 4, !unread(&home).is_empty(), "{case}: {run:?}");
        }
    }
}
