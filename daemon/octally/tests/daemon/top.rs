// SPDX-License-Identifier: GPL-3.0-or-later
//! `octally top` beside the daemon, without it, and while nothing happens.

use std::path::Path;
use std::process::Command;

use crate::database::{OpenCode, write_stats};
use crate::quiet::{SETTLED, stays_asleep};
use crate::terminal::Window;
use crate::world::{World, now_ms, run};

fn top(world: &World) -> Window {
    let mut command = Command::new(Path::new(env!("CARGO_BIN_EXE_octally")));
    command.arg("top").arg("--data-dir").arg(world.data());
    command.arg("--ledger").arg(world.ledger());
    command.env("HOME", world.home.path()).env("TZ", "UTC");
    command.env("TERM", "xterm").env("PATH", "/usr/bin:/bin");
    command.env("DBUS_SESSION_BUS_ADDRESS", &world.address);
    let window = Window::open(&command, (80, 24));
    window.wait_for("the first screen", 0, |text| text.contains("help"));
    window
}

#[test]
fn it_follows_with_a_daemon_and_goes_on_when_that_ends() {
    let Some(world) = World::new() else { return };
    let opencode = OpenCode::start(&world.data());
    run(async {
        let mut listener = world.listener().await;
        let mut daemon = world.start(&mut listener).await;
        let mut top = top(&world);
        opencode.step("msg_1");
        top.redraw_until("$0.50 1 step");
        write_stats(&world.data(), std::process::id(), "waiting", now_ms());
        top.redraw_until("1 waiting");
        daemon.signal("TERM");
        daemon.ended().await;
        opencode.step("msg_2");
        top.redraw_until("$1.00 2 steps");
        let _daemon = world.start(&mut listener).await;
        opencode.step("msg_3");
        top.redraw_until("$1.50 3 steps");
        top.type_keys("q");
        assert_eq!(top.end().code(), Some(0));
        top.assert_given_back();
    });
}

#[test]
fn it_neither_wakes_up_nor_draws_while_nothing_changes() {
    let Some(world) = World::new() else { return };
    let opencode = OpenCode::start(&world.data());
    opencode.step("msg_1");
    // An age that is told in hours changes after this test.
    let since_ms = now_ms() - 90 * 60_000;
    write_stats(&world.data(), std::process::id(), "idle", since_ms);
    run(async {
        let top = top(&world);
        tokio::time::sleep(SETTLED).await;
        let drawn = top.mark();
        stays_asleep(top.child.id(), || top.output()).await;
        assert_eq!(top.mark(), drawn, "{:?}", &top.output()[drawn..]);
    });
}
