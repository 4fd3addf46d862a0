// SPDX-License-Identifier: GPL-3.0-or-later
//! A data folder with message files and tables of OpenCode 1 and 2, with so much in it that a reading takes a
//! while, and what a ledger holds of it.

#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "not every test that shares this needs all of it"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rusqlite::Connection;

/// Copies come before their originals, which are older than the session that the copies stand in. OpenCode copies
/// no message that it still writes.
const ROWS_OF_1: &str = "
    CREATE TEMP TABLE answer AS SELECT * FROM message
        WHERE data ->> '$.finish' = 'stop' AND data ->> '$.tokens.input' > 0 ORDER BY id LIMIT 1;
    CREATE TEMP TABLE fork AS SELECT * FROM session WHERE id = (SELECT session_id FROM answer);
    UPDATE fork SET id = 'ses_plenty', slug = 'plenty', time_created = time_created + 900000000;
    INSERT INTO session SELECT * FROM fork WHERE 'FIRST' = 'yes';
    CREATE TEMP TABLE new AS
        WITH RECURSIVE n (i) AS (SELECT FROM_ UNION ALL SELECT i + 1 FROM n WHERE i < TO_)
        SELECT i, session_id, time_created + i AS created, time_updated + i AS updated,
            json_set(data, '$.time.created', time_created + i, '$.tokens.input', i, '$.tokens.output', 7,
                '$.cost', i / 1e6) AS data
        FROM n, answer;
    UPDATE new SET data = json_remove(data, '$.tokens.total');
    INSERT INTO message SELECT 'msg_copy' || i, 'ses_plenty', created, updated + 900000000, data
        FROM new WHERE i % 7;
    INSERT INTO message SELECT 'msg_plenty' || i, session_id, created, updated, data FROM new;
    UPDATE event_sequence SET seq = seq + 1;";

const ROWS_OF_2: &str = "
    CREATE TEMP TABLE answer AS SELECT * FROM session_message
        WHERE type = 'assistant' AND data ->> '$.tokens.input' > 0 ORDER BY id LIMIT 1;
    CREATE TEMP TABLE new AS
        WITH RECURSIVE n (i) AS (SELECT FROM_ UNION ALL SELECT i + 1 FROM n WHERE i < TO_)
        SELECT i, session_id, time_created + i AS created, time_updated + i AS updated,
            json_set(data, '$.time.created', time_created + i, '$.tokens.input', i, '$.cost', i / 1e6) AS data
        FROM n, answer;
    INSERT INTO session_message
        SELECT 'msg_next' || i, session_id, 'assistant', 1000 + i, created, updated, data FROM new;
    UPDATE session_v2 SET (cost, tokens_input, tokens_output, tokens_reasoning, tokens_cache_read,
            tokens_cache_write) = (
        SELECT cost + sum(data ->> '$.cost'), tokens_input + sum(data ->> '$.tokens.input'),
            tokens_output + sum(data ->> '$.tokens.output'),
            tokens_reasoning + sum(data ->> '$.tokens.reasoning'),
            tokens_cache_read + sum(data ->> '$.tokens.cache.read'),
            tokens_cache_write + sum(data ->> '$.tokens.cache.write') FROM new)
        WHERE id = (SELECT session_id FROM answer);
    UPDATE event_sequence SET seq = seq + 1;";

/// Some rows are written again and some are deleted, as OpenCode does in between.
const CHANGES: &str = "
    UPDATE message SET data = json_set(data, '$.tokens.output', 8), time_updated = (SELECT max(time_updated) + 1 FROM message)
        WHERE id LIKE 'msg_plenty%' AND substr(id, 11) % 7 = 0;
    DELETE FROM message WHERE id LIKE 'msg_plenty%' AND substr(id, 11) % 50 = 3;
    UPDATE event_sequence SET seq = seq + 1;";

/// A data folder of OpenCode.
pub struct Plenty {
    dir: PathBuf,
    first: u32,
}

