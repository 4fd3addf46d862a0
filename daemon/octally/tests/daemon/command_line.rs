// SPDX-License-Identifier: GPL-3.0-or-later
//! The command line beside a running daemon.

use std::io::{BufRead, BufReader, Lines};
use std::process::{ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::database::OpenCode;
use crate::quiet::SETTLED;
use crate::story::beside_a_step;
use crate::world::{Guarded, World, run};

fn octally(world: &World, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_octally"));
    command
        .args(args)
        .arg("--data-dir")
        .arg(world.data())
        .arg("--ledger")
        .arg(world.ledger())
        .env_clear()
        .env("HOME", world.home.path())
        .env("TZ", "UTC")
        .env("DBUS_SESSION_BUS_ADDRESS", &world.address)
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    command
}

fn next(lines: &mut Lines<BufReader<ChildStdout>>) -> Value {
    serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap()
}

#[test]
fn watching_follows_the_daemon_step_by_step() {
    let Some(world) = World::new() else { return };
    let opencode = OpenCode::start(&world.data());
    run(async {
        let mut listener = world.listener().await;
        let _daemon = world.start(&mut listener).await;
        let spawned = octally(&world, &["status", "--watch", "--json"]).spawn();
        let mut watcher = Guarded(spawned.unwrap());
        let mut lines = BufReader::new(watcher.0.stdout.take().unwrap()).lines();
        assert_eq!(next(&mut lines)["total"]["steps"], 0);
        let started = Instant::now();
        for number in 1..=20_u64 {
            opencode.step(&format!("msg_{number}"));
            while next(&mut lines)["total"]["steps"] != number {}
        }
        // A step that is seen only by the minute's tick would break this.
        assert!(started.elapsed() < Duration::from_secs(30));
    });
}

#[test]
fn watching_other_data_than_the_daemons_follows_its_files() {
    let Some(world) = World::new() else { return };
    let _daemons = OpenCode::start(&world.data());
    let other = world.home.path().join("other");
    let opencode = OpenCode::start(&other);
    run(async {
        let mut listener = world.listener().await;
        let _daemon = world.start(&mut listener).await;
        let mut command = octally(&world, &["status", "--watch", "--json"]);
        command.arg("--data-dir").arg(&other);
        let mut watcher = Guarded(command.spawn().unwrap());
        let mut lines = BufReader::new(watcher.0.stdout.take().unwrap()).lines();
        assert_eq!(next(&mut lines)["total"]["steps"], 0);
        tokio::time::sleep(SETTLED).await;
        let started = Instant::now();
        opencode.step("msg_1");
        while next(&mut lines)["total"]["steps"] != 1 {}
        // A step that is seen only by the minute's tick would break this.
        assert!(started.elapsed() < Duration::from_secs(30));
    });
}

#[test]
fn a_daemon_that_hangs_is_told_by_the_doctor() {
    let Some(world) = World::new() else { return };
    let _opencode = OpenCode::start(&world.data());
    run(async {
        let mut listener = world.listener().await;
        let daemon = world.start(&mut listener).await;
        daemon.signal("STOP");
        let mut command = octally(&world, &["doctor", "--json"]);
        let output = tokio::task::spawn_blocking(move || command.output());
        let output = output.await.unwrap().unwrap();
        let doctor: Value = serde_json::from_slice(&output.stdout).unwrap();
        let checks = doctor["checks"].as_array().unwrap();
        let check = |topic: &str| checks.iter().find(|check| check["topic"] == topic);
        let found = check("daemon").unwrap();
        assert_eq!(found["mark"], "error", "{found}");
        let what = format!("process {} does not answer", daemon.pid());
        assert!(found["what"].as_str().unwrap().contains(&what), "{found}");
        assert!(found["remedy"].as_str().unwrap().contains("restart"));
        let bus = check("d-bus").unwrap()["what"].as_str().unwrap();
        assert!(bus.starts_with("the session bus has the name"), "{bus}");
    });
}

#[test]
fn watching_beside_a_daemon_that_hangs_follows_the_files() {
    let Some(world) = World::new() else { return };
    let opencode = OpenCode::start(&world.data());
    run(async {
        let mut listener = world.listener().await;
        let daemon = world.start(&mut listener).await;
        daemon.signal("STOP");
        let spawned = octally(&world, &["status", "--watch", "--json"]).spawn();
        let mut watcher = Guarded(spawned.unwrap());
        let stdout = watcher.0.stdout.take().unwrap();
        let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
        let read = move || {
            BufReader::new(stdout)
                .lines()
                .try_for_each(|line| tell.send(line))
        };
        std::thread::spawn(read);
        for number in 0..=2_u64 {
            if number > 0 {
                opencode.step(&format!("msg_{number}"));
            }
            loop {
                let line = told.recv().await.unwrap().unwrap();
                let status: Value = serde_json::from_str(&line).unwrap();
                if status["total"]["steps"] == number {
                    break;
                }
            }
        }
    });
}

#[test]
fn what_is_forgotten_on_the_command_line_leaves_the_daemons_figures_at_once() {
    beside_a_step(async |world, _, listener| {
        listener.wait_for_steps("Total", 1).await;
        let started = Instant::now();
        let ledger = octally(world, &["ledger", "--json"]).output().unwrap();
        let ledger: Value = serde_json::from_slice(&ledger.stdout).unwrap();
        let project = ledger["projects"][0]["project"].as_str().unwrap();
        for (verb, steps) in [("forget", 0), ("remember", 1)] {
            let mut command = octally(world, &["ledger", verb, project]);
            if verb == "forget" {
                command.arg("--yes");
            }
            assert!(command.output().unwrap().status.success());
            listener.wait_for_steps("Total", steps).await;
        }
        // The minute's tick would see it too.
        assert!(started.elapsed() < Duration::from_secs(45));
    });
}

#[test]
fn the_doctor_asks_the_daemon() {
    let Some(world) = World::new() else { return };
    let _opencode = OpenCode::start(&world.data());
    let check = |topic: &str| {
        let output = octally(&world, &["doctor", "--json"]).output().unwrap();
        let doctor: Value = serde_json::from_slice(&output.stdout).unwrap();
        let checks = doctor["checks"].as_array().unwrap();
        let found = checks.iter().find(|check| check["topic"] == topic);
        found.unwrap().clone()
    };
    let what_of = |check: &Value| check["what"].as_str().unwrap().to_owned();
    assert_eq!(check("daemon")["mark"], "note");
    assert!(what_of(&check("d-bus")).starts_with("the session bus has nobody"));
    run(async {
        let mut listener = world.listener().await;
        let daemon = world.start(&mut listener).await;
        let found = check("daemon");
        assert_eq!(found["mark"], "ok", "{found}");
        let process = format!("runs as process {}, version", daemon.pid());
        assert!(what_of(&found).starts_with(&process), "{found}");
        let bus = check("d-bus");
        assert!(
            what_of(&bus).starts_with("the session bus has the name"),
            "{bus}"
        );
        assert!(
            bus["remedy"].is_string(),
            "it has no service file here: {bus}"
        );
    });
}
