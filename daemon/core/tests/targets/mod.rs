// SPDX-License-Identifier: GPL-3.0-or-later
//! What is done with bytes that may be anything. The fuzz targets and the tests of their kept inputs share it.

#![allow(
    dead_code,
    clippy::expect_used,
    clippy::allow_attributes,
    reason = "a check may panic, and each target is one of these"
)]

use std::path::Path;

use octally_core::meter::{Host, Meter};
use octally_core::model::{Step, Zone};
use octally_core::source::opencode_json::Tree;
use octally_core::source::opencode_v1::{Reading, read_message};
use octally_core::source::opencode_v2::{Kind, RawRow, read_row};
use octally_core::source::stats_file::load;
use octally_core::sync::{Depth, Origins};

const NOW_MS: i64 = 1_795_200_000_000;
/// Figures of so many steps have a sum in the ledger's columns.
const MANY_STEPS: u64 = 50_000;

/// The JSON of a message of OpenCode 1.x.
pub fn message_v1(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match read_message("msg_a", "ses_a", NOW_MS, &text) {
        Reading::Step(step) => check(&step),
        Reading::Unreadable(code, what) => assert!(!code.is_empty() && !what.is_empty()),
        Reading::Nothing => {}
    }
}

/// The JSON of a row of OpenCode 2.x.
pub fn message_v2(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for kind in [Kind::Assistant, Kind::Compaction] {
        let row = RawRow {
            id: "msg_a",
            session_id: "ses_a",
            kind,
            turn_id: None,
            created_ms: NOW_MS,
            data: &text,
        };
        if let Reading::Step(step) = read_row(&row) {
            check(&step);
        }
    }
}

/// A message file of OpenCode 0.1 to 1.1, as a message and as a part, in the data folder `folder`.
pub fn message_file(folder: &Path, bytes: &[u8]) {
    const WHOLE: &str = r#"{"role":"assistant","providerID":"p","modelID":"m","cost":0,
        "time":{"created":1795170000000},"tokens":{"input":1,"output":1,"cache":{"read":0,"write":0}}}"#;
    let files = [
        ("storage/message/ses_a/msg_a.json", bytes),
        ("storage/message/ses_a/msg_b.json", WHOLE.as_bytes()),
        ("storage/part/msg_b/prt_a.json", bytes),
    ];
    for (name, content) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, content).expect("a file");
    }
    let tree = Tree::open(folder).expect("a folder that can be listed");
    let tree = tree.expect("a tree with messages").without_waiting();
    for dir in tree.message_dirs().dirs {
        let found = tree.read(&dir, None).expect("a folder that can be read");
        assert_eq!(found.rows.read, 2);
        found.rows.steps.iter().for_each(check);
        let session = tree.session(&dir).expect("a folder that can be read");
        assert_eq!(session, None);
    }
}

/// The plugin's stats.json, as the file `path`.
pub fn stats_file(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).expect("a file");
    match load(path) {
        Ok(file) => assert!(file.is_some()),
        Err(problem) => assert!(!problem.remedy.is_empty()),
    }
}

/// A database of OpenCode through the whole meter, in the empty folder `folder`.
pub fn database(folder: &Path, bytes: &[u8]) {
    let data_dir = folder.join("opencode");
    std::fs::create_dir(&data_dir).expect("a folder");
    std::fs::write(data_dir.join("opencode.db"), bytes).expect("a file");
    let origins = Origins {
        data_dirs: vec![data_dir],
        ..Origins::default()
    };
    let host = Host {
        id: "h".into(),
        label: "test".into(),
    };
    let ledger = folder.join("ledger.db");
    let mut meter = Meter::open(&ledger, origins, host).expect("a new ledger");
    for depth in [Depth::Quick, Depth::Thorough] {
        let report = meter.sync(depth, &Zone::utc(), NOW_MS, &mut |_| true);
        report.expect("a ledger that takes anything");
        let health = meter.health().expect("a ledger that can be read");
        assert_eq!(health.damage, None);
    }
    let found = meter.reconcile(0).expect("a ledger that can be read");
    assert_eq!(found.damage, None);
}

fn check(step: &Step) {
    let tokens = &step.tokens;
    let kinds = [
        tokens.input,
        tokens.output,
        tokens.reasoning,
        tokens.cache_read,
        tokens.cache_write,
    ];
    for kind in kinds {
        assert!(kind < i64::MAX as u64 / MANY_STEPS, "{kind}");
    }
    let cost = step.stored_cost.map_or(0, |cost| cost.0);
    assert!((0..i64::MAX / MANY_STEPS as i64).contains(&cost), "{cost}");
    assert!(step.created_ms > 0);
}
