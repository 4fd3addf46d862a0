// SPDX-License-Identifier: GPL-3.0-or-later
//! The JSON generations: files that are torn, broken, misplaced, copied or being written.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use octally_core::model::{NanoUsd, Step};
use octally_core::source::opencode_json::{FolderRows, MessageDir, Tree};
use proptest::prelude::*;
use serde_json::{Value, json};

const AT_MS: i64 = 1_795_170_000_000;

/// A data folder that a test writes like OpenCode does.
struct DataDir {
    folder: tempfile::TempDir,
}

impl DataDir {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("storage/message")).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    fn message(&self, id: &str, message: &Value) {
        let name = format!("storage/message/ses_a/{id}.json");
        self.write(&name, message.to_string());
    }

    fn tree(&self) -> Tree {
        Tree::open(self.folder.path()).unwrap().unwrap()
    }

    fn dir(&self) -> MessageDir {
        self.tree().message_dirs().dirs.remove(0)
    }

    fn read(&self) -> FolderRows {
        self.tree().read(&self.dir(), None).unwrap()
    }
}

/// An answer of 1.1.
fn answer(input: u64) -> Value {
    json!({"role": "assistant", "parentID": "msg_u", "providerID": "p", "modelID": "m", "agent": "build",
        "cost": 0.5, "finish": "stop", "time": {"created": AT_MS, "completed": AT_MS + 5},
        "tokens": {"total": input + 9, "input": input, "output": 9, "reasoning": 4,
                   "cache": {"read": 0, "write": 0}}})
}

/// An answer of 0.5, with the tokens of its last step and the cost of all.
fn turn(input: u64, cost: f64) -> Value {
    json!({"role": "assistant", "providerID": "p", "modelID": "m", "mode": "build", "cost": cost,
        "time": {"created": AT_MS}, "tokens": tokens(input)})
}

fn finished_step(input: u64, cost: f64) -> String {
    json!({"type": "step-finish", "tokens": tokens(input), "cost": cost}).to_string()
}

fn tokens(input: u64) -> Value {
    json!({"input": input, "output": 1, "reasoning": 0, "cache": {"read": 0, "write": 0}})
}

fn inputs(found: &FolderRows) -> BTreeMap<&str, u64> {
    let steps = found.rows.steps.iter();
    steps
        .map(|step| (step.id.as_str(), step.tokens.input))
        .collect()
}

fn codes(found: &FolderRows) -> BTreeMap<&str, &str> {
    let unread = found.rows.unread.iter();
    unread.map(|row| (row.id.as_str(), row.code)).collect()
}

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
fn what_is_no_file_or_far_too_large_is_not_read() {
    let data = DataDir::new();
    data.message("msg_ok", &answer(10));
    let in_folder = |name: &str| data.path("storage/message/ses_a").join(name);
    std::fs::create_dir(in_folder("msg_folder.json")).unwrap();
    symlink("msg_loop.json", in_folder("msg_loop.json")).unwrap();
    symlink("nowhere.json", in_folder("msg_dangling.json")).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, in_folder("msg_pipe.json"), 0o600.into()).unwrap();
    let sparse = std::fs::File::create(in_folder("msg_sparse.json")).unwrap();
    sparse.set_len(1 << 30).unwrap();
    let found = data.read();
    assert_eq!(inputs(&found), BTreeMap::from([("msg_ok", 10)]));
    let expected = [
        ("msg_folder", "no_file"),
        ("msg_loop", "no_access"),
        ("msg_pipe", "no_file"),
        ("msg_sparse", "too_large"),
    ];
    assert_eq!(codes(&found), BTreeMap::from(expected));
    let stamp = data.tree().stamp(&data.dir()).unwrap();
    assert_eq!(stamp, found.stamp, "they are not read again and again");
}

#[test]
fn symlinks_that_lead_back_end_the_search_not_the_program() {
    let data = DataDir::new();
    data.message("msg_ok", &answer(10));
    symlink("ses_loop", data.path("storage/message/ses_loop")).unwrap();
    std::fs::create_dir(data.path("project")).unwrap();
    symlink(".", data.path("project/same")).unwrap();
    symlink("..", data.path("project/up")).unwrap();
    symlink("loop", data.path("project/loop")).unwrap();
    let listing = data.tree().message_dirs();
    let sessions: Vec<_> = listing
        .dirs
        .iter()
        .map(|dir| dir.session_id.as_str())
        .collect();
    assert_eq!(sessions, ["ses_a"]);
    let places: Vec<_> = listing
        .problems
        .iter()
        .map(|problem| problem.place.as_str())
        .collect();
    assert!(
        places.iter().any(|place| place.ends_with("ses_loop")),
        "{places:?}"
    );
    assert!(
        listing
            .problems
            .iter()
            .all(|problem| problem.code == "no_access")
    );
}

