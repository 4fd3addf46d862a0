// SPDX-License-Identifier: GPL-3.0-or-later

use clap::ValueEnum;

use super::*;
use crate::cli::top::sample::{NOW_MS, answer};
use octally_core::wire::{Basis, FreshnessState};

fn top() -> Top {
    Top::new(answer(), Sort::Recent)
}

fn ids_of(top: &Top) -> Vec<&str> {
    top.rows.iter().map(|row| row.id.as_str()).collect()
}

fn rate(top: &Top, id: &str) -> Option<i64> {
    let row = top.rows.iter().find(|row| row.id == id).unwrap();
    row.tokens_per_minute.map(|rate| rate.round() as i64)
}

#[test]
fn a_rate_is_over_ten_minutes_or_as_long_as_the_session_is_old() {
    let top = top();
    assert_eq!(
        rate(&top, "ses_1"),
        Some(2346),
        "an hour old: over ten minutes"
    );
    assert_eq!(rate(&top, "ses_3"), Some(1728), "two minutes old");
}

#[test]
fn a_rate_of_less_than_a_minute_is_not_blown_up() {
    let mut answer = answer();
    answer.paces[0].first_ms = Some(NOW_MS - 100);
    let top = Top::new(answer, Sort::Recent);
    assert_eq!(rate(&top, "ses_1"), Some(23_456));
}

#[test]
fn without_a_step_there_is_no_rate_and_not_zero() {
    let top = top();
    for id in ["ses_2", "ses_5"] {
        assert_eq!(rate(&top, id), None);
    }
    assert!(top.rows[1].cost_per_hour.is_none());
}

#[test]
fn both_costs_are_scaled_and_never_mixed() {
    let cost = top().rows[3].cost_per_hour.unwrap();
    assert!((cost.billed_usd - 9.0).abs() < 1e-9, "{cost:?}");
    assert!((cost.estimated_usd.unwrap() - 1.5).abs() < 1e-9, "{cost:?}");
}

#[test]
fn every_order_is_reached_and_the_unknown_is_last() {
    let mut top = top();
    let mut seen = vec![(top.sort, ids_of(&top).join(" "))];
    for _ in 1..Sort::value_variants().len() {
        assert_eq!(top.apply(Action::NextSort, 1), Effect::Draw);
        seen.push((top.sort, ids_of(&top).join(" ")));
    }
    insta::assert_debug_snapshot!(seen);
    top.apply(Action::NextSort, 1);
    assert_eq!((top.sort, ids_of(&top).join(" ")), seen[0]);
}

#[test]
fn the_chosen_session_stays_chosen_wherever_it_goes() {
    let mut top = top();
    top.apply(Action::Move(2), 1);
    let chosen = top.rows[top.selected].id.clone();
    top.apply(Action::NextSort, 1);
    assert_eq!(top.rows[top.selected].id, chosen);
    let mut later = answer();
    later.snapshot.sessions.rotate_left(1);
    later.paces.rotate_left(1);
    assert!(top.update(later));
    assert_eq!(top.rows[top.selected].id, chosen);
}

#[test]
fn the_choice_stays_within_the_list() {
    let mut top = top();
    for (action, place) in [
        (Action::Move(-1), 0),
        (Action::Last, 5),
        (Action::Move(1), 5),
        (Action::Page(-1), 2),
        (Action::First, 0),
        (Action::Page(9), 5),
    ] {
        top.apply(action, 3);
        assert_eq!(top.selected, place, "{action:?}");
    }
    let mut fewer = answer();
    fewer.snapshot.sessions.truncate(1);
    top.update(fewer);
    assert_eq!(top.selected, 0);
    let mut none = answer();
    none.snapshot.sessions.clear();
    none.snapshot.session = None;
    top.update(none);
    for action in [Action::Move(1), Action::Last, Action::Open] {
        top.apply(action, 0);
    }
    assert_eq!((top.selected, top.page), (0, Page::Sessions));
}

