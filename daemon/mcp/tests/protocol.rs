// SPDX-License-Identifier: GPL-3.0-or-later
//! The protocol in all its revisions, over data that is not there.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod client;

use client::Client;
use serde_json::{Value, json};

const FIRST_ERA: [&str; 4] = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];

#[tokio::test]
async fn every_revision_of_the_first_era_is_spoken() {
    for version in FIRST_ERA {
        let mut client = Client::new();
        let hello = client.initialize(version).await;
        assert_eq!(hello["protocolVersion"], version);
        assert_eq!(hello["serverInfo"]["name"], "octally");
        let tools = client.call("tools/list", json!({})).await;
        assert_eq!(
            tools["result"]["tools"].as_array().unwrap().len(),
            6,
            "{version}"
        );
        client.end().await;
    }
}

#[tokio::test]
async fn an_unknown_revision_gets_the_newest_that_begins_so() {
    let hello = Client::new().initialize("2031-01-01").await;
    assert_eq!(hello["protocolVersion"], "2025-11-25");
}

#[tokio::test]
async fn the_later_era_needs_no_beginning() {
    let mut client = Client::new();
    let found = client.call_alone("server/discover", json!({})).await;
    let versions = &found["result"]["supportedVersions"];
    assert!(
        versions.as_array().unwrap().contains(&json!("2026-07-28")),
        "{found}"
    );
    let tools = client.call_alone("tools/list", json!({})).await;
    assert_eq!(tools["result"]["tools"].as_array().unwrap().len(), 6);
    let params = json!({"name": "budget_status", "arguments": {}});
    let budgets = client.call_alone("tools/call", params).await;
    assert_eq!(budgets["result"]["structuredContent"]["budgets"], json!([]));
    client.end().await;
}

#[tokio::test]
async fn what_there_is_to_ask_is_golden() {
    let mut client = Client::begun("2025-11-25").await;
    for method in [
        "tools/list",
        "prompts/list",
        "resources/templates/list",
        "resources/list",
    ] {
        let answer = client.call(method, json!({})).await;
        insta::assert_json_snapshot!(method.replace('/', "_"), answer["result"]);
    }
    client.end().await;
}

/// Models are shown the input schemas: each must be an object without references.
#[tokio::test]
async fn every_tool_says_what_it_takes_and_what_it_answers() {
    let mut client = Client::begun("2025-06-18").await;
    let answer = client.call("tools/list", json!({})).await;
    for tool in answer["result"]["tools"].as_array().unwrap() {
        assert_eq!(tool["inputSchema"]["type"], "object", "{tool}");
        assert_eq!(tool["inputSchema"]["additionalProperties"], false);
        assert!(!tool["inputSchema"].to_string().contains("$ref"));
        assert_eq!(tool["outputSchema"]["type"], "object");
        assert!(!tool.to_string().contains("uint"), "{tool}");
        assert_eq!(tool["annotations"]["destructiveHint"], false);
    }
    client.end().await;
}

#[tokio::test]
async fn without_data_the_answers_say_so() {
    let mut client = Client::begun("2025-06-18").await;
    let params = json!({"name": "usage_summary", "arguments": {}});
    let usage = client.call("tools/call", params).await;
    let content = &usage["result"]["structuredContent"];
    assert_eq!(content["freshness"]["state"], "empty");
    assert_eq!(content["totals"]["steps"], 0);
    let params = json!({"name": "session_cost", "arguments": {}});
    let cost = client.call("tools/call", params).await;
    assert_eq!(cost["result"]["isError"], true);
    let text = cost["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text.contains("no session yet"), "{text}");
    client.end().await;
}

#[tokio::test]
async fn a_ledger_that_cannot_be_opened_is_told_without_its_path() {
    let mut client = Client::begun("2025-06-18").await;
    let params = json!({"name": "usage_summary", "arguments": {}});
    client.call("tools/call", params.clone()).await;
    client.end().await;

    let mut client = Client::new();
    std::fs::write(
        client.home.path().join("ledger.db"),
        "no ledger, but longer than a header ".repeat(40),
    )
    .unwrap();
    client.initialize("2025-06-18").await;
    let answer = client.call("tools/call", params).await;
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    let text = answer["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text.contains("corrupt_ledger"), "{text}");
    assert!(!text.contains("ledger.db"), "{text}");
    client.end().await;
}

fn error(answer: &Value) -> (i64, &str) {
    let error = &answer["error"];
    (
        error["code"].as_i64().unwrap(),
        error["message"].as_str().unwrap(),
    )
}

#[tokio::test]
async fn unknown_names_suggest_the_nearest() {
    let mut client = Client::begun("2025-06-18").await;
    let asked = [
        (
            "tools/call",
            json!({"name": "usage_sumary"}),
            "usage_summary",
        ),
        (
            "prompts/get",
            json!({"name": "weekly_revue"}),
            "weekly_review",
        ),
        ("tools/lisd", json!({}), "tools/list"),
        (
            "resources/read",
            json!({"uri": "octally://provider"}),
            "octally://providers",
        ),
    ];
    for (method, params, nearest) in asked {
        let answer = client.call(method, params).await;
        let (_, message) = error(&answer);
        assert!(
            message.ends_with(&format!("did you mean {nearest}?")),
            "{message}"
        );
    }
    client.end().await;
}

#[tokio::test]
async fn wrong_parameters_are_told_from_wrong_names() {
    let mut client = Client::begun("2025-06-18").await;
    let answer = client
        .call("tools/call", json!({"tool": "usage_summary"}))
        .await;
    assert_eq!(error(&answer).0, -32602);
    let answer = client.call("nonsense", json!({"x": [1, 2]})).await;
    assert_eq!(error(&answer).0, -32601);
    let limits = [
        json!({"limit": 0}),
        json!({"limit": 101}),
        json!({"limit": -1}),
        json!({"since": "yesterday"}),
        json!({"since": "2026-02-02", "last_days": 3}),
        json!({"by": "colour"}),
    ];
    for arguments in limits {
        let params = json!({"name": "usage_summary", "arguments": arguments});
        let answer = client.call("tools/call", params).await;
        assert_eq!(answer["result"]["isError"], true, "{answer}");
    }
    client.end().await;
}
