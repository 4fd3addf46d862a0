// SPDX-License-Identifier: GPL-3.0-or-later
//! The one thing that daemon and command line hold: a ledger, its sources, and the answers.
//!
//! Not `Sync`; it lives on one thread and blocks. Nothing is computed here that a module above could
//! compute.

use std::path::Path;

use crate::inspect;
use crate::ledger::{Checkpoint, Ledger, LedgerError, LedgerHealth, ToolsLeft, WrongCosts};
use crate::model::{Budget, Day, Zone};
use crate::reconcile;
use crate::rollup::{self, Glance, Named, Rank, Request, StoryLimits};
use crate::source::stats_file::{self, Process};
use crate::sync::{Depth, Origins, Progress, SyncReport, Synchronizer, ToolBudget, ToolSlice};
use crate::wire::{
    Analysis, BudgetUsage, Catalog, FamilyUsage, Holdings, Pace, ProviderDay, Reconciliation,
    Report, SessionDetail, SessionStory, SessionUsage, Sessions, Snapshot, SourceRow, Statistics,
};

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

    /// The ledger itself, for the questions of `rollup` that stream their rows.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The trees of sessions. Titles and `problems` are left empty; see [`Self::title`].
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn sessions(&self, request: &Request, zone: &Zone) -> Result<Sessions, LedgerError> {
        rollup::sessions(&self.ledger, request, zone)
    }

    /// One session step by step; `None` where the ledger does not know it. Titles and `problems` are
    /// left empty; see [`Self::title`].
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn session(&self, id: &str, zone: &Zone) -> Result<Option<SessionDetail>, LedgerError> {
        rollup::session(&self.ledger, id, zone)
    }

    /// The overview. Its `problems` are left empty.
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn analysis(&self, request: &Request, zone: &Zone) -> Result<Analysis, LedgerError> {
        rollup::analysis(&self.ledger, request, zone)
    }

    /// The detail. Its `problems` are left empty.
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn statistics(
        &self,
        request: &Request,
        zone: &Zone,
        now_ms: i64,
    ) -> Result<Statistics, LedgerError> {
        rollup::statistics(&self.ledger, request, zone, now_ms)
    }

    /// The providers, models and projects that can be asked about.
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn catalog(&self) -> Result<Catalog, LedgerError> {
        rollup::catalog(&self.ledger)
    }

    /// The ids of the sessions that begin with `prefix`, newest first, at most `limit`.
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn session_ids(&self, prefix: &str, limit: usize) -> Result<Vec<String>, LedgerError> {
        let named = rollup::names(&self.ledger, Named::Session, prefix, limit)?;
        Ok(named.into_iter().map(|session| session.name).collect())
    }

    /// What a session and its sub-agents used so far; `None` for an unknown id.
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn session_usage(&self, id: &str) -> Result<Option<SessionUsage>, LedgerError> {
        rollup::session_usage(&self.ledger, id)
    }

    /// A session explained in short; `None` for an unknown id. Titles: see [`Self::title`].
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn story(
        &self,
        id: &str,
        limits: StoryLimits,
    ) -> Result<Option<SessionStory>, LedgerError> {
        rollup::story(&self.ledger, id, limits)
    }

    /// The root session that was at work last.
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn latest_session(&self) -> Result<Option<String>, LedgerError> {
        rollup::latest_session(&self.ledger)
    }

    /// The root sessions with what they and their sub-agents used, largest first: at most `limit` of
    /// them, and how many there are.
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn families(
        &self,
        request: &Request,
        rank: Rank,
        limit: usize,
    ) -> Result<(Vec<FamilyUsage>, usize), LedgerError> {
        rollup::families(&self.ledger, request, rank, limit)
    }

    /// What each provider did on each day from `from` to `to`, the last included.
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn provider_days(
        &self,
        from: Day,
        to: Day,
        zone: &Zone,
    ) -> Result<Vec<ProviderDay>, LedgerError> {
        rollup::provider_days(&self.ledger, from, to, zone)
    }

    /// The title of a session, read from OpenCode's data now: the user's own words, for the user's own
    /// screen and nothing else.
    pub fn title(&self, session_id: &str) -> Option<String> {
        self.synchronizer.title(session_id)
    }

    /// What a session and its sub-agents have used since `since_ms` (Unix milliseconds, included).
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn pace(&self, id: &str, since_ms: i64) -> Result<Pace, LedgerError> {
        rollup::pace(&self.ledger, id, since_ms)
    }

    /// What was spent of each budget in its current period, in the same order; without budgets nothing is
    /// read.
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn budgets(
        &self,
        budgets: &[Budget],
        zone: &Zone,
        now_ms: i64,
    ) -> Result<Vec<BudgetUsage>, LedgerError> {
        rollup::budgets(&self.ledger, budgets, zone, now_ms)
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