impl Plenty {
    /// Puts the fixtures and `count` more calls of each kind into `dir`.
    pub fn begin(dir: &Path, count: u32) -> Self {
        let copy = |fixture: &str, file: &str| {
            let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/tests/fixtures");
            let from = fixtures.join(fixture).join("opencode/opencode.db");
            fs::copy(from, dir.join(file)).unwrap();
        };
        fs::create_dir_all(dir).unwrap();
        copy("v1-fork-subagent-1.18.33", "opencode.db");
        copy("v2-stable-synthetic", "opencode-next.db");
        let mut plenty = Self {
            dir: dir.into(),
            first: 1,
        };
        plenty.append(count);
        plenty
    }

    /// `count` more calls of each kind; some of the earlier ones change or go.
    pub fn go_on(&mut self, count: u32) {
        self.append(count);
        self.change("opencode.db", CHANGES);
    }

    fn append(&mut self, count: u32) {
        let (from, to) = (self.first, self.first + count);
        self.first = to;
        let is_first = if from == 1 { "yes" } else { "no" };
        let fill = |sql: &str| {
            sql.replace("FROM_", &from.to_string())
                .replace("TO_", &(to - 1).to_string())
                .replace("FIRST", is_first)
        };
        self.change("opencode.db", &fill(ROWS_OF_1));
        self.change("opencode-next.db", &fill(ROWS_OF_2));
        for number in from..to {
            self.write_file(number);
        }
    }

    fn change(&self, name: &str, sql: &str) {
        let database = Connection::open(self.dir.join(name)).unwrap();
        database.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
        database
            .execute_batch(&format!("BEGIN; {sql} COMMIT"))
            .unwrap();
    }

    fn write_file(&self, number: u32) {
        let session = format!("ses_file{}", number % 40);
        let folder = self.dir.join("storage/message").join(&session);
        fs::create_dir_all(&folder).unwrap();
        let at_ms = 1_795_000_000_000 + i64::from(number) * 1_000;
        let text = format!(
            r#"{{"id":"msg_file{number}","sessionID":"{session}","role":"assistant","parentID":"msg_user",
            "mode":"build","agent":"build","finish":"stop","cost":0.25,"modelID":"test-model",
            "providerID":"mock","tokens":{{"input":{number},"output":20,"reasoning":3,
            "cache":{{"read":5,"write":0}}}},"time":{{"created":{at_ms},"completed":{at_ms}}}}}"#
        );
        fs::write(folder.join(format!("msg_file{number}.json")), text).unwrap();
    }
}

/// Every step by its id: time, five kinds, stored cost, what it costs, whether it is counted, a copy, gone.
pub type Steps = BTreeMap<String, [Option<i64>; 11]>;

pub fn steps(ledger: &Path) -> Steps {
    let ledger = Connection::open(ledger).unwrap();
    let sql = "SELECT uid, created_ms, input, output, reasoning, cache_read, cache_write, stored_nano_usd,
            price_nano_usd, is_counted, is_inherited, gone FROM step";
    let mut statement = ledger.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| {
        let mut figures = [None; 11];
        for (place, figure) in figures.iter_mut().enumerate() {
            *figure = row.get(1 + place)?;
        }
        Ok((row.get(0)?, figures))
    });
    rows.unwrap().collect::<rusqlite::Result<_>>().unwrap()
}

/// What SQLite itself says of the file.
pub fn integrity(ledger: &Path) -> String {
    let ledger = Connection::open(ledger).unwrap();
    let ask = |row: &rusqlite::Row| row.get(0);
    ledger.query_row("PRAGMA integrity_check", [], ask).unwrap()
}

/// Every file below a folder but those named like OpenCode's own message files.
pub fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.to_string_lossy().contains("/storage/") {
                found.push(path);
            }
        }
    }
    found.sort();
    let below = |path: PathBuf| path.strip_prefix(folder).unwrap().display().to_string();
    found.into_iter().map(below).collect()
}

/// Starts a command and kills it after a while; whether that was before its end.
#[expect(
    clippy::disallowed_methods,
    reason = "the moment of death is a time and no condition"
)]
pub fn kill_after(command: &mut Command, delay: Duration) -> bool {
    let mut child = command.spawn().unwrap();
    std::thread::sleep(delay);
    child.kill().unwrap();
    child.wait().unwrap().code().is_none()
}
