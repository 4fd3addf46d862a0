// SPDX-License-Identifier: GPL-3.0-or-later
//! A client of the server in this process, over a pair of streams in memory.

#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "each test binary uses a part of it"
)]

use std::time::Duration;

use octally_core::meter::Host;
use octally_core::model::Zone;
use octally_core::sync::{Depth, Origins};
use octally_mcp::Setup;
use serde_json::{Value, json};
use tokio::io::{
    AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf,
};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Nothing takes so long; a test that waits longer has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// A client and the server that it talks to.
pub struct Client {
    output: WriteHalf<DuplexStream>,
    input: Lines<BufReader<ReadHalf<DuplexStream>>>,
    served: JoinHandle<()>,
    pub changes: mpsc::Sender<Depth>,
    pub home: tempfile::TempDir,
    last_id: u64,
}

impl Client {
    /// A server without any data.
    pub fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let setup = Setup {
            ledger: home.path().join("ledger.db"),
            origins: Origins {
                data_dirs: vec![home.path().join("opencode")],
                ..Origins::default()
            },
            host: Host {
                id: "h".into(),
                label: "test".into(),
            },
            zone: Zone::utc(),
            idle_threshold_ms: 0,
            is_alive: |_| false,
            now_ms: || 1_795_132_800_000,
            budgets: |_| Vec::new(),
            config: home.path().join("config.toml"),
            include_titles: false,
        };
        let (here, there) = tokio::io::duplex(64 * 1024);
        let (sender, changes) = mpsc::channel(1);
        let (input, output) = tokio::io::split(there);
        let served = tokio::spawn(octally_mcp::serve(setup, input, output, changes));
        let (input, output) = tokio::io::split(here);
        Self {
            output,
            input: BufReader::new(input).lines(),
            served,
            changes: sender,
            home,
            last_id: 0,
        }
    }

    /// A client that has said hello as those of the first era do.
    pub async fn begun(version: &str) -> Self {
        let mut client = Self::new();
        client.initialize(version).await;
        client
    }

    pub async fn initialize(&mut self, version: &str) -> Value {
        let hello = json!({
            "protocolVersion": version, "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        });
        let answer = self.call("initialize", hello).await;
        self.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}))
            .await;
        answer["result"].clone()
    }

    /// Writes bytes as they are.
    pub async fn write(&mut self, bytes: &[u8]) {
        let written = self.output.write_all(bytes);
        tokio::time::timeout(PATIENCE, written)
            .await
            .unwrap()
            .unwrap();
    }

    pub async fn send(&mut self, message: &Value) {
        self.write(format!("{message}\n").as_bytes()).await;
    }

    /// The next line; `None` at the end.
    pub async fn next(&mut self) -> Option<Value> {
        let line = tokio::time::timeout(PATIENCE, self.input.next_line());
        let line = line.await.expect("no line came").unwrap()?;
        Some(serde_json::from_str(&line).unwrap())
    }

    /// A request; what else comes before its answer is passed over.
    pub async fn call(&mut self, method: &str, params: Value) -> Value {
        self.last_id += 1;
        let id = self.last_id;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))
            .await;
        loop {
            let answer = self.next().await.expect("the server ended");
            if answer["id"] == id {
                return answer;
            }
        }
    }

    /// A request of the era that says in each request who asks.
    pub async fn call_alone(&mut self, method: &str, mut params: Value) -> Value {
        params["_meta"] = meta();
        self.call(method, params).await
    }

    /// Says that there is no more to come, and waits for the server's end.
    pub async fn end(mut self) {
        self.output.shutdown().await.unwrap();
        tokio::time::timeout(PATIENCE, self.served)
            .await
            .expect("the server goes on without a client")
            .unwrap();
    }

    /// Is gone without a word.
    pub async fn vanish(self) {
        drop((self.input, self.output));
        tokio::time::timeout(PATIENCE, self.served)
            .await
            .expect("the server goes on without a client")
            .unwrap();
    }
}

/// What every request of the later era says of its sender.
pub fn meta() -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    })
}
