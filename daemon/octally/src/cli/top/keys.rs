// SPDX-License-Identifier: GPL-3.0-or-later
//! From a key to what it means, and the list of keys that the help shows.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// What the user wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Leave the page; leave the program from the first one.
    Back,
    /// Leave the program, as Ctrl-C does elsewhere.
    Interrupt,
    /// So many lines down; up where negative.
    Move(isize),
    /// One screen down, or up.
    Page(isize),
    First,
    Last,
    Open,
    NextSort,
    Refresh,
    Help,
    Suspend,
    /// Draw everything anew.
    Redraw,
}

/// Every key with its meaning, as the help shows them.
pub const KEYS: [(&str, &str); 10] = [
    ("Up Down, k j", "choose a session, scroll its steps"),
    ("PgUp PgDn", "the same by one screen"),
    ("Home End, g G", "first, last"),
    ("Enter", "open the session"),
    ("q, Esc", "back; quit"),
    ("s", "sort by the next column"),
    ("r", "read again, thoroughly"),
    ("?, h", "these keys"),
    ("Ctrl-L", "draw again"),
    ("Ctrl-Z, Ctrl-C", "suspend, quit"),
];

/// What a key means; `None`: nothing.
pub fn action(key: KeyEvent) -> Option<Action> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return with_control(key.code);
    }
    Some(match key.code {
        KeyCode::Char('q') | KeyCode::Esc | KeyCode::Left | KeyCode::Backspace => Action::Back,
        KeyCode::Up | KeyCode::Char('k') => Action::Move(-1),
        KeyCode::Down | KeyCode::Char('j') => Action::Move(1),
        KeyCode::PageUp => Action::Page(-1),
        KeyCode::PageDown | KeyCode::Char(' ') => Action::Page(1),
        KeyCode::Home | KeyCode::Char('g') => Action::First,
        KeyCode::End | KeyCode::Char('G') => Action::Last,
        KeyCode::Enter | KeyCode::Right => Action::Open,
        KeyCode::Char('s') => Action::NextSort,
        KeyCode::Char('r') => Action::Refresh,
        KeyCode::Char('?' | 'h') => Action::Help,
        _ => return None,
    })
}

fn with_control(code: KeyCode) -> Option<Action> {
    Some(match code {
        KeyCode::Char('c') => Action::Interrupt,
        KeyCode::Char('z') => Action::Suspend,
        KeyCode::Char('l') => Action::Redraw,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pressed(code: KeyCode, modifiers: KeyModifiers) -> Option<Action> {
        action(KeyEvent::new(code, modifiers))
    }

    #[test]
    fn arrows_and_letters_mean_the_same() {
        let plain = |code| pressed(code, KeyModifiers::NONE);
        assert_eq!(plain(KeyCode::Down), plain(KeyCode::Char('j')));
        assert_eq!(plain(KeyCode::Up), plain(KeyCode::Char('k')));
        assert_eq!(plain(KeyCode::Esc), plain(KeyCode::Char('q')));
        assert_eq!(plain(KeyCode::End), Some(Action::Last));
        let shifted = pressed(KeyCode::Char('G'), KeyModifiers::SHIFT);
        assert_eq!(shifted, Some(Action::Last));
        assert_eq!(plain(KeyCode::Char('x')), None);
    }

    #[test]
    fn control_keys_end_and_suspend_and_nothing_else() {
        let control = |letter| pressed(KeyCode::Char(letter), KeyModifiers::CONTROL);
        assert_eq!(control('c'), Some(Action::Interrupt));
        assert_eq!(control('z'), Some(Action::Suspend));
        assert_eq!(control('q'), None);
    }

    #[test]
    fn letting_go_of_a_key_is_no_second_press() {
        let mut key = KeyEvent::new(KeyCode::Char('s'), KeyModifiers::NONE);
        key.kind = KeyEventKind::Release;
        assert_eq!(action(key), None);
    }
}
