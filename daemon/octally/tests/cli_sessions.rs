// SPDX-License-Identifier: GPL-3.0-or-later
//! `octally sessions` and `octally session`, black box, over data that real OpenCode versions wrote.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod sandbox;

use sandbox::Sandbox;
use serde_json::Value;

/// A fork, a sub-agent and a session without a price.
const FAMILY: &str = "v1-fork-subagent-1.18.33";

fn sessions(sandbox: &Sandbox, args: &[&str]) -> Value {
    sandbox.json(&[&["sessions", "--json"], args].concat())
}

fn nodes(found: &Value) -> Vec<Value> {
    found["sessions"].as_array().unwrap().clone()
}

fn parent(sandbox: &Sandbox) -> Value {
    let nodes = nodes(&sessions(sandbox, &[]));
    let parent = nodes.iter().find(|node| node["sub_agents"] == 1).unwrap();
    parent.clone()
}

fn fresh(usage: &Value) -> u64 {
    usage["tokens"]["fresh"].as_u64().unwrap()
}

#[test]
fn the_tree_is_golden_on_every_width() {
    for width in ["20", "60", "80", "120"] {
        let sandbox = Sandbox::with(FAMILY).set("COLUMNS", width);
        let run = sandbox.run(&["sessions"]);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""));
        let columns: usize = width.parse().unwrap();
        let is_narrow = |line: &str| line.chars().count() <= columns;
        assert!(run.stdout.lines().all(is_narrow), "{}", run.stdout);
        insta::assert_snapshot!(format!("sessions_{width}"), run.stdout);
    }
}

#[test]
fn the_json_is_golden() {
    insta::assert_json_snapshot!(sessions(&Sandbox::with(FAMILY), &[]));
}

#[test]
fn a_parent_includes_its_sub_agents() {
    let sandbox = Sandbox::with(FAMILY);
    let found = sessions(&sandbox, &[]);
    let nodes = nodes(&found);
    let place = nodes
        .iter()
        .position(|node| node["sub_agents"] == 1)
        .unwrap();
    let (parent, child) = (&nodes[place], &nodes[place + 1]);
    assert_eq!(child["parent"], parent["id"]);
    assert_eq!((&child["depth"], &parent["depth"]), (&1.into(), &0.into()));
    assert_eq!(
        fresh(&parent["inclusive"]),
        fresh(&parent["own"]) + fresh(&child["own"])
    );
    assert_eq!(child["own"], child["inclusive"]);
}

#[test]
fn trees_add_up_to_the_report() {
    let sandbox = Sandbox::with(FAMILY);
    let found = sessions(&sandbox, &["--limit", "1"]);
    let report = sandbox.json(&["report", "session", "--json"]);
    for part in ["steps", "tokens", "cost"] {
        assert_eq!(found["totals"][part], report["totals"][part], "{part}");
    }
    let own: u64 = nodes(&sessions(&sandbox, &[]))
        .iter()
        .map(|node| fresh(&node["own"]))
        .sum();
    assert_eq!(own, fresh(&found["totals"]));
}

#[test]
fn the_limit_counts_trees_and_says_what_it_left_out() {
    let sandbox = Sandbox::with(FAMILY);
    let run = sandbox.run(&["sessions", "--limit", "1", "--sort", "steps"]);
    assert_eq!(run.code, 0);
    assert!(
        run.stderr.starts_with("note: 3 more are not shown\n"),
        "{run:?}"
    );
    assert_eq!(sessions(&sandbox, &["--limit", "1"])["more"], 3);
}

#[test]
fn trees_are_sorted_by_what_is_asked_for() {
    let sandbox = Sandbox::with(FAMILY);
    let roots = |args: &[&str]| -> Vec<Value> {
        let mut nodes = nodes(&sessions(&sandbox, args));
        nodes.retain(|node| node["depth"] == 0);
        nodes
    };
    let by_fresh: Vec<u64> = roots(&["--sort", "fresh"])
        .iter()
        .map(|node| fresh(&node["inclusive"]))
        .collect();
    assert!(by_fresh.is_sorted_by(|a, b| a >= b), "{by_fresh:?}");
    let latest = roots(&[]);
    let times: Vec<&str> = latest
        .iter()
        .map(|node| node["last_step_at"].as_str().unwrap())
        .collect();
    assert!(times.is_sorted_by(|a, b| a >= b), "{times:?}");
    let mut oldest = roots(&["--order", "asc"]);
    oldest.reverse();
    assert_eq!(oldest, latest);
}

#[test]
fn filters_keep_the_parents_of_what_they_let_through() {
    let sandbox = Sandbox::with(FAMILY);
    let nodes = nodes(&sessions(&sandbox, &["--agent", "general"]));
    assert_eq!(nodes.len(), 2);
    assert_eq!(nodes[0]["own"]["steps"], 0);
    assert_eq!(nodes[0]["inclusive"], nodes[1]["own"]);
    let none = sandbox.run(&["sessions", "--provider", "anthropic"]);
    assert_eq!((none.code, none.stdout.as_str()), (0, ""));
    assert!(
        none.stderr
            .starts_with("note: no step has the provider anthropic\n"),
        "{none:?}"
    );
}

