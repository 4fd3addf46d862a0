// SPDX-License-Identifier: GPL-3.0-or-later
//! Copies that forks make, where the original is not there or not yet.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod opencode;

use octally_core::meter::Meter;
use octally_core::model::Zone;
use octally_core::rollup::{By, Request};
use octally_core::sync::Depth;
use opencode::{OpenCode, START_MS, answer, sync};

#[test]
fn an_orphan_copy_counts_once_and_gives_way_to_its_original() {
    let opencode = OpenCode::new();
    let mut meter = opencode.meter();
    let steps = |meter: &Meter| {
        meter
            .report(&Request::new(By::Model), &Zone::utc())
            .unwrap()
            .totals
            .steps
    };
    let data = answer("msg_user", START_MS, 10, 1, 0.01);
    opencode.session("ses_fork", None, START_MS + 50_000);
    opencode.message("msg_copy", "ses_fork", START_MS, START_MS + 50_000, &data);
    opencode.session("ses_fork2", None, START_MS + 60_000);
    opencode.message("msg_copy2", "ses_fork2", START_MS, START_MS + 60_000, &data);
    sync(&mut meter, Depth::Quick);
    assert_eq!(steps(&meter), 1);
    opencode.session("ses_original", None, START_MS - 1_000);
    opencode.message(
        "msg_original",
        "ses_original",
        START_MS,
        START_MS + 70_000,
        &data,
    );
    sync(&mut meter, Depth::Quick);
    assert_eq!(steps(&meter), 1);
    let by_session = meter
        .report(&Request::new(By::Session), &Zone::utc())
        .unwrap();
    assert_eq!(by_session.rows[0].key.as_deref(), Some("ses_original"));
    assert_eq!(meter.health().unwrap().damage, None);
}

#[test]
fn a_copy_stays_one_when_its_original_is_written_over() {
    let opencode = OpenCode::new();
    let mut meter = opencode.meter();
    let data = answer("msg_user", START_MS, 10, 1, 0.01);
    opencode.session("ses_original", None, START_MS - 1_000);
    opencode.message("msg_original", "ses_original", START_MS, START_MS, &data);
    opencode.session("ses_fork", None, START_MS + 50_000);
    opencode.message("msg_copy", "ses_fork", START_MS, START_MS + 50_000, &data);
    sync(&mut meter, Depth::Quick);
    let data = answer("msg_user", START_MS, 500, 1, 0.01);
    let later_ms = START_MS + 60_000;
    opencode.message("msg_original", "ses_original", START_MS, later_ms, &data);
    let check = |meter: &mut Meter, depth, when| {
        sync(meter, depth);
        let request = Request::new(By::Model);
        let totals = meter.report(&request, &Zone::utc()).unwrap().totals;
        assert_eq!((totals.steps, totals.tokens.input), (1, 500), "{when}");
        let found = meter.reconcile(0).unwrap();
        assert!(found.adds_up, "{when}: {found:#?}");
    };
    check(&mut meter, Depth::Quick, "at once");
    opencode.bump("ses_fork");
    check(&mut meter, Depth::Quick, "the copy read again");
    check(&mut meter, Depth::Thorough, "all of it");
    meter.rebuild(&Zone::utc()).unwrap();
    check(&mut meter, Depth::Thorough, "from the beginning");
}

#[test]
fn copies_are_told_when_their_session_becomes_known() {
    let opencode = OpenCode::new();
    let mut meter = opencode.meter();
    let data = answer("msg_user", START_MS, 10, 1, 0.01);
    opencode.session("ses_original", None, START_MS - 1_000);
    opencode.message("msg_original", "ses_original", START_MS, START_MS, &data);
    opencode.message("msg_copy", "ses_fork", START_MS, START_MS + 50_000, &data);
    // So much later that a quick sync does not look at the copy again.
    let late_ms = START_MS + 3_600_000;
    let late = answer("msg_user", late_ms, 500, 1, 0.01);
    opencode.message("msg_late", "ses_fork", late_ms, late_ms, &late);
    sync(&mut meter, Depth::Quick);
    let figures = |meter: &Meter| {
        assert_eq!(meter.health().unwrap().damage, None);
        let request = Request::new(By::Model);
        let totals = meter.report(&request, &Zone::utc()).unwrap().totals;
        (totals.steps, totals.tokens.input)
    };
    opencode.session("ses_fork", None, START_MS + 50_000);
    sync(&mut meter, Depth::Quick);
    assert_eq!(figures(&meter), (2, 510));
    let found = meter.reconcile(0).unwrap();
    assert!(found.adds_up, "{found:#?}");
    // It was no fork after all.
    let sql = "UPDATE session SET time_created = ? WHERE id = 'ses_fork'";
    opencode.connection.execute(sql, [START_MS - 5]).unwrap();
    opencode.bump("ses_fork");
    sync(&mut meter, Depth::Quick);
    assert_eq!(figures(&meter), (3, 520));
}
