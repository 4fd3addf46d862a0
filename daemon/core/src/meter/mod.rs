// SPDX-License-Identifier: GPL-3.0-or-later
//! The one thing that daemon and command line hold: a ledger, its sources, and the answers.
//!
//! Not `Sync`; it lives on one thread and blocks. Nothing is computed here that a module above could
//! compute. `answers` are the questions about what was used, `keeping` what the ledger holds and forgets.

mod answers;
mod keeping;

use std::path::Path;

use crate::ledger::{Ledger, LedgerError, ToolsLeft};
use crate::model::Zone;
use crate::source::stats_file;
use crate::sync::{Depth, Origins, Progress, SyncReport, Synchronizer, ToolBudget, ToolSlice};

pub use crate::ledger::Host;
pub use crate::rollup::Live;

/// A ledger with its sources.
#[derive(Debug)]
pub struct Meter {
    ledger: Ledger,
    host: Host,
    synchronizer: Synchronizer,
    /// What [`Ledger::readings_begun`] said when the synchronizer was made.
    readings_begun: i64,
}

impl Meter {
    /// Opens or creates the ledger.
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn open(ledger: &Path, origins: Origins, host: Host) -> Result<Self, LedgerError> {
        let ledger = Ledger::open(ledger)?;
        Ok(Self {
            readings_begun: ledger.readings_begun()?,
            ledger,
            host,
            synchronizer: Synchronizer::new(origins),
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
        let readings_begun = self.ledger.readings_begun()?;
        if self.readings_begun != readings_begun {
            self.readings_begun = readings_begun;
            self.set_origins(self.synchronizer.origins().clone());
        }
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

    /// Reads which tools the newest steps called that have not been looked at yet, of one session if it
    /// is given, until the budget is spent or `go_on` says no; what was read stays recorded. Comes after
    /// a sync.
    ///
    /// # Errors
    /// See [`LedgerError`]; what cannot be read of a source is in the slice.
    pub fn read_tools(
        &mut self,
        session_id: Option<&str>,
        budget: ToolBudget,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<ToolSlice, LedgerError> {
        self.synchronizer
            .read_tools(&mut self.ledger, session_id, budget, go_on)
    }

    /// How far the reading of tools is.
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn tools_left(&self) -> Result<ToolsLeft, LedgerError> {
        self.ledger.tools_left()
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

    /// The ledger itself, for the questions of `rollup` that stream their rows.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The title of a session, read from OpenCode's data now: the user's own words, for the user's own
    /// screen and nothing else.
    pub fn title(&self, session_id: &str) -> Option<String> {
        self.synchronizer.title(session_id)
    }
}
