// SPDX-License-Identifier: GPL-3.0-or-later
//! The plugin's stats.json.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use octally_core::source::stats_file::load;

static FOLDER: LazyLock<tempfile::TempDir> =
    LazyLock::new(|| tempfile::tempdir().expect("a temporary folder"));

fuzz_target!(|bytes: &[u8]| {
    let path = FOLDER.path().join("stats.json");
    std::fs::write(&path, bytes).expect("a file");
    let _ = load(&path);
});