#[test]
fn one_session_is_golden_step_by_step() {
    for width in ["20", "60", "80", "120"] {
        let sandbox = Sandbox::with(FAMILY).set("COLUMNS", width);
        let id = parent(&sandbox)["id"].as_str().unwrap().to_owned();
        let run = sandbox.run(&["session", &id]);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""));
        insta::assert_snapshot!(format!("session_{width}"), run.stdout);
    }
    let sandbox = Sandbox::with(FAMILY);
    let id = parent(&sandbox)["id"].as_str().unwrap().to_owned();
    insta::assert_json_snapshot!(sandbox.json(&["session", &id, "--json"]));
}

#[test]
fn a_part_of_the_id_is_enough() {
    let sandbox = Sandbox::with(FAMILY);
    let id = parent(&sandbox)["id"].as_str().unwrap().to_owned();
    let whole = sandbox.json(&["session", &id, "--json"]);
    for part in [&id[id.len() - 8..], &id[..id.len() - 1], &id[8..20]] {
        assert_eq!(sandbox.json(&["session", part, "--json"]), whole, "{part}");
    }
}

#[test]
fn an_unknown_session_gets_close_ids() {
    let sandbox = Sandbox::with(FAMILY);
    let id = parent(&sandbox)["id"].as_str().unwrap().to_owned();
    let slip = id.replace("ses_e", "ses_f");
    let run = sandbox.run(&["session", &slip]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert_eq!(
        run.stderr,
        format!("error: no session is called {slip}\nhint: did you mean {id}?\n")
    );
    let many = sandbox.run(&["session", "ses_"]);
    assert_eq!(many.code, 2);
    assert!(
        many.stderr
            .starts_with("error: 6 sessions match ses_\nhint: did you mean ses_"),
        "{many:?}"
    );
    let none = sandbox.run(&["session", "nothing-like-it"]);
    assert!(none.stderr.contains("`octally sessions` lists"), "{none:?}");
}

#[test]
fn a_forks_copies_are_marked_and_not_counted() {
    let sandbox = Sandbox::with(FAMILY);
    let forks = nodes(&sessions(&sandbox, &[]));
    let fork = forks
        .iter()
        .find(|node| node["title"].as_str().unwrap().contains("fork"))
        .unwrap();
    let detail = sandbox.json(&["session", fork["id"].as_str().unwrap(), "--json"]);
    let steps = detail["steps"].as_array().unwrap();
    let counted = steps
        .iter()
        .filter(|step| step["is_counted"] == true)
        .count();
    assert!(counted < steps.len(), "{steps:?}");
    assert_eq!(detail["session"]["own"]["steps"], counted);
}

#[test]
fn parents_in_a_circle_lose_nobody() {
    let sandbox = Sandbox::with(FAMILY);
    sandbox.sql(
        "UPDATE session SET parent_id = (SELECT id FROM session AS child
             WHERE child.parent_id = session.id)
         WHERE id IN (SELECT parent_id FROM session)",
    );
    let found = sessions(&sandbox, &[]);
    assert_eq!(nodes(&found).len(), 5);
    let circle = nodes(&found)
        .into_iter()
        .find(|node| node["sub_agents"] == 1);
    let id = circle.unwrap()["id"].as_str().unwrap().to_owned();
    let detail = sandbox.json(&["session", &id, "--json"]);
    assert_eq!(detail["sub_agents"].as_array().unwrap().len(), 1);
}

#[test]
fn a_wrong_cost_stands_beside_its_correction_in_its_session() {
    for (fixture, note, stored, corrected) in [
        ("0.5.29", "cached_twice", 0.005_854_8, 0.004_336_8),
        ("1.3.2", "reasoning_twice", 0.004_576_8, 0.004_336_8),
    ] {
        let sandbox = Sandbox::with(fixture);
        sandbox.write(".cache/opencode/models.json", sandbox::PRICES);
        let mut told = 0;
        for node in nodes(&sessions(&sandbox, &[])) {
            let id = node["id"].as_str().unwrap();
            let found = sandbox.json(&["session", id, "--json"]);
            let text = sandbox.run(&["session", id]).stdout;
            let is_wrong = found["wrong_cost"]["steps"] == 1;
            assert_eq!(text.contains("known to be wrong"), is_wrong, "{text}");
            let steps = found["steps"].as_array().unwrap().iter();
            let wrong: Vec<&Value> = steps.filter(|step| !step["wrong_cost"].is_null()).collect();
            assert_eq!(wrong.len(), usize::from(is_wrong), "{found}");
            if is_wrong {
                let sums = &found["wrong_cost"];
                assert_eq!(
                    (&sums["stored_usd"], &sums["corrected_usd"]),
                    (&stored.into(), &corrected.into())
                );
                let step = &wrong[0]["wrong_cost"];
                assert_eq!(
                    (&step["note"], &step["corrected_usd"]),
                    (&note.into(), &corrected.into())
                );
                assert_eq!(wrong[0]["cost"]["billed_usd"], stored);
                assert!(text.contains("corrected ~$0.0043"), "{text}");
                told += 1;
            }
        }
        assert_eq!(told, 1, "{fixture}");
    }
}
