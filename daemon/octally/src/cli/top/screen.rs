// SPDX-License-Identifier: GPL-3.0-or-later
//! The terminal as long as it is ours: raw, on its second screen, without a cursor. It is given back as
//! it was however the program ends, but for SIGKILL.

use std::io::{BufWriter, Stdout, Write};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::cursor::{Hide, Show};
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    disable_raw_mode, enable_raw_mode,
};
use crossterm::{execute, queue};
use ratatui::backend::CrosstermBackend;
use ratatui::{Frame, Terminal};

/// Enough for a frame of the largest terminals: each is written at once.
const FRAME_BYTES: usize = 256 << 10;

static IS_OURS: AtomicBool = AtomicBool::new(false);

/// The second screen. Dropped, it is left.
pub struct Screen {
    terminal: Terminal<CrosstermBackend<BufWriter<Stdout>>>,
}

impl Screen {
    /// Takes the terminal.
    ///
    /// # Errors
    /// It is none, or it is closed.
    pub fn enter() -> std::io::Result<Self> {
        leave_on_panic();
        take()?;
        let writer = BufWriter::with_capacity(FRAME_BYTES, std::io::stdout());
        match Terminal::new(CrosstermBackend::new(writer)) {
            Ok(terminal) => Ok(Self { terminal }),
            Err(error) => {
                leave();
                Err(error)
            }
        }
    }

    /// Draws a frame, writing only the cells that changed.
    pub fn draw(&mut self, fill: impl FnOnce(&mut Frame)) -> std::io::Result<()> {
        self.terminal.autoresize()?;
        // Nothing is in the buffer yet if this panics, so nothing comes after the terminal is left.
        fill(&mut self.terminal.get_frame());
        queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        self.terminal.flush()?;
        queue!(self.terminal.backend_mut(), EndSynchronizedUpdate)?;
        self.terminal.swap_buffers();
        Write::flush(self.terminal.backend_mut())
    }

    /// Lines of the last frame.
    pub fn height(&mut self) -> u16 {
        self.terminal.get_frame().area().height
    }

    /// Gives the terminal back, stops until `fg`, and takes it again.
    pub fn suspend(&mut self) -> std::io::Result<()> {
        leave();
        // As the terminal itself does it on Ctrl-Z. Where no shell could continue us, it does nothing.
        rustix::process::kill_current_process_group(rustix::process::Signal::TSTP)?;
        self.retake()
    }

    /// Takes the terminal again after something else had it.
    pub fn retake(&mut self) -> std::io::Result<()> {
        take()?;
        // `Terminal::clear` would ask the terminal for its cursor and wait for the answer.
        let size = self.terminal.size()?;
        self.terminal.resize(size.into())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        leave();
    }
}

fn take() -> std::io::Result<()> {
    enable_raw_mode()?;
    IS_OURS.store(true, Ordering::SeqCst);
    execute!(std::io::stdout(), EnterAlternateScreen, Hide)
}

/// Gives the terminal back, once. A closed one needs no giving back.
fn leave() {
    if IS_OURS.swap(false, Ordering::SeqCst) {
        let _ = execute!(
            std::io::stdout(),
            EndSynchronizedUpdate,
            LeaveAlternateScreen,
            Show
        );
        let _ = disable_raw_mode();
    }
}

/// A panic of any thread leaves the terminal before it is told.
fn leave_on_panic() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let tell = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            leave();
            tell(panic);
        }));
    });
}

#[cfg(test)]
#[path = "../../../tests/terminal/mod.rs"]
mod terminal;

#[cfg(test)]
mod tests {
    use super::terminal::Window;
    use super::*;

    /// Set in the copy of this test that panics.
    const INSIDE: &str = "OCTALLY_TEST_INSIDE_A_TERMINAL";

    #[test]
    fn a_panic_gives_the_terminal_back_before_it_is_told() {
        if std::env::var_os(INSIDE).is_some() {
            let mut screen = Screen::enter().unwrap();
            screen.draw(|_| panic!("while drawing")).unwrap();
        }
        let mut command = std::process::Command::new(std::env::current_exe().unwrap());
        let name = "cli::top::screen::tests::a_panic_gives_the_terminal_back_before_it_is_told";
        command.args(["--exact", name, "--nocapture"]);
        command.env(INSIDE, "1").env("TERM", "xterm");
        let mut window = Window::open(&command, (80, 24));
        assert_ne!(window.end().code(), Some(0));
        window.assert_given_back();
        let output = window.output();
        let told = output.rfind("while drawing");
        assert!(told > output.rfind(super::terminal::LEAVE), "{output:?}");
        assert!(
            !output[told.unwrap_or(0)..].contains("\u{1b}[?2026h"),
            "{output:?}"
        );
    }
}
