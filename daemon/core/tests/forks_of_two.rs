// SPDX-License-Identifier: GPL-3.0-or-later
//! Forks of OpenCode 2, whose copies may be all that is left of rows that the totals of their session hold.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod two;

use std::collections::HashMap;

use octally_core::model::DAY_MS;
use octally_core::sync::Depth;
use proptest::prelude::*;
use two::{SESSION, World};

/// Newer sessions have smaller ids.
const FORK: &str = "ses_0";
const FORK_OF_FORK: &str = "ses_00";

#[test]
fn a_turn_that_was_forked_and_reverted_before_any_reading_counts_once() {
    for is_known in [true, false] {
        let mut world = World::new();
        world.call(Some("msg_1"), 1_000);
        world.call(Some("msg_2"), 300);
        if is_known {
            world.sync(Depth::Quick);
        }
        world.fork(FORK);
        world.session = SESSION.into();
        world.revert(1);
        world.sync(Depth::Quick);
        let found = (world.total(), world.remainders());
        assert_eq!(found, (1_300, Vec::new()), "{is_known}");
        world.assert_adds_up();
        world.rebuild();
        world.sync(Depth::Thorough);
        assert_eq!((world.total(), world.remainders()), (1_300, Vec::new()));
    }
}

#[test]
fn a_row_of_a_fork_is_in_no_total_of_the_session_that_was_forked() {
    let mut world = World::new();
    world.call(Some("msg_1"), 1_000);
    world.call(None, 50);
    world.fork(FORK);
    world.call(Some("msg_2"), 300);
    world.fork(FORK_OF_FORK);
    for session in [FORK, SESSION] {
        world.session = session.into();
        world.revert(1);
    }
    world.sync(Depth::Quick);
    assert_eq!((world.total(), world.remainders()), (1_350, vec![50]));
    world.assert_adds_up();
}

#[test]
fn a_call_that_is_answered_once_more_after_a_fork_counts_twice_and_its_copy_never() {
    for is_known in [true, false] {
        let mut world = World::new();
        world.call(Some("msg_1"), 1_000);
        world.fork(FORK);
        if is_known {
            world.sync(Depth::Quick);
        }
        world.session = SESSION.into();
        world.retry("msg_1", 20);
        world.sync(Depth::Quick);
        assert_eq!(world.total(), 1_020, "{is_known}");
        world.assert_adds_up();
        world.rebuild();
        world.sync(Depth::Thorough);
        assert_eq!(world.total(), 1_020, "{is_known}: read again");
        world.assert_adds_up();
    }
}

#[derive(Clone, Debug)]
enum Op {
    Call(i64),
    Hidden(i64),
    Revert(u32),
    Retry(i64),
    Fork,
    GoTo(usize),
    /// The session is deleted, after a sync: what nobody saw is unknown to everybody.
    Delete,
    NextDay,
    Restart,
    Rebuild,
    Sync(Depth),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        5 => (1..1_000_i64).prop_map(Op::Call),
        2 => (1..1_000_i64).prop_map(Op::Hidden),
        2 => (1..4_u32).prop_map(Op::Revert),
        1 => (1..1_000_i64).prop_map(Op::Retry),
        3 => Just(Op::Fork),
        3 => (0..6_usize).prop_map(Op::GoTo),
        1 => Just(Op::Delete),
        1 => Just(Op::NextDay),
        1 => Just(Op::Restart),
        1 => Just(Op::Rebuild),
        2 => prop_oneof![Just(Op::Sync(Depth::Quick)), Just(Op::Sync(Depth::Thorough))],
    ]
}

/// The world beside what its ledger has to say of it.
struct History {
    world: World,
    used: i64,
    calls: u32,
    forks: u32,
    sessions: Vec<String>,
    /// The latest call of each session.
    latest: HashMap<String, String>,
}

impl History {
    fn new() -> Self {
        Self {
            world: World::new(),
            used: 0,
            calls: 0,
            forks: 0,
            sessions: vec![SESSION.into()],
            latest: HashMap::new(),
        }
    }

    fn apply(&mut self, op: &Op) {
        match *op {
            Op::Call(input) => self.call(input),
            Op::Hidden(input) => {
                self.used += input;
                self.world.call(None, input);
            }
            Op::Revert(rows) => self.world.revert(rows),
            Op::Retry(input) => {
                if let Some(id) = self.latest.get(&self.world.session) {
                    self.used += self.world.retry(id, input);
                }
            }
            Op::Fork => {
                self.forks += 1;
                let id = format!("ses_0_{:03}", 900 - self.forks);
                self.world.fork(&id);
                self.sessions.push(id);
            }
            Op::GoTo(session) => {
                self.world.session = self.sessions[session % self.sessions.len()].clone();
            }
            Op::Delete => self.delete(),
            Op::NextDay => self.world.pass(DAY_MS),
            Op::Restart => self.world.restart(),
            Op::Rebuild => self.world.rebuild(),
            Op::Sync(depth) => self.check(depth),
        }
    }

    fn call(&mut self, input: i64) {
        self.calls += 1;
        self.used += input;
        let id = format!("msg_{}", self.calls);
        self.world.call(Some(&id), input);
        self.latest.insert(self.world.session.clone(), id);
    }

    fn delete(&mut self) {
        self.check(Depth::Quick);
        if self.sessions.len() > 1 {
            let id = self.world.session.clone();
            self.world.delete();
            self.sessions.retain(|session| *session != id);
            self.world.session = self.sessions[0].clone();
        }
    }

    fn check(&mut self, depth: Depth) {
        self.world.sync(depth);
        assert_eq!(self.world.total(), self.used);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("PROPTEST_CASES").map_or(24, |cases| cases.parse().unwrap()),
        ..ProptestConfig::default()
    })]

    #[test]
    fn whatever_is_forked_everything_counts_once(
        ops in proptest::collection::vec(op(), 1..30)
    ) {
        let mut history = History::new();
        for op in &ops {
            history.apply(op);
        }
        history.check(Depth::Thorough);
        history.world.assert_adds_up();
        history.world.rebuild();
        history.check(Depth::Thorough);
        history.world.assert_adds_up();
    }
}
