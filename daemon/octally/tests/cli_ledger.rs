// SPDX-License-Identifier: GPL-3.0-or-later
//! `octally ledger`, black box: what is kept, and forgetting some of it.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod sandbox;

use sandbox::Sandbox;

fn steps(sandbox: &Sandbox) -> u64 {
    let report = sandbox.json(&["report", "daily", "--json"]);
    report["totals"]["steps"].as_u64().unwrap()
}

fn projects(sandbox: &Sandbox) -> Vec<String> {
    let ledger = sandbox.json(&["ledger", "--json"]);
    let projects = ledger["projects"].as_array().unwrap();
    let path = |project: &serde_json::Value| project["project"].as_str().unwrap().to_owned();
    projects.iter().map(path).collect()
}

#[test]
fn the_page_tells_what_is_kept_and_fits() {
    let sandbox = Sandbox::with("1.18.33");
    let run = sandbox.run(&["ledger"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    assert!(run.stdout.lines().all(|line| line.chars().count() <= 80));
    assert!(run.stdout.contains("kept for ever"), "{}", run.stdout);
}

#[test]
fn a_project_is_forgotten_and_remembered() {
    let sandbox = Sandbox::with("1.18.33");
    let before = steps(&sandbox);
    let project = &projects(&sandbox)[0];
    let run = sandbox.run(&["ledger", "forget", project]);
    assert_eq!(run.code, 2, "nobody was asked");
    assert!(run.stderr.contains("--yes"), "{}", run.stderr);
    assert_eq!(steps(&sandbox), before);
    assert_eq!(sandbox.run(&["ledger", "forget", "--yes", project]).code, 0);
    assert!(steps(&sandbox) < before);
    let run = sandbox.run(&["ledger"]);
    assert!(run.stdout.contains("forgotten: "), "{}", run.stdout);
    assert_eq!(sandbox.run(&["reconcile"]).code, 0);
    assert_eq!(sandbox.run(&["ledger", "remember", project]).code, 0);
    assert_eq!(steps(&sandbox), before);
    assert_eq!(sandbox.run(&["ledger", "rebuild"]).code, 0);
    assert_eq!(steps(&sandbox), before);
}

#[test]
fn a_slip_of_the_hand_gets_a_suggestion() {
    let sandbox = Sandbox::with("1.18.33");
    let slip = format!("{}x", projects(&sandbox)[0]);
    let run = sandbox.run(&["ledger", "forget", "--yes", &slip]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("did you mean"), "{}", run.stderr);
    let run = sandbox.run(&["ledger", "remember", "/nowhere"]);
    assert_eq!(run.code, 2);
    let run = sandbox.run(&["ledger", "keep", "--yes", "9999"]);
    assert_eq!(run.code, 2);
}

#[test]
fn what_is_old_goes_with_the_months_that_are_kept() {
    let sandbox = Sandbox::with("1.18.33");
    assert!(steps(&sandbox) > 0);
    let run = sandbox.run(&["ledger", "keep", "--yes", "999"]);
    assert_eq!(run.code, 0, "{run:?}");
    let told = &run.stdout;
    assert!(told.contains("kept for 999 months"), "{told}");
    let written = sandbox.home().join(".config/octally/config.toml");
    let written = std::fs::read_to_string(written).unwrap();
    assert!(written.contains("keep_months = 999"), "{written}");
    assert!(steps(&sandbox) > 0, "nothing is that old");
}

#[test]
fn a_configuration_that_cannot_be_written_is_no_broken_one() {
    let sandbox = Sandbox::with("1.18.33");
    for verb in [&["ledger", "keep", "0"][..], &["budget", "rm", "mine"]] {
        let run = sandbox.run(&[verb, &["--config", "/dev/null"]].concat());
        let said = "/dev/null: is no file and cannot be changed";
        assert!(run.stderr.contains(said), "{run:?}");
        assert_eq!(run.code, 1, "{verb:?}");
    }
}

/// A data folder with a session in a project of its own and one outside of any.
fn two_projects() -> Sandbox {
    let sandbox = Sandbox::with("1.18.33");
    sandbox.sql(
        "INSERT INTO project (id, worktree, time_created, time_updated, sandboxes)
             VALUES ('global', '/', 0, 0, '[]') ON CONFLICT DO UPDATE SET worktree = '/';
         UPDATE session SET project_id = 'global'
             WHERE id = (SELECT session_id FROM message ORDER BY id LIMIT 1)",
    );
    sandbox
}

#[test]
fn the_project_of_everything_outside_of_projects_can_be_forgotten() {
    let sandbox = two_projects();
    let before = steps(&sandbox);
    assert!(projects(&sandbox).contains(&"/".into()));
    let run = sandbox.run(&["ledger", "forget", "--yes", "/"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(steps(&sandbox) < before);
    assert!(!projects(&sandbox).contains(&"/".into()));
    let run = sandbox.run(&["ledger", "remember", "/"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(steps(&sandbox), before);
}

#[test]
fn a_path_may_be_written_in_every_way() {
    let sandbox = Sandbox::with("1.18.33");
    let project = projects(&sandbox).remove(0);
    let (above, name) = project.rsplit_once('/').unwrap();
    for written in [
        format!("{project}/"),
        format!("{project}//."),
        format!("{project}/../{name}"),
        format!("{above}/./{name}"),
        name.into(),
    ] {
        let run = sandbox.run(&["ledger", "forget", "--yes", &written]);
        assert_eq!(run.code, 0, "{written}: {run:?}");
        let run = sandbox.run(&["ledger", "forget", "--yes", &project]);
        assert_eq!(run.code, 2);
        assert!(run.stderr.contains("is forgotten already"), "{run:?}");
        let run = sandbox.run(&["ledger", "remember", &written]);
        assert_eq!(run.code, 0, "{written}: {run:?}");
    }
}

#[test]
fn a_project_without_a_session_can_be_forgotten_before_it_has_one() {
    let sandbox = Sandbox::with("1.18.33");
    sandbox.sql(
        "INSERT INTO project (id, worktree, time_created, time_updated, sandboxes)
             VALUES ('empty', '/home/dev/empty', 0, 0, '[]')",
    );
    sandbox.json(&["report", "daily", "--json", "--refresh"]);
    let run = sandbox.run(&["ledger", "forget", "--yes", "/home/dev/empty"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.contains("forgotten: /home/dev/empty"), "{run:?}");
}

#[test]
fn json_may_be_asked_for_in_front_of_the_verb_and_behind() {
    let sandbox = Sandbox::with("1.18.33");
    let before = sandbox.json(&["ledger", "--json", "rebuild"]);
    let behind = sandbox.json(&["ledger", "rebuild", "--json"]);
    assert_eq!(before["steps"], behind["steps"]);
}

#[test]
fn a_budget_of_a_forgotten_project_says_that_nothing_is_counted() {
    let sandbox = Sandbox::with("1.18.33");
    let project = projects(&sandbox).remove(0);
    let set = [
        "budget",
        "set",
        "mine",
        "--limit",
        "5",
        "--project",
        &project,
    ];
    assert_eq!(sandbox.run(&set).code, 0);
    assert!(!sandbox.run(&["budget"]).stderr.contains("forgotten"));
    let run = sandbox.run(&["ledger", "forget", "--yes", &project]);
    assert!(!run.stdout.contains("\n\n\n"), "{}", run.stdout);
    let run = sandbox.run(&["budget"]);
    assert!(run.stderr.contains("budget mine is forgotten"), "{run:?}");
}

#[test]
fn nothing_asks_for_what_is_forgotten() {
    let sandbox = Sandbox::with("1.18.33");
    let known = sandbox.json(&["sessions", "--json"]);
    let id = known["sessions"][0]["id"].as_str().unwrap().to_owned();
    for project in projects(&sandbox) {
        let run = sandbox.run(&["ledger", "forget", "--yes", &project]);
        assert_eq!(run.code, 0, "{run:?}");
    }
    let known = sandbox.json(&["sessions", "--json"]);
    assert_eq!(known["sessions"].as_array().map(Vec::len), Some(0));
    let run = sandbox.run(&["session", &id]);
    assert_eq!(run.code, 2, "{run:?}");
    let run = sandbox.run(&["reconcile", "--sessions", "5"]);
    assert_eq!(run.code, 0, "{run:?}");
    let run = sandbox.run(&["doctor"]);
    assert!(!run.stdout.contains("differ"), "{run:?}");
    assert!(!run.stdout.contains("rebuild"), "{run:?}");
}
