// SPDX-License-Identifier: GPL-3.0-or-later
//! What the last minutes cost, and sessions that compact again and again.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod opencode;

use octally_core::meter::Meter;
use octally_core::sync::Depth;
use octally_core::wire::Lately;
use opencode::{OpenCode, START_MS, answer, sync};

const MINUTE_MS: i64 = 60_000;
const SPAN_MS: i64 = 5 * MINUTE_MS;

fn step(opencode: &OpenCode, id: &str, session: &str, minute: i64, cost_usd: f64) {
    let at_ms = START_MS + minute * MINUTE_MS;
    let data = answer("msg_user", at_ms, 10, 1, cost_usd);
    opencode.message(id, session, at_ms, at_ms, &data);
}

fn compaction(opencode: &OpenCode, id: &str, session: &str, minute: i64) {
    let at_ms = START_MS + minute * MINUTE_MS;
    let data = answer("msg_user", at_ms, 10, 1, 0.25);
    let data = data.replace(
        r#""agent":"build""#,
        r#""agent":"compaction","summary":true"#,
    );
    opencode.message(id, session, at_ms, at_ms, &data);
}

fn meter(opencode: &OpenCode) -> Meter {
    let mut meter = opencode.meter();
    sync(&mut meter, Depth::Quick);
    meter
}

fn at(meter: &Meter, minute: i64) -> Lately {
    meter
        .lately(SPAN_MS, START_MS + minute * MINUTE_MS)
        .unwrap()
}

#[test]
fn the_last_minutes_are_summed_and_the_dearest_root_session_is_named() {
    let opencode = OpenCode::new();
    opencode.session("ses_root", None, START_MS);
    opencode.session("ses_child", Some("ses_root"), START_MS);
    opencode.session("ses_other", None, START_MS);
    step(&opencode, "msg_old", "ses_other", 0, 9.0);
    step(&opencode, "msg_1", "ses_root", 7, 1.0);
    step(&opencode, "msg_2", "ses_child", 8, 1.5);
    step(&opencode, "msg_3", "ses_other", 9, 2.0);
    let meter = meter(&opencode);
    let lately = at(&meter, 10);
    assert_eq!(lately.since_ms, START_MS + 5 * MINUTE_MS);
    assert_eq!((lately.billed.usd(), lately.estimated.usd()), (4.5, 0.0));
    let dearest = lately.dearest.unwrap();
    assert_eq!(dearest.id, "ses_root");
    assert_eq!(dearest.title.as_deref(), Some("a title"));
    assert_eq!(dearest.project.as_deref(), Some("p"));
    assert_eq!(
        at(&meter, 30),
        Lately {
            since_ms: START_MS + 25 * MINUTE_MS,
            ..Lately::default()
        }
    );
}

#[test]
fn three_compactions_with_little_in_between_are_a_loop_until_the_last_is_long_ago() {
    let opencode = OpenCode::new();
    opencode.session("ses_1", None, START_MS);
    for minute in [1, 3, 5] {
        compaction(&opencode, &format!("msg_c{minute}"), "ses_1", minute);
        step(
            &opencode,
            &format!("msg_s{minute}"),
            "ses_1",
            minute + 1,
            0.1,
        );
    }
    let meter = meter(&opencode);
    let loops = at(&meter, 6).loops;
    assert_eq!(loops.len(), 1);
    assert_eq!(
        (loops[0].session.id.as_str(), loops[0].compactions),
        ("ses_1", 3)
    );
    assert_eq!(loops[0].within_ms, 4 * MINUTE_MS);
    assert_eq!(at(&meter, 11).loops, [], "the first one is ten minutes ago");
}

#[test]
fn compactions_of_a_session_that_gets_on_are_no_loop() {
    let opencode = OpenCode::new();
    opencode.session("ses_1", None, START_MS);
    opencode.session("ses_2", None, START_MS);
    for minute in [1, 3, 5] {
        compaction(&opencode, &format!("msg_c{minute}"), "ses_1", minute);
        for number in 0..4 {
            step(
                &opencode,
                &format!("msg_s{minute}_{number}"),
                "ses_1",
                minute + 1,
                0.1,
            );
        }
    }
    compaction(&opencode, "msg_a", "ses_2", 1);
    compaction(&opencode, "msg_b", "ses_2", 2);
    assert_eq!(at(&meter(&opencode), 6).loops, []);
}
