// SPDX-License-Identifier: GPL-3.0-or-later
//! A stats.json of any damage is told, and costs no figure.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod damage;
mod sandbox;

use std::fs;

use damage::{Desk, Home};
use sandbox::Run;

/// What `doctor` says that could not be read.
fn unread(home: &Home) -> String {
    home.doctor().1
}

fn refresh(home: &Home) -> Run {
    home.sandbox.run(&["status", "--refresh"])
}

const PLAIN: &str = r#"{"session":{"totalTokens":1,"tokensByModel":{},"totalCost":0,"costsByModel":{},
    "startTime":1795172646474,"lastActivity":1795172649468,"isIdle":true,"idleSince":1795172649468}}"#;
const OURS: &str = r#"{"octally":{"format":1,"runs":[{"id":"run-1","pid":7,"started_ms":1795172646474,
    "last_activity_ms":1795172649468,"ended_ms":null,"sessions":[{"id":"ses_a","parent":null,"state":"idle",
    "waiting_for":null,"since_ms":1795172649468,"last_activity_ms":1795172649468}]}]}}"#;

#[test]
fn states_of_any_damage_are_told_and_cost_no_figure() {
    let desk = Desk::new("1.18.33");
    let mut damaged: Vec<String> = Vec::new();
    for whole in [PLAIN, OURS] {
        damaged.extend(
            [0, 1, 200, 418, 777, 990].map(|cut| whole[..whole.len() * cut / 1_000].into()),
        );
        // Seconds, the year 9999, below nothing, no number, huge, another type.
        for odd in [
            "1795172649",
            "253402300799000",
            "-1",
            "NaN",
            "1e999",
            "1e300",
            "\"now\"",
            "[]",
            "{}",
        ] {
            damaged.push(whole.replace("1795172649468", odd));
        }
    }
    for (field, odd) in [
        ("\"pid\":7", "\"pid\":-7"),
        ("\"pid\":7", "\"pid\":1e9"),
        ("idle", "asleep"),
        ("[{", "[[{"),
    ] {
        damaged.push(OURS.replace(field, odd));
    }
    damaged.push(OURS.replace("\"runs\":[", &format!("\"runs\":[{},", run_of(OURS))));
    damaged.push(OURS.replace("\"format\":1", "\"format\":2"));
    damaged.push("{\"budget\":1}".into());
    for text in damaged {
        let home = desk.home();
        fs::write(home.sandbox.stats_file(), &text).unwrap();
        let run = refresh(&home);
        assert_eq!(run.code, 4, "{text}: {run:?}");
        assert!(unread(&home).contains("stats.json"), "{text}");
        let reconcile = home.sandbox.run(&["reconcile"]);
        assert_eq!(reconcile.code, 4, "{text}");
        assert!(reconcile.stderr.contains("stats.json"), "{text}");
        assert_eq!(home.steps(), desk.steps, "{text}");
    }
    for whole in [PLAIN, OURS] {
        let home = desk.home();
        fs::write(home.sandbox.stats_file(), whole).unwrap();
        assert_eq!(refresh(&home).code, 0, "{whole}");
    }
}

fn run_of(text: &str) -> &str {
    &text[text.find("{\"id\":\"run-1\"").unwrap()..text.len() - 3]
}
