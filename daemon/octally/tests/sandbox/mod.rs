// SPDX-License-Identifier: GPL-3.0-or-later
//! A home folder of its own with OpenCode's data in it, and the real binary run inside.

#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "each test binary uses a part of it"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};

/// A table with what OpenCode was told when it made the fixtures.
pub const PRICES: &str = r#"{"mock":{"id":"mock","models":{
    "test-model":{"cost":{"input":3,"output":15,"cache_read":0.3,"cache_write":3.75}}}}}"#;

/// What a run of `octally` printed and how it ended.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// A throw-away home.
pub struct Sandbox {
    home: tempfile::TempDir,
    vars: Vec<(String, String)>,
}

impl Sandbox {
    /// A home without any OpenCode data.
    pub fn empty() -> Self {
        Self {
            home: tempfile::tempdir().unwrap(),
            vars: Vec::new(),
        }
    }

    /// A home with the data of one of `daemon/core/tests/fixtures`.
    pub fn with(fixture: &str) -> Self {
        let sandbox = Self::empty();
        sandbox.install(fixture, &sandbox.data_dir());
        sandbox
    }

    /// Copies a fixture's data to `target`.
    pub fn install(&self, fixture: &str, target: &Path) {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/tests/fixtures");
        copy(&fixtures.join(fixture).join("opencode"), target);
    }

    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.vars.push((name.into(), value.into()));
        self
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    pub fn data_dir(&self) -> PathBuf {
        self.home().join(".local/share/opencode")
    }

    pub fn database(&self) -> PathBuf {
        self.data_dir().join("opencode.db")
    }

    pub fn ledger(&self) -> PathBuf {
        self.home().join(".local/share/octally/ledger.db")
    }

    pub fn stats_file(&self) -> PathBuf {
        self.data_dir().join("stats.json")
    }

    /// Writes a file below the home, its folders included.
    pub fn write(&self, relative: &str, text: &str) -> PathBuf {
        let path = self.home().join(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// The binary in a clean environment: no bus, no service manager, no colour, a fixed width.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_octally"));
        command
            .args(args)
            .env_clear()
            .env("HOME", self.home())
            .env("PATH", "/nonexistent")
            .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus")
            .env("TZ", "UTC")
            .env("COLUMNS", "80")
            .envs(self.vars.iter().cloned())
            .stdin(Stdio::null());
        command
    }

    /// Runs the binary; the home folder is written `~` in what it printed.
    pub fn run(&self, args: &[&str]) -> Run {
        self.finish(self.command(args).output().unwrap())
    }

    /// The same with a reader that leaves at once.
    pub fn run_unread(&self, args: &[&str]) -> Run {
        let mut command = self.command(args);
        let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().unwrap();
        drop(child.stdout.take());
        self.wait(child)
    }

    /// The same for a process that was started already.
    pub fn wait(&self, child: Child) -> Run {
        self.finish(child.wait_with_output().unwrap())
    }

    /// Ctrl-C as soon as it is so. Nothing tells when it is: looks again and again while the child runs.
    pub fn interrupt_when(&self, mut child: Child, is_so: impl Fn() -> bool) -> Run {
        while !is_so() {
            assert_eq!(child.try_wait().unwrap(), None, "it has ended");
            std::thread::yield_now();
        }
        kill_process(Pid::from_child(&child), Signal::INT).unwrap();
        self.wait(child)
    }

    /// Runs a verb that must succeed and reads its JSON.
    pub fn json(&self, args: &[&str]) -> serde_json::Value {
        let run = self.run(args);
        assert_eq!(run.code, 0, "{run:?}");
        serde_json::from_str(&run.stdout).unwrap()
    }

    /// OpenCode's database, writable, as OpenCode itself has it.
    pub fn sql(&self, statements: &str) {
        let database = rusqlite::Connection::open(self.database()).unwrap();
        database.execute_batch(statements).unwrap();
    }

    fn finish(&self, output: Output) -> Run {
        let home = self.home().display().to_string();
        let text = |bytes| String::from_utf8(bytes).unwrap().replace(&home, "~");
        Run {
            code: output.status.code().unwrap_or(-1),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
