// SPDX-License-Identifier: GPL-3.0-or-later
//! Reads which tools were called while the worker has nothing else to do: in slices so small and so
//! far apart that they take a twentieth of one core at most, and no job waits for one long. When all
//! is read nothing happens until there are new steps.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use octally_core::meter::Meter;
use octally_core::sync::{SyncReport, ToolBudget};

use super::memory;

/// What one slice may read; mostly its time is up before.
const BUDGET: ToolBudget = ToolBudget {
    steps: 4096,
    bytes: 4 << 20,
};
/// How long one slice may take before it is cut off at the next batch.
const SLICE: Duration = Duration::from_millis(50);
/// The least pause before a slice.
const PAUSE: Duration = Duration::from_secs(1);
/// The pause is so many times what the slice took.
const SHARE: u32 = 19;

/// When to read the next slice.
#[derive(Debug, Default)]
pub struct Tools {
    pause: Option<Duration>,
    /// Whether this process has asked yet what an earlier one left undone.
    has_asked: bool,
}

impl Tools {
    /// How long to wait for a job before the next slice; `None` while there is nothing to read.
    pub fn pause(&self) -> Option<Duration> {
        self.pause
    }

    /// Wants a slice after a sync that brought steps, and after the first one.
    pub fn note(&mut self, report: &SyncReport) {
        let is_news = report.steps_added + report.steps_updated > 0;
        if is_news || !self.has_asked {
            self.has_asked = true;
            self.pause = Some(PAUSE);
        }
    }

    /// Reads one slice.
    pub fn read(&mut self, meter: &mut Meter, stop: &AtomicBool) {
        let start = Instant::now();
        self.pause = None;
        let go_on = &mut || !stop.load(Ordering::Relaxed) && start.elapsed() < SLICE;
        match meter.read_tools(None, BUDGET, go_on) {
            Ok(slice) if slice.has_more && slice.problem.is_none() => {
                self.pause = Some(PAUSE.max(start.elapsed() * SHARE));
            }
            // What is wrong with a source is told by the sync; the next news tries again.
            Ok(_) => memory::trim(),
            Err(error) => tracing::warn!(%error, "tools could not be recorded"),
        }
    }
}
