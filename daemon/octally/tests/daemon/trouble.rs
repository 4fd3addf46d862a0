// SPDX-License-Identifier: GPL-3.0-or-later
//! Bad input and missing means: said clearly, survived, and over as soon as they are mended.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::database::{OpenCode, write_stats};
use crate::world::{Values, World, now_ms, run, skip, text};

#[test]
fn a_truncated_stats_file_is_a_problem_and_costs_nothing_else() {
    let Some(world) = World::new() else { return };
    let opencode = OpenCode::start(&world.data());
    run(async {
        let mut listener = world.listener().await;
        let _daemon = world.start(&mut listener).await;
        std::fs::write(world.data().join("stats.json"), "{\"session\":").unwrap();
        opencode.step("msg_1");
        listener.wait_for_steps("Total", 1).await;
        let problems = listener.refresh().await.remove("problems").unwrap();
        let problems = Vec::<Values>::try_from(problems).unwrap();
        let about = problems
            .iter()
            .find(|p| text(p, "where").ends_with("stats.json"));
        assert!(!text(about.expect("no problem is told"), "remedy").is_empty());
        write_stats(&world.data(), std::process::id(), "busy", now_ms());
        listener.wait_for_state("busy").await;
    });
}

#[test]
fn a_ledger_that_cannot_be_used_is_told_and_tried_again() {
    let Some(world) = World::new() else { return };
    let opencode = OpenCode::start(&world.data());
    opencode.step("msg_1");
    std::fs::create_dir_all(world.ledger().parent().unwrap()).unwrap();
    std::fs::write(
        world.ledger(),
        "this is no database, but it is long enough to be one",
    )
    .unwrap();
    run(async {
        let mut listener = world.listener().await;
        let _daemon = world.start(&mut listener).await;
        let freshness = listener.dict("Freshness").await;
        assert_eq!(text(&freshness, "state"), "error");
        assert!(
            text(&freshness, "reason").contains("ledger.db"),
            "{freshness:?}"
        );
        std::fs::remove_file(world.ledger()).unwrap();
        listener.refresh().await;
        assert_eq!(listener.freshness().await, "fresh");
        assert_eq!(listener.steps("Total").await, 1);
    });
}

#[test]
fn a_ledger_that_is_deleted_is_made_again() {
    let Some(world) = World::new() else { return };
    let opencode = OpenCode::start(&world.data());
    opencode.step("msg_1");
    run(async {
        let mut listener = world.listener().await;
        let _daemon = world.start(&mut listener).await;
        std::fs::remove_dir_all(world.ledger().parent().unwrap()).unwrap();
        listener.refresh().await;
        assert_eq!(listener.steps("Total").await, 1);
        assert!(world.ledger().exists());
    });
}

#[test]
fn without_inotify_it_looks_now_and_then_and_says_so() {
    let Some(world) = World::new() else { return };
    let opencode = OpenCode::start(&world.data());
    // A user namespace has limits of its own; nothing outside of it is touched.
    let deny = "echo 0 > /proc/sys/user/max_inotify_instances";
    let enter = ["-U", "--map-current-user", "--keep-caps", "sh", "-c"];
    let allowed = Command::new("unshare")
        .args(enter)
        .arg(deny)
        .stderr(Stdio::null())
        .status();
    if !allowed.is_ok_and(|status| status.success()) {
        skip("user namespaces with a limit on inotify cannot be made here");
        return;
    }
    let script = format!("{deny} && exec {} \"$@\"", env!("CARGO_BIN_EXE_octally"));
    let before: Vec<&str> = enter.into_iter().chain([script.as_str(), "sh"]).collect();
    run(async {
        let mut listener = world.listener().await;
        let command = world.command_of(Path::new("unshare"), &before);
        let _daemon = world.start_as(command, &mut listener).await;
        let problems = listener.refresh().await.remove("problems").unwrap();
        let problems = Vec::<Values>::try_from(problems).unwrap();
        let problem = problems.iter().find(|p| text(p, "code") == "no_inotify");
        let remedy = text(problem.expect("no problem is told"), "remedy");
        assert!(remedy.contains("max_user_instances"), "{remedy}");
        opencode.step("msg_1");
        listener.wait_for_steps("Total", 1).await;
    });
}
