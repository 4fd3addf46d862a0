// SPDX-License-Identifier: GPL-3.0-or-later
//! The limit of what may be spent in a minute, raised where it is told that more is spent.

use crate::database::{OpenCode, write_stats};
use crate::server::Server;
use crate::world::{World, now_ms, run};

/// One step in five minutes is above it.
const TIGHT: &str = "[alerts]\nfinished = false\ntripwire_usd_per_minute = 0.05 # mine\n";

#[test]
fn the_limit_per_minute_is_raised_from_the_notification_which_goes() {
    run(async {
        let Some(world) = World::new() else { return };
        let opencode = OpenCode::start(&world.data());
        world.configure(TIGHT);
        let mut listener = world.listener().await;
        let _daemon = world.start_as(world.command(), &mut listener).await;
        let mut server = Server::start(&world).await;
        write_stats(&world.data(), std::process::id(), "busy", now_ms());
        listener.wait_for_state("busy").await;
        opencode.step("msg_1");
        let shown = server.shown().await;
        assert_eq!(shown.summary, "OpenCode spends $0.10 a minute");
        assert_eq!(shown.actions["raise"], "Raise limit to $0.20");
        server.choose_only(shown.number, "raise").await;
        assert_eq!(server.closed().await, shown.number);
        let file = std::fs::read_to_string(world.config()).unwrap();
        assert!(
            file.contains("tripwire_usd_per_minute = 0.2 # mine"),
            "{file}"
        );
        server.is_silent().await;
    });
}
