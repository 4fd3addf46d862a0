// SPDX-License-Identifier: GPL-3.0-or-later
//! Clients that send garbage, flood or disappear: each gets a clear error, and nothing is lost.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod client;
#[path = "../../core/tests/mutate/mod.rs"]
mod mutate;

use std::collections::HashSet;

use client::{Client, meta};
use mutate::{Random, damage};
use serde_json::{Value, json};

const CALL: &str = r#"{"jsonrpc":"2.0","id":"still here","method":"ping"}"#;

async fn still_answers(client: &mut Client) {
    client.write(format!("\n{CALL}\n").as_bytes()).await;
    loop {
        let answer = client.next().await.expect("the server ended");
        if answer["id"] == "still here" {
            return;
        }
    }
}

#[tokio::test]
async fn a_line_that_is_no_message_costs_only_itself() {
    let mut client = Client::begun("2025-06-18").await;
    for (line, code) in [
        ("garbage", -32700),
        ("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":", -32700),
        ("\u{0}\u{1}", -32700),
        ("[]", -32600),
        ("7", -32600),
        ("{\"id\":1,\"method\":\"ping\"}", -32600),
        ("{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":7}", -32600),
    ] {
        client.write(format!("{line}\n").as_bytes()).await;
        let answer = client.next().await.unwrap();
        assert_eq!(answer["error"]["code"], code, "{line}: {answer}");
        assert!(!answer["error"]["message"].as_str().unwrap().is_empty());
    }
    client.write(b"\xff\xfe\n\n \r\n").await;
    assert_eq!(client.next().await.unwrap()["error"]["code"], -32700);
    still_answers(&mut client).await;
    client.end().await;
}

#[tokio::test]
async fn nested_brackets_do_not_exhaust_the_stack() {
    let mut client = Client::begun("2025-06-18").await;
    let deep = format!("{}\n", "[".repeat(200_000));
    client.write(deep.as_bytes()).await;
    assert_eq!(client.next().await.unwrap()["error"]["code"], -32700);
    still_answers(&mut client).await;
    client.end().await;
}

#[tokio::test]
async fn a_line_of_ten_megabytes_is_refused_and_the_next_one_read() {
    let mut client = Client::begun("2025-06-18").await;
    let long = vec![b'x'; 10_000_000];
    client.write(&long).await;
    client.write(b"\n").await;
    let answer = client.next().await.unwrap();
    assert_eq!(answer["error"]["code"], -32600);
    assert!(
        answer["error"]["message"]
            .as_str()
            .unwrap()
            .contains("longer than")
    );
    still_answers(&mut client).await;
    client.end().await;
}

#[tokio::test]
async fn what_comes_before_the_first_request_is_passed_over() {
    let mut client = Client::new();
    client.write(b"hello\n").await;
    assert_eq!(client.next().await.unwrap()["error"]["code"], -32700);
    for early in [
        json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        json!({"jsonrpc": "2.0", "id": 9, "result": {}}),
    ] {
        client.send(&early).await;
    }
    let early = client.call("tools/list", json!({})).await;
    assert!(
        early["error"]["message"]
            .as_str()
            .unwrap()
            .contains("_meta"),
        "{early}"
    );
    client.initialize("2025-06-18").await;
    still_answers(&mut client).await;
    client.end().await;
}

#[tokio::test]
async fn a_batch_is_answered_one_by_one() {
    let mut client = Client::begun("2025-03-26").await;
    let batch = json!([
        {"jsonrpc": "2.0", "id": "a", "method": "ping"},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        5,
        {"jsonrpc": "2.0", "id": "b", "method": "tools/list"},
    ]);
    client.send(&batch).await;
    let mut seen = HashSet::new();
    for _ in 0..3 {
        let answer = client.next().await.unwrap();
        seen.insert(answer.get("id").and_then(Value::as_str).map(str::to_owned));
    }
    assert_eq!(
        seen,
        HashSet::from([Some("a".into()), Some("b".into()), None])
    );
    client.end().await;
}

/// The flood is read no faster than it is answered, so it is sent while the answers are read.
#[tokio::test]
async fn ten_thousand_requests_at_once_are_all_answered() {
    const REQUESTS: usize = 10_000;
    let mut client = Client::begun("2025-06-18").await;
    let params = json!({"name": "usage_summary", "arguments": {}});
    let line = |id| {
        format!(
            "{}\n",
            json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params})
        )
    };
    let mut answered = HashSet::new();
    let mut take = |answer: Value| {
        assert_eq!(answer["result"]["isError"], false, "{answer}");
        assert!(answered.insert(answer["id"].as_u64().unwrap()));
    };
    let mut waiting = 0;
    for id in 1_000_000..1_000_000 + REQUESTS {
        client.write(line(id).as_bytes()).await;
        waiting += 1;
        // More than are worked on at once, and less than the streams hold.
        if waiting == 200 {
            take(client.next().await.unwrap());
            waiting -= 1;
        }
    }
    for _ in 0..waiting {
        take(client.next().await.unwrap());
    }
    assert_eq!(answered.len(), REQUESTS);
    client.end().await;
}

