// SPDX-License-Identifier: GPL-3.0-or-later
//! What the ledger holds, what it is to forget, and whether it is right.

use super::Meter;
use crate::inspect;
use crate::ledger::{Checkpoint, LedgerError, LedgerHealth, WrongCosts};
use crate::model::{Day, Zone};
use crate::reconcile;
use crate::rollup;
use crate::sync::SyncReport;
use crate::wire::{Holdings, Reconciliation, SourceRow};

impl Meter {
    /// What the ledger holds, with its `limit` largest projects. `keep_months` is left at 0.
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn holdings(&self, limit: usize) -> Result<Holdings, LedgerError> {
        rollup::holdings(&self.ledger, limit)
    }

    /// Forgets a project, named by its id or path; the steps that it had, `None` where there is none.
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn forget_project(
        &mut self,
        project: &str,
        zone: &Zone,
    ) -> Result<Option<u64>, LedgerError> {
        self.ledger.forget_project(project, zone)
    }

    /// Takes that back; false where no such project is forgotten. The next thorough sync reads again what
    /// OpenCode still has.
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn remember_project(&mut self, project: &str) -> Result<bool, LedgerError> {
        self.ledger.remember_project(project)
    }

    /// Forgets sessions that ended so many months ago or earlier, and returns how many steps those had.
    /// 0 months: nothing is forgotten. Costs next to nothing when it was done today already.
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn keep_months(
        &mut self,
        months: u32,
        zone: &Zone,
        now_ms: i64,
    ) -> Result<u64, LedgerError> {
        let today = zone.day(now_ms).date();
        match today.checked_sub_months(chrono::Months::new(months)) {
            Some(first) if months > 0 => {
                let before_ms = zone.start_of(Day::from_date(first));
                self.ledger.forget_before(before_ms, zone)
            }
            _ => Ok(0),
        }
    }

    /// Makes every sum again, and has every source read from its beginning with the next sync.
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn rebuild(&mut self, zone: &Zone) -> Result<(), LedgerError> {
        self.ledger.rebuild(zone)
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
