// SPDX-License-Identifier: GPL-3.0-or-later
//! `octally analyze` and `octally stats`, black box, over data that real OpenCode versions wrote.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod sandbox;

use std::collections::BTreeSet;

use sandbox::Sandbox;
use serde_json::{Value, json};

const FAMILY: &str = "v1-fork-subagent-1.18.33";

fn sum(rows: &Value, part: impl Fn(&Value) -> f64) -> f64 {
    rows.as_array().unwrap().iter().map(part).sum()
}

/// What a run of the clock changes: the streak up to today.
fn without_today(mut stats: Value) -> Value {
    stats["streaks"]["current_days"] = Value::Null;
    stats
}

#[test]
fn the_json_is_golden() {
    let sandbox = Sandbox::with(FAMILY);
    insta::assert_json_snapshot!("analyze", sandbox.json(&["analyze", "--json"]));
    insta::assert_json_snapshot!("stats", without_today(sandbox.json(&["stats", "--json"])));
}

#[test]
fn the_text_is_golden() {
    let sandbox = Sandbox::with(FAMILY);
    for verb in ["analyze", "stats"] {
        let run = sandbox.run(&[verb]);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""));
        assert!(run.stdout.lines().all(|line| line.chars().count() <= 80));
    }
    insta::assert_snapshot!(sandbox.run(&["analyze"]).stdout);
}

#[test]
fn the_overview_agrees_with_the_report_whatever_is_asked() {
    let sandbox = Sandbox::with(FAMILY);
    for filters in [
        &[][..],
        &["--since", "2026-11-20", "--until", "2026-11-20"],
        &["--tz", "Asia/Kathmandu"],
        &["--agent", "general"],
        &["--model", "test-model"],
        &["--provider", "nobody"],
        &["--project", "p4"],
        &["--until", "2020-01-01"],
    ] {
        let ask = |verb: &[&str]| sandbox.json(&[verb, filters, &["--json"]].concat());
        let (overview, report) = (ask(&["analyze"]), ask(&["report", "daily"]));
        for part in ["sessions", "steps", "tokens", "cost"] {
            assert_eq!(overview[part], report["totals"][part], "{part} {filters:?}");
        }
        let days = report["rows"].as_array().unwrap();
        assert_eq!(overview["active_days"], days.len(), "{filters:?}");
        for parts in ["models", "providers"] {
            let steps = sum(&overview[parts], |row| row["steps"].as_f64().unwrap());
            assert_eq!(
                json!(steps),
                json!(overview["steps"].as_f64()),
                "{filters:?}"
            );
            let share = sum(&overview[parts], |row| row["share"].as_f64().unwrap());
            assert!(
                days.is_empty() || (share - 1.0).abs() < 1e-9,
                "{share} {filters:?}"
            );
        }
    }
}

#[test]
fn the_detail_agrees_with_the_sessions() {
    let sandbox = Sandbox::with(FAMILY);
    let stats = sandbox.json(&["stats", "--json"]);
    let sessions = sandbox.json(&["sessions", "--json"]);
    let roots: Vec<&Value> = sessions["sessions"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|node| node["depth"] == 0)
        .collect();
    assert_eq!(stats["sessions"]["count"], roots.len());
    let largest = roots
        .iter()
        .max_by_key(|node| node["inclusive"]["tokens"]["fresh"].as_u64())
        .unwrap();
    assert_eq!(stats["records"]["session_fresh"]["key"], largest["id"]);
    assert_eq!(
        stats["sessions"]["fresh"]["most"],
        largest["inclusive"]["tokens"]["fresh"]
    );
    let steps = |rows: &Value| sum(rows, |row| row["steps"].as_f64().unwrap());
    let all = sessions["totals"]["steps"].as_f64().unwrap();
    assert_eq!(
        (steps(&stats["hours"]), steps(&stats["agents"])),
        (all, all)
    );
    let counted = sum(&stats["sessions"]["steps"]["buckets"], |bucket| {
        bucket["sessions"].as_f64().unwrap()
    });
    assert_eq!(counted, roots.len() as f64);
}

