// SPDX-License-Identifier: GPL-3.0-or-later
//! What is known of the terminal that stdout goes to, and documents that go there whole.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

static IS_PLAIN: AtomicBool = AtomicBool::new(false);

/// How an answer may look.
#[derive(Clone, Copy, Debug, Default)]
pub struct Look {
    /// Columns to fit into; `None` in a pipe or file, where nothing needs to fit.
    pub width: Option<u16>,
    /// Whether figures may be drawn as bars and curves beside being written. Screen readers read every
    /// block of a bar, and pipes feed programs.
    pub draws: bool,
}

impl Look {
    /// The look of what is printed to stdout.
    pub fn of_stdout() -> Self {
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let is_plain = is_dumb || IS_PLAIN.load(Ordering::Relaxed);
        Self {
            width: width(),
            draws: std::io::stdout().is_terminal() && !is_plain,
        }
    }
}

/// Draws nothing from now on, as `--plain` says.
pub fn be_plain() {
    IS_PLAIN.store(true, Ordering::Relaxed);
}

/// Bytes of a document that are made before they are written.
const PIECE: usize = 64 << 10;

/// Writes one JSON document and a line break to stdout, in large pieces, so that a long one is never in memory
/// twice. Past what takes colours out: JSON has none, and looking through it takes as long as making it.
///
/// # Errors
/// stdout cannot be written to.
pub fn write_json(document: &impl serde::Serialize) -> io::Result<()> {
    let mut stdout = BufWriter::with_capacity(PIECE, io::stdout().lock());
    serde_json::to_writer(&mut stdout, document)?;
    stdout.write_all(b"\n")?;
    stdout.flush()
}

/// Writes a page for people to stdout, in one piece; without its colours where those are not wanted.
///
/// # Errors
/// stdout cannot be written to.
pub fn write_page(page: &str) -> io::Result<()> {
    let stdout = io::stdout();
    if anstream::AutoStream::choice(&stdout) != anstream::ColorChoice::Never {
        return stdout.lock().write_all(page.as_bytes());
    }
    // Most lines have none, and looking through all of them takes as long as making them.
    let mut plain = String::with_capacity(page.len());
    for line in page.split_inclusive('\n') {
        match line.contains('\u{1b}') {
            true => plain.push_str(&anstream::adapter::strip_str(line).to_string()),
            false => plain.push_str(line),
        }
    }
    stdout.lock().write_all(plain.as_bytes())
}

/// Columns to fit into; `None` in a pipe or file. `COLUMNS` wins.
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
