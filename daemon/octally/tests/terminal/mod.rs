// SPDX-License-Identifier: GPL-3.0-or-later
//! A pseudo-terminal with a program in it, as a terminal window has one.

#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "not every test that shares this needs all of it"
)]

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Termios, Winsize, tcgetattr, tcsetwinsize};

/// Far beyond what anything takes here; a test that gets there has failed.
const PATIENCE: Duration = Duration::from_secs(30);

pub const ENTER: &str = "\u{1b}[?1049h";
pub const LEAVE: &str = "\u{1b}[?1049l";
pub const HIDE: &str = "\u{1b}[?25l";
pub const SHOW: &str = "\u{1b}[?25h";
pub const CLEAR: &str = "\u{1b}[2J";

pub struct Window {
    master: File,
    /// Held open, so that the terminal and its settings outlive the program.
    terminal: File,
    pub before: Termios,
    pub child: Child,
    output: Arc<Output>,
}

/// What was written, and word of more.
#[derive(Default)]
struct Output {
    bytes: Mutex<Vec<u8>>,
    more: Condvar,
}

impl Window {
    /// Starts `command` as the leader of a session in a new terminal.
    pub fn open(command: &Command, (columns, lines): (u16, u16)) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let terminal = File::options()
            .read(true)
            .write(true)
            .open(name.to_str().unwrap())
            .unwrap();
        tcsetwinsize(&terminal, size(columns, lines)).unwrap();
        let before = tcgetattr(&terminal).unwrap();
        let child = in_session(command)
            .stdin(Stdio::from(terminal.try_clone().unwrap()))
            .stdout(Stdio::from(terminal.try_clone().unwrap()))
            .stderr(Stdio::from(terminal.try_clone().unwrap()))
            .spawn()
            .unwrap();
        let master = File::from(master);
        let output = collect(master.try_clone().unwrap());
        Self {
            master,
            terminal,
            before,
            child,
            output,
        }
    }

    /// All that was written until now.
    pub fn output(&self) -> String {
        String::from_utf8_lossy(&self.output.bytes.lock().unwrap()).into_owned()
    }

    /// Waits until what was written after the first `from` bytes satisfies `is_it`.
    pub fn wait_for(&self, what: &str, from: usize, is_it: impl Fn(&str) -> bool) -> String {
        let text =
            |bytes: &[u8]| String::from_utf8_lossy(&bytes[from.min(bytes.len())..]).into_owned();
        let bytes = self.output.bytes.lock().unwrap();
        let (bytes, patience) = self
            .output
            .more
            .wait_timeout_while(bytes, PATIENCE, |bytes| !is_it(&text(bytes)))
            .unwrap();
        let found = text(&bytes);
        assert!(!patience.timed_out(), "{what}: {found:?}");
        found
    }

    /// How much was written until now.
    pub fn mark(&self) -> usize {
        self.output.bytes.lock().unwrap().len()
    }

    /// Types.
    pub fn type_keys(&mut self, keys: &str) {
        self.master.write_all(keys.as_bytes()).unwrap();
    }

    /// Types, and waits for the words that this brings onto the screen.
    pub fn type_until(&mut self, keys: &str, words: &str) {
        let from = self.mark();
        self.type_keys(keys);
        self.wait_for(words, from, |text| text.contains(words));
    }

    /// Has everything drawn anew until it has these words: of a change only the cells that differ are drawn.
    pub fn redraw_until(&mut self, words: &str) {
        let started = Instant::now();
        loop {
            let from = self.mark();
            self.type_keys("\u{c}");
            let screen = self.wait_for("a whole screen", from, |text| text.contains("help"));
            if words_of(&screen).contains(words) {
                return;
            }
            assert!(started.elapsed() < PATIENCE, "{words}: {screen:?}");
        }
    }

    pub fn resize(&self, columns: u16, lines: u16) {
        tcsetwinsize(&self.master, size(columns, lines)).unwrap();
    }

    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).unwrap();
    }

    /// Waits until it is stopped.
    pub fn stopped(&self) {
        self.told_of(WaitIdOptions::STOPPED, "it is not stopped");
    }

    /// Waits for the end.
    pub fn end(&mut self) -> ExitStatus {
        self.told_of(WaitIdOptions::EXITED, "it goes on");
        self.child.wait().unwrap()
    }

    /// Waits, at most as long as patience lasts, for what the kernel tells of a child.
    fn told_of(&self, what: WaitIdOptions, otherwise: &str) {
        let pid = Pid::from_child(&self.child);
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            tell.send(waitid(WaitId::Pid(pid), what | WaitIdOptions::NOWAIT))
        });
        let Ok(status) = told.recv_timeout(PATIENCE) else {
            panic!("{otherwise}");
        };
        assert!(status.unwrap().is_some());
    }

    /// Whether the settings of the terminal are what they were at first.
    pub fn is_as_before(&self) -> bool {
        let now = tcgetattr(&self.terminal).unwrap();
        format!("{now:?}") == format!("{:?}", self.before)
    }

    /// Asserts that the terminal was taken and given back: settings, screen and cursor.
    pub fn assert_given_back(&self) {
        let output = self.wait_for("left", 0, |output| {
            output.rfind(LEAVE) > output.rfind(ENTER) && output.rfind(SHOW) > output.rfind(HIDE)
        });
        assert!(output.contains(ENTER), "{output:?}");
        assert!(self.is_as_before(), "{:?}", tcgetattr(&self.terminal));
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn size(columns: u16, lines: u16) -> Winsize {
    Winsize {
        ws_row: lines,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    }
}

/// The same command as the leader of a new session whose terminal is its stdin. It keeps its pid.
fn in_session(command: &Command) -> Command {
    let mut session = Command::new("/usr/bin/setsid");
    session
        .arg("--ctty")
        .arg(command.get_program())
        .args(command.get_args());
    session.env_clear();
    for (name, value) in command.get_envs() {
        session.envs(value.map(|value| (name, value)));
    }
    session
}

/// What was drawn without how: a gap is a blank that was not written but passed over.
fn words_of(drawn: &str) -> String {
    let mut words = String::new();
    let mut parts = drawn.split("\u{1b}[");
    words.push_str(parts.next().unwrap_or(""));
    for part in parts {
        let end = part.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(0);
        if part[end..].starts_with('H') {
            words.push(' ');
        }
        words.push_str(part.get(end + 1..).unwrap_or(""));
    }
    words
}

/// Reads on a thread, as a terminal window does, until everybody has closed it.
fn collect(mut master: File) -> Arc<Output> {
    let output = Arc::new(Output::default());
    let shared = Arc::clone(&output);
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = master.read(&mut buffer) {
            let mut bytes = shared.bytes.lock().unwrap();
            bytes.extend_from_slice(&buffer[..count]);
            shared.more.notify_all();
        }
    });
    output
}
