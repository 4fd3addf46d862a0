// SPDX-License-Identifier: GPL-3.0-or-later
//! What OpenCode would write: a database in WAL mode, and the plugin's stats.json.

use std::path::Path;

use rusqlite::{Connection, params};

use crate::world::now_ms;

/// The tables that are read, as OpenCode 1.18 makes them.
const SCHEMA: &str = "
    PRAGMA journal_mode = WAL;
    CREATE TABLE project (id text PRIMARY KEY, worktree text NOT NULL, name text);
    CREATE TABLE session (id text PRIMARY KEY, project_id text NOT NULL, parent_id text,
        directory text NOT NULL, title text NOT NULL, agent text, time_created integer NOT NULL,
        time_updated integer NOT NULL, time_archived integer);
    CREATE TABLE message (id text PRIMARY KEY, session_id text NOT NULL,
        time_created integer NOT NULL, time_updated integer NOT NULL, data text NOT NULL);
    CREATE INDEX message_session ON message (session_id, time_created, id);
    CREATE TABLE event_sequence (aggregate_id text PRIMARY KEY, seq integer NOT NULL);
    INSERT INTO project VALUES ('p', '/home/dev/project', NULL);";

pub const SESSION: &str = "ses_1";

/// The database of a running OpenCode: the connection stays open, and so does the WAL.
pub struct OpenCode {
    connection: Connection,
}

impl OpenCode {
    /// Makes the folder and the database with one session.
    pub fn start(dir: &Path) -> Self {
        std::fs::create_dir_all(dir).unwrap();
        let connection = Connection::open(dir.join("opencode.db")).unwrap();
        connection.execute_batch(SCHEMA).unwrap();
        connection
            .execute(
                "INSERT INTO session VALUES (?, 'p', NULL, '/home/dev/project', 'a secret title',
                 'build', ?2, ?2, NULL)",
                params![SESSION, now_ms()],
            )
            .unwrap();
        Self { connection }
    }

    /// Gives the session another title.
    pub fn rename(&self, title: &str) {
        let sql = "UPDATE session SET title = ?, time_updated = ? WHERE id = ?";
        let changed = self
            .connection
            .execute(sql, params![title, now_ms(), SESSION]);
        changed.unwrap();
    }

    /// An answered model call: 100 input and 20 output tokens for half a dollar.
    pub fn step(&self, id: &str) {
        let at_ms = now_ms();
        let data = format!(
            r#"{{"parentID":"msg_user","role":"assistant","mode":"build","agent":"build",
            "cost":0.5,"tokens":{{"input":100,"output":20,"reasoning":0,
            "cache":{{"read":0,"write":0}}}},"modelID":"test-model","providerID":"mock",
            "time":{{"created":{at_ms},"completed":{at_ms}}},"finish":"stop"}}"#
        );
        let sql = "INSERT INTO message VALUES (?, ?, ?3, ?3, ?)";
        let transaction = self.connection.unchecked_transaction().unwrap();
        transaction
            .execute(sql, params![id, SESSION, at_ms, data])
            .unwrap();
        let bump = "INSERT INTO event_sequence VALUES (?, 1)
                    ON CONFLICT DO UPDATE SET seq = seq + 1";
        transaction.execute(bump, [SESSION]).unwrap();
        transaction.commit().unwrap();
    }
}

/// Replaces stats.json the way the plugin does: one run of process `pid` with one session.
pub fn write_stats(dir: &Path, pid: u32, state: &str, since_ms: i64) {
    let waiting_for = if state == "waiting" {
        "\"permission\""
    } else {
        "null"
    };
    let text = format!(
        r#"{{"session":{{"totalTokens":0,"tokensByModel":{{}},"totalCost":0,"costsByModel":{{}},
        "startTime":{since_ms},"lastActivity":{since_ms},"isIdle":false,"idleSince":null}},
        "daily":{{"date":"2026-11-20","totalTokens":0,"tokensByModel":{{}},"totalCost":0,
        "costsByModel":{{}}}},"total":{{"installDate":1,"totalTokens":0,"tokensByModel":{{}},
        "totalCost":0,"costsByModel":{{}}}},
        "octally":{{"format":1,"plugin":"0.1.0","runs":[{{"id":"run-1","pid":{pid},
        "pid_start_ticks":null,"pid_namespace":null,"boot_id":null,"opencode":"1.18.33",
        "started_ms":{since_ms},"last_activity_ms":{since_ms},"ended_ms":null,"models":{{}},
        "sessions":[{{"id":"{SESSION}","parent":null,"state":"{state}",
        "waiting_for":{waiting_for},"since_ms":{since_ms},"last_activity_ms":{since_ms}}}],
        "latest_steps":[]}}]}}}}"#
    );
    let temporary = dir.join("stats.json.tmp");
    std::fs::write(&temporary, text).unwrap();
    std::fs::rename(temporary, dir.join("stats.json")).unwrap();
}
