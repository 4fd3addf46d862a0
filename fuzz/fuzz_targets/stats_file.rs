// SPDX-License-Identifier: GPL-3.0-or-later
//! The plugin's stats.json.

#![no_main]

#[path = "../../daemon/core/tests/targets/mod.rs"]
mod targets;

use std::sync::LazyLock;

static FOLDER: LazyLock<tempfile::TempDir> =
    LazyLock::new(|| tempfile::tempdir().expect("a temporary folder"));

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    targets::stats_file(&FOLDER.path().join("stats.json"), bytes);
});
