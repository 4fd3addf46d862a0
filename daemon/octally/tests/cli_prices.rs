// SPDX-License-Identifier: GPL-3.0-or-later
//! `octally prices`, black box: which table answers, and why nothing is estimated.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod sandbox;

use sandbox::Sandbox;

const USERS: &str = ".config/octally/prices.toml";
const PLUGINS: &str = ".local/state/octally/prices.json";
const PLUGINS_TABLE: &str = r#"{"format":1,"version":"1.18.33","date":"2026-11-19","providers":{
    "mock":{"test-model":[3,15,0.3,3.75,[[200000,6,22.5,0.6,7.5]]],"second-model":[0,0,0,0]}}}"#;

#[test]
fn the_models_of_the_ledger_are_listed_with_the_source_of_their_price() {
    let sandbox = Sandbox::with("1.18.33");
    sandbox.write(PLUGINS, PLUGINS_TABLE);
    let run = sandbox.run(&["prices"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    assert!(run.stdout.lines().all(|line| line.chars().count() <= 80));
    insta::assert_snapshot!(run.stdout);
}

#[test]
fn one_model_is_shown_with_its_tiers_and_its_table() {
    let sandbox = Sandbox::empty();
    sandbox.write(PLUGINS, PLUGINS_TABLE);
    let run = sandbox.run(&["prices", "mock/test-model"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    insta::assert_snapshot!(run.stdout);
    insta::assert_json_snapshot!(sandbox.json(&["prices", "test-model", "--json"]));
}

#[test]
fn the_users_file_comes_first_and_a_broken_one_costs_only_itself() {
    let sandbox = Sandbox::empty();
    sandbox.write(PLUGINS, PLUGINS_TABLE);
    sandbox.write(USERS, "[prices]\n'mock/*' = { discount = 0.5 }\n");
    let ask = ["prices", "mock/test-model", "--json"];
    assert_eq!(sandbox.json(&ask)["models"][0]["rates"]["input_usd"], 1.5);
    sandbox.write(USERS, "[prices]\n'mock/*' = { discount = 0.07 }\n");
    let run = sandbox.run(&["prices", "mock/test-model"]);
    assert!(
        run.stdout.contains("discount: 7 % taken off"),
        "{}",
        run.stdout
    );
    sandbox.write(USERS, "[prices]\n'mock/*' = { discount = 50 }\n");
    let run = sandbox.run(&ask);
    assert_eq!(run.code, 5);
    assert!(
        run.stderr.contains("prices.toml:2:25: a discount is"),
        "{}",
        run.stderr
    );
    assert!(run.stdout.contains("\"input_usd\":3.0"), "{}", run.stdout);
}

#[test]
fn a_slip_of_the_hand_gets_a_suggestion() {
    let run = Sandbox::empty().run(&["prices", "anthropic/claude-haiku-4.5"]);
    assert_eq!(run.code, 2);
    assert!(
        run.stderr
            .contains("did you mean anthropic/claude-haiku-4-5?"),
        "{}",
        run.stderr
    );
}

/// Every line of the example holds once its "#" is gone.
#[test]
fn the_shipped_example_is_the_manual() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/prices.toml");
    let example = std::fs::read_to_string(path).unwrap();
    let setting = |line: &&str| line.starts_with('#') && !line.starts_with("# ") && *line != "#";
    let lines: Vec<&str> = example
        .lines()
        .filter(setting)
        .map(|line| &line[1..])
        .collect();
    for word in ["discount", "cache_write", "above", "context_tokens", "/*"] {
        assert!(
            lines.iter().any(|line| line.contains(word)),
            "{word} is missing"
        );
    }
    let sandbox = Sandbox::empty();
    for text in [&example, &lines.join("\n")] {
        sandbox.write(USERS, text);
        let run = sandbox.run(&["prices", "claude-haiku-4-5"]);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    }
    let priced = sandbox.json(&["prices", "google/my-gemini", "--json"]);
    assert_eq!(
        priced["models"][0]["tiers"][0]["above_context_tokens"],
        200_000
    );
}
