// SPDX-License-Identifier: GPL-3.0-or-later
//! From OpenCode's own totals to the ledger's: the lines add up, and name what they are.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod migrate;
mod opencode;
mod tree;

use std::path::{Path, PathBuf};

use migrate::{MIGRATED_MS, Migrated};
use octally_core::meter::{Host, Meter};
use octally_core::sync::{Depth, Origins};
use octally_core::wire::{Amounts, Reconciliation};
use opencode::{OpenCode, START_MS, answer};
use rusqlite::Connection;
use tree::copy;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// A data folder with the data of a fixture, and a meter of it.
fn installed(fixture: &str) -> (tempfile::TempDir, Meter) {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("opencode");
    copy(&fixtures().join(fixture).join("opencode"), &data_dir);
    let meter = opencode::open_meter(&folder.path().join("octally/ledger.db"), &data_dir);
    (folder, meter)
}

fn synced(meter: &mut Meter) -> Reconciliation {
    opencode::sync(meter, Depth::Thorough);
    meter.reconcile(0).unwrap()
}

fn amounts(found: &Reconciliation, key: &str) -> Amounts {
    let mut lines = found.lines.iter().chain(&found.contained);
    lines.find(|line| line.key == key).unwrap().amounts
}

fn steps(found: &Reconciliation, key: &str) -> i64 {
    amounts(found, key).steps
}

fn assert_adds_up(found: &Reconciliation, name: &str) {
    let explained = found
        .lines
        .iter()
        .fold(found.opencode, |sum, line| sum + line.amounts);
    assert!(found.adds_up, "{name}: {found:#?}");
    assert_eq!(explained, found.octally, "{name}");
    assert_eq!(found.problems, [], "{name}");
}

#[test]
fn the_lines_add_up_for_every_fixture() {
    let mut seen = 0;
    for entry in std::fs::read_dir(fixtures()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let (_folder, mut meter) = installed(&name);
        let found = synced(&mut meter);
        assert_adds_up(&found, &name);
        assert!(found.octally.steps > 0, "{name}");
        for line in [
            "deleted_sessions",
            "deleted_messages",
            "reverted",
            "out_of_reach",
        ] {
            assert_eq!(steps(&found, line), 0, "{name}");
        }
        assert_eq!(steps(&found, "kept_figures"), 0, "{name}");
        seen += 1;
    }
    assert!(seen > 10);
}

#[test]
fn all_fixtures_of_databases_at_once_add_up() {
    let folder = tempfile::tempdir().unwrap();
    let mut origins = Origins::default();
    for entry in std::fs::read_dir(fixtures()).unwrap() {
        let entry = entry.unwrap();
        let data_dir = folder.path().join(entry.file_name());
        copy(&entry.path().join("opencode"), &data_dir);
        origins.data_dirs.push(data_dir);
    }
    origins.data_dirs.sort();
    let host = Host {
        id: "h".into(),
        label: "test".into(),
    };
    let mut meter = Meter::open(&folder.path().join("ledger.db"), origins, host).unwrap();
    let found = synced(&mut meter);
    assert_adds_up(&found, "all");
    let others = found
        .lines
        .iter()
        .filter(|line| line.key == "other_database");
    assert_eq!(others.count(), origins_with_databases(&folder) - 1);
    assert!(steps(&found, "json_files") > 0);
}

fn origins_with_databases(folder: &tempfile::TempDir) -> usize {
    let dirs = std::fs::read_dir(folder.path()).unwrap();
    let files = dirs.map(|dir| dir.unwrap().path().join("opencode.db"));
    files.filter(|file| file.exists()).count()
}

#[test]
fn a_deleted_session_is_kept_in_a_line_of_its_own() {
    let (folder, mut meter) = installed("1.18.33");
    let before = synced(&mut meter);
    let database = Connection::open(folder.path().join("opencode/opencode.db")).unwrap();
    let sql = "DELETE FROM message; DELETE FROM session;";
    database.execute_batch(sql).unwrap();
    let after = synced(&mut meter);
    assert_adds_up(&after, "deleted");
    assert_eq!(after.opencode, Amounts::default());
    assert_eq!(amounts(&after, "deleted_sessions"), before.octally);
}

