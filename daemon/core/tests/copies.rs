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
