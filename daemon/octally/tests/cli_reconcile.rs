// SPDX-License-Identifier: GPL-3.0-or-later
//! `octally reconcile`, black box: the lines add up, or the exit code says that they do not.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../../core/tests/migrate/mod.rs"]
#[allow(
    dead_code,
    clippy::allow_attributes,
    reason = "not every test that shares this needs all of it"
)]
mod migrate;
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
fn a_wrong_cost_stands_beside_its_correction() {
    let sandbox = Sandbox::with("1.3.2");
    let lines = || {
        let run = sandbox.run(&["reconcile"]);
        let wrong =
            |line: &&str| line.contains("known to be wrong") || line.contains("should have");
        let lines: Vec<String> = run.stdout.lines().filter(wrong).map(Into::into).collect();
        assert!(lines.iter().all(|line| line.chars().count() <= 80));
        lines
    };
    assert!(lines()[0].ends_with("  0.004576800"), "{:?}", lines());
    assert!(lines()[1].ends_with("  unknown"), "{:?}", lines());
    sandbox.write(".cache/opencode/models.json", sandbox::PRICES);
    assert!(lines()[1].ends_with("  ~0.004336800"), "{:?}", lines());
    let found = &sandbox.json(&["reconcile", "--json"])["wrong_cost"];
    let wanted = serde_json::json!({"steps": 1, "stored_nano_usd": 4_576_800,
        "corrected_nano_usd": 4_336_800, "uncorrected_steps": 0});
    assert_eq!(*found, wanted);
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
fn while_opencode_migrates_the_exit_code_says_whether_the_lines_add_up() {
    let sandbox = Sandbox::with("v1-fork-subagent-1.18.33");
    assert_eq!(sandbox.run(&["reconcile"]).code, 0);
    let migrated = migrate::Migrated::begin(&sandbox.data_dir().join("opencode.db"), 1);
    let run = sandbox.run(&["reconcile"]);
    assert_eq!(run.code, 0, "{}", run.stdout);
    assert!(run.stdout.contains("still taking over"), "{}", run.stdout);
    std::thread::scope(|scope| {
        // While the command runs, however the two meet.
        let migration = scope.spawn(move || while migrated.go_on() {});
        loop {
            let is_over = migration.is_finished();
            let run = sandbox.run(&["reconcile", "--json"]);
            let found: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
            let code = if found["adds_up"] == true { 0 } else { 1 };
            assert_eq!(run.code, code, "{}{}", run.stdout, run.stderr);
            if is_over {
                assert_eq!(run.code, 0, "{}", run.stdout);
                break;
            }
        }
    });
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
    let told = "\n1 row cannot be read and is in no line.\n";
    assert!(run.stdout.contains(told), "{}", run.stdout);
    sandbox.sql(
        "UPDATE message SET data = '{broken' WHERE id = (SELECT min(id) FROM message
            WHERE data ->> '$.role' = 'assistant')",
    );
    let run = sandbox.run(&["reconcile"]);
    let told = "\n2 rows cannot be read and are in no line.\n";
    assert!(run.stdout.contains(told), "{}", run.stdout);
}

#[test]
fn the_sessions_of_each_line_are_listed_the_largest_first() {
    let sandbox = Sandbox::with("v1-fork-subagent-1.18.33");
    let run = sandbox.run(&["reconcile", "--sessions", "1"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let is_narrow = |line: &str| line.chars().count() <= 80;
    assert!(run.stdout.lines().all(is_narrow), "{}", run.stdout);
    insta::assert_snapshot!(run.stdout);
    let json = sandbox.json(&["reconcile", "--json", "--sessions"]);
    let lines = json["lines"].as_array().unwrap();
    let copies = lines.iter().find(|line| line["key"] == "fork_copies");
    insta::assert_json_snapshot!(copies.unwrap()["sessions"]);
    assert_eq!(sandbox.run(&["reconcile", "--sessions", "0"]).code, 2);
}

#[test]
fn what_is_deleted_archived_or_elsewhere_has_lines_of_its_own() {
    let sandbox = Sandbox::with("1.18.33");
    assert_eq!(sandbox.run(&["reconcile"]).code, 0);
    let copy = sandbox.data_dir().join("opencode-dev.db");
    sandbox.sql(&format!(
        "VACUUM INTO '{}';
         UPDATE session SET time_archived = 1795000000000
            WHERE id = (SELECT session_id FROM message ORDER BY id LIMIT 1);
         DELETE FROM message WHERE id = (SELECT id FROM message
            WHERE data ->> '$.role' = 'assistant' AND data ->> '$.tokens.input' > 0
            ORDER BY id DESC LIMIT 1)",
        copy.display()
    ));
    insta::assert_snapshot!(sandbox.run(&["reconcile"]).stdout);
    std::fs::remove_file(copy).unwrap();
    insta::assert_snapshot!(sandbox.run(&["reconcile"]).stdout);
}
