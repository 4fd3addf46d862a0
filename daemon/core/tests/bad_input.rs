// SPDX-License-Identifier: GPL-3.0-or-later
//! What is broken gets one clear problem and costs no other data.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod opencode;

use std::io::{Seek, SeekFrom, Write};

use octally_core::meter::Meter;
use octally_core::model::{Severity, Zone};
use octally_core::rollup::{By, Request};
use octally_core::sync::{Depth, SyncReport};
use opencode::{OpenCode, START_MS, answer, open_meter, sync};

fn steps(meter: &Meter) -> u64 {
    meter
        .report(&Request::new(By::Model), &Zone::utc())
        .unwrap()
        .totals
        .steps
}

fn codes(report: &SyncReport) -> Vec<&str> {
    report
        .problems
        .iter()
        .map(|problem| problem.code.as_str())
        .collect()
}

fn with_messages(count: i64) -> OpenCode {
    let opencode = OpenCode::new();
    opencode.session("ses_a", None, START_MS - 1);
    opencode.connection.execute_batch("BEGIN").unwrap();
    for n in 0..count {
        let at_ms = START_MS + n;
        opencode.message(
            &format!("msg_{n:05}"),
            "ses_a",
            at_ms,
            at_ms,
            &answer("u", at_ms, 10, 1, 0.1),
        );
    }
    opencode.connection.execute_batch("COMMIT").unwrap();
    opencode
}

#[test]
fn a_missing_data_dir_and_an_empty_database_are_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("opencode");
    let mut meter = open_meter(&folder.path().join("ledger.db"), &data_dir);
    assert_eq!(sync(&mut meter, Depth::Quick), SyncReport::default());
    std::fs::create_dir(&data_dir).unwrap();
    std::fs::write(data_dir.join("opencode.db"), "").unwrap();
    let report = sync(&mut meter, Depth::Quick);
    assert_eq!(codes(&report), ["empty_database"]);
    assert_eq!(report.problems[0].severity, Severity::Note);
}

#[test]
fn a_database_that_opencode_is_creating_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("opencode");
    std::fs::create_dir(&data_dir).unwrap();
    let opencode = rusqlite::Connection::open(data_dir.join("opencode.db")).unwrap();
    opencode.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let mut meter = open_meter(&folder.path().join("ledger.db"), &data_dir);
    // Whoever asked SQLite would meet the lock.
    assert_eq!(codes(&sync(&mut meter, Depth::Quick)), ["empty_database"]);
}

#[test]
fn a_broken_row_is_counted_shown_and_forgotten_when_it_is_mended() {
    let opencode = with_messages(3);
    opencode.message(
        "msg_bad",
        "ses_a",
        START_MS,
        START_MS,
        "{\"role\":\"assistant\",\"tok",
    );
    let mut meter = opencode.meter();
    for depth in [Depth::Quick, Depth::Quick, Depth::Thorough] {
        let report = sync(&mut meter, depth);
        assert_eq!(codes(&report), ["broken_row"]);
        assert_eq!(report.problems[0].example.as_deref(), Some("msg_bad"));
        assert_eq!(steps(&meter), 3);
    }
    opencode.message(
        "msg_bad",
        "ses_a",
        START_MS,
        START_MS + 9,
        &answer("u", START_MS, 10, 1, 0.1),
    );
    assert_eq!(sync(&mut meter, Depth::Quick).problems, []);
    assert_eq!(steps(&meter), 4);
}

#[test]
fn a_locked_database_is_stale_and_read_when_it_is_free_again() {
    let opencode = with_messages(2);
    let mut meter = opencode.meter();
    sync(&mut meter, Depth::Quick);
    drop(meter);
    opencode
        .connection
        .execute_batch(
            "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE",
        )
        .unwrap();
    let mut meter = opencode.meter();
    let report = sync(&mut meter, Depth::Quick);
    assert_eq!(codes(&report), ["locked_database"]);
    assert!(!report.sources[0].is_current && report.sources[0].read_ms.is_some());
    assert_eq!(steps(&meter), 2);
    opencode
        .connection
        .execute_batch("COMMIT; PRAGMA locking_mode = NORMAL; SELECT count(*) FROM message")
        .unwrap();
    assert_eq!(sync(&mut meter, Depth::Quick).problems, []);
}

