// SPDX-License-Identifier: GPL-3.0-or-later
//! What the user is told of money: thresholds of budgets, and too much a minute.

use crate::database::OpenCode;
use crate::server::Server;
use crate::story::on_desktop;
use crate::world::{Values, World, run, text};

/// A budget of a dollar a day, of which each step takes the half.
const BUDGET: &str = "[alerts]\nfinished = false\ntripwire_usd_per_minute = 0\n\
                      [budgets.mine] # all I have\nperiod = 'day'\nlimit_usd = 1.0\n";

#[test]
fn too_much_a_minute_is_told_once_with_the_dearest_session() {
    let config = "[alerts]\nfinished = false\ntripwire_usd_per_minute = 0.05\n";
    on_desktop(config, async |mut story, mut server| {
        story.finish().await;
        let shown = server.shown().await;
        assert_eq!(shown.summary, "OpenCode spends $0.10 a minute");
        assert_eq!(
            shown.body,
            "Your limit is $0.05 a minute.\na secret title (project)"
        );
        story.finish().await;
        story.settle().await;
        server.is_silent().await;
        let notices = story.notices().await;
        assert_eq!(
            (text(&notices[0], "id"), text(&notices[0], "counts")),
            ("tripwire".into(), "billed".into())
        );
    });
}

#[test]
fn a_threshold_is_announced_once_also_when_the_daemon_is_killed_in_the_middle() {
    on_desktop(BUDGET, async |mut story, mut server| {
        story.finish().await;
        let half = server.shown().await;
        assert_eq!(half.summary, "50 % of a budget is spent");
        assert_eq!(half.body, "mine: $0.50 of $1.00 today");
        story.kept(half.number).await;
        story.kill_and_start().await;
        story.settle().await;
        server.is_silent().await;
        // 80 and 100 at once: the higher one, in place of the one that a former daemon has shown.
        story.finish().await;
        let full = server.shown().await;
        assert_eq!(
            (full.summary.as_str(), full.replaces),
            ("100 % of a budget is spent", half.number)
        );
        let notices = story.notices().await;
        let budget = Values::try_from(notices[0]["budget"].try_clone().unwrap()).unwrap();
        assert_eq!(
            (text(&notices[0], "id"), text(&budget, "id")),
            ("budget:mine".into(), "mine".into())
        );
        assert_eq!(u32::try_from(&*notices[0]["threshold"]).unwrap(), 100);
        // Put away, and the server ends with the daemon: nothing comes again.
        server.end(full.number, 2).await;
        story.settle().await;
        drop(server);
        story.kill_and_start().await;
        let mut server = Server::start(&story.world).await;
        story.settle().await;
        server.is_silent().await;
    });
}

#[test]
fn a_limit_is_raised_from_the_notification_which_goes() {
    on_desktop(BUDGET, async |mut story, mut server| {
        story.finish().await;
        server.shown().await;
        story.finish().await;
        let full = server.shown().await;
        assert_eq!(full.actions["raise"], "Raise limit to $2.00");
        // GNOME Shell takes away what was acted on; this one does not, and the daemon does.
        server.choose_only(full.number, "raise").await;
        assert_eq!(server.closed().await, full.number);
        let file = std::fs::read_to_string(story.world.config()).unwrap();
        assert!(
            file.contains("[budgets.mine] # all I have") && file.contains("limit_usd = 2.0"),
            "{file}"
        );
        story.settle().await;
        server.is_silent().await;
        // 75 % of the new limit: its 50 % were passed when it was raised.
        story.finish().await;
        story.settle().await;
        server.is_silent().await;
        story.finish().await;
        assert_eq!(server.shown().await.summary, "100 % of a budget is spent");
    });
}

#[test]
fn a_damaged_file_of_announcements_is_put_aside_and_told() {
    run(async {
        let Some(world) = World::new() else { return };
        let opencode = OpenCode::start(&world.data());
        world.configure(BUDGET);
        let kept = world.home.path().join(".local/state/octally/alerts.json");
        std::fs::create_dir_all(kept.parent().unwrap()).unwrap();
        std::fs::write(&kept, "{\"schema\":1,\"budg").unwrap();
        let mut server = Server::start(&world).await;
        let mut listener = world.listener().await;
        let _daemon = world.start(&mut listener).await;
        opencode.step("msg_1");
        assert_eq!(server.shown().await.summary, "50 % of a budget is spent");
        assert!(kept.with_extension("json.damaged").exists());
        assert!(std::fs::read_to_string(&kept).unwrap().contains("\"mine\""));
    });
}
