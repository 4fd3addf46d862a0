// SPDX-License-Identifier: GPL-3.0-or-later
//! Message files of a session that OpenCode 2 keeps totals of: what no row was made of is in no total, and a
//! row that was made of a turn of 0.5 has the tokens of its last step.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod two;

use octally_core::sync::Depth;
use two::{MORNING_MS, SESSION, World};

fn tokens(input: u32) -> String {
    format!(
        r#""tokens":{{"input":{input},"output":0,"reasoning":0,"cache":{{"read":0,"write":0}}}}"#
    )
}

/// A message file, of the shape of 0.5, with a finished step for each of `parts`.
fn file(world: &World, id: &str, input: u32, parts: &[u32]) {
    let storage = world.path("storage");
    let messages = storage.join("message").join(SESSION);
    std::fs::create_dir_all(&messages).unwrap();
    let message = format!(
        r#"{{"role":"assistant","providerID":"p","modelID":"m","cost":0,"time":{{"created":{MORNING_MS},"completed":{MORNING_MS}}},{}}}"#,
        tokens(input)
    );
    std::fs::write(messages.join(format!("{id}.json")), message).unwrap();
    let folder = storage.join("part").join(id);
    std::fs::create_dir_all(&folder).unwrap();
    for (number, input) in parts.iter().enumerate() {
        let part = format!(r#"{{"type":"step-finish","cost":0,{}}}"#, tokens(*input));
        std::fs::write(folder.join(format!("prt_{number}.json")), part).unwrap();
    }
}

#[test]
fn a_message_file_that_no_table_has_hides_nothing_of_the_remainder() {
    let mut world = World::new();
    file(&world, "msg_old", 300, &[]);
    world.call(Some("msg_1"), 1_000);
    world.call(None, 50);
    world.sync(Depth::Quick);
    assert_eq!((world.remainders(), world.total()), (vec![50], 1_350));
    world.assert_adds_up();
}

#[test]
fn a_message_file_with_other_figures_than_its_row_leaves_no_false_remainder() {
    let mut world = World::new();
    file(&world, "msg_1", 900, &[]);
    file(&world, "msg_2", 300, &[]);
    world.call(None, 10);
    world.sync(Depth::Quick);
    assert_eq!((world.remainders(), world.total()), (vec![10], 1_210));
    world.call(Some("msg_1"), 500);
    world.call(None, 50);
    world.sync(Depth::Quick);
    assert_eq!((world.remainders(), world.total()), (vec![10, 50], 860));
    world.assert_adds_up();
}

#[test]
fn the_earlier_steps_of_a_turn_of_0_5_hide_nothing_of_the_remainder() {
    let mut world = World::new();
    file(&world, "msg_1", 70, &[100, 70]);
    world.call(Some("msg_1"), 70);
    world.call(None, 50);
    world.sync(Depth::Quick);
    assert_eq!((world.remainders(), world.total()), (vec![50], 220));
    world.assert_adds_up();
}

#[test]
fn a_turn_of_0_5_that_no_table_has_hides_nothing_of_the_remainder() {
    let mut world = World::new();
    file(&world, "msg_old", 70, &[100, 70]);
    world.call(Some("msg_1"), 1_000);
    world.call(None, 50);
    world.sync(Depth::Quick);
    assert_eq!((world.remainders(), world.total()), (vec![50], 1_220));
    world.assert_adds_up();
}

/// Whichever of the two is read first.
#[test]
fn a_turn_of_0_5_whose_row_was_reverted_is_still_in_the_totals() {
    for is_file_first in [true, false] {
        let mut world = World::new();
        let files = |world: &World| file(world, "msg_1", 70, &[100, 70]);
        if is_file_first {
            files(&world);
        }
        world.call(Some("msg_1"), 70);
        world.sync(Depth::Quick);
        if !is_file_first {
            files(&world);
            world.sync(Depth::Thorough);
        }
        world.revert(1);
        world.call(None, 50);
        world.sync(Depth::Quick);
        assert_eq!((world.remainders(), world.total()), (vec![50], 220));
        world.assert_adds_up();
    }
}
