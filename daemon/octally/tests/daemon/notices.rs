// SPDX-License-Identifier: GPL-3.0-or-later
//! What the user is told: by the daemon on the desktop, or by whoever speaks in its place.

use std::collections::HashMap;

use zbus::Variant;

use crate::database::SESSION;
use crate::server::{Server, Shown};
use crate::story::{EAGER, Story, on_desktop};
use crate::world::{ALERTS, Values, now_ms, run, text};

fn hint(shown: &Shown, key: &str) -> String {
    <&str>::try_from(&*shown.hints[key]).unwrap().to_owned()
}

#[test]
fn a_finished_turn_is_shown_on_the_desktop_and_taken_away_when_the_session_goes_on() {
    on_desktop(EAGER, async |mut story, mut server| {
        story.finish().await;
        let shown = server.shown().await;
        assert_eq!(
            (shown.app.as_str(), shown.icon.as_str()),
            ("Octally", "io.github.octally.Octally")
        );
        assert_eq!(
            shown.summary, "OpenCode has finished",
            "no word of the user's"
        );
        assert_eq!(shown.body, "a secret title (project)\n1 step, $0.50");
        assert_eq!(hint(&shown, "desktop-entry"), "io.github.octally.Octally");
        assert_eq!(hint(&shown, "category"), "x-octally.finished");
        assert_eq!(u8::try_from(&*shown.hints["urgency"]).unwrap(), 1);
        assert_eq!(shown.actions["snooze"], "Snooze for 15 minutes");
        assert!(
            !shown.actions.contains_key("details"),
            "nobody is there to show any"
        );
        let notices = story.notices().await;
        assert_eq!(
            (notices.len(), text(&notices[0], "kind")),
            (1, "finished".into())
        );
        story.settle().await;
        // It asks for a permission, then it goes on.
        story.state("waiting").await;
        // The turn's end is over before the question is there.
        assert_eq!(server.closed().await, shown.number);
        let asked = server.shown().await;
        assert_eq!(asked.summary, "OpenCode asks for a permission");
        story.state("busy").await;
        assert_eq!(server.closed().await, asked.number);
        assert_eq!(story.notices().await.len(), 0);
        assert!(!story.world.log().contains("secret"), "a title was logged");
        let kept = story
            .world
            .home
            .path()
            .join(".local/state/octally/alerts.json");
        assert!(
            !std::fs::read_to_string(kept).unwrap().contains("secret"),
            "a title was kept"
        );
    });
}

#[test]
fn who_speaks_shows_them_and_what_still_holds_comes_back_when_it_leaves() {
    on_desktop(EAGER, async |mut story, mut server| {
        let mut speaker = story.world.listener().await;
        let alerts = speaker.proxy(ALERTS).await;
        let none: Vec<String> = alerts.call("Speak", &true).await.unwrap();
        assert_eq!(none, Vec::<String>::new());
        story.finish().await;
        let alert = speaker.signal("Alert").await;
        let (kind, details): (String, Values) = alert.body().deserialize().unwrap();
        assert_eq!(
            (kind.as_str(), text(&details, "session_id")),
            ("finished", SESSION.to_owned())
        );
        assert_eq!(text(&details, "id"), "session:ses_1");
        server.is_silent().await;
        // The screen is locked: the speaker is gone with its bus name.
        drop((alerts, speaker));
        let shown = server.shown().await;
        assert_eq!(shown.summary, "OpenCode has finished");
        assert_eq!(
            shown.actions["default"], "Show details",
            "there is somebody who can"
        );
        // Unlocked.
        let mut speaker = story.world.listener().await;
        let alerts = speaker.proxy(ALERTS).await;
        let on_desktop: Vec<String> = alerts.call("Speak", &true).await.unwrap();
        assert_eq!(on_desktop, ["session:ses_1"]);
        server.choose(shown.number, "details").await;
        let wanted = speaker.signal("ShowDetails").await;
        assert_eq!(wanted.body().deserialize::<String>().unwrap(), SESSION);
        // Disabled: the user has seen it, and there is nothing left to show.
        let none: Vec<String> = alerts.call("Speak", &false).await.unwrap();
        assert_eq!(none, Vec::<String>::new());
        server.is_silent().await;
        assert_eq!(speaker.announced().await, Vec::<String>::new());
    });
}

#[test]
fn a_notice_that_is_put_away_or_snoozed_is_not_shown_again() {
    on_desktop(EAGER, async |mut story, mut server| {
        story.finish().await;
        let first = server.shown().await;
        server.end(first.number, 2).await;
        story.settle().await;
        server.is_silent().await;
        assert_eq!(story.notices().await.len(), 0);
        story.state("busy").await;
        story.finish().await;
        let second = server.shown().await;
        assert_eq!(second.replaces, 0);
        server.choose(second.number, "snooze").await;
        while !story.notices().await.is_empty() {
            story.listener.changed().await;
        }
        story.settle().await;
        server.is_silent().await;
        // The end of the snooze shows what still holds.
        let alerts = story.alerts().await;
        alerts
            .call::<_, _, ()>("Snooze", &("session:ses_1", 0_u32))
            .await
            .unwrap();
        assert_eq!(server.shown().await.summary, "OpenCode has finished");
        alerts
            .call::<_, _, ()>("Snooze", &("", 30_u32))
            .await
            .unwrap();
        server.closed().await;
        let until_ms: i64 = alerts.get_property("SnoozedUntilMs").await.unwrap();
        assert!(until_ms > now_ms());
    });
}

