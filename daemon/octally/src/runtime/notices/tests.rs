// SPDX-License-Identifier: GPL-3.0-or-later
//! What is shown, replaced and taken away in stories, and what holds in all of them.

mod properties;
mod world;

use octally_bus::AlertSettings;
use octally_core::model::NanoUsd;
use octally_core::wire::{CompactionLoop, Lately, SessionRef, State};

use world::{DAY_MS, MINUTE_MS, NOON_MS, Told, World, words};

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

#[test]
fn the_tripwire_goes_off_once_until_it_is_calm() {
    let mut world = World::new();
    world.spend(5.0);
    assert_eq!(
        world.observe(&[]),
        NOTHING,
        "the limit itself is not above it"
    );
    world.spend(5.1);
    assert_eq!(world.observe(&[]), ["send tripwire"]);
    for usd in [4.9, 5.2, 2.5, 9.0] {
        world.spend(usd);
        assert_eq!(world.after(1), NOTHING);
    }
    world.spend(2.4);
    assert_eq!(world.after(1), ["close tripwire", "withdrawn tripwire"]);
    world.spend(6.0);
    assert_eq!(world.after(1), ["send tripwire"]);
    world.settings.tripwire_usd_per_minute = 0.0;
    assert_eq!(world.after(1), ["close tripwire", "withdrawn tripwire"]);
}

#[test]
fn list_price_alone_trips_it_too_and_says_so() {
    let mut world = World::new();
    world.spend(3.0);
    if let Some(lately) = &mut world.lately {
        lately.estimated = NanoUsd(30_000_000_000);
    }
    assert_eq!(world.observe(&[]), ["send tripwire"]);
    let Some(Matter::Tripwire {
        usd_per_minute,
        is_billed,
        ..
    }) = world
        .notices
        .get("tripwire")
        .map(|notice| notice.matter.clone())
    else {
        panic!()
    };
    assert_eq!(
        (usd_per_minute, is_billed),
        (6.0, false),
        "not mixed with what was billed"
    );
}

#[test]
fn a_compaction_loop_is_told_once_while_it_lasts() {
    let mut world = World::new();
    let session = SessionRef {
        id: "ses_9".into(),
        ..SessionRef::default()
    };
    let found = CompactionLoop {
        session,
        compactions: 3,
        within_ms: 200_000,
    };
    world.lately = Some(Lately {
        loops: vec![found],
        ..Lately::default()
    });
    assert_eq!(world.observe(&[]), ["send compaction_loop"]);
    if let Some(lately) = &mut world.lately {
        lately.loops[0].compactions = 4;
    }
    assert_eq!(world.after(1), NOTHING);
    world.lately = None;
    assert_eq!(world.after(1), NOTHING, "unknown is not over");
    world.lately = Some(Lately::default());
    assert_eq!(
        world.after(1),
        ["close compaction:ses_9", "withdrawn compaction:ses_9"]
    );
}

#[test]
fn each_threshold_is_announced_once_a_period_and_of_several_the_highest() {
    let mut world = World::new();
    world.budget(0.4);
    assert_eq!(world.observe(&[]), NOTHING);
    world.budget(0.85);
    assert_eq!(world.observe(&[]), ["send budget:daily 80"]);
    world.budget(0.95);
    assert_eq!(world.after(1), NOTHING);
    world.budget(1.2);
    assert_eq!(world.after(1), ["send budget:daily 100"]);
    world.restart();
    assert_eq!(world.after(1), NOTHING);
    // The next day.
    world.now_ms += DAY_MS;
    world.budget(0.1);
    assert_eq!(
        world.observe(&[]),
        ["close budget:daily", "withdrawn budget:daily"]
    );
    world.budget(0.5);
    assert_eq!(world.observe(&[]), ["send budget:daily 50"]);
    // The clock is set back: the day before was told of.
    world.now_ms -= DAY_MS;
    world.budget(1.2);
    let effects = world.observe(&[]);
    assert!(
        !effects.iter().any(|effect| effect.starts_with("send")),
        "{effects:?}"
    );
}

#[test]
fn a_raised_limit_withdraws_and_counts_anew_from_where_it_stands() {
    let mut world = World::new();
    world.budget_of(10.0, 10.5);
    assert_eq!(world.observe(&[]), ["send budget:daily 100"]);
    world.budget_of(20.0, 10.5);
    assert_eq!(
        world.observe(&[]),
        ["close budget:daily", "withdrawn budget:daily"]
    );
    world.budget_of(20.0, 17.0);
    assert_eq!(world.observe(&[]), ["send budget:daily 80"]);
    world.budget_of(10.0, 17.0);
    assert_eq!(world.observe(&[]), NOTHING, "this was told before");
    world.budget_of(5.0, 17.0);
    assert_eq!(world.observe(&[]), ["send budget:daily 100"]);
}

