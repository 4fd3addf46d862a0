// SPDX-License-Identifier: GPL-3.0-or-later
//! The JSON generations: files that are torn, broken, misplaced, copied or being written.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod data_dir;
mod parts;
mod places;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use octally_core::source::opencode_json::Tree;
use proptest::prelude::*;
use serde_json::{Value, json};

use data_dir::{AT_MS, DataDir, answer, codes, inputs, tokens};

#[test]
fn without_messages_as_files_there_is_no_tree() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Tree::open(&folder.path().join("absent")).unwrap().is_none());
    std::fs::create_dir_all(folder.path().join("storage/session_diff")).unwrap();
    std::fs::create_dir_all(folder.path().join("project/slug/storage")).unwrap();
    assert!(Tree::open(folder.path()).unwrap().is_none());
}

#[test]
fn broken_files_are_unread_by_id_and_cost_no_other_message() {
    let data = DataDir::new();
    data.message("msg_ok", &answer(10));
    let changed = |key: &str, value: Value| {
        let mut message = answer(10);
        *message.pointer_mut(key).unwrap() = value;
        message
    };
    data.write("storage/message/ses_a/msg_empty.json", "");
    data.write("storage/message/ses_a/msg_text.json", "not JSON");
    data.write("storage/message/ses_a/msg_bytes.json", [0xff, 0xfe, 0]);
    data.write("storage/message/ses_a/msg_list.json", "[1]");
    data.write(
        "storage/message/ses_a/msg_cut.json",
        &answer(10).to_string()[..60],
    );
    data.write("storage/message/ses_a/notes.txt", "not OpenCode's");
    data.message("msg_negative", &changed("/tokens/input", json!(-1)));
    data.message("msg_huge", &changed("/tokens/output", json!(1e300)));
    data.message("msg_half", &changed("/tokens/cache/read", json!(0.5)));
    data.message("msg_typed", &changed("/tokens/input", json!("10")));
    data.message("msg_null", &changed("/tokens/input", json!(null)));
    data.message("msg_debt", &changed("/cost", json!(-0.5)));
    data.message(
        "msg_seconds",
        &changed("/time/created", json!(AT_MS / 1000)),
    );
    data.message(
        "msg_9999",
        &changed("/time/completed", json!(253_402_300_799_000_i64)),
    );
    data.message("msg_timeless", &changed("/time", json!({})));
    data.message("msg_modelless", &changed("/modelID", json!("")));
    let found = data.read();
    assert_eq!(inputs(&found), BTreeMap::from([("msg_ok", 10)]));
    let expected = [
        ("msg_9999", "odd_time"),
        ("msg_bytes", "broken_row"),
        ("msg_cut", "broken_row"),
        ("msg_debt", "odd_cost"),
        ("msg_empty", "broken_row"),
        ("msg_half", "odd_tokens"),
        ("msg_huge", "odd_tokens"),
        ("msg_list", "broken_row"),
        ("msg_modelless", "no_model"),
        ("msg_negative", "odd_tokens"),
        ("msg_null", "broken_row"),
        ("msg_seconds", "odd_time"),
        ("msg_text", "broken_row"),
        ("msg_timeless", "odd_time"),
        ("msg_typed", "broken_row"),
    ];
    assert_eq!(codes(&found), BTreeMap::from(expected));
    assert!(found.unsettled >= 15);
    data.message("msg_cut", &answer(20));
    assert_eq!(
        inputs(&data.read()),
        BTreeMap::from([("msg_cut", 20), ("msg_ok", 10)])
    );
}

