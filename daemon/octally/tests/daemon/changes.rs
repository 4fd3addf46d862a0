// SPDX-License-Identifier: GPL-3.0-or-later
//! What OpenCode writes, and what the bus hears of it.

use std::process::{Command, Stdio};

use crate::database::{OpenCode, SESSION, write_stats};
use crate::world::{Guarded, Values, World, now_ms, run, text};

#[test]
fn a_step_in_the_wal_reaches_the_bus() {
    let Some(world) = World::new() else { return };
    let opencode = OpenCode::start(&world.data());
    run(async {
        let mut listener = world.listener().await;
        let _daemon = world.start(&mut listener).await;
        opencode.step("msg_1");
        listener.wait_for_steps("Total", 1).await;
        let total = listener.dict("Total").await;
        assert_eq!(u64::try_from(&*total["fresh"]).unwrap(), 120);
        assert_eq!(f64::try_from(&*total["cost_billed_usd"]).unwrap(), 0.5);
        let models = Vec::<Values>::try_from(total["models"].try_clone().unwrap()).unwrap();
        assert_eq!(text(&models[0], "model"), "mock/test-model");
    });
}

#[test]
fn a_finished_turn_is_announced_exactly_once_with_its_usage() {
    let Some(world) = World::new() else { return };
    let opencode = OpenCode::start(&world.data());
    run(async {
        let mut listener = world.listener().await;
        let _daemon = world.start(&mut listener).await;
        let pid = std::process::id();
        write_stats(&world.data(), pid, "busy", now_ms());
        listener.wait_for_state("busy").await;
        opencode.step("msg_1");
        let idle_ms = now_ms();
        write_stats(&world.data(), pid, "idle", idle_ms);
        let message = listener.signal("Idle").await;
        let (id, details): (String, Values) = message.body().deserialize().unwrap();
        assert_eq!(id, SESSION);
        assert_eq!(text(&details, "cause"), "finished");
        assert_eq!(text(&details, "title"), "a secret title");
        let turn = Values::try_from(details["turn"].try_clone().unwrap()).unwrap();
        assert_eq!(u64::try_from(&*turn["fresh"]).unwrap(), 120);
        // Neither the same state again nor a thorough read repeats it.
        write_stats(&world.data(), pid, "idle", idle_ms);
        listener.refresh().await;
        assert_eq!(listener.announced().await, Vec::<String>::new());
        assert!(!world.log().contains("secret"), "a title was logged");
    });
}

#[test]
fn a_question_is_announced() {
    let Some(world) = World::new() else { return };
    let _opencode = OpenCode::start(&world.data());
    run(async {
        let mut listener = world.listener().await;
        let _daemon = world.start(&mut listener).await;
        write_stats(&world.data(), std::process::id(), "busy", now_ms());
        listener.wait_for_state("busy").await;
        write_stats(&world.data(), std::process::id(), "waiting", now_ms());
        let message = listener.signal("Waiting").await;
        let (_, details): (String, Values) = message.body().deserialize().unwrap();
        assert_eq!(text(&details, "kind"), "permission");
    });
}

#[test]
fn silence_is_announced_at_the_threshold_and_not_for_a_run_that_ended() {
    let Some(world) = World::new() else { return };
    let _opencode = OpenCode::start(&world.data());
    run(async {
        let mut listener = world.listener().await;
        world.configure("[alerts]\nidle_threshold_minutes = 1\n");
        let _daemon = world.start(&mut listener).await;
        let mut opencode = process();
        let almost_ms = now_ms() - 54_000;
        write_stats(&world.data(), opencode.pid(), "busy", almost_ms);
        listener.wait_for_state("busy").await;
        let message = listener.signal("Idle").await;
        let (_, details): (String, Values) = message.body().deserialize().unwrap();
        assert_eq!(text(&details, "cause"), "threshold");
        // Killed: nothing is written any more, and it is seen all the same.
        opencode.signal("KILL");
        opencode.ended().await;
        listener.wait_for_state("gone").await;
        // The notice of the silence is withdrawn if the desktop's refusal to show it has not come yet.
        let mut announced = listener.announced().await;
        announced.retain(|name| name != "Withdrawn");
        assert_eq!(announced, Vec::<String>::new());
    });
}

#[test]
fn a_data_folder_that_appears_later_is_found() {
    let Some(world) = World::new() else { return };
    run(async {
        let mut listener = world.listener().await;
        let _daemon = world.start(&mut listener).await;
        assert_eq!(listener.freshness().await, "empty");
        let opencode = OpenCode::start(&world.data());
        opencode.step("msg_1");
        listener.wait_for_steps("Total", 1).await;
        opencode.step("msg_2");
        listener.wait_for_steps("Total", 2).await;
        listener.wait_for_freshness("fresh").await;
    });
}

#[test]
fn today_starts_again_at_local_midnight() {
    let Some(world) = World::new() else { return };
    let opencode = OpenCode::start(&world.data());
    opencode.step("msg_1");
    run(async {
        let mut listener = world.listener().await;
        let mut command = world.command();
        command.env("TZ", zone_with_midnight_in(12));
        let _daemon = world.start_as(command, &mut listener).await;
        assert_eq!(
            listener.steps("Today").await,
            1,
            "midnight came before the daemon was up"
        );
        listener.wait_for_steps("Today", 0).await;
        assert_eq!(listener.steps("Total").await, 1);
        let week = listener.proxy(crate::world::USAGE).await;
        let week: Vec<Values> = week.get_property("Week").await.unwrap();
        assert_eq!(
            u64::try_from(&*week[5]["steps"]).unwrap(),
            1,
            "yesterday keeps it"
        );
    });
}

/// A POSIX zone in which the next day begins in so many seconds.
pub fn zone_with_midnight_in(seconds: i64) -> String {
    let west = (now_ms() / 1000 + seconds).rem_euclid(86_400);
    let (sign, size) = if west > 43_200 {
        ("-", 86_400 - west)
    } else {
        ("", west)
    };
    format!(
        "<TST>{sign}{}:{:02}:{:02}",
        size / 3600,
        size / 60 % 60,
        size % 60
    )
}

/// A process that waits.
fn process() -> Guarded {
    Guarded(Command::new("cat").stdin(Stdio::piped()).spawn().unwrap())
}
