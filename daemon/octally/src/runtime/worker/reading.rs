// SPDX-License-Identifier: GPL-3.0-or-later
//! What is to be read, and what that led to.

use std::path::PathBuf;
use std::time::Duration;

use octally_bus::Refreshed;
use octally_core::meter::Live;
use octally_core::model::{Budget, Zone};
use octally_core::source::stats_file::Process;
use octally_core::sync::{Depth, SyncReport};
use octally_core::wire::{Lately, Snapshot};

/// How to read.
#[derive(Debug)]
pub struct Read {
    /// How much to take on trust.
    pub depth: Depth,
    /// Whether to try a ledger again that could not be opened.
    pub may_reopen: bool,
    /// Message folders that were written to.
    pub touched: Vec<PathBuf>,
    /// The zone of the days.
    pub zone: Zone,
    /// Milliseconds, 0 for never.
    pub idle_threshold_ms: i64,
    /// What the user means to spend at most.
    pub budgets: Vec<Budget>,
    /// Whether to look at what the last minutes cost.
    pub wants_lately: bool,
}

/// What a read led to.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The new state.
    pub snapshot: Snapshot,
    /// The runs it was made from.
    pub live: Live,
    /// The last minutes, where they were asked for and could be read.
    pub lately: Option<Lately>,
    /// What the sync did.
    pub report: SyncReport,
    /// When it was made, Unix milliseconds; the figures are older where the ledger could not be read.
    pub read_ms: i64,
    /// How long all of it took.
    pub took: Duration,
}

impl Reading {
    /// For the journal, without anything of the user's.
    pub fn log(&self) {
        tracing::debug!(
            messages_read = self.report.messages_read,
            steps_added = self.report.steps_added,
            steps_updated = self.report.steps_updated,
            problems = self.snapshot.problems.len(),
            duration_ms = self.duration_ms(),
            "read"
        );
    }

    /// The processes of the runs that have not said goodbye.
    pub fn processes(&self) -> impl Iterator<Item = &Process> {
        let runs = self.live.files.iter().flat_map(|file| &file.runs);
        runs.filter(|run| run.ended_ms.is_none())
            .map(|run| &run.process)
    }

    /// The answer to whoever asked for it.
    pub fn refreshed(&self) -> Refreshed {
        Refreshed {
            messages_read: self.report.messages_read,
            steps_added: self.report.steps_added,
            steps_updated: self.report.steps_updated,
            duration_ms: self.duration_ms(),
            problems: self.snapshot.problems.clone(),
        }
    }

    pub(super) fn duration_ms(&self) -> u64 {
        u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX)
    }
}
