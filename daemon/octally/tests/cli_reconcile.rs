// SPDX-License-Identifier: GPL-3.0-or-later
//! `octally reconcile`, black box: the lines add up, or the exit code says that they do not.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod sandbox;

use sandbox::Sandbox;

#[test]
fn the_table_goes_from_opencodes_totals_to_ours() {
    let sandbox = Sandbox::with("v1-fork-subagent-1.18.33");
    let run = sandbox.run(&["reconcile"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let is_narrow = |line: &str| line.chars().count() <= 80;
    assert!(run.stdout.lines().all(is_narrow), "{}", run.stdout);
    insta::assert_snapshot!(run.stdout);
}

#[test]
fn the_json_is_golden() {
    let sandbox = Sandbox::with("v1-fork-subagent-1.18.33");
    let mut json = sandbox.json(&["reconcile", "--json"]);
    json["database"] = "opencode.db".into();
    insta::assert_json_snapshot!(json);
}

#[test]
fn a_ledger_that_does_not_add_up_is_told_and_exits_1() {
    let sandbox = Sandbox::with("1.18.33");
    assert_eq!(sandbox.run(&["reconcile"]).code, 0);
    let ledger = rusqlite::Connection::open(sandbox.ledger()).unwrap();
    let sql = "UPDATE step SET input = input + 1 WHERE id = (SELECT min(id) FROM step)";
    ledger.execute_batch(sql).unwrap();
    let run = sandbox.run(&["reconcile"]);
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains("do NOT add up"), "{}", run.stdout);
    assert!(
        run.stderr.contains("differ from the steps"),
        "{}",
        run.stderr
    );
    assert_eq!(sandbox.run(&["reconcile", "--json"]).code, 1);
}

#[test]
fn without_data_there_is_nothing_to_reconcile() {
    let run = Sandbox::empty().run(&["reconcile"]);
    assert_eq!(run.code, 3);
}

#[test]
fn an_unreadable_row_is_counted_below_the_table() {
    let sandbox = Sandbox::with("1.18.33");
    sandbox.sql(
        "UPDATE message SET data = '{broken' WHERE id = (SELECT max(id) FROM message
            WHERE data ->> '$.role' = 'assistant')",
    );
    let run = sandbox.run(&["reconcile"]);
    assert_eq!(run.code, 4);
    assert!(
        run.stdout.contains("1 rows cannot be read"),
        "{}",
        run.stdout
    );
}
