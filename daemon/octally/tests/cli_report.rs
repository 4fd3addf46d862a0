// SPDX-License-Identifier: GPL-3.0-or-later
//! `octally report`, black box, over data that real OpenCode versions wrote.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod sandbox;

use sandbox::Sandbox;
use serde_json::{Value, json};

fn report(sandbox: &Sandbox, args: &[&str]) -> Value {
    sandbox.json(&[&["report"], args, &["--json"]].concat())
}

fn keys(report: &Value) -> Vec<&str> {
    let by = report["by"].as_str().unwrap();
    report["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row[by].as_str().unwrap())
        .collect()
}

fn steps(report: &Value) -> u64 {
    report["totals"]["steps"].as_u64().unwrap()
}

#[test]
fn the_daily_json_is_golden() {
    let sandbox = Sandbox::with("1.18.33");
    insta::assert_json_snapshot!(report(&sandbox, &["daily", "--tz", "Europe/Berlin"]));
}

#[test]
fn the_json_of_sessions_with_their_sub_agents_is_golden() {
    let sandbox = Sandbox::with("v1-fork-subagent-1.18.33");
    insta::assert_json_snapshot!(report(&sandbox, &["session", "--limit", "2"])["rows"]);
}

#[test]
fn the_table_fits_eighty_columns() {
    let run = Sandbox::with("1.18.33").run(&["report", "model"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.lines().all(|line| line.chars().count() <= 80));
    insta::assert_snapshot!(run.stdout);
}

/// The mock provider's own log tells what the models really used.
#[test]
fn totals_are_those_of_the_provider_in_every_version() {
    for fixture in ["1.2.27", "1.3.2", "1.15.13", "1.18.33"] {
        let path = format!("../core/tests/fixtures/{fixture}/expected.json");
        let expected: Value =
            serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let expected = &expected["expected_in_storage"];
        let report = report(&Sandbox::with(fixture), &["model"]);
        let tokens = &report["totals"]["tokens"];
        let sum = |a: &str, b: &str| tokens[a].as_u64().unwrap() + tokens[b].as_u64().unwrap();
        assert_eq!(
            sum("output", "reasoning"),
            expected["output_total"],
            "{fixture}"
        );
        assert_eq!(tokens["input"], expected["input_uncached"], "{fixture}");
        assert_eq!(tokens["cache_read"], expected["cache_read"], "{fixture}");
        assert_eq!(steps(&report), expected["calls"], "{fixture}");
    }
}

#[test]
fn every_way_of_grouping_adds_up_to_the_same() {
    let sandbox = Sandbox::with("v1-fork-subagent-1.18.33");
    let totals = report(&sandbox, &["daily"])["totals"].clone();
    for by in [
        "hourly", "weekly", "monthly", "session", "model", "provider", "project", "agent", "host",
    ] {
        let report = report(&sandbox, &[by]);
        assert_eq!(report["totals"], totals, "{by}");
        let rows = report["rows"].as_array().unwrap();
        let sum: u64 = rows
            .iter()
            .map(|row| row["tokens"]["total"].as_u64().unwrap())
            .sum();
        assert_eq!(sum, totals["tokens"]["total"], "{by}");
    }
}

#[test]
fn a_wrong_cost_is_told_beside_what_was_billed() {
    let sandbox = Sandbox::with("1.3.2");
    sandbox.write(".cache/opencode/models.json", sandbox::PRICES);
    let run = sandbox.run(&["report", "model"]);
    let wanted =
        "\n\n1 step has a stored cost known to be wrong: stored $0.0046, corrected ~$0.0043\n";
    assert!(run.stdout.ends_with(wanted), "{}", run.stdout);
    let bare = sandbox.run(&["report", "model", "--no-header"]).stdout;
    assert!(!bare.contains("wrong"), "for scripts: {bare}");
    let wrong = json!({"steps": 1, "stored_usd": 0.004_576_8, "corrected_usd": 0.004_336_8,
        "uncorrected_steps": 0});
    for by in [
        "daily", "session", "model", "provider", "project", "agent", "host",
    ] {
        let found = report(&sandbox, &[by]);
        assert_eq!(found["totals"]["wrong_cost"], wrong, "{by}");
        let rows = found["rows"].as_array().unwrap().iter();
        let wrong_rows = rows.filter(|row| row["wrong_cost"] == wrong);
        assert_eq!(wrong_rows.count(), 1, "{by}");
    }
    let other = report(&sandbox, &["daily", "--model", "mock/second-model"]);
    assert_eq!(other["totals"]["wrong_cost"]["steps"], 0);
}

#[test]
fn singular_keys_are_understood_too() {
    let sandbox = Sandbox::with("1.18.33");
    assert_eq!(report(&sandbox, &["day"]), report(&sandbox, &["daily"]));
}

#[test]
fn filters_leave_out_what_they_do_not_name() {
    let sandbox = Sandbox::with("1.18.33");
    let all = report(&sandbox, &["model"]);
    assert_eq!(keys(&all), ["mock/test-model", "mock/second-model"]);
    let second = report(&sandbox, &["model", "--model", "second-model"]);
    assert_eq!(keys(&second), ["mock/second-model"]);
    assert_eq!(
        report(&sandbox, &["model", "--model", "mock/second-model"]),
        second
    );
    assert_eq!(
        report(&sandbox, &["model", "--provider", "mock"])["totals"],
        all["totals"]
    );
    let none = report(&sandbox, &["model", "--provider", "anthropic"]);
    assert_eq!(none["rows"], json!([]));
    let session = report(&sandbox, &["session", "--limit", "1"]);
    let id = keys(&session)[0];
    assert_eq!(session["totals"], all["totals"]);
    assert_eq!(
        report(&sandbox, &["session", "--session", id])["rows"],
        session["rows"]
    );
}

#[test]
fn order_turns_the_rows_round() {
    let sandbox = Sandbox::with("1.18.33");
    let ascending = report(&sandbox, &["model", "--order", "asc"]);
    assert_eq!(keys(&ascending), ["mock/second-model", "mock/test-model"]);
}

#[test]
fn rows_are_sorted_by_what_is_asked_for() {
    let sandbox = Sandbox::with("v1-fork-subagent-1.18.33");
    for (sort, figure) in [
        ("steps", "/steps"),
        ("total", "/tokens/total"),
        ("cache-read", "/tokens/cache_read"),
        ("cost", "/cost/billed_usd"),
    ] {
        let found = report(&sandbox, &["session", "--sort", sort]);
        let rows = found["rows"].as_array().unwrap();
        let figures = rows
            .iter()
            .map(|row| row.pointer(figure).unwrap().as_f64().unwrap());
        assert!(figures.is_sorted_by(|a, b| a >= b), "{sort}");
    }
    let named = report(&sandbox, &["session", "--sort", "name", "--limit", "3"]);
    assert!(keys(&named).is_sorted() && keys(&named).len() == 3);
    let all = report(&sandbox, &["session", "--sort", "name"]);
    assert_eq!(keys(&named), keys(&all)[..3]);
    let typo = sandbox.run(&["report", "session", "--sort", "costs"]);
    assert_eq!(typo.code, 2);
    assert!(typo.stderr.contains("'cost'"), "{}", typo.stderr);
}

#[test]
fn a_breakdown_adds_up_to_its_row() {
    let sandbox = Sandbox::with("1.18.33");
    let found = report(&sandbox, &["daily", "--breakdown"]);
    for row in found["rows"].as_array().unwrap() {
        let models = row["breakdown"].as_array().unwrap();
        let names: Vec<&Value> = models.iter().map(|model| &model["model"]).collect();
        assert_eq!(json!(names), row["models"]);
        let sum = |rows: &[Value]| -> u64 {
            rows.iter()
                .map(|row| row["tokens"]["total"].as_u64().unwrap())
                .sum()
        };
        assert_eq!(sum(models), sum(std::slice::from_ref(row)));
    }
    assert_eq!(
        report(&sandbox, &["daily"])["rows"][0].get("breakdown"),
        None
    );
    insta::assert_snapshot!(sandbox.run(&["report", "daily", "--breakdown"]).stdout);
}

#[test]
fn until_is_included() {
    let sandbox = Sandbox::with("1.18.33");
    let all = report(&sandbox, &["daily"]);
    let day = keys(&all)[0];
    let one = report(&sandbox, &["daily", "--since", day, "--until", day]);
    assert_eq!(one["rows"], json!([all["rows"][0]]));
    let early = sandbox.run(&["report", "daily", "--until", "2020-01-01"]);
    assert_eq!((early.code, early.stdout.as_str()), (0, ""));
    assert!(
        early.stderr.starts_with("note: no step matches\nhint: "),
        "{}",
        early.stderr
    );
}

#[test]
fn the_zone_decides_the_day() {
    let sandbox = Sandbox::with("1.18.33");
    // 2026-11-20 23:30 in UTC is the next day in Berlin and the same one in New York.
    sandbox.sql("UPDATE message SET data = json_set(data, '$.time.created', 1795217400000), time_created = 1795217400000");
    assert_eq!(keys(&report(&sandbox, &["daily"])), ["2026-11-20"]);
    assert_eq!(
        keys(&report(&sandbox, &["daily", "--tz", "Europe/Berlin"])),
        ["2026-11-21"]
    );
    assert_eq!(
        keys(&report(&sandbox, &["daily", "--tz", "America/New_York"])),
        ["2026-11-20"]
    );
    let odd = sandbox.run(&["report", "hourly", "--tz", "Asia/Kathmandu"]);
    assert!(odd.stdout.contains("2026-11-21"), "{}", odd.stdout);
}

#[test]
fn the_titles_can_be_left_out() {
    let run = Sandbox::with("1.18.33").run(&["report", "model", "--no-header"]);
    assert!(run.stdout.starts_with("mock/test-model"), "{}", run.stdout);
}

#[test]
fn colour_is_for_terminals_unless_asked_for() {
    let sandbox = Sandbox::with("1.18.33");
    assert!(!sandbox.run(&["report", "model"]).stdout.contains('\u{1b}'));
    assert!(
        sandbox
            .run(&["report", "model", "--color", "always"])
            .stdout
            .contains('\u{1b}')
    );
}

/// What is asked, and what the answer must say; all of them are usage errors.
#[test]
fn senseless_questions_are_answered_with_a_hint() {
    let sandbox = Sandbox::with("1.18.33");
    for (args, expected) in [
        (
            &["--since", "2026-02-30"][..],
            "error: since 2026-02-30 is not in the calendar\nhint: correct month or day\n",
        ),
        (
            &["--until", "today"],
            "error: until today is no date\nhint: write it as in 2026-11-20\n",
        ),
        (
            &["--since", "2026-02-02", "--until", "2026-02-01"],
            "error: since 2026-02-02 is after until 2026-02-01\nhint: swap the two\n",
        ),
        (
            &["--last", "0"],
            "error: the last 0 days are none\nhint: 1 is today alone\n",
        ),
        (
            &["--tz", "Europe/Berln"],
            "error: --tz Europe/Berln is no time zone\nhint: did you mean Europe/Berlin?\n",
        ),
    ] {
        let run = sandbox.run(&[&["report", "daily"], args].concat());
        assert_eq!(
            (run.code, run.stdout.as_str(), run.stderr.as_str()),
            (2, "", expected)
        );
    }
    let run = sandbox.run(&["report", "dayly"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("daily"), "{}", run.stderr);
    assert_eq!(
        sandbox
            .run(&["report", "daily", "--last", "3", "--since", "2026-01-01"])
            .code,
        2
    );
    assert!(
        !sandbox.ledger().exists(),
        "nothing may be read for a question without sense"
    );
}

#[test]
fn archived_and_deleted_sessions_are_marked_and_still_count() {
    let sandbox = Sandbox::with("1.18.33");
    let before = report(&sandbox, &["session", "--refresh"]);
    assert_eq!(before["rows"][0]["archived_at"], Value::Null);
    assert_eq!(before["rows"][0]["deleted_at"], Value::Null);
    let (archived, deleted) = (keys(&before)[0], keys(&before)[1]);
    sandbox.sql(&format!(
        "UPDATE session SET time_archived = 1795000000000 WHERE id = '{archived}';
         DELETE FROM message WHERE session_id = '{deleted}';
         DELETE FROM session WHERE id = '{deleted}'"
    ));
    let after = report(&sandbox, &["session", "--refresh", "--tz", "UTC"]);
    let row = |id: &str| {
        let rows = after["rows"].as_array().unwrap();
        rows.iter().find(|row| row["session"] == id).unwrap()
    };
    assert_eq!(row(archived)["archived_at"], "2026-11-18T11:06:40Z");
    assert_eq!(row(archived)["deleted_at"], Value::Null);
    assert!(row(deleted)["deleted_at"].is_string());
    assert_eq!(after["totals"], before["totals"]);
    let table = sandbox.run(&["report", "session"]).stdout;
    assert!(table.contains(&format!("{archived} (archived)")), "{table}");
    assert!(table.contains(&format!("{deleted} (deleted)")), "{table}");
}