#[test]
fn without_a_server_it_waits_for_one_and_a_restarted_one_gets_what_holds() {
    run(async {
        let Some(mut story) = Story::begin(EAGER).await else {
            return;
        };
        story.finish().await;
        story.settle().await;
        let mut server = Server::start(&story.world).await;
        assert_eq!(server.shown().await.summary, "OpenCode has finished");
        drop(server);
        let mut server = Server::start(&story.world).await;
        assert_eq!(server.shown().await.summary, "OpenCode has finished");
        server.is_silent().await;
    });
}

#[test]
fn a_failure_that_comes_after_the_next_attempt_says_nothing_of_that() {
    run(async {
        let Some(mut story) = Story::begin(EAGER).await else {
            return;
        };
        let (mut server, end) = Server::that_hangs(&story.world).await;
        story.finish().await;
        story.settle().await;
        story.state("waiting").await;
        story.settle().await;
        end.send(()).unwrap();
        let asked = server.shown().await;
        assert_eq!(asked.summary, "OpenCode asks for a permission");
        story.kept(asked.number).await;
        story.state("busy").await;
        assert_eq!(server.closed().await, asked.number, "it is taken away");
    });
}

#[test]
fn a_plain_server_gets_plain_text_in_the_users_language() {
    run(async {
        let german = [("LANG", "de_DE.UTF-8")];
        let Some(mut story) = Story::begin_with(EAGER, &german).await else {
            return;
        };
        let mut server = Server::with(&story.world, &[]).await;
        story.finish().await;
        let shown = server.shown().await;
        assert_eq!(
            (shown.summary.as_str(), shown.body.as_str()),
            ("OpenCode ist fertig", "")
        );
        assert_eq!(shown.actions.len(), 0);
    });
}

#[test]
fn markup_in_a_title_is_text() {
    on_desktop(EAGER, async |mut story, mut server| {
        story.opencode.rename("<b>R&D</b>\n2");
        story.finish().await;
        let shown = server.shown().await;
        assert!(
            shown
                .body
                .starts_with("&lt;b&gt;R&amp;D&lt;/b&gt; 2 (project)\n"),
            "{}",
            shown.body
        );
    });
}

#[test]
fn settings_are_written_to_the_file_with_its_comments_and_hold_at_once() {
    let mine = format!("# mine\n{EAGER}# the end\n");
    on_desktop(&mine, async |mut story, mut server| {
        story.finish().await;
        let shown = server.shown().await;
        story
            .set(&[
                ("finished", false.into()),
                ("quiet_hours", "22:00-07:00".into()),
            ])
            .await;
        assert_eq!(server.closed().await, shown.number);
        let settings: Values = story.alerts().await.get_property("Settings").await.unwrap();
        assert!(!bool::try_from(&*settings["finished"]).unwrap());
        assert_eq!(text(&settings, "quiet_hours"), "22:00-07:00");
        let file = std::fs::read_to_string(story.world.config()).unwrap();
        assert!(
            file.starts_with("# mine\n[alerts]\nmin_turn_seconds = 0\n"),
            "{file}"
        );
        assert!(
            file.contains("finished = false") && file.contains("# the end"),
            "{file}"
        );
        let wrong = HashMap::from([("quiet_hours", Variant::from("22-7"))]);
        let error = story
            .alerts()
            .await
            .call::<_, _, ()>("SetAlerts", &wrong)
            .await
            .unwrap_err();
        assert!(error.to_string().contains("InvalidArgs"), "{error}");
        // Quiet for the next hours, whenever this runs: nothing is shown but the one that is there.
        story
            .set(&[
                ("finished", true.into()),
                ("quiet_hours", around_now().as_str().into()),
            ])
            .await;
        story.state("busy").await;
        story.finish().await;
        story.settle().await;
        server.is_silent().await;
        assert_eq!(story.notices().await.len(), 0);
        story.set(&[("quiet_hours", "".into())]).await;
        assert_eq!(server.shown().await.summary, "OpenCode has finished");
    });
}

/// Two hours around now, UTC.
fn around_now() -> String {
    let hour = now_ms() / 3_600_000 % 24;
    format!("{:02}:00-{:02}:00", (hour + 23) % 24, (hour + 2) % 24)
}

#[test]
fn a_killed_daemon_knows_again_what_it_had_on_the_desktop() {
    on_desktop(EAGER, async |mut story, mut server| {
        story.finish().await;
        let shown = server.shown().await;
        story.kept(shown.number).await;
        story.kill_and_start().await;
        story.settle().await;
        server.is_silent().await;
        assert_eq!(story.notices().await.len(), 1);
        story.state("busy").await;
        assert_eq!(
            server.closed().await,
            shown.number,
            "what the former one had shown"
        );
    });
}
