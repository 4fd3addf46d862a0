// SPDX-License-Identifier: GPL-3.0-or-later
//! What is shown, replaced and taken away in stories of sessions; the modules have those of money and of the
//! desktop, and what holds in all of them.

mod desktop;
mod properties;
mod spending;
mod world;

use octally_bus::AlertSettings;
use octally_core::wire::State;

use world::{MINUTE_MS, NOON_MS, Told, World};

use super::*;

const NOTHING: [&str; 0] = [];
const SESSION: &str = "session:ses_1";
const AWAY: [&str; 2] = ["close session:ses_1", "withdrawn session:ses_1"];

#[test]
fn a_session_has_one_notice_that_is_replaced_and_withdrawn_when_it_goes_on() {
    let mut world = World::new();
    assert_eq!(world.finish(), ["send finished"]);
    assert_eq!(world.after(1), NOTHING);
    world.snapshot.sessions[0].is_silent = true;
    assert_eq!(world.observe(&[Told::Silent]), ["send idle"]);
    assert_eq!(world.shown(), ["idle"]);
    world.session(State::Busy);
    assert_eq!(world.observe(&[]), AWAY);
    assert_eq!(world.ask(), ["send waiting"]);
    // The permission was given.
    world.session(State::Busy);
    assert_eq!(world.observe(&[]), AWAY);
    assert_eq!(world.shown(), NOTHING);
}

#[test]
fn a_session_that_ends_takes_its_notice_along_and_one_that_is_unreadable_does_not() {
    let mut world = World::new();
    world.finish();
    world.snapshot.sessions.clear();
    world.is_complete = false;
    assert_eq!(world.observe(&[]), NOTHING);
    world.is_complete = true;
    assert_eq!(world.observe(&[]), AWAY);
}

#[test]
fn silence_does_not_hide_that_a_session_waits() {
    let mut world = World::new();
    world.ask();
    world.snapshot.sessions[0].is_silent = true;
    assert_eq!(world.observe(&[Told::Silent]), NOTHING);
    assert_eq!(world.shown(), ["waiting"]);
}

#[test]
fn settings_decide_and_take_effect_at_once() {
    let mut world = World::new();
    world.session(State::Idle);
    assert_eq!(
        world.observe(&[Told::Finished(9_999)]),
        NOTHING,
        "a short turn"
    );
    assert_eq!(world.finish(), ["send finished"]);
    world.settings.finished = false;
    assert_eq!(world.observe(&[]), AWAY);
    assert_eq!(world.finish(), NOTHING);
    world.settings = AlertSettings {
        speaker: octally_bus::Speaker::OpenCode,
        ..AlertSettings::default()
    };
    assert_eq!(world.finish(), NOTHING);
    assert_eq!(world.ask(), NOTHING);
    world.budget(0.6);
    assert_eq!(
        world.observe(&[]),
        ["send budget:daily 50"],
        "budgets are ours in any case"
    );
}

#[test]
fn quiet_hours_hold_back_and_afterwards_only_what_still_holds_is_shown() {
    let mut world = World::new();
    world.settings.quiet_hours = "12:00-13:00".into();
    world.budget(0.9);
    assert_eq!(world.finish(), NOTHING);
    assert_eq!(world.shown(), NOTHING);
    assert_eq!(
        world.notices.next_deadline_ms(world.moment()),
        Some(NOON_MS + 60 * MINUTE_MS)
    );
    world.session(State::Busy);
    assert_eq!(world.after(30), NOTHING);
    assert_eq!(world.after(30), ["send budget:daily 80"]);
    assert_eq!(
        world.notices.next_deadline_ms(world.moment()),
        None,
        "no timer without need"
    );
}

#[test]
fn what_is_held_back_is_not_lost_by_a_restart_nor_told_twice() {
    let mut world = World::new();
    world.settings.quiet_hours = "12:00-13:00".into();
    world.budget(0.9);
    assert_eq!(world.observe(&[]), NOTHING);
    world.restart();
    assert_eq!(world.after(60), ["send budget:daily 80"]);
    world.restart();
    assert_eq!(world.after(1), NOTHING);
}

#[test]
fn a_snoozed_notice_comes_back_when_it_still_holds_and_a_question_comes_earlier() {
    let mut world = World::new();
    world.finish();
    assert_eq!(world.snooze(SESSION, 15), AWAY);
    assert_eq!(world.shown(), NOTHING);
    assert_eq!(
        world.notices.next_deadline_ms(world.moment()),
        Some(NOON_MS + 15 * MINUTE_MS)
    );
    assert_eq!(world.after(14), NOTHING);
    assert_eq!(world.after(1), ["send finished"]);
    world.snooze(SESSION, 15);
    assert_eq!(world.finish(), NOTHING, "the next turn is no other matter");
    assert_eq!(world.ask(), ["send waiting"]);
    world.snooze(SESSION, 15);
    assert_eq!(world.snooze(SESSION, 0), ["send waiting"]);
}

#[test]
fn all_notices_can_be_snoozed_also_across_a_restart() {
    let mut world = World::new();
    world.finish();
    assert_eq!(world.snooze("", 30), AWAY);
    assert_eq!(world.notices.snoozed_until_ms(), NOON_MS + 30 * MINUTE_MS);
    world.budget(0.9);
    assert_eq!(world.after(10), NOTHING);
    world.restart();
    assert_eq!(world.after(10), NOTHING);
    assert_eq!(
        world.after(10),
        ["send budget:daily 80"],
        "a turn that ended before the start is no news"
    );
    assert_eq!(world.notices.snoozed_until_ms(), 0);
    world.snooze("", 30);
    assert_eq!(world.snooze("", 0), ["send budget:daily 80"]);
}

#[test]
fn what_the_user_has_put_away_is_not_shown_again_for_this_cause() {
    let mut world = World::new();
    world.finish();
    world.notices.dismissed(SESSION);
    assert_eq!(world.shown(), NOTHING);
    assert_eq!(world.after(1), NOTHING);
    assert_eq!(world.speak(true), (vec![], vec![]));
    assert_eq!(world.speak(false), (vec![], vec![]));
    assert_eq!(
        world.finish(),
        ["send finished"],
        "another turn is another cause"
    );
    assert_eq!(world.snooze(SESSION, FOR_GOOD), AWAY);
    assert_eq!(world.after(60), NOTHING);
}