fn damage_a_page(opencode: &OpenCode) {
    opencode
        .connection
        .execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")
        .unwrap();
    let page: i64 = opencode
        .connection
        .query_row(
            "SELECT pageno FROM dbstat WHERE name = 'message' AND pagetype = 'leaf' ORDER BY pageno LIMIT 1 OFFSET 30",
            [],
            |row| row.get(0),
        )
        .unwrap_or(60);
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .open(opencode.database())
        .unwrap();
    file.seek(SeekFrom::Start((page as u64 - 1) * 4096))
        .unwrap();
    file.write_all(&[0xff; 4096]).unwrap();
}

#[test]
fn a_damaged_page_costs_only_its_own_rows() {
    let opencode = with_messages(4_000);
    damage_a_page(&opencode);
    let mut meter = opencode.meter();
    let report = sync(&mut meter, Depth::Quick);
    assert!(
        codes(&report).contains(&"corrupt_page"),
        "{:?}",
        report.problems
    );
    let lost: u64 = report
        .problems
        .iter()
        .filter(|p| p.code == "corrupt_page")
        .map(|p| p.count)
        .sum();
    assert!((1..60).contains(&lost), "{lost} rows lost");
    assert_eq!(steps(&meter), 4_000 - lost);
}

#[test]
fn a_damaged_page_before_a_huge_row_number_ends_soon() {
    let opencode = with_messages(4_000);
    let data = answer("u", START_MS, 10, 1, 0.1);
    let sql = "INSERT INTO message (rowid, id, session_id, time_created, time_updated, data)
        VALUES (1 << 60, 'msg_far', 'ses_a', ?1, ?1, ?2)";
    let row = rusqlite::params![START_MS, data];
    opencode.connection.execute(sql, row).unwrap();
    damage_a_page(&opencode);
    let mut meter = opencode.meter();
    let report = sync(&mut meter, Depth::Quick);
    let lost: u64 = report.problems.iter().map(|problem| problem.count).sum();
    assert!((1..60).contains(&lost), "{lost} rows lost");
    assert_eq!(steps(&meter), 4_001 - lost);
}

#[test]
fn a_file_that_is_no_database_and_an_unknown_schema_say_so() {
    let opencode = with_messages(1);
    let folder = opencode.folder.path().join("opencode");
    std::fs::write(
        folder.join("opencode-text.db"),
        "not a database at all, really not one at all",
    )
    .unwrap();
    let future = rusqlite::Connection::open(folder.join("opencode-zukunft.db")).unwrap();
    future
        .execute_batch("CREATE TABLE message (id text, body text); CREATE TABLE session (id text)")
        .unwrap();
    let mut meter = opencode.meter();
    let mut found = codes(&sync(&mut meter, Depth::Quick)).join(" ");
    assert_eq!(found, "not_a_database unknown_schema");
    found.clear();
    assert_eq!(steps(&meter), 1);
}

#[test]
fn a_first_reading_that_is_stopped_goes_on_where_it_was() {
    let opencode = with_messages(9_000);
    let mut meter = opencode.meter();
    let mut batches = 0;
    let stop = &mut |_| {
        batches += 1;
        batches < 2
    };
    let report = meter
        .sync(Depth::Quick, &Zone::utc(), START_MS, stop)
        .unwrap();
    assert!(report.steps_added < 9_000 && !report.sources[0].is_current);
    assert_eq!(steps(&meter), report.steps_added);
    let mut meter = opencode.meter();
    let rest = sync(&mut meter, Depth::Quick);
    assert_eq!(report.steps_added + rest.steps_added, 9_000);
    assert_eq!(meter.health().unwrap().damage, None);
}

