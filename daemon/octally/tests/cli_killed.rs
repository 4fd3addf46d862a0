// SPDX-License-Identifier: GPL-3.0-or-later
//! `kill -9` at any moment of a reading: the next one that may go on to its end leaves the ledger that an
//! undisturbed one leaves, and nothing else.
//!
//! `OCTALLY_KILLS=<n>` kills n times as often.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../../core/tests/mutate/mod.rs"]
mod mutate;
mod plenty;
mod sandbox;

use std::process::Stdio;
use std::time::{Duration, Instant};

use mutate::Random;
use plenty::{Plenty, Steps, files, integrity, kill_after, steps};
use sandbox::Sandbox;
use serde_json::Value;

const READ: [&str; 3] = ["status", "--refresh", "--json"];
/// So many calls of each kind at first, and then as many more.
const CALLS: u32 = 900;
const ROUNDS: u64 = 5;

fn rounds() -> u64 {
    let wanted = std::env::var("OCTALLY_KILLS").ok();
    ROUNDS * wanted.map_or(1, |times| times.parse::<u64>().unwrap())
}

/// What is there after a reading that nobody disturbed.
struct Undisturbed {
    took: Duration,
    steps: Steps,
    total: Value,
    files: Vec<String>,
}

fn undisturbed(sandbox: &Sandbox) -> Undisturbed {
    let start = Instant::now();
    let total = sandbox.json(&READ)["total"].clone();
    let took = start.elapsed();
    Undisturbed {
        took,
        steps: steps(&sandbox.ledger()),
        total,
        files: files(sandbox.home()),
    }
}

/// Kills some readings, each at a moment of its own, and tells how many were not at their end.
fn kill_some(sandbox: &Sandbox, took: Duration, random: &mut Random) -> u32 {
    let mut killed = 0;
    for _ in 0..=random.below(3) {
        // The first moments, in which the file is made, are as likely as all the rest.
        let end = [Duration::from_millis(40), took][random.below(2)];
        let delay = end.mul_f64(random.below(1_000) as f64 / 1_000.0);
        let mut command = sandbox.command(&READ);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        killed += u32::from(kill_after(&mut command, delay));
    }
    killed
}

fn check(sandbox: &Sandbox, wanted: &Undisturbed, case: &str) {
    let found = sandbox.json(&READ);
    assert_eq!(found["total"], wanted.total, "{case}");
    assert_eq!(integrity(&sandbox.ledger()), "ok", "{case}");
    let steps = steps(&sandbox.ledger());
    for (id, figures) in &wanted.steps {
        assert_eq!(steps.get(id), Some(figures), "{case}: {id}");
    }
    assert_eq!(steps.len(), wanted.steps.len(), "{case}");
    assert_eq!(files(sandbox.home()), wanted.files, "{case}");
    let doctor = sandbox.json(&["doctor", "--json"]);
    assert_eq!(doctor["ledger"]["damage"], Value::Null, "{case}");
    let reconcile = sandbox.run(&["reconcile"]);
    assert_eq!(reconcile.code, 0, "{case}: {reconcile:?}");
}

#[test]
fn killed_while_an_empty_ledger_is_filled() {
    let whole = Sandbox::empty();
    Plenty::begin(&whole.data_dir(), CALLS);
    let wanted = undisturbed(&whole);
    let mut killed = 0;
    for round in 0..rounds() {
        let sandbox = Sandbox::empty();
        Plenty::begin(&sandbox.data_dir(), CALLS);
        killed += kill_some(&sandbox, wanted.took, &mut Random::new(round));
        check(&sandbox, &wanted, &format!("round {round}"));
    }
    assert!(killed > 0, "every reading was over before it was killed");
}

#[test]
fn killed_while_a_filled_ledger_gets_more() {
    let begin = |sandbox: &Sandbox| {
        let mut plenty = Plenty::begin(&sandbox.data_dir(), CALLS);
        undisturbed(sandbox);
        plenty.go_on(CALLS);
    };
    let whole = Sandbox::empty();
    begin(&whole);
    let wanted = undisturbed(&whole);
    let mut killed = 0;
    for round in 0..rounds() {
        let sandbox = Sandbox::empty();
        begin(&sandbox);
        killed += kill_some(&sandbox, wanted.took, &mut Random::new(1_000 + round));
        check(&sandbox, &wanted, &format!("round {round}"));
    }
    assert!(killed > 0, "every reading was over before it was killed");
}
