// SPDX-License-Identifier: GPL-3.0-or-later
//! Filters, periods and templates as nobody would write them: each has an answer or an error.
//!
//! `OCTALLY_MUTATIONS=<n>` asks n times as often.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

#[path = "../../core/tests/mutate/mod.rs"]
mod mutate;
mod query;
#[path = "../src/cli/statusline/template.rs"]
mod template;

use mutate::{Random, damage};
use query::Ledger;

const OPENCODE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../core/tests/fixtures/v1-fork-subagent-1.18.33/opencode"
);

fn seeds() -> Vec<Vec<u8>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/seeds/query");
    let mut seeds: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    seeds.sort();
    assert!(!seeds.is_empty());
    seeds
        .iter()
        .map(|path| std::fs::read(path).unwrap())
        .collect()
}

#[test]
fn every_seed_has_an_answer() {
    let ledger = Ledger::of(OPENCODE);
    for seed in seeds() {
        ledger.ask(&String::from_utf8(seed).unwrap());
    }
}

#[test]
fn a_damaged_question_has_an_answer_or_an_error() {
    let (ledger, seeds) = (Ledger::of(OPENCODE), seeds());
    let wanted = std::env::var("OCTALLY_MUTATIONS").ok();
    let factor: u64 = wanted.map_or(1, |times| times.parse().unwrap());
    for number in 0..1_500 * factor {
        let mut random = Random::new(number);
        let mut bytes = seeds[random.below(seeds.len())].clone();
        damage(&mut bytes, &mut random);
        ledger.ask(&String::from_utf8_lossy(&bytes));
    }
}
