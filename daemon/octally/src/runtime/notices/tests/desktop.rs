// SPDX-License-Identifier: GPL-3.0-or-later
//! Who shows a notice: the speaker or the notification server, each of which comes and goes.

use octally_core::wire::State;

use super::super::*;
use super::world::{Told, World, words};
use super::{AWAY, NOTHING, SESSION};

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
    assert_eq!(world.fail(SESSION, true), NOTHING);
    assert_eq!(world.after(1), NOTHING);
    assert_eq!(world.shown(), ["finished"], "it holds all the same");
    world.budget(0.6);
    assert_eq!(world.after(1), ["send budget:daily 50", "send finished"]);
    world.fail("budget:daily", true);
    world.fail(SESSION, true);
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
fn what_could_not_be_shown_on_the_desktop_goes_to_the_speaker_at_once() {
    let mut world = World::new();
    world.finish();
    assert_eq!(world.speak(true), (vec![SESSION.into()], vec![]));
    assert_eq!(world.fail(SESSION, true), ["alert finished"]);
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
    world.fail(SESSION, false);
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
