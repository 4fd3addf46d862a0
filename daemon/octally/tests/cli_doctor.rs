// SPDX-License-Identifier: GPL-3.0-or-later
//! `octally doctor`, black box.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod sandbox;

use sandbox::Sandbox;
use serde_json::Value;

fn doctor(sandbox: &Sandbox) -> (i32, Value) {
    let run = sandbox.run(&["doctor", "--json"]);
    (
        run.code,
        serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run:?}")),
    )
}

fn checks<'a>(doctor: &'a Value, topic: &str) -> Vec<&'a Value> {
    let all = doctor["checks"].as_array().unwrap();
    all.iter().filter(|check| check["topic"] == topic).collect()
}

#[test]
fn a_healthy_machine_has_no_errors() {
    let (code, doctor) = doctor(&Sandbox::with("1.18.33"));
    assert_eq!(code, 0);
    for topic in [
        "config", "source", "states", "prices", "ledger", "plugin", "unit", "daemon", "inotify",
    ] {
        let found = checks(&doctor, topic);
        assert_eq!(found.len(), 1, "{topic}: {doctor}");
        assert!(
            ["ok", "note"].contains(&found[0]["mark"].as_str().unwrap()),
            "{}",
            found[0]
        );
    }
    let source = checks(&doctor, "source")[0]["what"].as_str().unwrap();
    assert!(
        source.contains("opencode.db (opencode_v1): 26 messages, 7 sessions"),
        "{source}"
    );
}

#[test]
fn every_line_says_a_mark_in_words_and_every_fault_a_remedy() {
    let sandbox = Sandbox::with("1.18.33");
    sandbox.sql("UPDATE message SET data = '{broken' WHERE id = (SELECT max(id) FROM message)");
    let run = sandbox.run(&["doctor"]);
    assert_eq!(run.code, 4, "a row could not be read: {run:?}");
    let unread = run
        .stdout
        .lines()
        .find(|line| line.contains("unread"))
        .unwrap();
    assert!(
        unread.starts_with("warning") && unread.contains("msg_"),
        "{unread}"
    );
    assert!(
        run.stdout.ends_with("\n0 errors, 1 warning\n"),
        "{}",
        run.stdout
    );
    let (_, json) = doctor(&sandbox);
    for check in json["checks"].as_array().unwrap() {
        let is_bad = ["warning", "error"].contains(&check["mark"].as_str().unwrap());
        assert!(!is_bad || check["remedy"].is_string(), "{check}");
    }
}

#[test]
fn the_plugin_is_found_in_both_of_opencodes_folders() {
    let sandbox = Sandbox::with("1.18.33");
    let mark = || checks(&doctor(&sandbox).1, "plugin")[0]["mark"].clone();
    assert_eq!(mark(), "note");
    sandbox.write(".config/opencode/plugin/octally.js", "");
    assert_eq!(mark(), "ok");
    sandbox.write(".config/opencode/plugins/octally.js", "");
    assert_eq!(mark(), "warning");
}

#[test]
fn a_price_table_is_named() {
    let sandbox = Sandbox::with("1.18.33");
    let only_built_in = doctor(&sandbox).1;
    assert_eq!(checks(&only_built_in, "prices")[0]["mark"], "note");
    sandbox.write(".cache/opencode/models.json", "{}");
    assert_eq!(checks(&doctor(&sandbox).1, "prices")[0]["mark"], "ok");
}

#[test]
fn a_ledger_that_is_none_is_an_error_and_the_rest_is_still_told() {
    let sandbox = Sandbox::with("1.18.33");
    sandbox.write(
        ".local/share/octally/ledger.db",
        &"this is no database, not at all ".repeat(40),
    );
    let (code, doctor) = doctor(&sandbox);
    assert_eq!(code, 1);
    let ledger = checks(&doctor, "ledger")[0];
    assert_eq!(ledger["mark"], "error");
    assert!(ledger["remedy"].is_string(), "{ledger}");
    assert_eq!(checks(&doctor, "inotify").len(), 1);
}

#[test]
fn without_data_it_says_where_it_looked() {
    let (code, doctor) = doctor(&Sandbox::empty());
    assert_eq!(code, 3);
    assert_eq!(checks(&doctor, "source")[0]["mark"], "error");
}