#[test]
fn errors_are_counted_by_kind_and_copies_of_them_are_not() {
    let sandbox = Sandbox::with("1.18.33");
    let stats = sandbox.json(&["stats", "--json"]);
    let errors: u64 = stats["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["steps"].as_u64().unwrap())
        .sum();
    let database = rusqlite::Connection::open(sandbox.database()).unwrap();
    let stored: u32 = database
        .query_row(
            "SELECT count(*) FROM message JOIN session ON session.id = session_id
             WHERE json_extract(data, '$.error.name') IS NOT NULL
                 AND message.time_created >= session.time_created",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(errors, u64::from(stored));
    assert!(errors > 0, "the fixture has errors");
}

#[test]
fn tools_are_read_by_asking_and_the_doctor_says_how_far() {
    let sandbox = Sandbox::with("1.18.33");
    sandbox.run(&["status"]);
    let doctor = |text: &str| {
        let run = sandbox.run(&["doctor"]);
        assert!(run.stdout.contains(text), "{}", run.stdout);
    };
    doctor("steps not looked at yet, newest first");
    let tools = sandbox.json(&["stats", "--json"])["tool_use"].clone();
    assert_eq!(tools["is_complete"], true);
    assert_eq!(
        (&tools["tools"][0]["tool"], &tools["tools"][0]["calls"]),
        (&json!("bash"), &json!(4))
    );
    assert_eq!(tools["tools"][0]["success_rate"], 1.0);
    doctor("read of every step");
}

#[test]
fn nothing_of_what_a_tool_was_given_or_gave_is_stored() {
    let sandbox = Sandbox::with("1.18.33");
    sandbox.run(&["stats"]);
    let mut stored = std::fs::read(sandbox.ledger()).unwrap();
    let wal = sandbox.ledger().with_extension("db-wal");
    stored.extend(std::fs::read(wal).unwrap_or_default());
    let has = |text: &str| {
        stored
            .windows(text.len())
            .any(|bytes| bytes == text.as_bytes())
    };
    assert!(has("bash"), "the name is");
    for words in ["echo step0", "step0\\n", "call_fx"] {
        assert!(!has(words), "{words}");
    }
}

#[test]
fn days_are_an_alias_of_last() {
    let sandbox = Sandbox::with(FAMILY);
    for verb in ["analyze", "stats"] {
        let days = sandbox.json(&[verb, "--days", "5000", "--json"]);
        assert_eq!(days, sandbox.json(&[verb, "--last", "5000", "--json"]));
        assert!(days["since"].is_string());
        let zero = sandbox.run(&[verb, "--days", "0"]);
        assert_eq!((zero.code, zero.stdout.as_str()), (2, ""));
    }
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let sandbox = Sandbox::with(FAMILY);
    for verb in ["analyze", "stats", "sessions"] {
        let run = sandbox.run_unread(&[verb]);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{verb}");
    }
}

/// A run of digits, grouped or not, that begins or ends a line is whole: what a line of 20 columns shows
/// is what one of 200 shows.
#[test]
fn no_figure_is_broken_or_cut_on_any_width() {
    for verb in [
        &["analyze"][..],
        &["stats"],
        &["sessions"],
        &["report", "daily", "--breakdown"],
        &["report", "hourly"],
        &["status"],
        &["reconcile"],
    ] {
        let figures = |width: &str| -> BTreeSet<String> {
            let sandbox = Sandbox::with(FAMILY).set("COLUMNS", width);
            let run = sandbox.run(verb);
            assert_eq!(run.code, 0, "{run:?}");
            let is_figure =
                |word: &&str| word.starts_with(|c: char| c.is_ascii_digit() || c == '$');
            let words = run.stdout.split([' ', '\n']).filter(is_figure);
            words.map(str::to_owned).collect()
        };
        let wide = figures("200");
        for width in ["10", "20", "33", "60", "80"] {
            for figure in figures(width) {
                // A date may stand alone where its time or offset is left out.
                let is_whole = wide.contains(&figure)
                    || wide
                        .iter()
                        .any(|whole| whole.starts_with(&format!("{figure}T")))
                    || figure.len() == 5 && figure.as_bytes()[2] == b':'
                    || figure.ends_with('\u{2026}');
                assert!(is_whole, "{verb:?} at {width}: {figure} of {wide:?}");
            }
        }
    }
}

#[test]
fn nothing_to_show_is_said() {
    let sandbox = Sandbox::with(FAMILY);
    for verb in ["analyze", "stats"] {
        let run = sandbox.run(&[verb, "--until", "2020-01-01"]);
        assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{verb}");
        assert!(run.stderr.starts_with("note: no step matches\n"), "{run:?}");
        assert_eq!(Sandbox::empty().run(&[verb]).code, 3);
    }
}
