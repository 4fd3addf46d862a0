// SPDX-License-Identifier: GPL-3.0-or-later
//! Reports from the sums of days say the same as reports from quarter hours.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod opencode;

use octally_core::meter::Meter;
use octally_core::model::{Day, Zone};
use octally_core::rollup::{By, Request};
use octally_core::sync::Depth;
use opencode::{OpenCode, START_MS, answer};

const HOUR_MS: i64 = 3_600_000;
/// In the middle of the history.
const BACK_MS: i64 = START_MS - START_MS % (24 * HOUR_MS) + 240 * HOUR_MS;

/// Twenty days of calls of two models in sessions that last over midnight, or come back.
fn history() -> OpenCode {
    let opencode = OpenCode::new();
    for number in 0..480_i64 {
        let at_ms = START_MS + number * HOUR_MS;
        let mut session = format!("ses_{}", number / 10);
        if number % 10 == 0 {
            opencode.session(&session, None, at_ms - 1);
        }
        // Now and then an old one goes on.
        if number % 37 == 5 || number % 90 == 6 {
            session = format!("ses_{}", number % 5);
        }
        let data = answer("u", at_ms, number.unsigned_abs() + 1, 1, 0.1);
        let data = data.replace("\"m\"", if number % 3 == 0 { "\"n\"" } else { "\"m\"" });
        let id = format!("msg_{number:04}");
        opencode.message(&id, &session, at_ms, at_ms, &data);
    }
    opencode
}

fn requests(zone: &Zone) -> Vec<Request> {
    let start = |day: i64| Some(zone.start_of(Day(BACK_MS / (24 * HOUR_MS) + day)));
    let mut all = Vec::new();
    for by in By::ALL {
        for (since_ms, until_ms) in [
            (None, None),
            (start(-3), None),
            (start(0), start(1)),
            (start(1), Some(BACK_MS + 100 * HOUR_MS)),
        ] {
            for (provider, model) in [(None, None), (Some("p"), Some("n")), (None, Some("p/m"))] {
                all.push(Request {
                    since_ms,
                    until_ms,
                    provider: provider.map(str::to_owned),
                    model: model.map(str::to_owned),
                    ..Request::new(by)
                });
            }
        }
    }
    all
}

fn answer_of(meter: &Meter, request: &Request, zone: &Zone) -> serde_json::Value {
    let report = meter.report(request, zone).unwrap();
    let mut answer = serde_json::to_value(report).unwrap();
    answer["time_zone"].take();
    answer
}

/// The days are kept for `zone`; the same offsets by another name are folded from quarter hours.
fn check(offset_seconds: fn(i64) -> i32) {
    let opencode = history();
    let zone = Zone::new("kept", offset_seconds);
    let other = Zone::new("folded", offset_seconds);
    let mut meter = opencode.meter();
    let now_ms = START_MS + 1_000_000_000;
    meter
        .sync(Depth::Quick, &zone, now_ms, &mut |_| true)
        .unwrap();
    for request in requests(&zone) {
        assert_eq!(
            answer_of(&meter, &request, &zone),
            answer_of(&meter, &request, &other),
            "{request:?}"
        );
    }
}

#[test]
fn days_of_utc_say_what_quarter_hours_say() {
    check(|_| 0);
}

#[test]
fn days_of_kathmandu_say_what_quarter_hours_say() {
    check(|_| 5 * 3600 + 2700);
}

#[test]
fn days_that_begin_between_quarter_hours_say_what_quarter_hours_say() {
    check(|_| -17_776);
}

#[test]
fn a_day_that_comes_back_for_an_hour_says_what_quarter_hours_say() {
    // At 00:15 the clocks go back to 23:15.
    check(|at_ms| {
        if at_ms < BACK_MS + HOUR_MS / 4 {
            0
        } else {
            -3600
        }
    });
}
