// SPDX-License-Identifier: GPL-3.0-or-later
//! A message file of OpenCode 0.1 to 1.1, as a message and as a part.

#![no_main]

#[path = "../../daemon/core/tests/targets/mod.rs"]
mod targets;

use std::sync::LazyLock;

static FOLDER: LazyLock<tempfile::TempDir> =
    LazyLock::new(|| tempfile::tempdir().expect("a temporary folder"));

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| targets::message_file(FOLDER.path(), bytes));
