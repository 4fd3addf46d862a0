// SPDX-License-Identifier: GPL-3.0-or-later
//! Totals of OpenCode 2 that cannot be what they claim to be cost their own session's remainder only.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod opencode;

use std::path::Path;

use octally_core::meter::Meter;
use octally_core::model::Zone;
use octally_core::rollup::{By, Request};
use octally_core::sync::{Depth, SyncReport};
use octally_core::wire::Amounts;
use opencode::{open_meter, sync};

struct Desk {
    folder: tempfile::TempDir,
    meter: Meter,
}

impl Desk {
    fn new(damage: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = folder.path().join("opencode");
        std::fs::create_dir(&data_dir).unwrap();
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/fixtures/v2-stable-synthetic/opencode/opencode.db");
        let database = data_dir.join("opencode.db");
        std::fs::copy(fixture, &database).unwrap();
        let connection = rusqlite::Connection::open(&database).unwrap();
        connection.execute_batch(damage).unwrap();
        let meter = open_meter(&folder.path().join("ledger.db"), &data_dir);
        Self { folder, meter }
    }

    /// Steps and input of what has a row.
    fn rows(&self) -> (u64, i64) {
        let ledger = rusqlite::Connection::open(self.folder.path().join("ledger.db")).unwrap();
        let sql =
            "SELECT count(*), sum(input) FROM step WHERE is_counted AND uid NOT LIKE '%#remainder'";
        ledger
            .query_row(sql, [], |row| {
                Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get(1)?))
            })
            .unwrap()
    }
}

fn intact() -> (u64, i64) {
    let mut desk = Desk::new("");
    sync(&mut desk.meter, Depth::Thorough);
    desk.rows()
}

fn odd(report: &SyncReport) -> u64 {
    let problems = report.problems.iter();
    let odd = problems.filter(|problem| problem.code == "odd_totals");
    odd.map(|problem| problem.count).sum()
}

fn check(damage: &str, sessions: u64) {
    let mut desk = Desk::new(damage);
    for depth in [Depth::Quick, Depth::Quick, Depth::Thorough] {
        let report = sync(&mut desk.meter, depth);
        assert_eq!(odd(&report), sessions, "{damage}: {:?}", report.problems);
        assert_eq!(desk.rows(), intact(), "{damage}");
    }
    let report = desk.meter.report(&Request::new(By::Day), &Zone::utc());
    assert!(report.unwrap().totals.tokens.input < 1 << 40);
    let found = desk.meter.reconcile(0).unwrap();
    assert_eq!(found.unexplained, Amounts::default(), "{damage}");
}

#[test]
fn odd_totals_of_one_session_cost_no_step_of_the_others() {
    check(
        "UPDATE session_v2 SET tokens_input = -5 WHERE id = (SELECT min(id) FROM session_v2)",
        1,
    );
    check(
        "UPDATE session_v2 SET cost = 9e999 WHERE id = (SELECT max(id) FROM session_v2)",
        1,
    );
    check(
        "UPDATE session_v2 SET tokens_output = 'many' WHERE id = (SELECT max(id) FROM session_v2)",
        1,
    );
}

#[test]
fn huge_totals_of_two_sessions_do_not_stop_the_ledger() {
    check(
        "UPDATE session_v2 SET tokens_input = 9223372036854775807",
        15,
    );
    check("UPDATE session_v2 SET cost = 9e9", 15);
    check(
        "UPDATE session_v2 SET time_updated = 253402300799000, tokens_input = -1",
        15,
    );
}
