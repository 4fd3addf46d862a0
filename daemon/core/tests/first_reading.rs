// SPDX-License-Identifier: GPL-3.0-or-later
//! The first reading of a long history, whole and cut off in the middle: the ledger that it fills is the
//! one that steps recorded one by one would have made.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod opencode;

use octally_core::meter::Meter;
use octally_core::model::Zone;
use octally_core::rollup::{By, Request};
use octally_core::sync::Depth;
use opencode::{OpenCode, START_MS, answer, sync};

/// More than two batches of rows.
const CALLS: i64 = 5_000;

/// A long session, a fork of it whose copies were written first, a copy of a call whose original is
/// gone, and a fork of that copy.
fn history() -> OpenCode {
    let opencode = OpenCode::new();
    opencode.connection.execute_batch("BEGIN").unwrap();
    let after_ms = START_MS + CALLS * 1_000;
    opencode.session("ses_early_fork", None, after_ms);
    opencode.session("ses_late_fork", None, after_ms);
    opencode.session("ses_a", None, START_MS - 1);
    let call = |id: &str, session: &str, number: i64| {
        let at_ms = START_MS + number * 1_000;
        let data = answer("msg_user", at_ms, number.unsigned_abs(), 1, 0.001);
        opencode.message(id, session, at_ms, at_ms, &data);
    };
    for number in 0..100 {
        call(&format!("msg_0_{number}"), "ses_early_fork", number);
    }
    for number in 0..CALLS {
        call(&format!("msg_1_{number}"), "ses_a", number);
    }
    for number in 0..100 {
        call(
            &format!("msg_2_{number}"),
            "ses_late_fork",
            CALLS - 100 + number,
        );
    }
    call("msg_3_0", "ses_early_fork", CALLS - 1_000_000);
    call("msg_3_1", "ses_late_fork", CALLS - 1_000_000);
    opencode.connection.execute_batch("COMMIT").unwrap();
    opencode
}

/// Steps and input of the original session, of everything.
fn figures(meter: &Meter) -> (u64, u64, u64) {
    let by_session = meter
        .report(&Request::new(By::Session), &Zone::utc())
        .unwrap();
    let original = by_session
        .rows
        .iter()
        .find(|row| row.key.as_deref() == Some("ses_a"));
    (
        original.unwrap().totals.steps,
        by_session.totals.steps,
        by_session.totals.tokens.input,
    )
}

fn check(meter: &Meter) {
    let calls = CALLS.unsigned_abs();
    let orphan = (CALLS - 1_000_000).unsigned_abs();
    let input = calls * (calls - 1) / 2 + orphan;
    assert_eq!(figures(meter), (calls, calls + 1, input));
    assert_eq!(meter.health().unwrap().damage, None);
}

#[test]
fn copies_are_told_from_their_originals_whichever_comes_first() {
    let opencode = history();
    let mut meter = opencode.meter();
    let report = sync(&mut meter, Depth::Quick);
    assert_eq!(report.steps_added, CALLS.unsigned_abs() + 202);
    check(&meter);
    let again = sync(&mut meter, Depth::Thorough);
    assert_eq!((again.steps_added, again.steps_updated), (0, 0));
    check(&meter);
}

#[test]
fn a_first_reading_that_is_cut_off_again_and_again_comes_to_its_end() {
    let opencode = history();
    for stops in 0.. {
        // A new process each time, that reads one batch and is stopped.
        let mut meter = opencode.meter();
        let report = meter
            .sync(
                Depth::Quick,
                &Zone::utc(),
                START_MS + 1_000_000_000,
                &mut |_| false,
            )
            .unwrap();
        if report.sources[0].is_current {
            assert!(stops >= 2, "it was read in {stops} parts");
            return check(&meter);
        }
    }
}

#[test]
fn two_processes_fill_one_ledger_together() {
    let opencode = history();
    let mut other = opencode.meter();
    let mut meter = opencode.meter();
    let mut has_read = false;
    // The other one reads everything between two batches of this one.
    meter
        .sync(
            Depth::Quick,
            &Zone::utc(),
            START_MS + 1_000_000_000,
            &mut |_| {
                if !has_read {
                    sync(&mut other, Depth::Quick);
                    has_read = true;
                }
                true
            },
        )
        .unwrap();
    assert!(has_read);
    check(&meter);
    check(&other);
}
