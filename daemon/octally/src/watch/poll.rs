// SPDX-License-Identifier: GPL-3.0-or-later
//! The stand-in where the kernel grants no watch: looks at sizes and times every few seconds.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::filter::Filter;

/// How often it looks.
pub const PERIOD: Duration = Duration::from_secs(2);

type Look = Vec<(PathBuf, u64, Option<SystemTime>)>;

#[derive(Debug)]
pub struct Poll {
    filter: Arc<Filter>,
    seen: Look,
    due: Instant,
}

impl Poll {
    pub fn new(filter: Arc<Filter>) -> Self {
        let seen = look(&filter);
        Self {
            filter,
            seen,
            due: Instant::now() + PERIOD,
        }
    }

    /// Waits for a difference. Safe to cancel.
    pub async fn changed(&mut self) {
        loop {
            tokio::time::sleep_until(self.due).await;
            self.due = Instant::now() + PERIOD;
            let seen = look(&self.filter);
            if seen != self.seen {
                self.seen = seen;
                return;
            }
        }
    }
}

fn look(filter: &Filter) -> Look {
    let entries = |folder: PathBuf| std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut seen: Look = filter
        .folders()
        .into_iter()
        .flat_map(entries)
        .filter(|entry| filter.is_data(&entry.path()))
        .filter_map(|entry| {
            let found = entry.metadata().ok()?;
            Some((entry.path(), found.len(), found.modified().ok()))
        })
        .collect();
    seen.sort();
    seen
}
