// SPDX-License-Identifier: GPL-3.0-or-later
//! What every verb does first: decide the settings, open the ledger, read what is new.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use octally_core::meter::{Live, Meter};
use octally_core::model::{Problem, Severity};
use octally_core::sync::{Depth, Progress, SyncReport, ToolBudget};
use octally_core::wire::{BudgetUsage, Freshness, FreshnessState, Snapshot};
use signal_hook::SigId;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use super::exit::{CliError, Exit, no_data};
use super::figures;
use super::progress::ProgressLine;
use crate::config::{Overrides, Settings};
use crate::process;

/// What one answer may read of parts.
const TOOLS_BUDGET: ToolBudget = ToolBudget {
    steps: 5_000,
    bytes: 64 << 20,
};
/// How long one answer may read them.
const TOOLS_PATIENCE: Duration = Duration::from_millis(150);

/// An open ledger that has just been brought up to date.
#[derive(Debug)]
pub struct Reading {
    /// How everything is configured.
    pub settings: Settings,
    /// The ledger with its sources.
    pub meter: Meter,
    /// What the reading did.
    pub report: SyncReport,
    /// When it was done, Unix milliseconds.
    pub now_ms: i64,
    overrides: Overrides,
    interrupt: Interrupt,
    is_quiet: bool,
    /// Whether to do without what another program keeps from being written.
    gives_up: bool,
    /// Why nothing new was read, where that was given up.
    held_up: Option<Problem>,
}

impl Reading {
    /// Reads what is new, thoroughly on request.
    ///
    /// # Errors
    /// The ledger cannot be used, or Ctrl-C.
    pub fn take(overrides: &Overrides, refresh: bool) -> Result<Self, CliError> {
        let mut reading = Self::open(overrides)?;
        reading.again(if refresh {
            Depth::Thorough
        } else {
            Depth::Quick
        })?;
        Ok(reading)
    }

