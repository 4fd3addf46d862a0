// SPDX-License-Identifier: GPL-3.0-or-later
//! What a session has used lately, and its steps one by one.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod opencode;

use octally_core::meter::{Live, Meter};
use octally_core::model::Zone;
use octally_core::sync::Depth;
use opencode::{OpenCode, START_MS, answer, sync};

const MINUTE_MS: i64 = 60_000;

/// A session with a step each minute, and a sub-agent with one in the third.
fn at_work() -> (OpenCode, Meter) {
    let opencode = OpenCode::new();
    opencode.session("ses_root", None, START_MS);
    opencode.session("ses_child", Some("ses_root"), START_MS);
    for minute in 0..4 {
        let at_ms = START_MS + minute * MINUTE_MS;
        let data = answer("msg_user", at_ms, 10 + minute as u64, 1, 0.25);
        opencode.message(&format!("msg_{minute}"), "ses_root", at_ms, at_ms, &data);
    }
    let at_ms = START_MS + 2 * MINUTE_MS;
    let data = answer("msg_child", at_ms, 1000, 0, 0.5);
    opencode.message("msg_child_1", "ses_child", at_ms, at_ms, &data);
    let mut meter = opencode.meter();
    sync(&mut meter, Depth::Quick);
    (opencode, meter)
}

#[test]
fn the_pace_is_of_the_latest_steps_with_those_of_sub_agents() {
    let (_opencode, meter) = at_work();
    let pace = meter.pace("ses_root", START_MS + 2 * MINUTE_MS).unwrap();
    assert_eq!(
        (pace.recent.steps, pace.recent.tokens.input),
        (3, 12 + 13 + 1000)
    );
    assert_eq!(pace.recent.cost.billed.usd(), 1.0);
    assert_eq!(pace.first_ms, Some(START_MS));
    assert_eq!(pace.model.as_deref(), Some("p/m"));
}

#[test]
fn a_fork_begins_with_its_own_first_step() {
    let (opencode, mut meter) = at_work();
    let (forked_ms, at_ms) = (START_MS + 10 * MINUTE_MS, START_MS + 11 * MINUTE_MS);
    opencode.session("ses_fork", None, forked_ms);
    let data = answer("msg_user", START_MS, 10, 1, 0.25);
    opencode.message("msg_copy", "ses_fork", START_MS, forked_ms, &data);
    let data = answer("msg_user", at_ms, 10, 1, 0.25);
    opencode.message("msg_own", "ses_fork", at_ms, at_ms, &data);
    sync(&mut meter, Depth::Quick);
    let pace = meter.pace("ses_fork", START_MS).unwrap();
    assert_eq!((pace.recent.steps, pace.first_ms), (1, Some(at_ms)));
}

#[test]
fn a_session_at_rest_or_unknown_has_no_pace() {
    let (_opencode, meter) = at_work();
    let pace = meter.pace("ses_root", START_MS + 4 * MINUTE_MS).unwrap();
    assert_eq!((pace.recent.steps, pace.first_ms), (0, Some(START_MS)));
    let unknown = meter.pace("ses_unknown", 0).unwrap();
    assert_eq!((unknown.first_ms, unknown.model), (None, None));
}

#[test]
fn a_session_has_its_own_steps_oldest_first() {
    let (_opencode, meter) = at_work();
    let zone = Zone::utc();
    let detail = meter.session("ses_root", &zone).unwrap().unwrap();
    let inputs: Vec<u64> = detail.steps.iter().map(|step| step.tokens.input).collect();
    assert_eq!(inputs, [10, 11, 12, 13]);
    let step = &detail.steps[1];
    assert_eq!((step.started_ms, step.context), (START_MS + MINUTE_MS, 11));
    assert_eq!((step.model.as_str(), step.cost.billed_usd), ("p/m", 0.25));
    assert!(step.is_counted);
    assert!(meter.session("ses_unknown", &zone).unwrap().is_none());
}

#[test]
fn the_pace_of_everything_is_that_of_ten_minutes_and_changes_with_the_minute() {
    let opencode = OpenCode::new();
    opencode.session("ses_1", None, START_MS);
    // The start of a minute.
    let now_ms = (START_MS / MINUTE_MS + 30) * MINUTE_MS;
    for (number, at_ms) in [(1, now_ms - 20 * MINUTE_MS), (2, now_ms - 4 * MINUTE_MS)] {
        let data = answer("msg_user", at_ms, 500 * number, 0, 0.5);
        opencode.message(&format!("msg_{number}"), "ses_1", at_ms, at_ms, &data);
    }
    let mut meter = opencode.meter();
    let last = sync(&mut meter, Depth::Quick);
    let pace = |now_ms| {
        let is_alive = &|_: &_| true;
        let live = Live::default();
        let snapshot = meter.snapshot(&live, &last, is_alive, 0, &Zone::utc(), now_ms);
        snapshot.unwrap().pace
    };
    let found = pace(now_ms).unwrap();
    assert_eq!(found.since_ms, now_ms - 4 * MINUTE_MS);
    assert_eq!(found.fresh_per_minute, 200.0);
    assert_eq!(found.cost_per_hour.billed_usd, 6.0);
    assert_eq!(
        pace(now_ms + MINUTE_MS - 1).unwrap(),
        found,
        "the same minute"
    );
    assert_ne!(pace(now_ms + MINUTE_MS).unwrap(), found);
    assert_eq!(pace(now_ms + 6 * MINUTE_MS), None, "long ago is not 0");
}