#[test]
fn a_file_rewritten_while_it_is_read_is_right_or_unread_never_wrong() {
    let data = DataDir::new();
    data.message("msg_ok", &answer(10));
    let stop = AtomicBool::new(false);
    let path = data.path("storage/message/ses_a/msg_ok.json");
    let (short, long) = (answer(10).to_string(), format!("{:#}", answer(10)));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                for content in [&short[..40], "", &long, &short] {
                    std::fs::write(&path, content).unwrap();
                }
            }
        });
        for _ in 0..200 {
            let found = data.read();
            let is_read = inputs(&found) == BTreeMap::from([("msg_ok", 10)]);
            let is_unread = codes(&found) == BTreeMap::from([("msg_ok", "broken_row")]);
            assert!(is_read != is_unread, "{found:?}");
            assert_eq!(found.unsettled > 0, is_unread);
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert_eq!(inputs(&data.read()), BTreeMap::from([("msg_ok", 10)]));
}

#[test]
fn a_stamp_tells_every_change_and_since_opens_only_what_was_written() {
    let data = DataDir::new();
    for n in 0..20 {
        data.message(&format!("msg_{n:02}"), &answer(n));
    }
    let (tree, dir) = (data.tree(), data.dir());
    let first = tree.read(&dir, None).unwrap();
    assert_eq!(
        (first.rows.read, first.stamp.files, first.unsettled),
        (20, 20, 0)
    );
    assert_eq!(tree.stamp(&dir).unwrap(), first.stamp);
    let path = data.path("storage/message/ses_a/msg_07.json");
    let modified = std::fs::metadata(&path).unwrap().modified().unwrap();
    data.message("msg_07", &answer(700));
    let later = modified + std::time::Duration::from_secs(60);
    let set_time = |at| {
        std::fs::File::open(&path)
            .unwrap()
            .set_modified(at)
            .unwrap()
    };
    set_time(later);
    assert_eq!(data.dir().modified_ns, dir.modified_ns, "in place");
    assert_ne!(tree.stamp(&dir).unwrap(), first.stamp);
    let second = tree.read(&dir, Some(first.stamp.newest_ns + 1)).unwrap();
    assert_eq!(second.rows.read, 1);
    assert_eq!(inputs(&second), BTreeMap::from([("msg_07", 700)]));
    set_time(modified - std::time::Duration::from_secs(60));
    assert_ne!(
        tree.stamp(&dir).unwrap(),
        second.stamp,
        "an older file was put back"
    );
    std::fs::remove_file(&path).unwrap();
    assert_ne!(data.dir().modified_ns, dir.modified_ns);
    assert_eq!(tree.stamp(&dir).unwrap().files, 19);
}

#[test]
fn an_open_answer_leaves_its_folder_unsettled() {
    let data = DataDir::new();
    let mut open = answer(0);
    open["tokens"] = tokens(0);
    open["tokens"]["output"] = json!(0);
    for key in ["finish", "agent"] {
        open.as_object_mut().unwrap().remove(key);
    }
    open["time"] = json!({"created": AT_MS});
    data.message("msg_a", &open);
    let found = data.read();
    assert_eq!(
        (
            found.unsettled,
            found.rows.steps.len(),
            found.rows.unread.len()
        ),
        (1, 0, 0)
    );
}

#[test]
fn a_large_message_is_read_as_a_stream() {
    let data = DataDir::new();
    let mut message = answer(10);
    message["parts"] = json!([{"type": "text", "text": "x".repeat(3 << 20)}]);
    data.message("msg_a", &message);
    assert_eq!(inputs(&data.read()), BTreeMap::from([("msg_a", 10)]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Any file cut anywhere, or with any byte changed, is read or unread, and panics nothing; the
    /// messages beside it stay as they are.
    #[test]
    fn damage_stays_where_it_is(cut in 0_usize..400, at in 0_usize..400, byte: u8, is_cut: bool) {
        let data = DataDir::new();
        data.message("msg_ok", &answer(10));
        let mut bytes = answer(20).to_string().into_bytes();
        if is_cut {
            bytes.truncate(cut.min(bytes.len()));
        } else {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        data.write("storage/message/ses_a/msg_hurt.json", bytes);
        let found = data.read();
        let beside = inputs(&found).remove("msg_ok");
        prop_assert_eq!(beside, Some(10));
        prop_assert!(found.rows.steps.len() + found.rows.unread.len() <= 2);
    }
}
