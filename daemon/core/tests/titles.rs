// SPDX-License-Identifier: GPL-3.0-or-later
//! A title is made while the first answer is: what it used is seen in the totals of OpenCode 2 only, and later than
//! the answer's row. It belongs to the turn, and is none itself.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod two;

use octally_core::meter::Live;
use octally_core::model::{DAY_MS, Zone};
use octally_core::rollup::StoryLimits;
use octally_core::source::stats_file::{Run, RunSession, RunState, StatsFile};
use octally_core::sync::Depth;
use octally_core::wire::SessionLine;
use two::{MORNING_MS, SESSION, World};

/// A turn of two calls, with a title that ended between them.
fn world() -> World {
    let mut world = World::new();
    world.prompt("msg_u");
    world.call(Some("msg_1"), 1_000);
    world.call(None, 7);
    world.sync(Depth::Quick);
    world
}

fn line(world: &World) -> SessionLine {
    let session = RunSession {
        id: SESSION.into(),
        parent_id: None,
        state: RunState::Busy,
        since_ms: MORNING_MS,
        last_activity_ms: MORNING_MS,
    };
    let run = Run {
        id: "r".into(),
        process: Default::default(),
        started_ms: MORNING_MS,
        last_activity_ms: MORNING_MS,
        ended_ms: None,
        sessions: vec![session],
    };
    let files = vec![StatsFile {
        runs: vec![run],
        plain: None,
    }];
    let live = Live {
        files,
        ..Live::default()
    };
    let meter = world.meter();
    let last = &Default::default();
    let found = meter.snapshot(&live, last, &|_| true, 0, &Zone::utc(), MORNING_MS);
    found.unwrap().sessions.remove(0)
}

#[test]
fn the_latest_turn_is_that_of_a_call_and_holds_its_title() {
    let mut world = world();
    let found = line(&world);
    assert_eq!(found.model.as_deref(), Some("p/m"));
    assert_eq!(found.turn.tokens.input, 1_007);
    world.pass(DAY_MS);
    world.prompt("msg_v");
    world.call(Some("msg_2"), 30);
    world.sync(Depth::Quick);
    assert_eq!(line(&world).turn.tokens.input, 30);
    world.call(None, 4);
    world.sync(Depth::Quick);
    assert_eq!(line(&world).turn.tokens.input, 34);
}

#[test]
fn a_story_tells_turns_of_calls() {
    let mut world = world();
    world.call(Some("msg_2"), 300);
    world.sync(Depth::Quick);
    let limits = StoryLimits {
        sub_agents: 5,
        turns: 5,
    };
    let story = world.meter().story(SESSION, limits).unwrap().unwrap();
    assert_eq!(story.model.as_deref(), Some("p/m"));
    let turns: Vec<(&str, u64)> = story
        .turns
        .iter()
        .map(|turn| (turn.model.as_str(), turn.usage.tokens.input))
        .collect();
    assert_eq!(turns, [("p/m", 1_307)]);
}

#[test]
fn a_title_of_no_time_is_of_when_it_was_seen() {
    for odd in ["0", "-5", "1791500491", "253402300799000", "'now'"] {
        let mut world = World::new();
        world.call(None, 7);
        let sql = format!("UPDATE session_v2 SET time_updated = {odd}");
        world.database.execute(&sql, []).unwrap();
        let report = world.sync(Depth::Quick);
        assert_eq!(report.problems, [], "{odd}");
        let seen_ms = world.newest_ms();
        assert!((MORNING_MS..MORNING_MS + 1_000).contains(&seen_ms), "{odd}");
        assert_eq!(world.remainders(), [7], "{odd}");
    }
}
