// SPDX-License-Identifier: GPL-3.0-or-later
//! Different figures for one message in two places: the one that was written later counts, in whatever order
//! the two are read.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod opencode;

use std::path::Path;

use octally_core::meter::Meter;
use octally_core::model::Zone;
use octally_core::rollup::{By, Request};
use octally_core::sync::Depth;
use opencode::{OpenCode, START_MS, answer, open_meter, sync};
use proptest::prelude::*;
use rusqlite::Connection;

/// A reading of `msg_1`: when it was written and its input.
type Written = (i64, u64);

/// The database `opencode-<name>.db`, where the message stands as it was `written`.
fn database(opencode: &OpenCode, name: &str, written: Written) {
    let path = opencode.database();
    let path = path.with_file_name(format!("opencode-{name}.db"));
    let text = path.display().to_string();
    opencode
        .connection
        .execute("VACUUM INTO ?", [&text])
        .unwrap();
    write(&path, written);
}

fn write(path: &Path, (updated_ms, input): Written) {
    let data = answer("msg_u", START_MS, input, 1, input as f64 / 1e6);
    let sql = "INSERT INTO message VALUES ('msg_1', 'ses_a', ?1, ?2, ?3)
        ON CONFLICT DO UPDATE SET time_updated = ?2, data = ?3";
    let connection = Connection::open(path).unwrap();
    let row = rusqlite::params![START_MS, START_MS + updated_ms, data];
    connection.execute(sql, row).unwrap();
    let sql = "UPDATE event_sequence SET seq = seq + 1";
    connection.execute(sql, []).unwrap();
}

fn input(meter: &Meter) -> u64 {
    let report = meter.report(&Request::new(By::Day), &Zone::utc()).unwrap();
    assert!(report.totals.steps <= 1);
    report.totals.tokens.input
}

fn assert_adds_up(meter: &Meter) {
    let found = meter.reconcile(0).unwrap();
    assert!(found.adds_up, "{found:#?}");
}

fn world() -> OpenCode {
    let opencode = OpenCode::new();
    opencode.session("ses_a", None, 1);
    opencode
}

#[test]
fn the_later_written_figures_of_two_databases_count_whichever_is_read_last() {
    for (a, b) in [((5, 100), (9, 70)), ((9, 70), (5, 100))] {
        let opencode = world();
        database(&opencode, "a", a);
        database(&opencode, "b", b);
        let mut meter = opencode.meter();
        for depth in [Depth::Quick, Depth::Thorough] {
            sync(&mut meter, depth);
            assert_eq!(input(&meter), 70);
        }
        assert_adds_up(&meter);
    }
}

#[test]
fn figures_of_the_same_time_are_told_by_their_size() {
    for (a, b) in [((5, 100), (5, 70)), ((5, 70), (5, 100))] {
        let opencode = world();
        database(&opencode, "a", a);
        database(&opencode, "b", b);
        let mut meter = opencode.meter();
        sync(&mut meter, Depth::Thorough);
        assert_eq!(input(&meter), 100);
        assert_adds_up(&meter);
    }
}

#[test]
fn a_row_that_was_written_again_as_it_is_is_later_than_what_lies_between() {
    let opencode = world();
    let other = opencode.database().with_file_name("opencode-a.db");
    database(&opencode, "a", (5, 100));
    let mut meter = opencode.meter();
    sync(&mut meter, Depth::Thorough);
    write(&other, (9, 100));
    let report = sync(&mut meter, Depth::Thorough);
    assert_eq!(report.steps_updated, 0);
    database(&opencode, "b", (7, 70));
    sync(&mut meter, Depth::Thorough);
    assert_eq!(input(&meter), 100);
    assert_adds_up(&meter);
}

#[test]
fn an_older_row_that_is_put_back_does_not_take_the_figures_of_a_newer_one() {
    let opencode = world();
    let other = opencode.database().with_file_name("opencode-a.db");
    database(&opencode, "a", (9, 70));
    let mut meter = opencode.meter();
    sync(&mut meter, Depth::Thorough);
    write(&other, (5, 100));
    sync(&mut meter, Depth::Thorough);
    assert_eq!(input(&meter), 70);
    assert_adds_up(&meter);
}

#[test]
fn a_row_that_was_corrected_by_hand_counts_as_it_is_now() {
    let opencode = world();
    let other = opencode.database().with_file_name("opencode-a.db");
    database(&opencode, "a", (5, 100));
    let mut meter = opencode.meter();
    sync(&mut meter, Depth::Thorough);
    write(&other, (5, 70));
    sync(&mut meter, Depth::Thorough);
    assert_eq!(input(&meter), 70);
    assert_adds_up(&meter);
}

/// Puts a message file below a data folder, as it was written at a time.
fn file(data_dir: &Path, (updated_ms, input): Written) {
    let folder = data_dir.join("storage/message/ses_a");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("msg_1.json");
    std::fs::write(&path, answer("msg_u", START_MS, input, 1, 0.0)).unwrap();
    let at = std::time::UNIX_EPOCH
        + std::time::Duration::from_millis((START_MS + updated_ms).unsigned_abs());
    let file = std::fs::File::options().write(true).open(path).unwrap();
    file.set_modified(at).unwrap();
}

#[test]
fn the_later_written_of_two_message_files_counts_whichever_is_read_last() {
    for (a, b) in [((50, 100), (90, 70)), ((90, 70), (50, 100))] {
        let folder = tempfile::tempdir().unwrap();
        let dirs = ["a", "b"].map(|name| folder.path().join(name));
        file(&dirs[0], a);
        file(&dirs[1], b);
        let ledger = folder.path().join("ledger.db");
        for dir in [&dirs[0], &dirs[1], &dirs[0]] {
            sync(&mut open_meter(&ledger, dir), Depth::Thorough);
        }
        assert_eq!(input(&open_meter(&ledger, &dirs[0])), 70);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("PROPTEST_CASES").map_or(12, |cases| cases.parse().unwrap()),
        ..ProptestConfig::default()
    })]

    /// The same writings, read in another order.
    #[test]
    fn any_order_of_reading_gives_the_same_ledger(
        written in proptest::collection::vec((0..4_i64, 1..5_u64), 2..5),
        turn in 0..4_usize,
    ) {
        let sums = [0, turn].map(|first| {
            let opencode = world();
            let mut meter = opencode.meter();
            let mut order: Vec<usize> = (0..written.len()).collect();
            order.rotate_left(first % written.len());
            for number in order {
                database(&opencode, &number.to_string(), written[number]);
                sync(&mut meter, Depth::Thorough);
            }
            assert_adds_up(&meter);
            input(&meter)
        });
        prop_assert_eq!(sums[0], sums[1]);
        prop_assert_eq!(Some(sums[0]), written.iter().max().map(|it| it.1));
    }
}
