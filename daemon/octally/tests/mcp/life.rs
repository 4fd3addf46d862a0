// SPDX-License-Identifier: GPL-3.0-or-later
//! How it starts, and how it ends: with the client, always in order.

use serde_json::json;

use crate::client::Client;
use crate::sandbox::Sandbox;

#[test]
fn it_ends_with_its_input() {
    let sandbox = Sandbox::with("1.18.33");
    assert_eq!(Client::start(&sandbox, &[]).end(), (0, String::new()));
    let mut client = Client::begin(&sandbox, &[]);
    client.tool("usage_summary", json!({}));
    assert_eq!(client.end(), (0, String::new()));
}

#[test]
fn what_was_asked_before_the_end_is_answered() {
    let sandbox = Sandbox::with("1.18.33");
    let output = sandbox
        .command(&["mcp"])
        .stdin({
            let (reader, mut writer) = std::io::pipe().unwrap();
            let hello = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
                "protocolVersion": "2025-06-18", "capabilities": {},
                "clientInfo": {"name": "test", "version": "1"}}});
            let ask = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call",
                "params": {"name": "usage_summary", "arguments": {}}});
            std::io::Write::write_all(&mut writer, format!("{hello}\n{ask}\n").as_bytes()).unwrap();
            reader
        })
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(text.contains("structuredContent"));
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_client_that_does_not_listen_any_more_is_no_error() {
    let sandbox = Sandbox::with("1.18.33");
    let client = Client::begin(&sandbox, &[]);
    assert_eq!(client.vanish(), (0, String::new()));
}

#[test]
fn a_broken_configuration_is_told_on_stderr_and_nowhere_else() {
    let sandbox = Sandbox::with("1.18.33");
    sandbox.write(".config/octally/config.toml", "ledgr = 'x'\n");
    let mut client = Client::begin(&sandbox, &[]);
    client.tool("usage_summary", json!({}));
    let (code, stderr) = client.end();
    assert_eq!(code, 0);
    assert!(stderr.contains("did you mean ledger?"), "{stderr}");
}

#[test]
fn without_any_data_it_answers_all_the_same() {
    let mut client = Client::begin(&Sandbox::empty(), &[]);
    let usage = client.tool("usage_summary", json!({}));
    assert_eq!(usage["freshness"]["state"], "empty");
    client.end();
}

#[test]
fn the_help_shows_how_to_configure_it() {
    let run = Sandbox::empty().run(&["mcp", "--help"]);
    assert_eq!(run.code, 0);
    assert!(
        run.stdout.contains("\"command\": [\"octally\", \"mcp\"]"),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("--include-titles"));
}