#[test]
fn a_database_put_back_from_a_backup_neither_loses_nor_repeats() {
    let opencode = with_messages(5);
    let mut meter = opencode.meter();
    let backup = opencode.folder.path().join("backup.db");
    opencode
        .connection
        .execute("VACUUM INTO ?", [backup.to_str().unwrap()])
        .unwrap();
    let late = answer("u", START_MS + 9, 10, 1, 0.1);
    opencode.message("msg_late", "ses_a", START_MS + 9, START_MS + 9, &late);
    sync(&mut meter, Depth::Quick);
    let database = opencode.database();
    drop(opencode.connection);
    std::fs::rename(&backup, &database).unwrap();
    for end in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", database.display()));
    }
    let report = sync(&mut meter, Depth::Quick);
    assert_eq!((report.problems.len(), report.steps_added), (0, 0));
    assert_eq!(steps(&meter), 6);
}

#[test]
fn a_column_of_another_type_costs_its_own_row_only() {
    let opencode = with_messages(3);
    let text = answer("u", START_MS, 10, 1, 0.1);
    let sql = "INSERT INTO message VALUES ('msg_odd', 'ses_a', 'yesterday', 'today', ?)";
    opencode.connection.execute(sql, [text]).unwrap();
    opencode.bump("ses_a");
    let sql =
        "INSERT INTO session VALUES ('ses_odd', 'p', NULL, '/', 't', NULL, 'once', 'now', NULL)";
    opencode.connection.execute(sql, []).unwrap();
    let mut meter = opencode.meter();
    let report = sync(&mut meter, Depth::Quick);
    assert_eq!(codes(&report), ["broken_row"]);
    assert_eq!(steps(&meter), 3);
}

/// What `sync` takes for now, and an instant in 2090.
const NOW_MS: i64 = START_MS + 1_000_000_000;
const FUTURE_MS: i64 = 3_786_912_000_000;

#[test]
fn a_row_written_in_the_future_does_not_hide_later_changes_of_others() {
    let opencode = with_messages(3);
    let data = answer("u", START_MS, 10, 1, 0.1);
    opencode.message("msg_00002", "ses_a", START_MS, FUTURE_MS, &data);
    let mut meter = opencode.meter();
    sync(&mut meter, Depth::Thorough);
    let data = answer("u", START_MS, 500, 1, 0.1);
    opencode.message("msg_00000", "ses_a", START_MS, NOW_MS, &data);
    sync(&mut meter, Depth::Thorough);
    let report = meter.report(&Request::new(By::Model), &Zone::utc());
    assert_eq!(report.unwrap().totals.tokens.input, 520);
}

#[test]
fn a_call_of_the_future_does_not_hide_todays_calls_of_its_session() {
    let opencode = with_messages(1);
    let data = answer("u", FUTURE_MS, 10, 1, 0.1);
    opencode.message("msg_far", "ses_a", FUTURE_MS, NOW_MS, &data);
    let mut meter = opencode.meter();
    sync(&mut meter, Depth::Quick);
    let data = answer("u", NOW_MS, 10, 1, 0.1);
    opencode.message("msg_now", "ses_a", NOW_MS, NOW_MS, &data);
    sync(&mut meter, Depth::Quick);
    assert_eq!(steps(&meter), 3);
}

#[test]
fn a_session_of_no_time_began_with_its_first_step() {
    for odd in ["0", "1795000000", "253402300799000", "'once'"] {
        let opencode = with_messages(2);
        let sql = format!("UPDATE session SET time_created = {odd}");
        opencode.connection.execute(&sql, []).unwrap();
        let mut meter = opencode.meter();
        assert_eq!(sync(&mut meter, Depth::Quick).problems, [], "{odd}");
        let request = Request::new(By::Session);
        let found = meter.sessions(&request, &Zone::utc()).unwrap().sessions;
        assert_eq!(found[0].started_ms, Some(START_MS), "{odd}");
        assert_eq!(steps(&meter), 2, "{odd}");
        let used = meter.session_usage("ses_a").unwrap().unwrap();
        assert_eq!(used.created_ms, None, "{odd}");
    }
}