#[test]
fn a_folder_that_cannot_be_opened_is_a_problem_and_costs_no_other() {
    use std::os::unix::fs::PermissionsExt;
    let data = DataDir::new();
    data.message("msg_ok", &answer(10));
    data.write("storage/message/ses_b/msg_b.json", answer(20).to_string());
    let closed = data.path("storage/message/ses_b");
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::read_dir(&closed).is_ok() {
        // Root may read everything: something that nobody can open takes its place.
        std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o700)).unwrap();
        let (tree, dirs) = (data.tree(), data.tree().message_dirs().dirs);
        std::fs::remove_dir_all(&closed).unwrap();
        symlink("ses_b", &closed).unwrap();
        check_closed(&tree, &dirs, &closed);
    } else {
        check_closed(&data.tree(), &data.tree().message_dirs().dirs, &closed);
        std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o700)).unwrap();
    }
}

fn check_closed(tree: &Tree, dirs: &[MessageDir], closed: &Path) {
    let [a, b] = dirs else { panic!("{dirs:?}") };
    let problem = tree.read(b, None).unwrap_err();
    assert_eq!(problem.code, "no_access");
    assert_eq!(problem.place, closed.display().to_string());
    assert_eq!(
        inputs(&tree.read(a, None).unwrap()),
        BTreeMap::from([("msg_ok", 10)])
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
fn while_a_turn_goes_on_each_step_counts_once() {
    let data = DataDir::new();
    let part = |n: u64| format!("storage/part/msg_a/prt_{n}.json");
    let mut ledger: BTreeMap<String, Step> = BTreeMap::new();
    for n in 1..=3 {
        data.write(&part(n), finished_step(n * 100, 0.1));
        data.write(
            &format!("storage/part/msg_a/prt_{n}x.json"),
            r#"{"type":"text","text":"x"}"#,
        );
        data.message("msg_a", &turn(n * 100, 0.1 * n as f64));
        for step in data.read().rows.steps {
            ledger.insert(step.id.clone(), step);
        }
        let inputs: u64 = ledger.values().map(|step| step.tokens.input).sum();
        assert_eq!((ledger.len() as u64, inputs), (n, 50 * n * (n + 1)));
        assert_eq!(ledger["msg_a"].tokens.input, n * 100, "the last");
    }
    let costs = ledger.values().map(|step| step.stored_cost.unwrap().0);
    assert_eq!(NanoUsd(costs.sum()), NanoUsd(300_000_000));
}

#[test]
fn a_broken_part_is_unread_and_the_others_count() {
    let data = DataDir::new();
    data.message("msg_a", &turn(300, 0.3));
    data.write("storage/part/msg_a/prt_1.json", finished_step(100, 0.1));
    data.write("storage/part/msg_a/prt_2.json", "{\"type\":");
    data.write("storage/part/msg_a/prt_3.json", finished_step(300, 0.1));
    let found = data.read();
    assert_eq!(
        inputs(&found),
        BTreeMap::from([("msg_a", 300), ("msg_a#prt_1", 100)])
    );
    assert_eq!(
        codes(&found),
        BTreeMap::from([("msg_a#prt_2", "broken_row")])
    );
}

#[test]
fn parts_without_a_message_are_nothing() {
    let data = DataDir::new();
    data.message("msg_a", &turn(100, 0.1));
    data.write("storage/part/msg_gone/prt_1.json", finished_step(900, 0.9));
    assert_eq!(inputs(&data.read()), BTreeMap::from([("msg_a", 100)]));
}

/// 1.0 copies the files of 0.5 one by one; the same steps have the same ids at every moment of it.
#[test]
fn a_tree_copied_to_the_newer_layout_has_the_same_steps() {
    let data = DataDir::new();
    let old = "project/slug/storage/session";
    data.write(
        &format!("{old}/message/ses_a/msg_a.json"),
        turn(300, 0.3).to_string(),
    );
    for n in 1..=3 {
        let part = finished_step(n * 100, 0.1);
        data.write(&format!("{old}/part/ses_a/msg_a/prt_{n}.json"), part);
    }
    let expected = BTreeMap::from([("msg_a", 300), ("msg_a#prt_1", 100), ("msg_a#prt_2", 200)]);
    let check = |dirs: usize| {
        let tree = data.tree();
        let listed = tree.message_dirs().dirs;
        assert_eq!(listed.len(), dirs);
        for dir in listed {
            let found = tree.read(&dir, None).unwrap();
            assert_eq!(inputs(&found), expected, "{:?}", dir.path);
        }
    };
    check(1);
    data.message("msg_a", &turn(300, 0.3));
    check(2);
    for n in 1..=3 {
        let part = finished_step(n * 100, 0.1);
        data.write(&format!("storage/part/msg_a/prt_{n}.json"), part);
        check(2);
    }
    std::fs::remove_dir_all(data.path("project")).unwrap();
    check(1);
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
