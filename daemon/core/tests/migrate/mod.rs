// SPDX-License-Identifier: GPL-3.0-or-later
//! Turns a database of OpenCode 1 into one that OpenCode 2 has taken over, and lets both go on with it.
//!
//! Rows keep their ids and figures, totals are summed again over all messages, a compaction loses its
//! figures, the old tables stay as they are, the events are gone and the numbers begin again.

use std::path::Path;

use rusqlite::{Connection, params};

/// After everything in the fixtures, Unix milliseconds.
pub const MIGRATED_MS: i64 = 1_796_000_000_000;

/// In the order of columns that a migrated file has.
const TABLES: &str = "
    DROP TABLE IF EXISTS session_message;
    CREATE TABLE session_v2 (id text PRIMARY KEY, project_id text NOT NULL, workspace_id text, parent_id text,
        fork_session_id text, fork_boundary text, slug text NOT NULL, directory text NOT NULL, path text,
        title text, version text NOT NULL, cost real DEFAULT 0 NOT NULL,
        tokens_input integer DEFAULT 0 NOT NULL, tokens_output integer DEFAULT 0 NOT NULL,
        tokens_reasoning integer DEFAULT 0 NOT NULL, tokens_cache_read integer DEFAULT 0 NOT NULL,
        tokens_cache_write integer DEFAULT 0 NOT NULL, agent text, model text, time_created integer NOT NULL,
        time_updated integer NOT NULL, time_archived integer, time_suspended integer,
        resume_attempts integer DEFAULT 0 NOT NULL, time_idle integer);
    CREATE TABLE session_message (id text PRIMARY KEY, session_id text NOT NULL, type text NOT NULL,
        seq integer NOT NULL, time_created integer NOT NULL, time_updated integer NOT NULL, data text NOT NULL,
        FOREIGN KEY (session_id) REFERENCES session_v2 (id) ON DELETE CASCADE);
    CREATE UNIQUE INDEX session_message_seq ON session_message (session_id, seq);
    CREATE INDEX session_message_type ON session_message (session_id, type, seq);
    CREATE TABLE kv (key text PRIMARY KEY, value text NOT NULL, time_created integer NOT NULL,
        time_updated integer NOT NULL);
    CREATE TABLE IF NOT EXISTS event_sequence (aggregate_id text PRIMARY KEY, seq integer NOT NULL);
    DELETE FROM event_sequence;";

/// One session, its totals summed over all of its assistant messages.
const SESSION: &str = "
    INSERT INTO session_v2 (id, project_id, parent_id, slug, directory, title, version, time_created,
        time_updated, time_archived, cost, tokens_input, tokens_output, tokens_reasoning, tokens_cache_read,
        tokens_cache_write)
    SELECT s.id, s.project_id, s.parent_id, s.slug, s.directory, s.title, s.version, s.time_created,
        s.time_updated, s.time_archived, total(m.data ->> '$.cost'),
        coalesce(sum(m.data ->> '$.tokens.input'), 0), coalesce(sum(m.data ->> '$.tokens.output'), 0),
        coalesce(sum(m.data ->> '$.tokens.reasoning'), 0),
        coalesce(sum(m.data ->> '$.tokens.cache.read'), 0),
        coalesce(sum(m.data ->> '$.tokens.cache.write'), 0)
    FROM session AS s
    LEFT JOIN message AS m ON m.session_id = s.id AND m.data ->> '$.role' = 'assistant'
    WHERE s.id = ?1 GROUP BY s.id";

/// Its rows. `json_patch` leaves out what is null.
const ROWS: &str = "
    INSERT INTO session_message
    SELECT id, session_id, type, row_number() OVER (ORDER BY time_created, id) - 1, time_created,
        coalesce(data ->> '$.time.completed', time_created), data
    FROM (
        SELECT m.id, m.session_id, m.time_created,
            CASE WHEN a.id IS NULL THEN 'user' ELSE 'compaction' END AS type,
            json_object('time', json_object('created', m.time_created)) AS data
        FROM message AS m LEFT JOIN message AS a
            ON a.session_id = m.session_id AND a.data ->> '$.parentID' = m.id AND a.data ->> '$.summary' = 1
        WHERE m.session_id = ?1 AND m.data ->> '$.role' = 'user'
      UNION ALL
        SELECT id, session_id, time_created, 'assistant', json_patch('{}', json_object(
            'agent', coalesce(data ->> '$.agent', data ->> '$.mode'),
            'model', json_object('providerID', data ->> '$.providerID', 'id', data ->> '$.modelID',
                'variant', 'default'),
            'content', json_array(), 'time', data -> '$.time', 'cost', data -> '$.cost',
            'finish', coalesce(data ->> '$.finish', iif(data -> '$.error' IS NULL, NULL, 'error')),
            'error', iif(data -> '$.error' IS NULL, NULL, json_object('type', data ->> '$.error.name')),
            'tokens', json_object('input', data -> '$.tokens.input', 'output', data -> '$.tokens.output',
                'reasoning', data -> '$.tokens.reasoning', 'cache', data -> '$.tokens.cache')))
        FROM message WHERE session_id = ?1 AND data ->> '$.role' = 'assistant'
            AND data ->> '$.summary' IS NOT 1
    )";

pub struct Migrated {
    pub connection: Connection,
}

