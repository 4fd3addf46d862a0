// SPDX-License-Identifier: GPL-3.0-or-later
//! A small OpenCode 1.18 database that tests write into while the meter reads it.

#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "not every test that shares this needs all of it"
)]

use std::path::{Path, PathBuf};

use octally_core::meter::{Host, Meter};
use octally_core::model::Zone;
use octally_core::sync::{Depth, Origins, SyncReport};
use rusqlite::{Connection, params};

pub const START_MS: i64 = 1_795_000_000_000;

/// The tables that matter, as OpenCode 1.18.33 makes them.
const SCHEMA: &str = "
    PRAGMA journal_mode = WAL;
    CREATE TABLE project (id text PRIMARY KEY, worktree text NOT NULL, name text);
    CREATE TABLE session (id text PRIMARY KEY, project_id text NOT NULL, parent_id text, directory text NOT NULL,
        title text NOT NULL, agent text, time_created integer NOT NULL, time_updated integer NOT NULL,
        time_archived integer);
    CREATE TABLE message (id text PRIMARY KEY, session_id text NOT NULL, time_created integer NOT NULL,
        time_updated integer NOT NULL, data text NOT NULL);
    CREATE INDEX message_session ON message (session_id, time_created, id);
    CREATE TABLE event_sequence (aggregate_id text PRIMARY KEY, seq integer NOT NULL);
    CREATE TABLE event (id text PRIMARY KEY, aggregate_id text NOT NULL, seq integer NOT NULL, type text NOT NULL,
        data text NOT NULL);
    INSERT INTO project VALUES ('p', '/home/dev/p', NULL);";

pub struct OpenCode {
    pub folder: tempfile::TempDir,
    pub connection: Connection,
}

impl OpenCode {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("opencode")).unwrap();
        let connection = Connection::open(folder.path().join("opencode/opencode.db")).unwrap();
        connection.execute_batch(SCHEMA).unwrap();
        Self { folder, connection }
    }

    #[allow(
        dead_code,
        clippy::allow_attributes,
        reason = "not every test that shares this needs it"
    )]
    pub fn database(&self) -> PathBuf {
        self.folder.path().join("opencode/opencode.db")
    }

    pub fn ledger(&self) -> PathBuf {
        self.folder.path().join("octally/ledger.db")
    }

    pub fn meter(&self) -> Meter {
        open_meter(&self.ledger(), &self.folder.path().join("opencode"))
    }

    pub fn session(&self, id: &str, parent: Option<&str>, created_ms: i64) {
        self.connection
            .execute(
                "INSERT INTO session (id, project_id, parent_id, directory, title, agent, time_created,
                    time_updated) VALUES (?, 'p', ?, '/home/dev/p', 'a title', 'build', ?, ?)",
                params![id, parent, created_ms, created_ms],
            )
            .unwrap();
        self.bump(id);
    }

    /// Writes an assistant message; again with the same id it replaces it.
    pub fn message(&self, id: &str, session: &str, created_ms: i64, updated_ms: i64, data: &str) {
        self.connection
            .execute(
                "INSERT INTO message VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO UPDATE SET time_updated = ?4, data = ?5",
                params![id, session, created_ms, updated_ms, data],
            )
            .unwrap();
        self.bump(session);
    }

    pub fn bump(&self, session: &str) {
        let count =
            "INSERT INTO event_sequence VALUES (?, 1) ON CONFLICT DO UPDATE SET seq = seq + 1";
        let log = "INSERT INTO event SELECT 'evt_' || hex(randomblob(8)), aggregate_id, seq, 'message.updated.1',
            '{}' FROM event_sequence WHERE aggregate_id = ?";
        for sql in [count, log] {
            self.connection.execute(sql, [session]).unwrap();
        }
    }
}

pub fn open_meter(ledger: &Path, data_dir: &Path) -> Meter {
    let origins = Origins {
        data_dirs: vec![data_dir.into()],
        ..Origins::default()
    };
    Meter::open(
        ledger,
        origins,
        Host {
            id: "h".into(),
            label: "test".into(),
        },
    )
    .unwrap()
}

#[allow(
    dead_code,
    clippy::allow_attributes,
    reason = "not every test that shares this needs it"
)]
pub fn sync(meter: &mut Meter, depth: Depth) -> SyncReport {
    meter
        .sync(depth, &Zone::utc(), START_MS + 1_000_000_000, &mut |_| true)
        .unwrap()
}

/// An answered call with these figures.
pub fn answer(turn: &str, created_ms: i64, input: u64, output: u64, cost_usd: f64) -> String {
    let total = input + output;
    format!(
        r#"{{"parentID":"{turn}","role":"assistant","mode":"build","agent":"build","cost":{cost_usd},"tokens":{{"total":{total},"input":{input},"output":{output},"reasoning":0,"cache":{{"write":0,"read":0}}}},"modelID":"m","providerID":"p","time":{{"created":{created_ms},"completed":{}}},"finish":"stop"}}"#,
        created_ms + 100
    )
}
