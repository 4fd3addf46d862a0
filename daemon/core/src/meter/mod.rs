// SPDX-License-Identifier: GPL-3.0-or-later
//! The one thing that daemon and command line hold: a ledger, its sources, and the answers.
//!
//! Not `Sync`; it lives on one thread and blocks. Nothing here is computed that a module above
//! could compute.

use std::path::Path;

use crate::ledger::{Ledger, LedgerError, LedgerHealth};
use crate::model::{Problem, Zone};
use crate::rollup::Request;
use crate::source::stats_file::{Process, StatsFile};
use crate::sync::{Depth, Origins, Progress, SyncReport};
use crate::wire::{Report, Snapshot};

/// What is known of the runs at one instant.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Live {
    /// Every stats.json that could be read.
    pub files: Vec<StatsFile>,
    /// Those that could not.
    pub problems: Vec<Problem>,
}

/// The host whose steps a ledger records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// Stable and random (`/etc/machine-id` hashed, or of our own making).
    pub id: String,
    /// The host's name.
    pub label: String,
}

/// A ledger with its sources.
#[derive(Debug)]
pub struct Meter {
    ledger: Ledger,
    origins: Origins,
}

impl Meter {
    /// Opens or creates the ledger.
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn open(ledger: &Path, origins: Origins, host: Host) -> Result<Self, LedgerError> {
        let _ = host;
        Ok(Self { ledger: Ledger::open(ledger)?, origins })
    }

    /// Replaces the sources, as after a change of configuration.
    pub fn set_origins(&mut self, origins: Origins) {
        self.origins = origins;
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
        let _ = (depth, zone, now_ms, on_progress, &self.origins);
        Ok(SyncReport::default())
    }

    /// Reads every stats.json.
    pub fn live(&self) -> Live {
        Live::default()
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
        let _ = (live, last, is_alive, idle_threshold_ms, zone, now_ms);
        unimplemented!()
    }

    /// The answer to a question. Its `problems` are left empty.
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn report(&self, request: &Request, zone: &Zone) -> Result<Report, LedgerError> {
        let _ = (request, zone);
        unimplemented!()
    }

    /// The ledger's size, counts and integrity; reads all of it.
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn health(&self) -> Result<LedgerHealth, LedgerError> {
        self.ledger.health()
    }
}
