// SPDX-License-Identifier: GPL-3.0-or-later
//! The plugin's `stats.json`: what each running OpenCode process and its sessions are doing.
//!
//! Its figures are provisional and stay unused; the databases are the truth. What no database
//! holds is the state: busy, waiting, idle, gone. README.md is the format; `parse` reads its text,
//! `load` the file.

mod load;
mod parse;

pub use load::{MAX_BYTES, load};

/// What a stats.json says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StatsFile {
    /// The runs that the plugin reports, in the file's order. Empty for a file in the plain format.
    pub runs: Vec<Run>,
    /// The plain format's own session, for files of any other writer.
    pub plain: Option<PlainSession>,
}

/// The process behind a run, so that its end is noticed even when it was killed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Process {
    /// Process id.
    pub pid: u32,
    /// Start time in clock ticks since boot, field 22 of `/proc/PID/stat`.
    pub start_ticks: Option<u64>,
    /// As in `pid:[4026531836]`.
    pub pid_namespace: Option<String>,
    /// `/proc/sys/kernel/random/boot_id`.
    pub boot_id: Option<String>,
}

/// One running OpenCode process.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Unique for ever.
    pub id: String,
    /// Its process.
    pub process: Process,
    /// Unix milliseconds.
    pub started_ms: i64,
    /// Unix milliseconds.
    pub last_activity_ms: i64,
    /// Unix milliseconds, once the process said goodbye.
    pub ended_ms: Option<i64>,
    /// The sessions it worked on.
    pub sessions: Vec<RunSession>,
}

/// What a session of a run is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    /// A turn is under way.
    Busy,
    /// A permission waits for the user.
    WaitingPermission,
    /// A question waits for the user.
    WaitingQuestion,
    /// The turn is finished.
    Idle,
}

/// One session of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunSession {
    /// `ses_...`
    pub id: String,
    /// The session that spawned this sub-agent's.
    pub parent_id: Option<String>,
    /// Busy, waiting or idle.
    pub state: RunState,
    /// Since when, Unix milliseconds.
    pub since_ms: i64,
    /// Unix milliseconds.
    pub last_activity_ms: i64,
}

/// The `session` object of the plain format.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlainSession {
    /// Unix milliseconds.
    pub started_ms: i64,
    /// Unix milliseconds.
    pub last_activity_ms: i64,
    /// Whether the last turn is finished.
    pub is_idle: bool,
    /// Unix milliseconds.
    pub idle_since_ms: Option<i64>,
}