#[test]
fn the_copies_of_a_fork_are_taken_away() {
    let (_folder, mut meter) = installed("v1-fork-subagent-1.18.33");
    let found = synced(&mut meter);
    assert_adds_up(&found, "fork");
    assert!(steps(&found, "fork_copies") < 0, "{found:#?}");
}

#[test]
fn a_second_database_is_added_and_its_repetitions_are_taken_away() {
    let (folder, mut meter) = installed("1.18.33");
    let one = synced(&mut meter);
    let data_dir = folder.path().join("opencode");
    copy(
        &fixtures().join("1.2.27/opencode"),
        &folder.path().join("other"),
    );
    let copies = [
        ("opencode/opencode.db", "opencode-copy.db"),
        ("other/opencode.db", "opencode-next.db"),
    ];
    for (from, to) in copies {
        let from = Connection::open(folder.path().join(from)).unwrap();
        let to = data_dir.join(to).display().to_string();
        from.execute("VACUUM INTO ?", [to]).unwrap();
    }
    let both = synced(&mut meter);
    assert_adds_up(&both, "two databases");
    assert_eq!(both.opencode, one.opencode);
    let others = both
        .lines
        .iter()
        .filter(|line| line.key == "other_database");
    let others: Vec<_> = others.collect();
    let names: Vec<&str> = others.iter().map(|line| line.what.as_str()).collect();
    assert_eq!(
        names,
        ["database opencode-copy.db", "database opencode-next.db"]
    );
    assert_eq!(others[0].amounts.steps, one.opencode.steps);
    let added = others[0].amounts + others[1].amounts + amounts(&both, "repeated");
    assert!(added.steps > 0 && steps(&both, "repeated") < 0);
    let copies = amounts(&both, "fork_copies") - amounts(&one, "fork_copies");
    assert_eq!(both.octally, one.octally + added + copies);
}

#[test]
fn files_that_a_database_took_over_are_told_as_repeated() {
    let (_folder, mut meter) = installed("upgrade-1.1.65-to-1.2.27-to-1.18.33");
    let found = synced(&mut meter);
    assert_adds_up(&found, "upgrade");
    assert!(steps(&found, "json_files") > 0);
    assert!(steps(&found, "repeated") < 0);
}

#[test]
fn the_rows_of_the_v2_api_are_in_no_total() {
    let (_folder, mut meter) = installed("v2api-1.18.33");
    let found = synced(&mut meter);
    assert!(steps(&found, "api_rows") > 0, "{found:#?}");
}

#[test]
fn a_migrated_file_with_work_of_both_and_a_remainder_adds_up() {
    for sessions in [1, 1_000] {
        let (folder, mut meter) = installed("v1-fork-subagent-1.18.33");
        synced(&mut meter);
        let migrated = Migrated::begin(&folder.path().join("opencode/opencode.db"), sessions);
        let sql = "SELECT id FROM session_v2 ORDER BY id DESC";
        let first = |row: &rusqlite::Row| row.get::<_, String>(0);
        let id = migrated.connection.query_row(sql, [], first).unwrap();
        if sessions > 1 {
            // Before the end of a migration it cannot be told from what was taken over.
            migrated.call_of_1("msg_late", &id, MIGRATED_MS + 1_000, 11);
        }
        migrated.session_of_1("ses_late", MIGRATED_MS + 1_000);
        migrated.call_of_2(Some("msg_new"), &id, MIGRATED_MS + 1_000, 13);
        migrated.call_of_2(None, &id, MIGRATED_MS + 1_000, 777);
        migrated.fork_of_2("ses_fork", &id, MIGRATED_MS + 1_000 + 1);
        let found = synced(&mut meter);
        assert_adds_up(&found, "migrated");
        assert_eq!(amounts(&found, "remainder").input, 777);
        assert!(steps(&found, "migrated_rows") > 0 && steps(&found, "fork_copies") < 0);
    }
}

