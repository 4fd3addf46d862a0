// SPDX-License-Identifier: GPL-3.0-or-later
//! What is known of the terminal that stdout goes to.

use std::io::IsTerminal;

/// Columns to fit into; `None` in a pipe or file, where nothing needs to fit. `COLUMNS` wins.
pub fn width() -> Option<u16> {
    let set = std::env::var("COLUMNS")
        .ok()
        .and_then(|text| text.parse().ok());
    set.or_else(of_stdout).filter(|columns| *columns > 0)
}

/// Lines to fit into; `None` in a pipe or file.
pub fn height() -> Option<u16> {
    Some(size()?.ws_row).filter(|lines| *lines > 0)
}

fn of_stdout() -> Option<u16> {
    Some(size()?.ws_col)
}

fn size() -> Option<rustix::termios::Winsize> {
    let stdout = std::io::stdout();
    if !stdout.is_terminal() {
        return None;
    }
    rustix::termios::tcgetwinsize(stdout).ok()
}
