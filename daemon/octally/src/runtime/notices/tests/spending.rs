// SPDX-License-Identifier: GPL-3.0-or-later
//! What is told of money: budgets, too much a minute, compaction in a loop.

use octally_core::model::NanoUsd;
use octally_core::wire::{CompactionLoop, Lately, SessionRef};

use super::super::*;
use super::NOTHING;
use super::world::{DAY_MS, World};

#[test]
fn the_tripwire_goes_off_once_until_it_is_calm() {
    let mut world = World::new();
    world.spend(5.0);
    assert_eq!(
        world.observe(&[]),
        NOTHING,
        "the limit itself is not above it"
    );
    world.spend(5.1);
    assert_eq!(world.observe(&[]), ["send tripwire"]);
    for usd in [4.9, 5.2, 2.5, 9.0] {
        world.spend(usd);
        assert_eq!(world.after(1), NOTHING);
    }
    world.spend(2.4);
    assert_eq!(world.after(1), ["close tripwire", "withdrawn tripwire"]);
    world.spend(6.0);
    assert_eq!(world.after(1), ["send tripwire"]);
    world.settings.tripwire_usd_per_minute = 0.0;
    assert_eq!(world.after(1), ["close tripwire", "withdrawn tripwire"]);
}

#[test]
fn list_price_alone_trips_it_too_and_says_so() {
    let mut world = World::new();
    world.spend(3.0);
    if let Some(lately) = &mut world.lately {
        lately.estimated = NanoUsd(30_000_000_000);
    }
    assert_eq!(world.observe(&[]), ["send tripwire"]);
    let Some(Matter::Tripwire {
        usd_per_minute,
        is_billed,
        ..
    }) = world
        .notices
        .get("tripwire")
        .map(|notice| notice.matter.clone())
    else {
        panic!()
    };
    assert_eq!(
        (usd_per_minute, is_billed),
        (6.0, false),
        "not mixed with what was billed"
    );
}

#[test]
fn a_compaction_loop_is_told_once_while_it_lasts() {
    let mut world = World::new();
    let session = SessionRef {
        id: "ses_9".into(),
        ..SessionRef::default()
    };
    let found = CompactionLoop {
        session,
        compactions: 3,
        within_ms: 200_000,
    };
    world.lately = Some(Lately {
        loops: vec![found],
        ..Lately::default()
    });
    assert_eq!(world.observe(&[]), ["send compaction_loop"]);
    if let Some(lately) = &mut world.lately {
        lately.loops[0].compactions = 4;
    }
    assert_eq!(world.after(1), NOTHING);
    world.lately = None;
    assert_eq!(world.after(1), NOTHING, "unknown is not over");
    world.lately = Some(Lately::default());
    assert_eq!(
        world.after(1),
        ["close compaction:ses_9", "withdrawn compaction:ses_9"]
    );
}

#[test]
fn each_threshold_is_announced_once_a_period_and_of_several_the_highest() {
    let mut world = World::new();
    world.budget(0.4);
    assert_eq!(world.observe(&[]), NOTHING);
    world.budget(0.85);
    assert_eq!(world.observe(&[]), ["send budget:daily 80"]);
    world.budget(0.95);
    assert_eq!(world.after(1), NOTHING);
    world.budget(1.2);
    assert_eq!(world.after(1), ["send budget:daily 100"]);
    world.restart();
    assert_eq!(world.after(1), NOTHING);
    // The next day.
    world.now_ms += DAY_MS;
    world.budget(0.1);
    assert_eq!(
        world.observe(&[]),
        ["close budget:daily", "withdrawn budget:daily"]
    );
    world.budget(0.5);
    assert_eq!(world.observe(&[]), ["send budget:daily 50"]);
    // The clock is set back: the day before was told of.
    world.now_ms -= DAY_MS;
    world.budget(1.2);
    let effects = world.observe(&[]);
    assert!(
        !effects.iter().any(|effect| effect.starts_with("send")),
        "{effects:?}"
    );
}

#[test]
fn a_raised_limit_withdraws_and_counts_anew_from_where_it_stands() {
    let mut world = World::new();
    world.budget_of(10.0, 10.5);
    assert_eq!(world.observe(&[]), ["send budget:daily 100"]);
    world.budget_of(20.0, 10.5);
    assert_eq!(
        world.observe(&[]),
        ["close budget:daily", "withdrawn budget:daily"]
    );
    world.budget_of(20.0, 17.0);
    assert_eq!(world.observe(&[]), ["send budget:daily 80"]);
    world.budget_of(10.0, 17.0);
    assert_eq!(world.observe(&[]), NOTHING, "this was told before");
    world.budget_of(5.0, 17.0);
    assert_eq!(world.observe(&[]), ["send budget:daily 100"]);
}

#[test]
fn a_budget_that_cannot_be_read_for_a_moment_is_not_told_again() {
    let mut world = World::new();
    world.budget(0.6);
    world.observe(&[]);
    world.snapshot.budgets.clear();
    assert_eq!(
        world.observe(&[]),
        ["close budget:daily", "withdrawn budget:daily"],
        "it was removed"
    );
    world.budget(0.7);
    assert_eq!(world.observe(&[]), NOTHING);
}
