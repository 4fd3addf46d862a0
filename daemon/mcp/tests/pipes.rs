// SPDX-License-Identifier: GPL-3.0-or-later
//! Many quick clients whose pipes are closed at every point: each server answers what it was asked as far as
//! anybody reads it, and ends.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod client;

use std::collections::BTreeSet;

use client::{PATIENCE, setup};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// So many servers at once, on a ledger of their own or on one.
const AT_ONCE: usize = 12;

fn conversation() -> Vec<String> {
    let hello = json!({"protocolVersion": "2025-06-18", "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"}});
    let call = json!({"name": "usage_summary", "arguments": {}});
    [
        json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}),
        json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": call}),
        json!({"jsonrpc": "2.0", "id": 3, "method": "resources/list"}),
        json!({"jsonrpc": "2.0", "id": 4, "method": "ping"}),
    ]
    .map(|message| message.to_string())
    .into()
}

/// The ids of the requests that are whole in so many bytes.
fn asked(bytes: usize) -> BTreeSet<u64> {
    let mut end = 0;
    let mut ids = BTreeSet::new();
    for message in conversation() {
        end += message.len();
        let value: Value = serde_json::from_str(&message).unwrap();
        ids.extend(value["id"].as_u64().filter(|_| end <= bytes));
        end += 1;
    }
    ids
}

/// A client that closes what it writes to after `sent` bytes, and what it reads from after `read`.
async fn talk(home: std::path::PathBuf, sent: usize, read: usize) -> Vec<u8> {
    let bytes = conversation().join("\n").into_bytes();
    let (mut requests, input) = tokio::io::duplex(64);
    let (output, mut answers) = tokio::io::duplex(64);
    let (_changes, changed) = mpsc::channel(1);
    let server = tokio::spawn(octally_mcp::serve(setup(&home), input, output, changed));
    let writing = tokio::spawn(async move {
        // Nobody may be there to read it.
        let _ = requests.write_all(&bytes[..sent]).await;
        (read < usize::MAX).then_some(requests)
    });
    let mut found = Vec::new();
    let limit = u64::try_from(read).unwrap();
    (&mut answers)
        .take(limit)
        .read_to_end(&mut found)
        .await
        .unwrap();
    drop(answers);
    let _open = writing.await.unwrap();
    server.await.unwrap();
    found
}

async fn every(clients: impl Iterator<Item = (usize, usize)>, home: &std::path::Path) {
    let mut clients = clients.peekable();
    let mut talking = JoinSet::new();
    while clients.peek().is_some() || !talking.is_empty() {
        while let Some((sent, read)) = clients.next_if(|_| talking.len() < AT_ONCE) {
            let home = home.to_owned();
            talking.spawn(async move {
                let talk = tokio::time::timeout(PATIENCE, talk(home, sent, read)).await;
                (sent, read, talk)
            });
        }
        let (sent, read, found) = talking.join_next().await.unwrap().unwrap();
        let Ok(found) = found else {
            panic!("{sent} bytes were sent and {read} read: the server goes on");
        };
        if read == usize::MAX {
            let lines = found
                .split(|byte| *byte == b'\n')
                .filter(|line| !line.is_empty());
            let answers = lines.map(|line| serde_json::from_slice::<Value>(line).unwrap());
            let ids: BTreeSet<u64> = answers.filter_map(|answer| answer["id"].as_u64()).collect();
            assert_eq!(ids, asked(sent), "after {sent} bytes");
        }
    }
}

#[tokio::test]
async fn requests_that_end_anywhere_are_answered_as_far_as_they_are_whole() {
    let home = tempfile::tempdir().unwrap();
    let all = conversation().join("\n").len();
    every(
        (0..=all)
            .step_by(3)
            .chain([all])
            .map(|sent| (sent, usize::MAX)),
        home.path(),
    )
    .await;
}

#[tokio::test]
async fn a_client_that_stops_reading_anywhere_ends_its_server() {
    let home = tempfile::tempdir().unwrap();
    let all = conversation().join("\n").len();
    every((0..900).step_by(7).map(|read| (all, read)), home.path()).await;
}