impl Migrated {
    /// Takes over the first `sessions` sessions of a file, from the newest on; all of them are the end
    /// of the migration.
    pub fn begin(path: &Path, sessions: usize) -> Self {
        let connection = Connection::open(path).unwrap();
        connection.execute_batch(TABLES).unwrap();
        let ids: Vec<String> = connection
            .prepare("SELECT id FROM session ORDER BY id DESC")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<rusqlite::Result<_>>()
            .unwrap();
        let migrated = Self { connection };
        for id in ids.iter().take(sessions) {
            migrated.take_over(id);
        }
        migrated.note(sessions >= ids.len());
        migrated
    }

    /// Goes on with a migration that has not ended: false where that was the last session.
    #[allow(
        dead_code,
        clippy::allow_attributes,
        reason = "not every test that shares this needs it"
    )]
    pub fn go_on(&self) -> bool {
        let sql = "SELECT id FROM session WHERE id NOT IN (SELECT id FROM session_v2)
            ORDER BY id DESC LIMIT 2";
        let mut statement = self.connection.prepare(sql).unwrap();
        let ids = statement.query_map([], |row| row.get(0)).unwrap();
        let ids: Vec<String> = ids.collect::<rusqlite::Result<_>>().unwrap();
        let all = self.connection.unchecked_transaction().unwrap();
        if let Some(id) = ids.first() {
            self.take_over(id);
        }
        self.note(ids.len() < 2);
        all.commit().unwrap();
        ids.len() > 1
    }

    fn take_over(&self, id: &str) {
        self.connection.execute(SESSION, [id]).unwrap();
        self.connection.execute(ROWS, [id]).unwrap();
        let last = "SELECT ?1, count(*) - 1 FROM session_message WHERE session_id = ?1";
        let sql = format!("INSERT INTO event_sequence (aggregate_id, seq) {last}");
        self.connection.execute(&sql, [id]).unwrap();
    }

    fn note(&self, is_over: bool) {
        let phase = if is_over {
            r#"{"phase":"completed"}"#
        } else {
            r#"{"phase":"sessions","cursor":"ses_"}"#
        };
        let sql = "INSERT OR REPLACE INTO kv VALUES ('migration.v1-v2', ?1, ?2, ?2)";
        let row = params![phase, MIGRATED_MS];
        self.connection.execute(sql, row).unwrap();
    }

    /// OpenCode 1 writes a call into its own tables.
    pub fn call_of_1(&self, id: &str, session: &str, created_ms: i64, input: u32) {
        let data = format!(
            r#"{{"role":"assistant","agent":"build","cost":0.001,"tokens":{{"total":{},"input":{input},"output":10,"reasoning":2,"cache":{{"write":0,"read":0}}}},"modelID":"test-model","providerID":"mock","time":{{"created":{created_ms},"completed":{created_ms}}},"finish":"stop"}}"#,
            input + 12
        );
        let sql = "INSERT INTO message VALUES (?1, ?2, ?3, ?3, ?4)";
        self.connection
            .execute(sql, params![id, session, created_ms, data])
            .unwrap();
    }

    /// OpenCode 1 begins a session.
    #[allow(
        dead_code,
        clippy::allow_attributes,
        reason = "not every test that shares this needs it"
    )]
    pub fn session_of_1(&self, id: &str, created_ms: i64) {
        let sql =
            "INSERT INTO session (id, project_id, slug, directory, title, version, time_created,
                time_updated)
             SELECT ?1, project_id, ?1, directory, 'late', '1.18.33', ?2, ?2 FROM session LIMIT 1";
        self.connection
            .execute(sql, params![id, created_ms])
            .unwrap();
    }

    /// OpenCode 2 ends a call in a session it has taken over; without an id it is one that only the
    /// totals know.
    pub fn call_of_2(&self, id: Option<&str>, session: &str, created_ms: i64, input: u32) {
        let sql = "UPDATE session_v2 SET cost = cost + 0.002, tokens_input = tokens_input + ?2,
             tokens_output = tokens_output + 20, time_updated = ?3 WHERE id = ?1";
        self.connection
            .execute(sql, params![session, input, created_ms])
            .unwrap();
        let Some(id) = id else { return };
        let data = format!(
            r#"{{"time":{{"created":{created_ms},"completed":{created_ms}}},"agent":"build","model":{{"id":"test-model","providerID":"mock"}},"content":[],"finish":"stop","cost":0.002,"tokens":{{"input":{input},"output":20,"reasoning":0,"cache":{{"read":0,"write":0}}}}}}"#
        );
        let sql = "INSERT INTO session_message
             SELECT ?1, ?2, 'assistant', coalesce(max(seq), 0) + 5, ?3, ?3, ?4
             FROM session_message WHERE session_id = ?2";
        self.connection
            .execute(sql, params![id, session, created_ms, data])
            .unwrap();
    }

    /// OpenCode 2 forks a session: rows are copied with their times, the totals begin at 0.
    #[allow(
        dead_code,
        clippy::allow_attributes,
        reason = "not every test that shares this needs it"
    )]
    pub fn fork_of_2(&self, id: &str, of: &str, created_ms: i64) {
        let sql = "INSERT INTO session_v2 (id, project_id, fork_session_id, slug, directory, version,
                time_created, time_updated)
             SELECT ?1, project_id, id, ?1, directory, '2.0.26', ?3, ?3 FROM session_v2 WHERE id = ?2";
        self.connection
            .execute(sql, params![id, of, created_ms])
            .unwrap();
        let sql = "INSERT INTO session_message
             SELECT ?1 || '_' || seq, ?1, type, seq, time_created, time_updated, data
             FROM session_message WHERE session_id = ?2";
        self.connection.execute(sql, params![id, of]).unwrap();
    }
}
