// SPDX-License-Identifier: GPL-3.0-or-later
//! A call that was answered once more: the totals hold both answers, its row the last one.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod two;

use octally_core::sync::Depth;
use two::World;

#[test]
fn what_the_first_answer_used_is_in_the_remainder() {
    let mut world = World::new();
    world.call(Some("msg_1"), 50);
    world.sync(Depth::Quick);
    world.retry("msg_1", 20);
    world.sync(Depth::Quick);
    assert_eq!((world.remainders(), world.total()), (vec![50], 70));
    world.assert_adds_up();
}

/// The second answer is seen in no row before the turn is reverted, and a backup brings it back.
#[test]
fn an_answer_that_only_a_restored_backup_shows_counts_once_beside_the_one_before() {
    for (first, second) in [(1, 2), (5, 2), (3, 3)] {
        let mut world = World::new();
        world.call(Some("msg_1"), first);
        world.sync(Depth::Quick);
        world.retry("msg_1", second);
        let backup = world.copy_to("backup");
        world.revert(1);
        world.call(Some("msg_2"), 1_000);
        world.sync(Depth::Quick);
        let used = first + second + 1_000;
        assert_eq!((world.remainders(), world.total()), (vec![second], used));
        world.replace_by(&backup);
        world.sync(Depth::Quick);
        assert_eq!((world.remainders(), world.total()), (vec![first], used));
        world.assert_adds_up();
        assert_eq!(world.total(), used);
    }
}
