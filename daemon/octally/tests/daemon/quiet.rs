// SPDX-License-Identifier: GPL-3.0-or-later
//! While OpenCode does nothing, nothing runs. This one measures time, so it lets time pass.

use std::time::Duration;

use crate::database::{OpenCode, write_stats};
use crate::messages::Files;
use crate::world::{World, now_ms, run};

/// After the last look for a change that may become visible late.
pub const SETTLED: Duration = Duration::from_secs(6);
const WATCHED: Duration = Duration::from_secs(5);

/// Lets time pass, in which hardly anything happens.
pub async fn stays_asleep(pid: u32, log: impl Fn() -> String) {
    let before = switches(pid);
    tokio::time::sleep(WATCHED).await;
    let woken = switches(pid) - before;
    assert!(woken < 10, "{woken} context switches in 5 s\n{}", log());
}

#[test]
fn nothing_wakes_up_beside_a_database_that_is_open_but_quiet() {
    let Some(world) = World::new() else { return };
    let opencode = OpenCode::start(&world.data());
    run(async {
        let mut listener = world.listener().await;
        let daemon = world.start(&mut listener).await;
        // Reading after a change is what a careless watch mistakes for the next one.
        opencode.step("msg_1");
        listener.wait_for_steps("Total", 1).await;
        write_stats(&world.data(), std::process::id(), "busy", now_ms());
        listener.wait_for_state("busy").await;
        tokio::time::sleep(SETTLED).await;
        stays_asleep(daemon.pid(), || world.log()).await;
    });
}

#[test]
fn nothing_wakes_up_beside_a_database_that_is_closed() {
    let Some(world) = World::new() else { return };
    drop(OpenCode::start(&world.data()));
    run(async {
        let mut listener = world.listener().await;
        let daemon = world.start(&mut listener).await;
        tokio::time::sleep(SETTLED).await;
        stays_asleep(daemon.pid(), || world.log()).await;
    });
}

#[test]
fn nothing_wakes_up_beside_message_files_that_were_just_written() {
    let Some(world) = World::new() else { return };
    let files = Files::start(&world.data());
    files.session("ses_1");
    run(async {
        let mut listener = world.listener().await;
        let daemon = world.start(&mut listener).await;
        files.step("ses_1", "msg_1");
        listener.wait_for_steps("Total", 1).await;
        tokio::time::sleep(SETTLED).await;
        stays_asleep(daemon.pid(), || world.log()).await;
    });
}

/// Context switches of all threads so far.
fn switches(pid: u32) -> u64 {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let of_task = |status: String| -> u64 {
        let lines = status.lines().filter(|line| line.contains("ctxt_switches"));
        lines
            .map(|line| {
                line.split_whitespace()
                    .last()
                    .unwrap()
                    .parse::<u64>()
                    .unwrap()
            })
            .sum()
    };
    tasks
        .map(|task| of_task(std::fs::read_to_string(task.unwrap().path().join("status")).unwrap()))
        .sum()
}
