// SPDX-License-Identifier: GPL-3.0-or-later
//! Every tool, resource, prompt and completion: its figures are those of the command line.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::client::Client;
use crate::sandbox::Sandbox;

const FAMILY: &str = "v1-fork-subagent-1.18.33";
/// More days than any fixture is old.
const EVER: u32 = 20_000;

fn report(sandbox: &Sandbox, by: &str) -> Value {
    sandbox.json(&["report", by, "--json"])
}

fn same(theirs: &Value, ours: &Value) {
    for key in ["steps", "tokens", "cost"] {
        assert_eq!(theirs[key], ours[key], "{key}");
    }
}

#[test]
fn usage_is_that_of_the_report_by_everything() {
    let sandbox = Sandbox::with("1.18.33");
    let mut client = Client::begin(&sandbox, &[]);
    for by in [
        "day", "week", "month", "model", "provider", "agent", "session",
    ] {
        let usage = client.tool(
            "usage_summary",
            json!({"by": by, "last_days": EVER, "limit": 100}),
        );
        let report = report(&sandbox, by);
        same(&report["totals"], &usage["totals"]);
        assert_eq!(usage["truncated"], false);
        assert_eq!(usage["freshness"]["state"], "fresh");
        let rows: HashMap<&str, &Value> = usage["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| (row["name"].as_str().unwrap(), row))
            .collect();
        for row in report["rows"].as_array().unwrap() {
            same(row, rows[row[by].as_str().unwrap()]);
        }
    }
    client.end();
}

#[test]
fn a_limit_cuts_the_rows_and_not_the_totals() {
    let sandbox = Sandbox::with("1.18.33");
    let mut client = Client::begin(&sandbox, &[]);
    let ask = |limit: u32| json!({"by": "session", "last_days": EVER, "limit": limit});
    let all = client.tool("usage_summary", ask(100));
    let one = client.tool("usage_summary", ask(1));
    assert_eq!(one["rows"].as_array().unwrap().len(), 1);
    assert_eq!(one["truncated"], true);
    assert_eq!(one["totals"], all["totals"]);
    client.end();
}

#[test]
fn a_session_costs_what_it_and_its_sub_agents_cost() {
    let sandbox = Sandbox::with(FAMILY);
    let sessions = report(&sandbox, "session");
    let mut client = Client::begin(&sandbox, &[]);
    let mut with_sub_agents = 0;
    for row in sessions["rows"].as_array().unwrap() {
        let id = row["session"].as_str().unwrap();
        let cost = client.tool("session_cost", json!({"session_id": id}));
        same(row, &cost["own"]);
        let sub_agents = cost["sub_agents"].as_array().unwrap();
        with_sub_agents += usize::from(!sub_agents.is_empty());
        for kind in ["input", "output", "fresh"] {
            let below: u64 = sub_agents
                .iter()
                .map(|s| s["tokens"][kind].as_u64().unwrap())
                .sum();
            let own = cost["own"]["tokens"][kind].as_u64().unwrap();
            assert_eq!(cost["inclusive"]["tokens"][kind], own + below);
        }
        assert_eq!(
            client.resource(&format!("octally://sessions/{id}"))["inclusive"],
            cost["inclusive"]
        );
    }
    assert!(with_sub_agents > 0, "{sessions}");
    // Without an id: a root session.
    let latest = client.tool("session_cost", json!({}));
    assert_eq!(latest["parent"], Value::Null);
    client.end();
}

#[test]
fn top_sessions_are_root_sessions_with_everything_below_them() {
    let sandbox = Sandbox::with(FAMILY);
    let totals = &report(&sandbox, "session")["totals"];
    let mut client = Client::begin(&sandbox, &[]);
    for order in ["cost", "fresh"] {
        let top = client.tool("top_sessions", json!({"last_days": EVER, "order": order}));
        let sessions = top["sessions"].as_array().unwrap();
        let fresh = |session: &Value| session["inclusive"]["tokens"]["fresh"].as_u64().unwrap();
        let sum: u64 = sessions.iter().map(fresh).sum();
        assert_eq!(
            totals["tokens"]["fresh"], sum,
            "nothing twice, nothing left out"
        );
        for session in sessions {
            let id = &session["id"];
            let alone = client.tool("session_cost", json!({"session_id": id}));
            assert_eq!(alone["inclusive"], session["inclusive"]);
            assert_eq!(alone["parent"], Value::Null);
        }
        if order == "fresh" {
            assert!(sessions.is_sorted_by_key(|session| std::cmp::Reverse(fresh(session))));
        }
    }
    let one = client.tool("top_sessions", json!({"last_days": EVER, "limit": 1}));
    assert_eq!(one["truncated"], true);
    client.end();
}

#[test]
fn trends_add_up_to_the_usage() {
    let sandbox = Sandbox::with("1.18.33");
    let providers = report(&sandbox, "provider");
    let mut client = Client::begin(&sandbox, &[]);
    for step in ["day", "week", "month"] {
        let trends = client.tool("provider_trends", json!({"last_days": 366, "step": step}));
        let mut share = 0.0;
        for trend in trends["providers"].as_array().unwrap() {
            let name = &trend["provider"];
            let rows = providers["rows"].as_array().unwrap();
            let row = rows.iter().find(|row| row["provider"] == *name).unwrap();
            same(row, &trend["totals"]);
            let points = trend["points"].as_array().unwrap();
            let steps: u64 = points.iter().map(|p| p["steps"].as_u64().unwrap()).sum();
            assert_eq!(trend["totals"]["steps"], steps);
            assert_eq!(trend["change_of_fresh"], Value::Null);
            share += trend["share_of_fresh"].as_f64().unwrap();
        }
        assert!((share - 1.0).abs() < 1e-9, "{trends}");
    }
    assert!(
        client
            .refusal("provider_trends", json!({"last_days": 0}))
            .contains("1 to 366")
    );
    client.end();
}

#[test]
fn a_refresh_says_what_it_read() {
    let sandbox = Sandbox::with("1.18.33");
    let mut client = Client::begin(&sandbox, &[]);
    let refresh = client.tool("refresh_index", json!({"thorough": true}));
    assert_eq!(refresh["steps_added"], 0, "the start has read everything");
    assert!(refresh["sources"].as_u64().unwrap() >= 1);
    client.end();
}

#[test]
fn every_listed_resource_can_be_read() {
    let sandbox = Sandbox::with("1.18.33");
    let mut client = Client::begin(&sandbox, &[]);
    let listed = client.call("resources/list", json!({}));
    let uris: Vec<&str> = listed["result"]["resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|resource| resource["uri"].as_str().unwrap())
        .collect();
    for head in [
        "metrics/summary",
        "sessions/",
        "providers",
        "providers/",
        "models/",
        "projects/",
    ] {
        let head = format!("octally://{head}");
        assert!(
            uris.iter().any(|uri| uri.starts_with(&head)),
            "{head}: {uris:?}"
        );
    }
    for uri in &uris {
        assert_eq!(client.resource(uri)["freshness"]["state"], "fresh", "{uri}");
    }
    let status = sandbox.json(&["status", "--json"]);
    let summary = client.resource("octally://metrics/summary");
    for period in ["today", "month", "total"] {
        same(&status[period], &summary[period]);
    }
    for row in report(&sandbox, "model")["rows"].as_array().unwrap() {
        let model = row["model"].as_str().unwrap();
        same(
            row,
            &client.resource(&format!("octally://models/{model}"))["total"],
        );
    }
    client.end();
}

#[test]
fn names_are_completed_and_misspelt_ones_corrected() {
    let sandbox = Sandbox::with("1.18.33");
    let mut client = Client::begin(&sandbox, &[]);
    let template = |uri: &str| json!({"type": "ref/resource", "uri": uri});
    let prompt = |name: &str| json!({"type": "ref/prompt", "name": name});
    let ids = client.complete(template("octally://sessions/{id}"), "id", "ses_");
    let sessions = report(&sandbox, "session");
    for row in sessions["rows"].as_array().unwrap() {
        assert!(ids.iter().any(|id| row["session"] == **id), "{row}");
    }
    let same_ids = client.complete(prompt("why_was_this_session_expensive"), "session", "");
    assert_eq!(same_ids, ids);
    let providers = client.complete(template("octally://providers/{provider}"), "provider", "MO");
    assert!(providers.contains(&"mock".to_owned()), "{providers:?}");
    let models = client.complete(template("octally://models/{model}"), "model", "mock/");
    assert!(models.iter().all(|model| model.starts_with("mock/")) && !models.is_empty());
    let projects = client.complete(template("octally://projects/{project}"), "project", "");
    assert_eq!(
        client.complete(prompt("weekly_review"), "project", ""),
        projects
    );

    let session = &ids[0];
    let misspelt = format!("{}x", &session[..session.len() - 1]);
    let refusal = client.refusal("session_cost", json!({"session_id": misspelt}));
    assert!(
        refusal.contains(&format!("did you mean {session}?")),
        "{refusal}"
    );
    let refusal = client.refusal("usage_summary", json!({"provider": "mokc"}));
    assert!(refusal.contains("did you mean mock"), "{refusal}");
    let refusal = client.refusal("usage_summary", json!({"model": &models[0][1..]}));
    assert!(refusal.contains(&models[0]), "{refusal}");
    let refusal = client.refusal(
        "top_sessions",
        json!({"project": format!("{}s", projects[0])}),
    );
    assert!(refusal.contains(&projects[0]), "{refusal}");
    client.end();
}

#[test]
fn prompts_bring_their_figures() {
    let sandbox = Sandbox::with(FAMILY);
    let mut client = Client::begin(&sandbox, &[]);
    let text = |answer: &Value| {
        let content = &answer["result"]["messages"][0]["content"];
        content["text"].as_str().expect("text").to_owned()
    };
    let review = client.call("prompts/get", json!({"name": "weekly_review"}));
    assert!(text(&review).contains("\"top_sessions\""));
    let cost = client.tool("session_cost", json!({}));
    let id = &cost["id"];
    let asked = json!({"name": "why_was_this_session_expensive", "arguments": {"session": id}});
    let why = text(&client.call("prompts/get", asked));
    assert!(
        why.contains(&cost["inclusive"]["tokens"]["fresh"].to_string()),
        "{why}"
    );
    let unknown = json!({"name": "weekly_review", "arguments": {"projekt": "x"}});
    let answer = client.call("prompts/get", unknown);
    assert_eq!(answer["error"]["code"], -32602, "{answer}");
    client.end();
}

#[test]
fn budgets_are_those_of_the_command_line_as_they_are_set_now() {
    let sandbox = Sandbox::with("1.18.33");
    let mut client = Client::begin(&sandbox, &[]);
    let none = client.tool("budget_status", json!({}));
    assert_eq!(none["budgets"], json!([]));
    assert!(none["note"].as_str().unwrap().contains("no budget is set"));
    let set = [
        "budget",
        "set",
        "client",
        "--limit",
        "5",
        "--project",
        "/home/dev/p",
    ];
    assert_eq!(sandbox.run(&set).code, 0);
    let told = client.tool("budget_status", json!({}));
    assert_eq!(
        (&told["note"], &told["freshness"]["state"]),
        (&Value::Null, &json!("fresh"))
    );
    let (told, ours) = (&told["budgets"][0], sandbox.json(&["budget", "--json"]));
    for key in [
        "id",
        "period",
        "counts",
        "limit_usd",
        "spent_usd",
        "left_usd",
        "share",
        "crossed",
    ] {
        assert_eq!(told[key], ours["budgets"][0][key], "{key}");
    }
    assert_eq!(told["project"], "p", "no path unless it is asked for");
    client.end();
}
