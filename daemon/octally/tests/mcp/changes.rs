// SPDX-License-Identifier: GPL-3.0-or-later
//! Whoever subscribed hears of a change, and of nothing else.

use serde_json::{Value, json};

use crate::client::Client;
use crate::sandbox::Sandbox;

const SUMMARY: &str = "octally://metrics/summary";

/// Another answer of a model in the newest session, as OpenCode would add it.
fn another_answer(sandbox: &Sandbox, id: &str) {
    sandbox.sql(&format!(
        "INSERT INTO message (id, session_id, time_created, time_updated, data)
         SELECT '{id}', session_id, time_created + 1, time_updated + 1, data FROM message
         WHERE data LIKE '%\"role\":\"assistant\"%' ORDER BY time_created DESC LIMIT 1;
         UPDATE event_sequence SET seq = seq + 1;"
    ));
}

/// The next notification of a kind.
fn wait_for(client: &Client, method: &str) -> Value {
    loop {
        let line = client.next();
        if line["method"] == method {
            return line["params"].clone();
        }
    }
}

#[test]
fn a_subscriber_of_the_first_era_hears_of_each_change() {
    let sandbox = Sandbox::with("1.18.33");
    let mut client = Client::begin(&sandbox, &[]);
    let before = client.resource(SUMMARY)["total"]["steps"].as_u64().unwrap();
    client.call("resources/subscribe", json!({"uri": SUMMARY}));
    for count in 1..=2 {
        another_answer(&sandbox, &format!("msg_new{count}"));
        let heard = wait_for(&client, "notifications/resources/updated");
        assert_eq!(heard["uri"], SUMMARY);
        assert_eq!(client.resource(SUMMARY)["total"]["steps"], before + count);
    }
    client.call("resources/unsubscribe", json!({"uri": SUMMARY}));
    another_answer(&sandbox, "msg_unheard");
    // The answer comes after anything that would have been announced of the change it shows.
    client.tool("refresh_index", json!({}));
    assert_eq!(client.resource(SUMMARY)["total"]["steps"], before + 3);
    client.end();
}

#[test]
fn a_new_session_changes_the_list() {
    let sandbox = Sandbox::with("1.18.33");
    let mut client = Client::begin(&sandbox, &[]);
    client.call("resources/list", json!({}));
    sandbox.sql(
        "CREATE TEMP TABLE copy AS SELECT * FROM session ORDER BY time_created DESC LIMIT 1;
         UPDATE copy SET id = 'ses_brandnew', time_created = time_created + 1000;
         INSERT INTO session SELECT * FROM copy;
         INSERT INTO message (id, session_id, time_created, time_updated, data)
         SELECT 'msg_brandnew', 'ses_brandnew', time_created + 1, time_updated + 1, data FROM message
         WHERE data LIKE '%\"role\":\"assistant\"%' ORDER BY time_created DESC LIMIT 1;
         INSERT INTO event_sequence (aggregate_id, seq) VALUES ('ses_brandnew', 1);",
    );
    wait_for(&client, "notifications/resources/list_changed");
    let listed = client.call("resources/list", json!({})).to_string();
    assert!(
        listed.contains("octally://sessions/ses_brandnew"),
        "{listed}"
    );
    client.end();
}

#[test]
fn a_listener_of_the_later_era_hears_of_what_it_named() {
    let sandbox = Sandbox::with("1.18.33");
    let mut client = Client::start(&sandbox, &[]);
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let read = json!({"uri": SUMMARY, "_meta": meta});
    let answer = client.call("resources/read", read);
    assert!(answer["error"].is_null(), "{answer}");
    client.send(&json!({
        "jsonrpc": "2.0", "id": "listening", "method": "subscriptions/listen",
        "params": {"_meta": meta, "notifications": {"resourceSubscriptions": [SUMMARY]}},
    }));
    wait_for(&client, "notifications/subscriptions/acknowledged");
    // Its state is taken as the one from which changes count right after that.
    client.call("resources/read", json!({"uri": SUMMARY, "_meta": meta}));
    another_answer(&sandbox, "msg_heard");
    let heard = wait_for(&client, "notifications/resources/updated");
    assert_eq!(heard["uri"], SUMMARY);
    client.end();
}