#[test]
fn at_every_stage_of_a_migration_the_lines_add_up_or_the_difference_is_told() {
    let (folder, mut meter) = installed("v1-fork-subagent-1.18.33");
    synced(&mut meter);
    let migrated = Migrated::begin(&folder.path().join("opencode/opencode.db"), 1);
    loop {
        let found = synced(&mut meter);
        assert_adds_up(&found, "between two sessions");
        assert!(found.is_migrating);
        let goes_on = migrated.go_on();
        // Behind the back of the sync.
        let found = meter.reconcile(0).unwrap();
        let is_told = found.unexplained != Amounts::default();
        assert!(found.adds_up != is_told && found.problems.is_empty());
        if !goes_on {
            break;
        }
    }
    let found = synced(&mut meter);
    assert_adds_up(&found, "migrated");
    assert!(!found.is_migrating && steps(&found, "migrated_rows") > 0);
}

#[test]
fn a_row_that_cannot_be_read_is_told_and_what_was_read_of_it_stays() {
    let opencode = OpenCode::new();
    opencode.session("ses_1", None, START_MS);
    let data = answer("u", START_MS + 1, 100, 10, 0.001);
    opencode.message("msg_1", "ses_1", START_MS + 1, START_MS + 1, &data);
    opencode.message("msg_2", "ses_1", START_MS + 2, START_MS + 2, "{broken");
    let mut meter = opencode.meter();
    let found = synced(&mut meter);
    assert_adds_up(&found, "unread");
    assert_eq!((found.unread_rows, steps(&found, "no_totals")), (1, 1));
    opencode.message("msg_1", "ses_1", START_MS + 1, START_MS + 9_000, "{broken");
    let found = synced(&mut meter);
    assert_adds_up(&found, "unread later");
    assert_eq!(found.unread_rows, 2);
    assert_eq!(amounts(&found, "unread_kept"), found.octally);
}

#[test]
fn a_ledger_that_was_tampered_with_does_not_add_up() {
    let missing = "DELETE FROM step WHERE id = (SELECT min(id) FROM step WHERE is_counted);";
    let by = "cache_read = cache_read + 7";
    let tables = ["quarter", "day", "model_sum", "session_sum", "part_sum"];
    let changed = format!(
        "UPDATE step SET {by} WHERE is_counted; {}",
        tables
            .map(|table| format!("UPDATE {table} SET {by} * steps;"))
            .join(" ")
    );
    let changed = changed.as_str();
    let sums = "UPDATE quarter SET output = output + 1;";
    for (sql, is_sound) in [(missing, false), (changed, true), (sums, false)] {
        let (folder, mut meter) = installed("1.18.33");
        assert_adds_up(&synced(&mut meter), sql);
        let ledger = Connection::open(folder.path().join("octally/ledger.db")).unwrap();
        ledger.execute_batch(sql).unwrap();
        let found = meter.reconcile(0).unwrap();
        assert!(!found.adds_up, "{sql}");
        assert_eq!(
            found.damage.is_none(),
            is_sound,
            "{sql}: {:?}",
            found.damage
        );
        assert_eq!(!found.unexplained.is_zero(), sql != missing, "{sql}");
    }
}

#[test]
fn archived_sessions_and_wrong_costs_are_contained() {
    let (folder, mut meter) = installed("1.18.33");
    let database = Connection::open(folder.path().join("opencode/opencode.db")).unwrap();
    let before = synced(&mut meter);
    let sql = "UPDATE session SET time_archived = 1795000000000";
    database.execute_batch(sql).unwrap();
    let found = synced(&mut meter);
    assert_adds_up(&found, "archived");
    assert_eq!(amounts(&found, "archived"), found.octally);
    assert_eq!(
        (found.opencode, found.octally),
        (before.opencode, before.octally)
    );
    let (_folder, mut meter) = installed("1.0.185");
    assert!(steps(&synced(&mut meter), "wrong_cost") > 0);
}

#[test]
fn nothing_is_left_and_nothing_is_written() {
    let (_folder, mut meter) = installed("1.18.33");
    let first = synced(&mut meter);
    assert_eq!(meter.reconcile(0).unwrap(), first);
    assert_eq!(opencode::sync(&mut meter, Depth::Thorough).steps_updated, 0);
}
