// SPDX-License-Identifier: GPL-3.0-or-later
//! A session that goes on step by step, and the daemon that tells of it.

use std::collections::HashMap;

use zbus::{Proxy, Variant};

use crate::database::{OpenCode, write_stats};
use crate::server::Server;
use crate::world::{ALERTS, Guarded, Listener, Values, World, now_ms, run};

/// Every turn is told, however short, and one step in five minutes trips the wire where it is drawn tight.
pub const EAGER: &str = "[alerts]\nmin_turn_seconds = 0\ntripwire_usd_per_minute = 0\n";

/// A daemon beside a session that is at work.
pub struct Story {
    pub world: World,
    pub opencode: OpenCode,
    pub listener: Listener,
    pub daemon: Guarded,
}

impl Story {
    /// A daemon beside a session that is at work; `None` where it cannot be had.
    pub async fn begin(config: &str) -> Option<Self> {
        Self::begin_with(config, &[]).await
    }

    pub async fn begin_with(config: &str, variables: &[(&str, &str)]) -> Option<Self> {
        let world = World::new()?;
        let opencode = OpenCode::start(&world.data());
        world.configure(config);
        let mut listener = world.listener().await;
        let mut command = world.command();
        command.envs(variables.iter().copied());
        let daemon = world.start_as(command, &mut listener).await;
        let mut story = Self {
            world,
            opencode,
            listener,
            daemon,
        };
        story.state("busy").await;
        Some(story)
    }

    pub async fn state(&mut self, state: &str) {
        write_stats(&self.world.data(), std::process::id(), state, now_ms());
        self.listener.wait_for_state(state).await;
    }

    /// A turn ends.
    pub async fn finish(&mut self) {
        let steps = self.listener.steps("Total").await;
        self.opencode.step(&format!("msg_{steps}"));
        self.state("idle").await;
    }

    pub async fn kill_and_start(&mut self) {
        self.daemon.signal("KILL");
        self.daemon.ended().await;
        self.daemon = self.world.start(&mut self.listener).await;
    }

    pub async fn alerts(&self) -> Proxy<'static> {
        self.listener.proxy(ALERTS).await
    }

    pub async fn notices(&self) -> Vec<Values> {
        self.alerts().await.get_property("Notices").await.unwrap()
    }

    /// Everything that was written until now has been read and told.
    pub async fn settle(&self) {
        self.listener.refresh().await;
    }

    /// Waits until a notification's number is kept, which the desktop has told by then: the next daemon knows
    /// it. Nobody hears of that, so it is looked for from one reading to the next.
    pub async fn kept(&self, number: u32) {
        let home = self.world.home.path();
        let file = home.join(".local/state/octally/alerts.json");
        let wanted = format!("\"number\":{number}}}");
        let is_kept = || std::fs::read_to_string(&file).is_ok_and(|text| text.contains(&wanted));
        while !is_kept() {
            self.settle().await;
        }
    }

    pub async fn set(&self, changes: &[(&str, Variant<'_>)]) {
        let changes: HashMap<&str, &Variant<'_>> =
            changes.iter().map(|(key, value)| (*key, value)).collect();
        self.alerts()
            .await
            .call::<_, _, ()>("SetAlerts", &changes)
            .await
            .unwrap();
    }
}

/// Tells a story before a desktop that shows notifications.
pub fn on_desktop(config: &str, tell: impl AsyncFnOnce(Story, Server)) {
    run(async {
        let Some(story) = Story::begin(config).await else {
            return;
        };
        let server = Server::start(&story.world).await;
        tell(story, server).await;
    });
}

/// Runs a test beside a database with one step, and a daemon that has read it.
pub fn beside_a_step(test: impl AsyncFnOnce(&World, &OpenCode, &mut Listener)) {
    let Some(world) = World::new() else { return };
    let opencode = OpenCode::start(&world.data());
    opencode.step("msg_1");
    run(async {
        let mut listener = world.listener().await;
        let _daemon = world.start(&mut listener).await;
        test(&world, &opencode, &mut listener).await;
    });
}