/// Without this, requests of one id would not count as several, and a flood of them fill the memory.
#[tokio::test]
async fn an_id_that_is_still_open_is_refused_without_it() {
    let mut client = Client::begun("2025-06-18").await;
    let ask = json!({"jsonrpc": "2.0", "id": "twice", "method": "tools/call",
        "params": {"name": "usage_summary", "arguments": {}}});
    client.write(format!("{ask}\n{ask}\n").as_bytes()).await;
    let (one, other) = (client.next().await.unwrap(), client.next().await.unwrap());
    let (refused, answered) = if one["id"] == "twice" {
        (other, one)
    } else {
        (one, other)
    };
    assert_eq!(answered["id"], "twice");
    assert!(answered["error"].is_null(), "{answered}");
    if refused["id"].is_null() {
        assert_eq!(refused["error"]["code"], -32600, "{refused}");
    }
    // Once it is answered the id is free again.
    client.send(&ask).await;
    assert_eq!(client.next().await.unwrap()["id"], "twice");
    client.end().await;
}

/// A question that nobody waits for any more costs nothing, so the end is not far.
#[tokio::test]
async fn a_flood_that_is_cancelled_or_repeats_its_id_does_not_delay_the_end() {
    let mut client = Client::begun("2025-06-18").await;
    let ask = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": "usage_summary", "arguments": {}}});
    let cancel =
        json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}});
    for _ in 0..300 {
        client.write(format!("{ask}\n{cancel}\n").as_bytes()).await;
    }
    still_answers(&mut client).await;
    client.end().await;
}

#[tokio::test]
async fn an_end_amid_a_request_is_an_end() {
    let mut client = Client::begun("2025-06-18").await;
    client.write(br#"{"jsonrpc":"2.0","id":1,"meth"#).await;
    client.end().await;
    Client::new().end().await;
}

#[tokio::test]
async fn a_client_that_is_gone_ends_the_server() {
    Client::new().vanish().await;
    let mut client = Client::begun("2025-06-18").await;
    for id in 0..50 {
        let params = json!({"name": "usage_summary", "arguments": {}});
        client
            .send(&json!({"jsonrpc": "2.0", "id": id + 100, "method": "tools/call", "params": params}))
            .await;
    }
    client.vanish().await;
}

#[tokio::test]
async fn too_many_subscriptions_are_refused() {
    let mut client = Client::begun("2025-06-18").await;
    let uri = "octally://metrics/summary";
    let answer = client
        .call("resources/subscribe", json!({"uri": uri}))
        .await;
    assert!(answer["error"].is_null(), "{answer}");
    let answer = client
        .call(
            "resources/subscribe",
            json!({"uri": "octally://sessions/x"}),
        )
        .await;
    assert_eq!(answer["error"]["code"], -32002, "{answer}");
    client.end().await;

    let mut client = Client::new();
    let uris: Vec<String> = (0..101)
        .map(|n| format!("octally://sessions/{n}"))
        .collect();
    let wish = json!({"notifications": {"resourceSubscriptions": uris}});
    let answer = client.call_alone("subscriptions/listen", wish).await;
    let message = answer["error"]["message"].as_str().unwrap();
    assert!(message.contains("no more than 100"), "{answer}");
    client.end().await;
}

#[tokio::test]
async fn every_seed_of_the_fuzz_target_leaves_the_server_answering() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/seeds/mcp_input");
    let seeds: Vec<_> = std::fs::read_dir(folder).unwrap().collect();
    assert!(!seeds.is_empty());
    for seed in seeds {
        let mut client = Client::begun("2025-03-26").await;
        let bytes = std::fs::read(seed.unwrap().path()).unwrap();
        client.write(&bytes).await;
        still_answers(&mut client).await;
        client.end().await;
    }
}

/// Messages that are right but for some bytes: the same ones for the same number.
#[tokio::test]
async fn damaged_messages_never_end_the_server() {
    let seeds = [
        json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "usage_summary",
            "arguments": {"since": "2026-11-01", "by": "day", "limit": 5, "project": "x"}}}),
        json!({"jsonrpc": "2.0", "id": 2, "method": "resources/read",
            "params": {"uri": "octally://models/a%2Fb"}}),
        json!({"jsonrpc": "2.0", "id": 3, "method": "completion/complete", "params": {
            "ref": {"type": "ref/prompt", "name": "weekly_review"},
            "argument": {"name": "project", "value": "p"}}}),
        json!({"jsonrpc": "2.0", "id": 4, "method": "prompts/get",
            "params": {"name": "weekly_review", "arguments": {"project": "x"}}}),
        json!({"jsonrpc": "2.0", "id": 5, "method": "resources/subscribe",
            "params": {"uri": "octally://metrics/summary"}}),
        json!([{"jsonrpc": "2.0", "id": 6, "method": "tools/list", "params": {"_meta": meta()}}]),
        json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 3}}),
    ];
    let mut client = Client::begun("2025-06-18").await;
    for seed in 0..400 {
        let mut random = Random::new(seed);
        let mut line = seeds[random.below(seeds.len())].to_string().into_bytes();
        damage(&mut line, &mut random);
        line.push(b'\n');
        client.write(&line).await;
        if seed % 20 == 0 {
            still_answers(&mut client).await;
        }
    }
    still_answers(&mut client).await;
    client.end().await;
}
