// SPDX-License-Identifier: GPL-3.0-or-later
//! `octally export prometheus` and `otlp`, black box. Other programs' own parsers judge them in tests/cli.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod sandbox;

use sandbox::Sandbox;
use serde_json::Value;

fn sandbox() -> Sandbox {
    Sandbox::with("v1-fork-subagent-1.18.33")
}

fn stdout(sandbox: &Sandbox, args: &[&str]) -> String {
    let run = sandbox.run(&[&["export"], args].concat());
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{args:?}");
    run.stdout
}

/// The machine's name and the time are not ours.
fn without_machine(text: &str) -> String {
    let line = |line: &str| {
        if line.starts_with("octally_updated_timestamp_seconds ") {
            return "octally_updated_timestamp_seconds NOW".to_owned();
        }
        match line.split_once("host=\"") {
            Some((before, rest)) => {
                format!("{before}host=\"HOST{}", &rest[rest.find('"').unwrap()..])
            }
            None => line.to_owned(),
        }
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn prometheus_text_is_golden() {
    let text = stdout(&sandbox(), &["prometheus"]);
    insta::assert_snapshot!(without_machine(&text));
}

#[test]
fn a_slip_in_the_configuration_makes_no_figure_old() {
    let sandbox = sandbox();
    sandbox.write(
        ".config/octally/config.toml",
        "[budgets.a]\nlimit_usd = -1\n",
    );
    let run = sandbox.run(&["export", "prometheus"]);
    assert_eq!(run.code, 5, "{run:?}");
    assert!(run.stdout.contains("\noctally_fresh 1\n"), "{}", run.stdout);
    sandbox.sql("UPDATE message SET data = '{'");
    let run = sandbox.run(&["export", "prometheus", "--refresh"]);
    assert!(run.stdout.contains("\noctally_fresh 0\n"), "{}", run.stdout);
    let empty = Sandbox::empty().run(&["export", "prometheus"]);
    assert!(
        empty.stdout.contains("\noctally_fresh 0\n"),
        "{}",
        empty.stdout
    );
}

#[test]
fn a_name_with_every_odd_character_is_one_label() {
    let sandbox = sandbox();
    sandbox.sql(
        r#"UPDATE message SET data = json_set(data, '$.modelID', 'a"b\c' || char(10) || 'd{e}')"#,
    );
    let text = stdout(&sandbox, &["prometheus"]);
    let steps = text
        .lines()
        .find(|line| line.starts_with("octally_steps_total"));
    let steps = steps.unwrap();
    assert!(steps.contains(r#"model="a\"b\\c\nd{e}""#), "{steps}");
}

/// The points of a metric, of all hosts.
fn points<'a>(otlp: &'a Value, name: &str) -> Vec<&'a Value> {
    let scope = &otlp["resourceMetrics"][0]["scopeMetrics"][0];
    let metrics = scope["metrics"].as_array().unwrap();
    let metric = metrics
        .iter()
        .find(|metric| metric["name"] == name)
        .unwrap();
    let data = metric.get("sum").or(metric.get("histogram")).unwrap();
    assert_eq!(data["aggregationTemporality"], 2, "{name}");
    data["dataPoints"].as_array().unwrap().iter().collect()
}

fn sum(points: &[&Value], key: &str) -> u64 {
    let number = |point: &&Value| point[key].as_str().unwrap().parse::<u64>().unwrap();
    points.iter().map(number).sum()
}

#[test]
fn otlp_counts_cached_tokens_inside_input_and_reasoning_inside_output() {
    let sandbox = sandbox();
    let totals = sandbox.json(&["report", "model", "--json"])["totals"].clone();
    let tokens = |kinds: &[&str]| -> u64 {
        let count = |kind: &&str| totals["tokens"][*kind].as_u64().unwrap();
        kinds.iter().map(count).sum()
    };
    let text = stdout(&sandbox, &["otlp"]);
    assert_eq!(text.lines().count(), 1);
    let otlp: Value = serde_json::from_str(&text).unwrap();
    for (name, expected) in [
        (
            "input_tokens",
            tokens(&["input", "cache_read", "cache_write"]),
        ),
        ("output_tokens", tokens(&["output", "reasoning"])),
        ("cache_read.input_tokens", tokens(&["cache_read"])),
        ("cache_write.input_tokens", tokens(&["cache_write"])),
        ("reasoning.output_tokens", tokens(&["reasoning"])),
    ] {
        let points = points(&otlp, &format!("gen_ai.client.inference.usage.{name}"));
        assert_eq!(sum(&points, "asInt"), expected, "{name}");
    }
    let steps = totals["steps"].as_u64().unwrap();
    assert_eq!(sum(&points(&otlp, "octally.steps"), "asInt"), steps);
    let billed: f64 = points(&otlp, "octally.cost")
        .iter()
        .map(|point| point["asDouble"].as_f64().unwrap())
        .sum();
    assert!((billed - totals["cost"]["billed_usd"].as_f64().unwrap()).abs() < 1e-9);
}

#[test]
fn the_histograms_hold_every_step_once() {
    let sandbox = sandbox();
    let steps = sandbox.json(&["report", "model", "--json"])["totals"]["steps"].clone();
    let otlp: Value = serde_json::from_str(&stdout(&sandbox, &["otlp"])).unwrap();
    let points = points(&otlp, "gen_ai.client.token.usage");
    for point in &points {
        let counts = point["bucketCounts"].as_array().unwrap();
        let bounds = point["explicitBounds"].as_array().unwrap();
        assert_eq!(counts.len(), bounds.len() + 1);
        let all: u64 = counts
            .iter()
            .map(|count| count.as_str().unwrap().parse::<u64>().unwrap())
            .sum();
        assert_eq!(point["count"], all.to_string());
        let nano = |key: &str| point[key].as_str().unwrap().parse::<u64>().unwrap();
        assert!(nano("startTimeUnixNano") < nano("timeUnixNano"));
    }
    // One for input, one for output.
    assert_eq!(sum(&points, "count"), steps.as_u64().unwrap() * 2);
}

#[test]
fn metrics_take_filters_and_no_formats_of_rows() {
    let sandbox = sandbox();
    let text = stdout(&sandbox, &["prometheus", "--model", "test-small"]);
    assert!(!text.contains("test-model"), "{text}");
    for flag in [
        &["--what", "days"][..],
        &["--format", "csv"],
        &["--uncounted"],
    ] {
        let run = sandbox.run(&[&["export", "otlp"], flag].concat());
        assert_eq!(run.code, 2, "{run:?}");
    }
    let run = sandbox.run(&["export", "prometeus"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("prometheus"), "{run:?}");
}
