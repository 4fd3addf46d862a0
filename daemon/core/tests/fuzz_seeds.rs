// SPDX-License-Identifier: GPL-3.0-or-later
//! The kept inputs of the fuzz targets, each through what its target does.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod targets;

use std::path::Path;

/// Each kept input of a target, in a thread of its name, which a failure tells.
fn each_seed(target: &str, check: impl Fn(&[u8]) + Sync) {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/seeds");
    let entries = std::fs::read_dir(seeds.join(target)).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    for path in paths {
        let bytes = std::fs::read(&path).unwrap();
        let named = std::thread::Builder::new().name(path.display().to_string());
        std::thread::scope(|scope| {
            let run = named.spawn_scoped(scope, || check(&bytes)).unwrap();
            run.join().unwrap();
        });
    }
}

#[test]
fn kept_messages_of_1() {
    each_seed("message_v1", targets::message_v1);
}

#[test]
fn kept_rows_of_2() {
    each_seed("message_v2", targets::message_v2);
}

#[test]
fn kept_message_files() {
    let folder = tempfile::tempdir().unwrap();
    each_seed("message_file", |bytes| {
        targets::message_file(folder.path(), bytes);
    });
}

#[test]
fn kept_stats_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stats.json");
    each_seed("stats_file", |bytes| targets::stats_file(&path, bytes));
}

#[test]
fn kept_databases() {
    each_seed("database", |bytes| {
        let folder = tempfile::tempdir().unwrap();
        targets::database(folder.path(), bytes);
    });
}
