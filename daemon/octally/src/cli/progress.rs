// SPDX-License-Identifier: GPL-3.0-or-later
//! One line on stderr that follows long work; nothing in pipes.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// Work shorter than this shows no progress.
const PATIENCE: Duration = Duration::from_millis(400);
/// Between two lines.
const PACE: Duration = Duration::from_millis(100);

/// The line, written over by each new one.
#[derive(Debug)]
pub struct ProgressLine {
    started: Instant,
    shown: Option<Instant>,
    is_wanted: bool,
}

impl ProgressLine {
    /// Begins to wait.
    pub fn new() -> Self {
        Self {
            started: Instant::now(),
            shown: None,
            is_wanted: std::io::stderr().is_terminal(),
        }
    }

    /// The same for work that prints to stdout as it goes: a line would stand in the middle of that.
    pub fn beside_stdout() -> Self {
        let mut line = Self::new();
        line.is_wanted &= !std::io::stdout().is_terminal();
        line
    }

    /// None at all, where something else holds the terminal.
    pub fn silent() -> Self {
        let mut line = Self::new();
        line.is_wanted = false;
        line
    }

    /// Shows what `text` says, if it is time to.
    pub fn show(&mut self, text: impl FnOnce() -> String) {
        if !self.is_wanted || self.started.elapsed() < PATIENCE {
            return;
        }
        if self.shown.is_some_and(|shown| shown.elapsed() < PACE) {
            return;
        }
        self.shown = Some(Instant::now());
        let _ = write!(std::io::stderr(), "\r{} ", text());
    }

    /// Takes the line away.
    pub fn clear(&self) {
        if self.shown.is_some() {
            let _ = write!(std::io::stderr(), "\r\u{1b}[K");
        }
    }
}
