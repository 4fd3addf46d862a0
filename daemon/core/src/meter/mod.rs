// SPDX-License-Identifier: GPL-3.0-or-later
//! The one thing that daemon and command line hold: a ledger, its sources, and the answers.
//!
//! Not `Sync`; it lives on one thread and blocks. Nothing is computed here that a module above could
//! compute.

use std::path::Path;

use crate::inspect;
use crate::ledger::{Checkpoint, Ledger, LedgerError, LedgerHealth, WrongCosts};
use crate::model::Zone;
use crate::reconcile;
use crate::rollup::{self, Glance, Request};
use crate::source::stats_file::{self, Process};
use crate::sync::{Depth, Origins, Progress, SyncReport, Synchronizer};
use crate::wire::{Pace, Reconciliation, Report, SessionDetail, Snapshot, SourceRow};

pub use crate::ledger::Host;
pub use crate::rollup::Live;

/// A ledger with its sources.
#[derive(Debug)]
pub struct Meter {
    ledger: Ledger,
    host: Host,
    synchronizer: Synchronizer,
}

impl Meter {
    /// Opens or creates the ledger.
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn open(ledger: &Path, origins: Origins, host: Host) -> Result<Self, LedgerError> {
        let synchronizer = Synchronizer::new(origins);
        Ok(Self {
            ledger: Ledger::open(ledger)?,
            host,
            synchronizer,
        })
    }

    /// Replaces the sources, as after a change of configuration.
    pub fn set_origins(&mut self, origins: Origins) {
        self.synchronizer = Synchronizer::new(origins);
    }

    /// Reads what is new into the ledger. `on_progress` is called now and then during long work and
    /// stops it (what was read stays recorded) by returning false. Problems of single sources are in
    /// the report; an error means that the ledger could not be written.
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn sync(
        &mut self,
        depth: Depth,
        zone: &Zone,
        now_ms: i64,
        on_progress: &mut dyn FnMut(Progress) -> bool,
    ) -> Result<SyncReport, LedgerError> {
        self.synchronizer.sync(
            &mut self.ledger,
            &self.host,
            zone,
            now_ms,
            depth,
            on_progress,
        )
    }

    /// Something in the message folder of a session was written: the next sync reads it, however quick.
    /// `folder` is a path below a data folder as that was given.
    pub fn touch(&mut self, folder: &Path) {
        self.synchronizer.touch(folder);
    }

    /// Reads every stats.json.
    pub fn live(&self) -> Live {
        let mut live = Live::default();
        for path in self.synchronizer.origins().stats_files() {
            match stats_file::load(&path) {
                Ok(file) => live.files.extend(file),
                Err(problem) => live.problems.push(problem),
            }
        }
        live
    }

    /// The glance. `last` is the latest sync's report (for freshness and problems); `is_alive` says
    /// whether a run's process still exists; `idle_threshold_ms` makes silent sessions idle (0: never).
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn snapshot(
        &self,
        live: &Live,
        last: &SyncReport,
        is_alive: &dyn Fn(&Process) -> bool,
        idle_threshold_ms: i64,
        zone: &Zone,
        now_ms: i64,
    ) -> Result<Snapshot, LedgerError> {
        let title = &|session_id: &str| self.synchronizer.title(session_id);
        let glance = Glance {
            live,
            last,
            is_alive,
            title,
            idle_threshold_ms,
            zone,
            now_ms,
        };
        rollup::snapshot(&self.ledger, &glance)
    }

    /// The answer to a question. Its `problems` are left empty.
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn report(&self, request: &Request, zone: &Zone) -> Result<Report, LedgerError> {
        rollup::report(&self.ledger, request, zone)
    }

    /// One session step by step; `None` where the ledger does not know it.
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn session(&self, id: &str, zone: &Zone) -> Result<Option<SessionDetail>, LedgerError> {
        rollup::session(&self.ledger, id, zone)
    }

    /// What a session and its sub-agents have used since `since_ms` (Unix milliseconds, included).
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn pace(&self, id: &str, since_ms: i64) -> Result<Pace, LedgerError> {
        rollup::pace(&self.ledger, id, since_ms)
    }

    /// From OpenCode's own totals to the ledger's, line by line. Reads every source and the ledger
    /// again; after a thorough sync the lines add up. Each line has its largest `sessions`; 0 for none.
    ///
    /// # Errors
    /// See [`LedgerError`]; what cannot be read of a source is among its `problems`.
    pub fn reconcile(&self, sessions: usize) -> Result<Reconciliation, LedgerError> {
        let databases = self.synchronizer.databases();
        let data_dirs = &self.synchronizer.origins().data_dirs;
        reconcile::reconcile(&self.ledger, &self.host, data_dirs, &databases, sessions)
    }

    /// How far every source has been read until now.
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn checkpoints(&self) -> Result<Vec<Checkpoint>, LedgerError> {
        self.ledger.checkpoints()
    }

    /// The sources of a sync, set against [`Self::checkpoints`] of before it. Asks each source for its
    /// versions.
    ///
    /// # Errors
    /// See [`LedgerError`]; what cannot be read of a source is among the sync's problems.
    pub fn inspect(
        &self,
        before: &[Checkpoint],
        report: &SyncReport,
    ) -> Result<Vec<SourceRow>, LedgerError> {
        inspect::sources(&self.ledger, before, &report.sources)
    }

    /// The steps whose stored cost is known to be wrong, one entry for each way.
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn wrong_costs(&self) -> Result<Vec<WrongCosts>, LedgerError> {
        self.ledger.wrong_costs()
    }

    /// The ledger's size, counts and integrity; reads all of it.
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn health(&self) -> Result<LedgerHealth, LedgerError> {
        self.ledger.health()
    }
}
