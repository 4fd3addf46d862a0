// SPDX-License-Identifier: GPL-3.0-or-later
//! Start, stop, restart, reload.

use std::process::Stdio;

use zbus::fdo::IntrospectableProxy;

use crate::database::OpenCode;
use crate::story::beside_a_step;
use crate::world::{Guarded, NAME, PATH, SESSIONS, World, run};

#[test]
fn the_first_snapshot_is_there_before_the_name() {
    beside_a_step(async |_, _, listener| {
        assert_eq!(listener.steps("Total").await, 1);
        assert_eq!(listener.steps("Today").await, 1);
        assert_eq!(listener.freshness().await, "fresh");
    });
}

#[test]
fn the_contract_is_what_the_bus_sees() {
    let Some(world) = World::new() else { return };
    run(async {
        let mut listener = world.listener().await;
        let _daemon = world.start(&mut listener).await;
        let introspectable = IntrospectableProxy::builder(&listener.connection)
            .destination(NAME)
            .path(PATH)
            .build()
            .await
            .unwrap();
        let live = introspectable.introspect().await.unwrap();
        let contract = include_str!("../../../../data/io.github.octally.Octally.xml");
        let names = |xml: &str| {
            let tags = xml
                .lines()
                .filter(|line| !line.contains("org.freedesktop."));
            let mut names: Vec<String> = tags
                .filter_map(|line| {
                    let (tag, rest) = line.trim().strip_prefix('<')?.split_once(" name=\"")?;
                    Some(format!("{tag} {}", rest.split('"').next()?))
                })
                .filter(|name| !name.starts_with("arg"))
                .collect();
            names.sort();
            names
        };
        let live = names(&live);
        let missing: Vec<_> = names(contract)
            .into_iter()
            .filter(|n| !live.contains(n))
            .collect();
        assert_eq!(missing, Vec::<String>::new());
    });
}

#[test]
fn term_releases_the_name_and_ends_with_0() {
    let Some(world) = World::new() else { return };
    run(async {
        let mut listener = world.listener().await;
        let mut daemon = world.start(&mut listener).await;
        daemon.signal("TERM");
        listener.released().await;
        assert_eq!(daemon.ended().await.code(), Some(0), "{}", world.log());
    });
}

#[test]
fn killed_and_started_again_it_has_the_same_totals() {
    let Some(world) = World::new() else { return };
    let opencode = OpenCode::start(&world.data());
    opencode.step("msg_1");
    opencode.step("msg_2");
    run(async {
        let mut listener = world.listener().await;
        let mut daemon = world.start(&mut listener).await;
        let before = listener.dict("Total").await;
        opencode.step("msg_3");
        listener.wait_for_steps("Total", 3).await;
        daemon.signal("KILL");
        daemon.ended().await;
        let _daemon = world.start(&mut listener).await;
        assert_eq!(listener.steps("Total").await, 3);
        assert_ne!(listener.dict("Total").await, before);
    });
}

#[test]
fn a_second_daemon_says_so_and_ends_with_1_and_may_replace() {
    let Some(world) = World::new() else { return };
    run(async {
        let mut listener = world.listener().await;
        let mut first = world.start(&mut listener).await;
        let mut second = Guarded(world.command().spawn().unwrap());
        assert_eq!(second.ended().await.code(), Some(1));
        assert!(
            world.log().contains("another daemon owns"),
            "{}",
            world.log()
        );
        let mut third = world.command();
        third.arg("--replace");
        let _third = world.start_as(third, &mut listener).await;
        assert_eq!(first.ended().await.code(), Some(0), "{}", world.log());
        assert_eq!(listener.steps("Total").await, 0);
    });
}

#[test]
fn without_a_session_bus_it_says_what_to_do_and_ends_with_1() {
    let Some(world) = World::new() else { return };
    let mut command = world.command();
    command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus");
    let output = command.stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said.contains("no session bus") && said.contains("dbus-run-session"),
        "{said}"
    );
}

#[test]
fn hup_reads_the_configuration_again() {
    let Some(world) = World::new() else { return };
    run(async {
        let mut listener = world.listener().await;
        let daemon = world.start(&mut listener).await;
        let threshold = async |listener: &crate::world::Listener| {
            let proxy = listener.proxy(SESSIONS).await;
            proxy.get_property::<i64>("IdleThresholdMs").await.unwrap()
        };
        assert_eq!(threshold(&listener).await, 900_000);
        world.configure("[alerts]\nidle_threshold_minutes = 3\n");
        daemon.signal("HUP");
        while threshold(&listener).await != 180_000 {
            listener.changed().await;
        }
    });
}
