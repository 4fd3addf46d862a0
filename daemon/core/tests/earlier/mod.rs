// SPDX-License-Identifier: GPL-3.0-or-later
//! A ledger as an earlier version of Octally left it: the schema of its time with today's rows in it.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

/// Takes the closed ledger back to before the migration whose file name ends with `migration`.
pub fn before(migration: &str, ledger: &Path) {
    let earlier = ledger.with_extension("earlier");
    let connection = Connection::open(&earlier).unwrap();
    let files = migrations();
    let place = files
        .iter()
        .position(|file| file.to_string_lossy().ends_with(migration));
    let place = place.unwrap();
    for file in &files[..place] {
        connection
            .execute_batch(&fs::read_to_string(file).unwrap())
            .unwrap();
    }
    connection
        .pragma_update(None, "user_version", i64::try_from(place).unwrap())
        .unwrap();
    fill(&connection, ledger);
    drop(connection);
    fs::rename(earlier, ledger).unwrap();
}

fn migrations() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ledger/migrations");
    let entries = fs::read_dir(folder).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Copies what the earlier schema has a place for.
fn fill(earlier: &Connection, ledger: &Path) {
    let sql = "PRAGMA foreign_keys = OFF";
    earlier.execute_batch(sql).unwrap();
    let attach = "ATTACH ? AS now";
    earlier.execute(attach, [ledger.to_str().unwrap()]).unwrap();
    let tables =
        "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
    for table in words(earlier, tables) {
        let columns = format!("SELECT name FROM pragma_table_info('{table}')");
        let columns = words(earlier, &columns).join(", ");
        let copy =
            format!("INSERT INTO main.{table} ({columns}) SELECT {columns} FROM now.{table}");
        earlier.execute_batch(&copy).unwrap();
    }
}

fn words(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}
