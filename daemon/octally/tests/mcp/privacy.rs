// SPDX-License-Identifier: GPL-3.0-or-later
//! Titles and paths are told only where that was asked for at the start.

use serde_json::json;

use crate::client::Client;
use crate::sandbox::Sandbox;

const TITLE: &str = "a title that only the user may see";

/// A database with one titled session in a project of a telling path.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::with("1.18.33");
    sandbox.sql(&format!(
        "UPDATE session SET title = '{TITLE}', directory = '/secret/path/app';
         UPDATE project SET worktree = '/secret/path/app' WHERE id <> 'global';"
    ));
    sandbox
}

/// Everything that can be asked.
fn everything(sandbox: &Sandbox, args: &[&str]) -> String {
    let mut client = Client::begin(sandbox, args);
    let mut told = String::new();
    let listed = client.call("resources/list", json!({}));
    told += &listed.to_string();
    for resource in listed["result"]["resources"].as_array().unwrap() {
        told += &client
            .resource(resource["uri"].as_str().unwrap())
            .to_string();
    }
    for (tool, arguments) in [
        (
            "usage_summary",
            json!({"by": "project", "last_days": 20000}),
        ),
        ("top_sessions", json!({"last_days": 20000})),
        ("provider_trends", json!({"last_days": 366})),
        ("session_cost", json!({})),
        ("refresh_index", json!({})),
    ] {
        told += &client.tool(tool, arguments).to_string();
    }
    for prompt in ["weekly_review", "why_was_this_session_expensive"] {
        told += &client
            .call("prompts/get", json!({"name": prompt}))
            .to_string();
    }
    client.end();
    told
}

#[test]
fn titles_and_paths_are_left_out() {
    let sandbox = sandbox();
    let told = everything(&sandbox, &[]);
    assert!(!told.contains(TITLE));
    assert!(!told.contains("/secret"), "{told}");
    assert!(!told.contains(&sandbox.home().display().to_string()));
    assert!(told.contains("octally://projects/app"), "{told}");
}

#[test]
fn titles_and_paths_can_be_asked_for() {
    let told = everything(&sandbox(), &["--include-titles"]);
    assert!(told.contains(TITLE));
    assert!(told.contains("/secret/path/app"));
}

/// What cannot be read is told by its code, not by its place.
#[test]
fn a_broken_source_is_told_without_its_path() {
    let sandbox = Sandbox::with("1.18.33");
    std::fs::write(sandbox.database(), "this is no database ".repeat(400)).unwrap();
    let mut client = Client::begin(&sandbox, &[]);
    let usage = client.tool("usage_summary", json!({}));
    let freshness = &usage["freshness"];
    assert_ne!(freshness["state"], "fresh", "{usage}");
    let reason = freshness["reason"].as_str().unwrap();
    assert!(
        reason.contains("octally doctor") && !reason.contains('/'),
        "{reason}"
    );
    client.end();
    let mut client = Client::begin(&sandbox, &["--include-titles"]);
    let usage = client.tool("usage_summary", json!({}));
    let reason = usage["freshness"]["reason"].as_str().unwrap();
    assert!(reason.contains("opencode.db"), "{reason}");
    client.end();
}

/// Two projects may have the same last part of their paths.
#[test]
fn projects_of_the_same_name_are_asked_for_by_id() {
    let sandbox = sandbox();
    sandbox.sql(
        "CREATE TEMP TABLE copy AS SELECT * FROM project WHERE id <> 'global' LIMIT 1;
         UPDATE copy SET id = 'another', worktree = '/other/app';
         INSERT INTO project SELECT * FROM copy;
         UPDATE session SET project_id = 'another'
         WHERE id = (SELECT session_id FROM message ORDER BY time_created DESC LIMIT 1);",
    );
    let mut client = Client::begin(&sandbox, &[]);
    let refusal = client.refusal("usage_summary", json!({"project": "app"}));
    assert!(
        refusal.contains("ask by id") && refusal.contains("another"),
        "{refusal}"
    );
    let usage = client.tool(
        "usage_summary",
        json!({"project": "another", "last_days": 20000}),
    );
    assert!(usage["totals"]["steps"].as_u64().unwrap() > 0, "{usage}");
    assert_eq!(
        client.resource("octally://projects/another")["total"],
        usage["totals"]
    );
    client.end();
}