#[test]
fn opening_asks_for_the_steps_and_back_leads_out() {
    let mut top = top();
    assert_eq!(top.apply(Action::Open, 1), Effect::Ask(Depth::Quick));
    assert_eq!(top.page, Page::Session);
    assert_eq!(top.detail().unwrap().steps.len(), 30);
    top.apply(Action::Move(5), 1);
    assert_eq!(top.scrolled, 5);
    top.apply(Action::Last, 1);
    assert_eq!(top.scrolled, 29);
    top.apply(Action::Help, 1);
    assert_eq!(
        (top.page, top.apply(Action::Back, 1)),
        (Page::Help, Effect::Draw)
    );
    assert_eq!(
        (top.page, top.apply(Action::Back, 1)),
        (Page::Session, Effect::Draw)
    );
    assert_eq!(
        (top.page, top.apply(Action::Back, 1)),
        (Page::Sessions, Effect::Quit)
    );
}

#[test]
fn the_steps_of_another_session_are_never_shown() {
    let mut top = top();
    top.apply(Action::Move(1), 1);
    top.apply(Action::Open, 1);
    assert!(top.detail().is_none());
}

#[test]
fn an_opened_session_that_ends_stays_open_and_is_gone() {
    let mut top = top();
    top.apply(Action::Open, 1);
    let mut later = answer();
    later.snapshot.sessions.remove(0);
    later.paces.remove(0);
    top.update(later);
    let opened = top.opened.as_ref().unwrap();
    assert_eq!((opened.id.as_str(), opened.state), ("ses_1", State::Gone));
    assert_eq!(opened.tokens_per_minute, None);
}

#[test]
fn without_a_plugin_the_latest_session_is_shown() {
    let mut answer = answer();
    answer.snapshot.sessions.clear();
    answer.paces.truncate(1);
    assert_eq!(ids(&answer.snapshot), [""; 0]);
    let run = answer.snapshot.session.as_mut().unwrap();
    (run.basis, run.state) = (Basis::Session, State::Unknown);
    assert_eq!(ids(&answer.snapshot), ["4711-a"]);
    let top = Top::new(answer, Sort::Recent);
    assert_eq!(
        (ids_of(&top), top.rows[0].state),
        (vec!["4711-a"], State::Unknown)
    );
}

#[test]
fn only_what_differs_is_drawn() {
    let mut top = top();
    let mut later = answer();
    later.snapshot.updated_ms += 60_000;
    later.snapshot.freshness.since_ms += 60_000;
    assert!(!top.update(later.clone()));
    later.snapshot.freshness.state = FreshnessState::Stale;
    assert!(top.update(later));
}

#[test]
fn a_thorough_reading_shows_until_its_own_answer_comes() {
    let mut top = top();
    assert_eq!(top.apply(Action::Refresh, 1), Effect::Ask(Depth::Thorough));
    assert!(top.is_reading);
    assert!(!top.update(answer()), "a quick one from before");
    assert!(top.is_reading);
    let mut thorough = answer();
    thorough.depth = Depth::Thorough;
    assert!(top.update(thorough));
    assert!(!top.is_reading);
}

#[test]
fn the_next_redraw_is_when_a_shown_age_changes() {
    let mut answer = answer();
    let second = NOW_MS - NOW_MS.rem_euclid(1000);
    answer.snapshot.sessions.truncate(1);
    let mut next_ms = |age_ms: i64| {
        answer.snapshot.sessions[0].since_ms = second - age_ms;
        Top::new(answer.clone(), Sort::Recent).next_age_ms(second)
    };
    assert_eq!(next_ms(42_000), Some(1000));
    assert_eq!(next_ms(42_700), Some(1000), "not before the full second");
    assert_eq!(next_ms(3 * MINUTE_MS + 20_000), Some(40_000));
    assert_eq!(next_ms(2 * HOUR_MS), Some(3_600_000));
    assert_eq!(next_ms(-5_000), Some(1000), "clocks may differ");
    let mut top = top();
    top.apply(Action::Help, 1);
    assert_eq!(top.next_age_ms(second), None);
}
