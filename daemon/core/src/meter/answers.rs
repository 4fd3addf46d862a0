// SPDX-License-Identifier: GPL-3.0-or-later
//! The questions about what was used: each is `rollup`'s.

use super::Meter;
use crate::ledger::LedgerError;
use crate::model::{Budget, Day, Zone};
use crate::rollup::{self, Glance, Live, Named, Rank, Request, StoryLimits};
use crate::source::stats_file::Process;
use crate::sync::SyncReport;
use crate::wire::{
    Analysis, BudgetUsage, Catalog, FamilyUsage, Lately, Pace, ProviderDay, Report, SessionDetail,
    SessionStory, SessionUsage, Sessions, Snapshot, Statistics,
};

impl Meter {
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

    /// What a session and its sub-agents have used since `since_ms` (Unix milliseconds, included).
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn pace(&self, id: &str, since_ms: i64) -> Result<Pace, LedgerError> {
        rollup::pace(&self.ledger, id, since_ms)
    }

    /// What the steps cost that ended in the `span_ms` (milliseconds) before `now_ms`, and the sessions that
    /// compact in a loop.
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn lately(&self, span_ms: i64, now_ms: i64) -> Result<Lately, LedgerError> {
        let title = &|session_id: &str| self.synchronizer.title(session_id);
        rollup::lately(&self.ledger, span_ms, now_ms, title)
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
}
