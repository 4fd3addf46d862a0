// SPDX-License-Identifier: GPL-3.0-or-later
//! What a client sends to `octally mcp`: any bytes, after a proper beginning.

#![no_main]

use libfuzzer_sys::fuzz_target;
use octally_core::meter::Host;
use octally_core::model::Zone;
use octally_core::sync::Origins;
use octally_mcp::Setup;
use tokio::io::AsyncReadExt;
use tokio::sync::mpsc;

const BEGINNING: &[u8] = br#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"f","version":"1"}}}
"#;

thread_local! {
    /// One ledger for all of them: making it takes longer than the rest.
    static FOLDER: tempfile::TempDir = tempfile::tempdir().expect("a temporary folder");
}

fuzz_target!(|bytes: &[u8]| FOLDER.with(|folder| ask(folder, bytes)));

fn ask(folder: &tempfile::TempDir, bytes: &[u8]) {
    let setup = Setup {
        ledger: folder.path().join("ledger.db"),
        origins: Origins::default(),
        host: Host {
            id: "h".into(),
            label: "fuzz".into(),
        },
        zone: Zone::utc(),
        idle_threshold_ms: 0,
        is_alive: |_| false,
        now_ms: || 1_795_132_800_000,
        budgets: |_| Vec::new(),
        config: folder.path().join("config.toml"),
        include_titles: false,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let input = std::io::Cursor::new([BEGINNING, bytes, b"\n"].concat());
        let (output, mut answers) = tokio::io::duplex(1 << 16);
        let (_sender, changes) = mpsc::channel(1);
        let reading = tokio::spawn(async move {
            let mut all = Vec::new();
            let _ = answers.read_to_end(&mut all).await;
            all
        });
        octally_mcp::serve(setup, input, output, changes).await;
        let answered = reading.await.expect("the answers");
        let first = answered.split(|byte| *byte == b'\n').next();
        assert!(first.is_some_and(|line| line.starts_with(b"{")), "no answer");
    });
}
