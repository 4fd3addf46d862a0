// SPDX-License-Identifier: GPL-3.0-or-later
//! Bad input and missing means: said clearly, survived, and over as soon as they are mended.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::changes::zone_with_midnight_in;
use crate::database::{OpenCode, write_stats};
use crate::messages::Files;
use crate::quiet::{SETTLED, stays_asleep};
use crate::server::Server;
use crate::story::{EAGER, Story, beside_a_step};
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
    beside_a_step(async |world, _, listener| {
        std::fs::remove_dir_all(world.ledger().parent().unwrap()).unwrap();
        listener.refresh().await;
        assert_eq!(listener.steps("Total").await, 1);
        assert!(world.ledger().exists());
    });
}

/// The figures that stay on show are of yesterday, and no new day begins for them.
#[test]
fn a_ledger_that_fails_over_midnight_is_not_asked_again_and_again() {
    let Some(world) = World::new() else { return };
    let opencode = OpenCode::start(&world.data());
    opencode.step("msg_1");
    run(async {
        let mut listener = world.listener().await;
        let mut command = world.command();
        command.env("TZ", zone_with_midnight_in(12));
        let daemon = world.start_as(command, &mut listener).await;
        let ledger = rusqlite::Connection::open(world.ledger()).unwrap();
        ledger
            .execute_batch("ALTER TABLE session RENAME TO elsewhere")
            .unwrap();
        listener.refresh().await;
        assert_eq!(listener.freshness().await, "stale");
        assert_eq!(listener.steps("Today").await, 1, "midnight came too early");
        tokio::time::sleep(Duration::from_secs(12)).await;
        tokio::time::sleep(SETTLED).await;
        stays_asleep(daemon.pid(), || world.log()).await;
    });
}

#[test]
fn what_was_announced_and_cannot_be_kept_is_logged_once() {
    run(async {
        let Some(mut story) = Story::begin_with(EAGER, &[("XDG_STATE_HOME", "/dev/null/x")]).await
        else {
            return;
        };
        let mut server = Server::start(&story.world).await;
        story.finish().await;
        server.shown().await;
        for _ in 0..3 {
            story.settle().await;
        }
        let log = story.world.log();
        assert_eq!(log.matches("cannot be kept").count(), 1, "{log}");
    });
}

#[test]
fn without_inotify_it_looks_now_and_then_and_says_so() {
    let Some(world) = World::new() else { return };
    let opencode = OpenCode::start(&world.data());
    let Some(command) = limited(&world, "echo 0 > /proc/sys/user/max_inotify_instances") else {
        return;
    };
    run(async {
        let mut listener = world.listener().await;
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

#[test]
fn with_too_few_watches_the_database_is_still_watched_and_it_says_what_is_not() {
    let Some(world) = World::new() else { return };
    let opencode = OpenCode::start(&world.data());
    let files = Files::start(&world.data());
    files.session("ses_2");
    files.step("ses_2", "msg_json");
    // The data folder and the one with a folder per session.
    let Some(command) = limited(&world, "echo 2 > /proc/sys/user/max_inotify_watches") else {
        return;
    };
    run(async {
        let mut listener = world.listener().await;
        let _daemon = world.start_as(command, &mut listener).await;
        listener.wait_for_steps("Total", 1).await;
        opencode.step("msg_1");
        listener.wait_for_steps("Total", 2).await;
        let problems = listener.refresh().await.remove("problems").unwrap();
        let problems = Vec::<Values>::try_from(problems).unwrap();
        let problem = problems.iter().find(|p| text(p, "code") == "few_watches");
        let problem = problem.expect("no problem is told");
        assert!(text(problem, "remedy").contains("max_user_watches"));
        assert!(text(problem, "what").ends_with("instead: 1"), "{problem:?}");
    });
}

/// The daemon in a user namespace with a limit of its own; nothing outside of it is touched. `None`, after
/// saying so, where such a thing cannot be made.
fn limited(world: &World, limit: &str) -> Option<Command> {
    let enter = ["-U", "--map-current-user", "--keep-caps", "sh", "-c"];
    let allowed = Command::new("unshare")
        .args(enter)
        .arg(limit)
        .stderr(Stdio::null())
        .status();
    if !allowed.is_ok_and(|status| status.success()) {
        skip("user namespaces with a limit on inotify cannot be made here");
        return None;
    }
    let script = format!("{limit} && exec {} \"$@\"", env!("CARGO_BIN_EXE_octally"));
    let before: Vec<&str> = enter.into_iter().chain([script.as_str(), "sh"]).collect();
    Some(world.command_of(Path::new("unshare"), &before))
}
