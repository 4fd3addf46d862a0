// SPDX-License-Identifier: GPL-3.0-or-later
//! Any history of OpenCode, synced at any moments and restarted in between, leaves the totals of the
//! distinct calls that were ever seen finished, and marks exactly those that OpenCode shows no more.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod all_time;
mod history;
mod opencode;

use history::{Op, World, hides_something, op};
use octally_core::model::Zone;
use octally_core::rollup::{By, Request};
use octally_core::sync::Depth;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("PROPTEST_CASES").map_or(48, |cases| cases.parse().unwrap()),
        ..ProptestConfig::default() })]

    #[test]
    fn any_history_leaves_the_totals_of_the_distinct_calls(
        ops in proptest::collection::vec(op(), 1..40)
    ) {
        let mut world = World::new();
        for op in &ops {
            if hides_something(op) {
                world.sync(Depth::Thorough);
            }
            world.apply(op);
        }
        world.check();
    }
}

#[test]
fn a_quick_sync_sees_a_new_call_an_update_and_a_fork() {
    let mut world = World::new();
    world.apply(&Op::Append {
        session: 0,
        input: 10,
        output: 1,
    });
    world.sync(Depth::Quick);
    world.apply(&Op::Append {
        session: 0,
        input: 20,
        output: 2,
    });
    world.apply(&Op::Update { call: 0, output: 5 });
    world.sync(Depth::Quick);
    let totals = |world: &World| {
        let request = Request::new(By::Session);
        world
            .meter
            .as_ref()
            .unwrap()
            .report(&request, &Zone::utc())
            .unwrap()
            .totals
    };
    assert_eq!(
        (totals(&world).tokens.input, totals(&world).tokens.output),
        (30, 7)
    );
    world.apply(&Op::Fork { session: 0 });
    world.sync(Depth::Quick);
    assert_eq!((totals(&world).tokens.input, totals(&world).steps), (30, 2));
}