    /// Reads what is new for at most so long; what then is left is for the next call, and so is all of it while
    /// another program holds the ledger.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub fn glimpse(overrides: &Overrides, at_most: Duration) -> Result<Self, CliError> {
        let started = Instant::now();
        let mut reading = Self::open(overrides)?;
        reading.meter.ledger().wait_at_most(at_most)?;
        reading.gives_up = true;
        reading.read(Depth::Quick, &mut |_| started.elapsed() < at_most)?;
        Ok(reading)
    }

    /// Opens the ledger and reads nothing yet.
    ///
    /// # Errors
    /// The ledger cannot be used.
    pub fn open(overrides: &Overrides) -> Result<Self, CliError> {
        let settings = crate::config::load(overrides);
        let meter = Meter::open(
            &settings.ledger,
            settings.origins.clone(),
            settings.host.clone(),
        )?;
        let report = SyncReport::default();
        let interrupt = Interrupt::listen()?;
        Ok(Self {
            settings,
            meter,
            report,
            now_ms: 0,
            overrides: overrides.clone(),
            interrupt,
            is_quiet: false,
            gives_up: false,
            held_up: None,
        })
    }

    /// Reads what is new since.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub fn again(&mut self, depth: Depth) -> Result<(), CliError> {
        self.read(depth, &mut |_| true)
    }

    /// Reads what is new since, and what the user has decided since: budgets, times and zone.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub fn anew(&mut self, depth: Depth) -> Result<(), CliError> {
        let now = crate::config::load(&self.overrides);
        let settings = &mut self.settings;
        (settings.budgets, settings.alerts) = (now.budgets, now.alerts);
        (settings.zone, settings.problems) = (now.zone, now.problems);
        self.again(depth)
    }

    /// As `again`, but given up for now as soon as `goes_on` says no; what was read is kept, and the
    /// figures say that they are behind.
    fn read(
        &mut self,
        depth: Depth,
        goes_on: &mut dyn FnMut(Progress) -> bool,
    ) -> Result<(), CliError> {
        self.now_ms = now_ms();
        self.interrupt.set_usual(false);
        let mut progress = if self.is_quiet {
            ProgressLine::silent()
        } else {
            ProgressLine::new()
        };
        let report = self
            .meter
            .sync(depth, &self.settings.zone, self.now_ms, &mut |at| {
                progress.show(|| reading_text(at));
                !self.interrupt.came() && goes_on(at)
            });
        self.interrupt.set_usual(true);
        progress.clear();
        let done = report.and_then(|report| {
            self.report = report;
            let settings = &self.settings;
            self.meter
                .keep_months(settings.keep_months, &settings.zone, self.now_ms)
        });
        match done {
            Err(error) if self.gives_up && error.is_locked() => {
                self.held_up = Some(error.problem());
            }
            done => drop(done?),
        }
        if self.interrupt.came() {
            Err(CliError::interrupted())
        } else {
            Ok(())
        }
    }

    /// Does long work that can be ended in order: it is handed a function that says whether it has
    /// been interrupted.
    ///
    /// # Errors
    /// That of the work; if it was interrupted, that.
    pub fn interruptible<T>(
        &self,
        work: impl FnOnce(&dyn Fn() -> bool) -> Result<T, CliError>,
    ) -> Result<T, CliError> {
        self.interrupt.set_usual(false);
        let done = work(&|| self.interrupt.came());
        self.interrupt.set_usual(true);
        if self.interrupt.came() {
            return Err(CliError::interrupted());
        }
        done
    }

    /// Reads a bounded slice of which tools were called, of one session if it is given: the answer does
    /// not wait for the rest.
    ///
    /// # Errors
    /// The ledger cannot be used.
    pub fn tools(&mut self, session_id: Option<&str>) -> Result<(), CliError> {
        let started = Instant::now();
        let go_on = &mut || started.elapsed() < TOOLS_PATIENCE;
        let slice = self.meter.read_tools(session_id, TOOLS_BUDGET, go_on)?;
        self.report.problems.extend(
            slice
                .problem
                .filter(|problem| !self.report.problems.contains(problem)),
        );
        Ok(())
    }

    /// From now on shows no progress and leaves Ctrl-C to whoever holds the terminal. What is returned
    /// ends a reading in order once it is set.
    pub fn be_quiet(&mut self) -> Arc<AtomicBool> {
        self.is_quiet = true;
        self.interrupt.leave();
        Arc::clone(&self.interrupt.came)
    }

    /// The glance, with the configuration's problems in front of its own.
    ///
    /// # Errors
    /// The ledger cannot be used.
    pub fn snapshot(&self) -> Result<Snapshot, CliError> {
        let live: Live = self.meter.live();
        let mut snapshot = self.meter.snapshot(
            &live,
            &self.report,
            &process::is_alive,
            self.settings.alerts.idle_threshold_ms(),
            &self.settings.zone,
            self.now_ms,
        )?;
        if let Some(problem) = &self.held_up {
            snapshot.freshness = Freshness {
                state: FreshnessState::Stale,
                since_ms: self.now_ms,
                reason: Some(format!("{problem}; {}", problem.remedy)),
            };
        }
        snapshot.budgets = self.budgets()?;
        snapshot
            .problems
            .splice(0..0, self.settings.problems.iter().cloned());
        Ok(snapshot)
    }

    /// What was spent of the budgets.
    ///
    /// # Errors
    /// The ledger cannot be used.
    pub fn budgets(&self) -> Result<Vec<BudgetUsage>, CliError> {
        let settings = &self.settings;
        let budgets = self
            .meter
            .budgets(&settings.budgets, &settings.zone, self.now_ms)?;
        Ok(budgets)
    }

    /// What is wrong with the configuration, then what could not be read.
    pub fn problems(&self) -> Vec<Problem> {
        self.settings
            .problems
            .iter()
            .chain(&self.report.problems)
            .cloned()
            .collect()
    }

    /// Tells what went wrong beside the answer and says how to exit.
    pub fn conclude(&self, problems: &[Problem]) -> Exit {
        super::exit::tell_problems(problems);
        if self.report.sources.is_empty() {
            no_data(&self.settings.origins);
        }
        self.exit(problems)
    }

    /// The configuration is to be mended first, then the place of the data, then the data.
    pub fn exit(&self, problems: &[Problem]) -> Exit {
        let is_error = |problem: &Problem| problem.severity == Severity::Error;
        if self.settings.problems.iter().any(is_error) {
            Exit::Config
        } else if self.report.sources.is_empty() && self.held_up.is_none() {
            Exit::NoData
        } else if self.is_behind(problems) {
            Exit::Source
        } else {
            Exit::Done
        }
    }

    /// Whether there is something that could not be read, or not yet.
    pub fn is_behind(&self, problems: &[Problem]) -> bool {
        let is_unread = |problem: &Problem| {
            problem.severity != Severity::Note && !self.settings.problems.contains(problem)
        };
        self.held_up.is_some()
            || problems.iter().any(is_unread)
            || self.report.sources.iter().any(|s| !s.is_current)
    }
}

fn reading_text(at: Progress) -> String {
    format!(
        "reading OpenCode's messages: {} of {}",
        figures::count(at.messages_read),
        figures::count(at.messages)
    )
}

/// Unix milliseconds of the system's clock.
pub fn now_ms() -> i64 {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Ctrl-C, and the signals that ask for the end in other ways: during long work the first one ends it
/// in order and the second one at once; at any other time they have their usual meaning.
#[derive(Debug)]
struct Interrupt {
    came: Arc<AtomicBool>,
    is_usual: Arc<AtomicBool>,
    actions: Vec<SigId>,
}

impl Interrupt {
    fn listen() -> std::io::Result<Self> {
        let (came, is_usual) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicBool::new(true)),
        );
        let mut actions = Vec::new();
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            // In this order: the first signal finds `came` unset.
            actions.extend([
                signal_hook::flag::register_conditional_default(signal, is_usual.clone())?,
                signal_hook::flag::register_conditional_shutdown(signal, 130, came.clone())?,
                signal_hook::flag::register(signal, came.clone())?,
            ]);
        }
        Ok(Self {
            came,
            is_usual,
            actions,
        })
    }

    /// Does nothing more on Ctrl-C, TERM and HUP.
    fn leave(&mut self) {
        for action in self.actions.drain(..) {
            signal_hook::low_level::unregister(action);
        }
    }

    fn set_usual(&self, is_usual: bool) {
        self.is_usual.store(is_usual, Ordering::SeqCst);
    }

    fn came(&self) -> bool {
        self.came.load(Ordering::SeqCst)
    }
}