#[test]
fn a_budget_that_cannot_be_read_for_a_moment_is_not_told_again() {
    let mut world = World::new();
    world.budget(0.6);
    world.observe(&[]);
    world.snapshot.budgets.clear();
    assert_eq!(
        world.observe(&[]),
        ["close budget:daily", "withdrawn budget:daily"],
        "it was removed"
    );
    world.budget(0.7);
    assert_eq!(world.observe(&[]), NOTHING);
}

#[test]
fn the_speaker_takes_over_and_hands_back_and_never_are_there_two() {
    let mut world = World::new();
    world.finish();
    assert_eq!(world.speak(true), (vec![SESSION.into()], vec![]));
    assert_eq!(world.shown(), ["finished"]);
    // What comes now is the speaker's; ours of the same id goes first.
    assert_eq!(world.ask(), [AWAY[0], AWAY[1], "alert waiting"]);
    let (none, effects) = world.speak(false);
    assert_eq!((none, effects), (vec![], vec!["send waiting".to_owned()]));
    assert_eq!(world.speak(true), (vec![SESSION.into()], vec![]));
    world.session(State::Busy);
    assert_eq!(world.observe(&[]), AWAY);
}

#[test]
fn a_later_kind_of_the_speakers_replaces_ours() {
    let mut world = World::new();
    world.finish();
    world.speak(true);
    world.snapshot.sessions[0].is_silent = true;
    assert_eq!(
        world.observe(&[Told::Silent]),
        ["close session:ses_1", "alert idle"]
    );
}

#[test]
fn what_has_been_on_the_desktop_is_not_shown_again_by_the_speaker() {
    let mut world = World::new();
    world.finish();
    world.notices.expired(SESSION);
    assert_eq!(world.speak(true), (vec![SESSION.into()], vec![]));
    assert_eq!(world.speak(false), (vec![], vec![]));
}

#[test]
fn without_a_server_nothing_is_tried_again_until_there_is_something_new_or_a_server() {
    let mut world = World::new();
    world.finish();
    world.notices.failed(SESSION, true);
    assert_eq!(world.after(1), NOTHING);
    assert_eq!(world.shown(), ["finished"], "it holds all the same");
    world.budget(0.6);
    assert_eq!(world.after(1), ["send budget:daily 50", "send finished"]);
    world.notices.failed("budget:daily", true);
    world.notices.failed(SESSION, true);
    assert_eq!(world.after(1), NOTHING);
    let moment = Moment {
        now_ms: world.now_ms,
        zone: &world.zone,
        settings: &world.settings,
    };
    let effects = world.notices.server_there(moment);
    assert_eq!(words(&effects), ["send budget:daily 50", "send finished"]);
}

#[test]
fn a_server_that_starts_again_gets_what_still_holds() {
    let mut world = World::new();
    world.finish();
    world.budget(0.6);
    world.observe(&[]);
    world.notices.dismissed("budget:daily");
    world.notices.server_gone();
    assert_eq!(world.after(1), NOTHING);
    let moment = Moment {
        now_ms: world.now_ms,
        zone: &world.zone,
        settings: &world.settings,
    };
    assert_eq!(
        words(&world.notices.server_there(moment)),
        ["send finished"]
    );
}

#[test]
fn a_server_that_refuses_one_is_not_asked_again() {
    let mut world = World::new();
    world.finish();
    world.notices.failed(SESSION, false);
    assert_eq!(world.after(1), NOTHING);
}

#[test]
fn a_restart_takes_over_what_is_on_the_desktop_and_closes_what_holds_no_longer() {
    let mut world = World::new();
    world.finish();
    world.budget(0.6);
    world.spend(9.0);
    assert_eq!(
        world.observe(&[]),
        ["send budget:daily 50", "send tripwire"]
    );
    world.restart();
    world.spend(0.0);
    assert_eq!(world.after(1), ["close tripwire"]);
    assert_eq!(world.shown(), ["finished", "budget"]);
    assert_eq!(world.speak(true).0, ["budget:daily", SESSION]);
    world.session(State::Busy);
    assert_eq!(world.after(1), AWAY);
}
