// SPDX-License-Identifier: GPL-3.0-or-later
//! A small database of OpenCode 2 with one session, written to while a meter with a clock of its own reads
//! it. Figures are input tokens.

#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "not every test that shares this needs all of it"
)]

use std::path::{Path, PathBuf};

use octally_core::meter::{Host, Meter};
use octally_core::model::{DAY_MS, Zone};
use octally_core::sync::{Depth, Origins, SyncReport};
use rusqlite::{Connection, params};

pub const SESSION: &str = "ses_1";
pub const MORNING_MS: i64 = 20_000 * DAY_MS + DAY_MS / 3;

const SCHEMA: &str = "
    PRAGMA journal_mode = WAL;
    CREATE TABLE project (id text PRIMARY KEY, worktree text NOT NULL, name text);
    CREATE TABLE session_v2 (id text PRIMARY KEY, project_id text NOT NULL, parent_id text,
        fork_session_id text, directory text NOT NULL, title text, version text NOT NULL,
        cost real DEFAULT 0 NOT NULL, tokens_input integer DEFAULT 0 NOT NULL,
        tokens_output integer DEFAULT 0 NOT NULL, tokens_reasoning integer DEFAULT 0 NOT NULL,
        tokens_cache_read integer DEFAULT 0 NOT NULL, tokens_cache_write integer DEFAULT 0 NOT NULL,
        agent text, time_created integer NOT NULL, time_updated integer NOT NULL, time_archived integer);
    CREATE TABLE session_message (id text PRIMARY KEY, session_id text NOT NULL, type text NOT NULL,
        seq integer NOT NULL, time_created integer NOT NULL, time_updated integer NOT NULL,
        data text NOT NULL);
    CREATE UNIQUE INDEX session_message_seq ON session_message (session_id, seq);
    CREATE INDEX session_message_type ON session_message (session_id, type, seq);
    CREATE TABLE event_sequence (aggregate_id text PRIMARY KEY, seq integer NOT NULL);
    CREATE TABLE kv (key text PRIMARY KEY, value text NOT NULL, time_created integer NOT NULL,
        time_updated integer NOT NULL);
    INSERT INTO project VALUES ('p', '/home/dev/p', NULL);";

pub struct World {
    folder: tempfile::TempDir,
    pub database: Connection,
    meter: Option<Meter>,
    now_ms: i64,
    files: u32,
    /// The session that OpenCode works on.
    pub session: String,
}

