// SPDX-License-Identifier: GPL-3.0-or-later

use octally_core::wire::FreshnessState;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::*;
use crate::cli::top::keys::Action;
use crate::cli::top::rows::Sort;
use crate::cli::top::sample::{NOW_MS, answer};

const SIZES: [(u16, u16); 4] = [(60, 15), (80, 24), (200, 60), (20, 5)];

fn top() -> Top {
    Top::new(answer(), Sort::Recent)
}

fn terminal(top: &Top, (width, height): (u16, u16), has_colour: bool) -> Terminal<TestBackend> {
    let view = View {
        zone: Zone::utc(),
        has_colour,
        draws: true,
    };
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal
        .draw(|frame| view.draw(top, NOW_MS, frame))
        .unwrap();
    terminal
}

fn screen(top: &Top, size: (u16, u16)) -> String {
    terminal(top, size, true).backend().to_string()
}

#[test]
fn the_sessions_fit_every_terminal() {
    for size in SIZES {
        insta::assert_snapshot!(
            format!("sessions_{}x{}", size.0, size.1),
            screen(&top(), size)
        );
    }
}

#[test]
fn a_plain_screen_has_no_chart_and_more_rows() {
    let view = View {
        zone: Zone::utc(),
        has_colour: false,
        draws: false,
    };
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
    terminal
        .draw(|frame| view.draw(&top(), NOW_MS, frame))
        .unwrap();
    let text = terminal.backend().to_string();
    let is_block = |c: char| ('\u{2580}'..='\u{259f}').contains(&c);
    assert!(!text.contains(is_block), "{text}");
    assert!(!text.contains("fresh by the hour"), "{text}");
    let drawn = View {
        draws: true,
        ..view
    };
    assert!(drawn.page_lines(24) < 19);
}

#[test]
fn an_opened_session_without_a_step_is_not_read_for_ever() {
    let mut top = top();
    top.answer.opened = None;
    top.apply(Action::Open, 10);
    assert!(screen(&top, (80, 24)).contains("reading ..."));
    top.answer.opened = top.opened.as_ref().map(|row| row.id.clone());
    top.answer.detail = None;
    assert!(screen(&top, (80, 24)).contains("no step yet"));
}

#[test]
fn an_opened_session_fits_every_terminal() {
    let mut top = top();
    top.apply(Action::Open, 1);
    for size in SIZES {
        insta::assert_snapshot!(format!("session_{}x{}", size.0, size.1), screen(&top, size));
    }
}

#[test]
fn the_help_has_every_key() {
    let mut top = top();
    top.apply(Action::Help, 1);
    insta::assert_snapshot!(screen(&top, (60, 18)));
}

#[test]
fn no_size_is_too_small_or_too_large() {
    let mut top = top();
    for action in [Action::Last, Action::Open, Action::Help] {
        for size in (0..=24).flat_map(|width| (0..=16).map(move |height| (width, height))) {
            terminal(&top, size, true);
        }
        screen(&top, (500, 200));
        top.apply(action, 1);
    }
}

#[test]
fn the_chosen_session_is_in_sight_and_reversed() {
    let mut top = top();
    top.apply(Action::Last, 1);
    for size in SIZES {
        let terminal = terminal(&top, size, false);
        let buffer = terminal.backend().buffer();
        let reversed: Vec<u16> = (0..size.1)
            .filter(|y| buffer[(0, *y)].modifier.contains(Modifier::REVERSED))
            .collect();
        assert_eq!(reversed.len(), 1, "{size:?}");
        assert_eq!(buffer[(0, reversed[0])].symbol(), "a", "{size:?}");
    }
}

#[test]
fn without_colour_there_is_none() {
    let colours = |has_colour| {
        let terminal = terminal(&top(), (80, 24), has_colour);
        let cells = terminal.backend().buffer().content();
        cells
            .iter()
            .filter(|cell| cell.fg != Color::Reset || cell.bg != Color::Reset)
            .count()
    };
    assert_eq!(colours(false), 0);
    assert!(colours(true) > 0);
}

#[test]
fn stale_empty_and_broken_are_told_in_the_smallest_terminal() {
    for (state, word) in [
        (FreshnessState::Stale, "stale since 2026"),
        (FreshnessState::Empty, "no figures yet: "),
        (FreshnessState::Error, "no figures since"),
    ] {
        let mut answer = answer();
        answer.snapshot.freshness.state = state;
        answer.snapshot.freshness.reason = Some("the \u{1b}disk is full".into());
        let top = Top::new(answer, Sort::Recent);
        for size in SIZES {
            assert!(screen(&top, size).contains(word), "{word} {size:?}");
        }
    }
}

#[test]
fn without_sessions_it_says_so() {
    let mut answer = answer();
    answer.snapshot.sessions.clear();
    answer.snapshot.session = None;
    answer
        .hours
        .iter_mut()
        .for_each(|hour| hour.fresh = hour.fresh.map(|_| 0));
    let screen = screen(&Top::new(answer, Sort::Recent), (60, 15));
    assert!(screen.contains("no session is running"), "{screen}");
    assert!(screen.contains("nothing yet"), "{screen}");
}

#[test]
fn a_day_of_changing_clocks_has_its_own_number_of_bars() {
    for count in [23, 25] {
        let mut answer = answer();
        answer.hours = answer.hours.iter().cycle().take(count).cloned().collect();
        for size in SIZES {
            screen(&Top::new(answer.clone(), Sort::Recent), size);
        }
    }
}

#[test]
fn text_is_cut_by_columns_not_by_letters() {
    assert_eq!(fitted("short", 5), "short");
    assert_eq!(fitted("too long", 5), "too\u{2026}");
    assert_eq!(fitted("漢字漢字", 5), "漢字\u{2026}");
    assert_eq!(fitted("漢字漢字", 4), "漢\u{2026}");
    assert_eq!(fitted("abc", 1), "\u{2026}");
    assert_eq!(fitted("abc", 0), "");
}
