// SPDX-License-Identifier: GPL-3.0-or-later
//! Message files of before 1.0.98 that an upgrade took over into a database, byte by byte: their figures
//! mean what they meant in the files.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[allow(
    dead_code,
    clippy::allow_attributes,
    reason = "a part of it is enough here"
)]
mod migrate;

use std::path::{Path, PathBuf};

use migrate::Migrated;
use octally_core::meter::{Host, Meter};
use octally_core::model::Zone;
use octally_core::rollup::{By, Request};
use octally_core::sync::{Depth, Origins};
use octally_core::wire::ReportTotals;
use rusqlite::{Connection, params};
use serde_json::Value;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

fn json_files(folder: &Path) -> Vec<Value> {
    let mut found = Vec::new();
    for inner in std::fs::read_dir(folder).unwrap() {
        for file in std::fs::read_dir(inner.unwrap().path()).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            found.push(serde_json::from_str(&text).unwrap());
        }
    }
    found
}

/// What 1.2 makes of the files of 1.0.0: ids and times become columns, the rest stays as it is.
fn import(storage: &Path, database: &Path) {
    std::fs::copy(fixture("1.2.27").join("opencode/opencode.db"), database).unwrap();
    let connection = Connection::open(database).unwrap();
    let clean = "DELETE FROM part; DELETE FROM message; DELETE FROM session;";
    connection.execute_batch(clean).unwrap();
    for session in json_files(&storage.join("session")) {
        let sql = "INSERT INTO session (id, project_id, parent_id, slug, directory, title, version,
                time_created, time_updated)
             SELECT ?, id, ?, 'slug', '/home/dev/p', 'a title', ?, ?, ? FROM project LIMIT 1";
        let time = &session["time"];
        let values = params![
            session["id"].as_str(),
            session["parentID"].as_str(),
            session["version"].as_str(),
            time["created"].as_i64(),
            time["updated"].as_i64(),
        ];
        connection.execute(sql, values).unwrap();
    }
    for mut message in json_files(&storage.join("message")) {
        let fields = message.as_object_mut().unwrap();
        let id = fields.remove("id").unwrap();
        let session = fields.remove("sessionID").unwrap();
        let created_ms = message["time"]["created"].as_i64();
        let values = params![
            id.as_str(),
            session.as_str(),
            created_ms,
            migrate::MIGRATED_MS - 1,
            message.to_string(),
        ];
        let sql = "INSERT INTO message VALUES (?, ?, ?, ?, ?)";
        connection.execute(sql, values).unwrap();
    }
}

fn totals(folder: &Path) -> ReportTotals {
    let origins = Origins {
        data_dirs: vec![folder.into()],
        ..Origins::default()
    };
    let host = Host {
        id: "h".into(),
        label: "test".into(),
    };
    let ledger = folder.join("octally/ledger.db");
    let mut meter = Meter::open(&ledger, origins, host).unwrap();
    let now_ms = migrate::MIGRATED_MS + 1_000;
    let zone = Zone::utc();
    meter
        .sync(Depth::Thorough, &zone, now_ms, &mut |_| true)
        .unwrap();
    assert!(meter.reconcile(0).unwrap().adds_up);
    let report = meter.report(&Request::new(By::Session), &zone).unwrap();
    std::fs::remove_dir_all(folder.join("octally")).unwrap();
    report.totals
}

#[test]
fn cached_tokens_of_imported_messages_are_not_counted_twice() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path();
    let database = data_dir.join("opencode.db");
    import(&fixture("1.0.0").join("opencode/storage"), &database);
    let expected = std::fs::read_to_string(fixture("1.0.0").join("expected.json")).unwrap();
    let expected: Value = serde_json::from_str(&expected).unwrap();
    let expected = &expected["expected_in_storage"];
    let imported = totals(data_dir);
    assert_eq!(imported.steps, expected["calls"].as_u64().unwrap());
    assert_eq!(
        imported.tokens.input,
        expected["input_uncached"].as_u64().unwrap()
    );
    assert_eq!(
        imported.tokens.cache_read,
        expected["cache_read"].as_u64().unwrap()
    );
    let wrong = &imported.wrong_cost;
    assert_eq!((wrong.steps, wrong.uncorrected_steps), (1, 1));
    // OpenCode 2 takes the rows over, and sums up totals with the cached tokens in them twice.
    Migrated::begin(&database, usize::MAX);
    assert_eq!(totals(data_dir), imported);
}