impl World {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("opencode")).unwrap();
        let database = Connection::open(folder.path().join("opencode/opencode.db")).unwrap();
        database.execute_batch(SCHEMA).unwrap();
        let sql = "INSERT INTO session_v2 (id, project_id, directory, version, time_created, time_updated)
             VALUES (?, 'p', '/home/dev/p', '2.0.26', ?2, ?2)";
        database.execute(sql, params![SESSION, MORNING_MS]).unwrap();
        let mut world = Self {
            folder,
            database,
            meter: None,
            now_ms: MORNING_MS,
            files: 0,
            session: SESSION.into(),
        };
        world.touch();
        world.restart();
        world
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("opencode").join(name)
    }

    fn ledger(&self) -> Connection {
        Connection::open(self.folder.path().join("ledger.db")).unwrap()
    }

    pub fn close(&mut self) {
        self.meter = None;
    }

    pub fn restart(&mut self) {
        self.close();
        let origins = Origins {
            data_dirs: vec![self.folder.path().join("opencode")],
            ..Origins::default()
        };
        let host = Host {
            id: "h".into(),
            label: "test".into(),
        };
        let ledger = self.folder.path().join("ledger.db");
        self.meter = Some(Meter::open(&ledger, origins, host).unwrap());
    }

    pub fn pass(&mut self, ms: i64) {
        self.now_ms += ms;
    }

    pub fn sync(&mut self, depth: Depth) -> SyncReport {
        let now_ms = self.now_ms + 1;
        let meter = self.meter.as_mut().unwrap();
        let report = meter.sync(depth, &Zone::utc(), now_ms, &mut |_| true);
        self.pass(10);
        report.unwrap()
    }

    pub fn assert_adds_up(&mut self) {
        self.sync(Depth::Thorough);
        let found = self.meter.as_ref().unwrap().reconcile(0).unwrap();
        assert!(found.adds_up, "{found:#?}");
    }

    pub fn meter(&self) -> &Meter {
        self.meter.as_ref().unwrap()
    }

    pub fn rebuild(&mut self) {
        let meter = self.meter.as_mut().unwrap();
        meter.rebuild(&Zone::utc()).unwrap();
    }

    /// A sync that is stopped as soon as it asks.
    pub fn stop(&mut self) {
        let now_ms = self.now_ms + 1;
        let meter = self.meter.as_mut().unwrap();
        let stopped = meter.sync(Depth::Quick, &Zone::utc(), now_ms, &mut |_| false);
        stopped.unwrap();
        self.pass(10);
    }

    /// OpenCode forks the session and goes on with the fork.
    pub fn fork(&mut self, id: &str) {
        self.pass(10);
        let sql = "INSERT INTO session_v2 (id, project_id, fork_session_id, directory, version,
                time_created, time_updated) VALUES (?, 'p', ?2, '/home/dev/p', '2.0.26', ?3, ?3)";
        let row = params![id, self.session, self.now_ms];
        self.database.execute(sql, row).unwrap();
        let sql = "INSERT INTO session_message
             SELECT ?1 || '_' || seq, ?1, type, seq, time_created, ?2, data
             FROM session_message WHERE session_id = ?3";
        let row = params![id, self.now_ms, self.session];
        self.database.execute(sql, row).unwrap();
        let sql = "INSERT INTO event_sequence SELECT ?, seq + 1 FROM event_sequence
             WHERE aggregate_id = ?";
        self.database.execute(sql, [id, &self.session]).unwrap();
        self.session = id.into();
        self.pass(10);
    }

    /// Something in the session changed.
    pub fn touch(&self) {
        let sql =
            "INSERT INTO event_sequence VALUES (?, 7) ON CONFLICT DO UPDATE SET seq = seq + 1";
        self.database.execute(sql, [&self.session]).unwrap();
    }

    /// As if the latest change had raised no event.
    pub fn untouch(&self) {
        let sql = "UPDATE event_sequence SET seq = seq - 1";
        self.database.execute(sql, []).unwrap();
    }

    /// The user says something.
    pub fn prompt(&mut self, id: &str) {
        let sql = "INSERT INTO session_message SELECT ?1, ?2, 'user', seq, ?3, ?3, '{}'
             FROM event_sequence WHERE aggregate_id = ?2";
        let row = params![id, self.session, self.now_ms];
        self.database.execute(sql, row).unwrap();
        self.touch();
        self.pass(10);
    }

    /// A call ends; without an id it is one that only the totals know.
    pub fn call(&mut self, id: Option<&str>, input: i64) {
        self.add_to_totals(input);
        if let Some(id) = id {
            self.insert(id, None, input);
        }
        self.touch();
        self.pass(10);
    }

    /// A call ends whose row has this number.
    pub fn row(&mut self, id: &str, seq: i64, input: i64) {
        self.add_to_totals(input);
        self.insert(id, Some(seq), input);
        self.touch();
        self.pass(10);
    }

    fn add_to_totals(&self, input: i64) {
        let sql =
            "UPDATE session_v2 SET tokens_input = tokens_input + ?, time_updated = ? WHERE id = ?";
        self.database
            .execute(sql, params![input, self.now_ms, self.session])
            .unwrap();
    }

    /// Without a number the row gets that of its event, which is never used again.
    fn insert(&self, id: &str, seq: Option<i64>, input: i64) {
        let at_ms = self.now_ms;
        let data = format!(
            r#"{{"time":{{"created":{at_ms},"completed":{at_ms}}},"agent":"build","model":{{"id":"m","providerID":"p"}},"content":[],"finish":"stop","cost":0,"tokens":{{"input":{input},"output":0,"reasoning":0,"cache":{{"read":0,"write":0}}}}}}"#
        );
        let sql = "INSERT INTO session_message SELECT ?1, ?2, 'assistant',
             coalesce(?3, (SELECT seq FROM event_sequence WHERE aggregate_id = ?2)), ?4, ?4, ?5";
        self.database
            .execute(sql, params![id, self.session, seq, at_ms, data])
            .unwrap();
    }

    pub fn data(&self, id: &str) -> String {
        let sql = "SELECT data FROM session_message WHERE id = ?";
        self.database
            .query_row(sql, [id], |row| row.get(0))
            .unwrap()
    }

    pub fn write(&self, id: &str, data: &str) {
        let sql = "UPDATE session_message SET data = ?2 WHERE id = ?1";
        self.database.execute(sql, [id, data]).unwrap();
        self.touch();
    }

    /// The last rows are gone, the totals stay.
    pub fn revert(&self, rows: u32) {
        let sql = "DELETE FROM session_message WHERE id IN
             (SELECT id FROM session_message WHERE session_id = ? ORDER BY seq DESC LIMIT ?)";
        self.database
            .execute(sql, params![self.session, rows])
            .unwrap();
        self.touch();
    }

    /// The session is gone with all that it had.
    pub fn delete(&self) {
        for sql in [
            "DELETE FROM session_message WHERE session_id = ?",
            "DELETE FROM session_v2 WHERE id = ?",
            "DELETE FROM event_sequence WHERE aggregate_id = ?",
        ] {
            self.database.execute(sql, [&self.session]).unwrap();
        }
    }

    /// A row, if it is of today, gets other figures; the totals hold both. Returns what was added.
    pub fn retry(&mut self, id: &str, input: i64) -> i64 {
        let sql = "UPDATE session_message SET data = json_set(data, '$.tokens.input', ?1), time_updated = ?4
             WHERE id = ?3 AND time_created >= ?2";
        let today_ms = self.now_ms.div_euclid(DAY_MS) * DAY_MS;
        let rows = self
            .database
            .execute(sql, params![input, today_ms, id, self.now_ms])
            .unwrap();
        if rows == 0 {
            return 0;
        }
        self.add_to_totals(input);
        self.touch();
        self.pass(10);
        input
    }

    /// The totals are smaller by so much, and nothing else is different.
    pub fn set_back(&self, input: i64) {
        let sql = "UPDATE session_v2 SET tokens_input = tokens_input - ? WHERE id = ?";
        self.database
            .execute(sql, params![input, self.session])
            .unwrap();
        self.touch();
    }

    /// A copy as it is now, beside the database.
    pub fn copy_to(&mut self, name: &str) -> PathBuf {
        let path = self.path(name);
        let text = path.display().to_string();
        self.database.execute("VACUUM INTO ?", [text]).unwrap();
        path
    }

    /// Puts a file in the database's place, with another event number, and returns where that went.
    pub fn replace_by(&mut self, other: &Path) -> PathBuf {
        self.files += 1;
        let kept = self.copy_to(&format!("kept-{}", self.files));
        self.database = Connection::open_in_memory().unwrap();
        // Another file, not the same one with other bytes.
        std::fs::copy(other, self.path("new")).unwrap();
        std::fs::rename(self.path("new"), self.path("opencode.db")).unwrap();
        for end in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(self.path(&format!("opencode.db{end}")));
        }
        self.database = Connection::open(self.path("opencode.db")).unwrap();
        self.database
            .execute_batch("PRAGMA journal_mode = WAL")
            .unwrap();
        kept
    }

    pub fn total(&self) -> i64 {
        let sql = "SELECT coalesce(sum(input), 0) FROM quarter";
        self.ledger().query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// The input of each day that has any, oldest first.
    pub fn days(&self) -> Vec<i64> {
        self.list("SELECT sum(input) FROM day GROUP BY day HAVING sum(input) > 0 ORDER BY day")
    }

    /// The steps that the remainder is recorded as, oldest first.
    pub fn remainders(&self) -> Vec<i64> {
        self.list(
            "SELECT input FROM step WHERE uid LIKE '%#remainder%' AND is_counted ORDER BY created_ms, id",
        )
    }

    /// Steps that are marked as gone.
    pub fn gone(&self) -> i64 {
        self.list("SELECT count(*) FROM step WHERE gone IS NOT NULL")[0]
    }

    pub fn newest_ms(&self) -> i64 {
        self.list("SELECT max(created_ms) FROM step")[0]
    }

    pub fn session_of(&self, step_id: &str) -> String {
        let sql = "SELECT session.uid FROM step JOIN session ON session.id = session_id WHERE step.uid = ?";
        self.ledger()
            .query_row(sql, [step_id], |row| row.get(0))
            .unwrap()
    }

    fn list(&self, sql: &str) -> Vec<i64> {
        let ledger = self.ledger();
        let mut statement = ledger.prepare(sql).unwrap();
        let found = statement.query_map([], |row| row.get(0)).unwrap();
        found.collect::<rusqlite::Result<_>>().unwrap()
    }
}
