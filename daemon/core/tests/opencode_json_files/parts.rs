// SPDX-License-Identifier: GPL-3.0-or-later
//! Messages whose steps stand in their parts.

use std::collections::BTreeMap;

use octally_core::model::{NanoUsd, Step};

use crate::data_dir::{DataDir, codes, finished_step, inputs, turn};

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
            assert_eq!(inputs(&found), expected, "{:?}", dir.path());
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
