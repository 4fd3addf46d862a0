// SPDX-License-Identifier: GPL-3.0-or-later
//! A message file of OpenCode 0.1 to 1.1, as a message and as a part.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use octally_core::source::opencode_json::Tree;

static FOLDER: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for name in ["storage/message/ses_a", "storage/part/msg_b"] {
        std::fs::create_dir_all(folder.path().join(name)).expect("a folder");
    }
    let message = r#"{"role":"assistant","providerID":"p","modelID":"m","cost":0,"time":{"created":1},
        "tokens":{"input":1,"output":1,"reasoning":0,"cache":{"read":0,"write":0}}}"#;
    std::fs::write(
        folder.path().join("storage/message/ses_a/msg_b.json"),
        message,
    )
    .expect("a file");
    folder
});

fuzz_target!(|bytes: &[u8]| {
    for name in [
        "storage/message/ses_a/msg_a.json",
        "storage/part/msg_b/prt_a.json",
    ] {
        std::fs::write(FOLDER.path().join(name), bytes).expect("a file");
    }
    let Ok(Some(tree)) = Tree::open(FOLDER.path()) else {
        return;
    };
    for dir in tree.message_dirs().dirs {
        let Ok(found) = tree.read(&dir, None) else {
            continue;
        };
        for step in found.rows.steps {
            assert!(step.tokens.total() < i64::MAX as u64);
        }
    }
});
