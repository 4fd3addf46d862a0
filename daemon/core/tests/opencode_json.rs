// SPDX-License-Identifier: GPL-3.0-or-later
//! The JSON generations: what real OpenCode wrote, against totals that its provider logged while it did.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use octally_core::model::CostNote;
use octally_core::model::{NanoUsd, Step, Tokens};
use octally_core::source::Unread;
use octally_core::source::opencode_json::{Layout, Tree};
use serde_json::Value;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

fn expected(name: &str) -> Value {
    let text = std::fs::read_to_string(fixture(name).join("expected.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Everything in a tree, each step once by its id.
#[derive(Debug, Default)]
struct All {
    steps: BTreeMap<String, Step>,
    /// Steps that are older than their session: copies made by a fork.
    inherited: BTreeMap<String, Step>,
    notes: BTreeMap<String, CostNote>,
    unread: Vec<Unread>,
    unsettled: u64,
}

fn read(tree: &Tree) -> All {
    let listing = tree.message_dirs();
    assert_eq!(listing.problems, []);
    let mut all = All::default();
    for dir in listing.dirs {
        let created_ms = tree
            .session(&dir)
            .unwrap()
            .map(|session| session.created_ms);
        let found = tree.read(&dir, None).unwrap();
        all.unsettled += found.unsettled;
        all.unread.extend(found.rows.unread);
        for step in found.rows.steps {
            let note = step.cost_note.map(|note| (step.id.clone(), note));
            all.notes.extend(note);
            let is_copy = created_ms.is_some_and(|created_ms| step.created_ms < created_ms);
            let steps = if is_copy {
                &mut all.inherited
            } else {
                &mut all.steps
            };
            steps.insert(step.id.clone(), step);
        }
    }
    all
}

fn tokens_of(steps: &BTreeMap<String, Step>) -> Tokens {
    let all = steps.values();
    all.fold(Tokens::default(), |sum, step| sum + step.tokens)
}

fn cost_of(steps: &BTreeMap<String, Step>) -> NanoUsd {
    let costs = steps.values().filter_map(|step| step.stored_cost);
    costs.fold(NanoUsd::default(), |sum, cost| sum + cost)
}

fn counted(steps: &BTreeMap<String, Step>) -> u64 {
    steps.values().filter(|step| step.is_counted()).count() as u64
}

fn tokens_in(usage: &Value) -> Tokens {
    let count = |key: &str| usage[key].as_u64().unwrap();
    Tokens {
        input: count("input_uncached"),
        output: count("output_total") - count("reasoning"),
        reasoning: count("reasoning"),
        cache_read: count("cache_read"),
        cache_write: count("cache_write"),
    }
}

/// Reads a fixture and compares it with what the provider logged.
fn check(name: &str) -> All {
    let (tree, expected) = (open(&fixture(name).join("opencode")), expected(name));
    let all = read(&tree);
    assert_eq!(all.unread, []);
    let storage = &expected["expected_in_storage"];
    assert_eq!(tokens_of(&all.steps), tokens_in(storage), "{name}");
    assert_eq!(
        counted(&all.steps),
        storage["calls"].as_u64().unwrap(),
        "{name}"
    );
    let usd = expected["expected_stored_cost_usd"].as_f64().unwrap();
    assert_eq!(Some(cost_of(&all.steps)), NanoUsd::from_usd(usd), "{name}");
    for (model, usage) in expected["by_model"].as_object().unwrap() {
        let mut of_model = all.steps.clone();
        of_model.retain(|_, step| step.model.model == *model);
        assert_eq!(tokens_of(&of_model), tokens_in(usage), "{name} {model}");
    }
    let copies = &expected["fork_double_count"]["naive_extra"];
    if copies.is_object() {
        assert_eq!(tokens_of(&all.inherited), tokens_in(copies), "{name}");
    }
    all
}

fn open(data_dir: &Path) -> Tree {
    Tree::open(data_dir).unwrap().unwrap()
}

#[test]
fn opencode_0_5_29_is_exact() {
    let all = check("0.5.29");
    let message = "msg_1f8868772001Prvb0pXvA0uTlw";
    let of_message = all
        .steps
        .values()
        .filter(|step| step.id.starts_with(message));
    let inputs: Vec<_> = of_message
        .map(|step| (step.tokens.input, step.stored_cost))
        .collect();
    let nano = |nano| Some(NanoUsd(nano));
    assert_eq!(
        inputs,
        [
            (1511, nano(5_358_000)),
            (1211, nano(4_323_000)),
            (1311, nano(4_668_000)),
            (1411, nano(5_013_000)),
        ],
        "the last step has the message's id"
    );
    assert_eq!(
        all.notes.values().collect::<Vec<_>>(),
        [&CostNote::CachedTwice]
    );
    assert_eq!(all.unsettled, 1, "the killed call");
}

#[test]
fn opencode_1_0_0_is_exact() {
    let all = check("1.0.0");
    assert_eq!(
        all.notes.values().collect::<Vec<_>>(),
        [&CostNote::CachedTwice]
    );
    assert_eq!(all.unsettled, 1, "the killed call");
}

#[test]
fn opencode_1_0_185_is_exact() {
    let all = check("1.0.185");
    assert_eq!(
        all.notes.values().collect::<Vec<_>>(),
        [&CostNote::ReasoningTwice]
    );
}

#[test]
fn opencode_1_1_65_is_exact() {
    let all = check("1.1.65");
    assert_eq!(
        all.notes.values().collect::<Vec<_>>(),
        [&CostNote::ReasoningTwice]
    );
}

/// It knew neither cached nor reasoning tokens, and kept only the last step of a turn.
#[test]
fn opencode_0_1_174_is_as_exact_as_it_can_be() {
    let expected = expected("0.1.174");
    let all = read(&open(&fixture("0.1.174").join("opencode")));
    assert_eq!(all.unread, []);
    let storage = &expected["expected_in_storage"];
    let tokens = Tokens {
        input: storage["prompt_total"].as_u64().unwrap(),
        output: storage["output_total"].as_u64().unwrap(),
        ..Tokens::default()
    };
    assert_eq!(tokens_of(&all.steps), tokens);
    assert_eq!(counted(&all.steps), storage["calls"].as_u64().unwrap());
    assert_eq!(cost_of(&all.steps), NanoUsd(0));
    assert!(
        all.notes.is_empty(),
        "nothing was charged, so nothing twice"
    );
}

#[test]
fn what_a_session_and_a_project_are_called() {
    let tree = open(&fixture("1.1.65").join("opencode"));
    let child = "ses_e07776bf3ffe8i2LZyVt4T90K2";
    let dirs = tree.message_dirs().dirs;
    let dir = dirs.iter().find(|dir| *dir.session_id == *child).unwrap();
    let session = tree.session(dir).unwrap().unwrap();
    assert_eq!(
        session.parent_id.as_deref(),
        Some("ses_e07776c00ffe0R98K9iXPJiTQz")
    );
    assert_eq!(session.directory.as_deref(), Some("/home/dev/fx1165"));
    let title = tree.title(child).unwrap();
    assert_eq!(title.as_deref(), Some("child task (@general subagent)"));
    let projects = tree.projects().unwrap();
    let project = projects
        .iter()
        .find(|project| Some(&project.id) == session.project_id.as_ref());
    assert_eq!(project.unwrap().worktree, "/home/dev/fx1165");
}

#[test]
fn what_a_session_of_0_5_does_not_say_is_taken_from_its_messages() {
    let tree = open(&fixture("0.5.29").join("opencode"));
    let dirs = tree.message_dirs().dirs;
    assert!(dirs.iter().all(|dir| dir.layout == Layout::PerProject));
    let session = tree.session(&dirs[0]).unwrap().unwrap();
    assert_eq!(session.project_id.as_deref(), Some("home-dev-fx0529"));
    assert_eq!(session.directory.as_deref(), Some("/home/dev/fx0529"));
    let projects = tree.projects().unwrap();
    assert_eq!(
        (projects.len(), projects[0].worktree.as_str()),
        (1, "/home/dev/fx0529")
    );
}
