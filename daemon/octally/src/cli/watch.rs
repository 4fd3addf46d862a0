// SPDX-License-Identifier: GPL-3.0-or-later
//! `--watch`: the same answer again whenever something changed; and the word for others who wait.
//!
//! The files say when, and a running daemon does, over D-Bus: it may read other data than is asked for, or
//! hang, and knows of what is no file's, as what was forgotten. Either way the answer is read from the ledger
//! again, and printed only if it differs.

use std::time::Duration;

use octally_bus::client::{Changes, Client};
use octally_core::rollup;
use octally_core::sync::{Depth, Origins};
use octally_core::wire::Snapshot;
use tokio::time::Instant;

use super::exit::{CliError, Exit};
use super::reading::Reading;
use crate::watch::{Change, Watch};

/// What neither the bus nor the files tell: midnight, idleness, a daemon that came.
const TICK: Duration = Duration::from_secs(60);

/// SQLite writes a commit to the WAL, which wakes us, and only then makes it visible through memory
/// that it shares, which wakes nobody: look again after these pauses.
const LOOKS: [Duration; 3] = [
    Duration::from_millis(20),
    Duration::from_millis(200),
    Duration::from_millis(2000),
];

/// Changes that come faster are looked at together.
const PAUSE: Duration = Duration::from_millis(50);

/// When to print again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// When something but the time is different.
    OnNews,
    /// Also when only time has passed.
    Always,
}

/// Why to look again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    /// Something was written.
    Change(Depth),
    /// Time has passed.
    Tick,
}

type Print<'a> = &'a dyn Fn(&Reading, &Snapshot) -> Result<(), CliError>;

/// Calls `print` on every change after `shown`, until interrupted.
pub fn follow(
    reading: &mut Reading,
    shown: Snapshot,
    again: Again,
    print: Print,
) -> Result<Exit, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(repeat(reading, shown, again, print))
}

async fn repeat(
    reading: &mut Reading,
    mut shown: Snapshot,
    again: Again,
    print: Print<'_>,
) -> Result<Exit, CliError> {
    let mut follow = Follow::begin(&reading.settings.origins).await;
    // What happened before the watches stood.
    let mut depth = Depth::Quick;
    loop {
        reading.anew(depth)?;
        let snapshot = reading.snapshot()?;
        if again == Again::Always || is_news(&snapshot, &shown) {
            print(reading, &snapshot)?;
            shown = snapshot;
        }
        depth = follow.next().await;
    }
}

/// Waits for reasons to look again.
pub struct Follow {
    watch: Watch,
    changes: Option<Changes>,
    looks: std::slice::Iter<'static, Duration>,
    /// When the next change may be looked at.
    earliest: Instant,
}

impl Follow {
    /// Notices everything that happens from now on.
    pub async fn begin(origins: &Origins) -> Self {
        Self::of(Watch::new(origins), daemon_changes().await)
    }

    fn of(watch: Watch, changes: Option<Changes>) -> Self {
        Self {
            watch,
            changes,
            looks: LOOKS.iter(),
            earliest: Instant::now(),
        }
    }

    /// The next reason to look again, as how thoroughly to look.
    pub async fn next(&mut self) -> Depth {
        let look = self.looks.next().copied();
        let reason = tokio::select! {
            change = self.watch.changed() => Reason::Change(depth_of(change)),
            () = told(&mut self.changes) => Reason::Change(Depth::Quick),
            () = tokio::time::sleep(look.unwrap_or(TICK)) => Reason::Tick,
        };
        match reason {
            Reason::Change(depth) => {
                tokio::time::sleep_until(self.earliest).await;
                self.earliest = Instant::now() + PAUSE;
                self.looks = LOOKS.iter();
                depth
            }
            Reason::Tick => {
                if look.is_none() && self.changes.is_none() {
                    self.changes = daemon_changes().await;
                }
                Depth::Quick
            }
        }
    }
}

/// The signals of a daemon, which need not be there yet; `None` without a bus.
async fn daemon_changes() -> Option<Changes> {
    let client = Client::connect().await.ok()?;
    client.changes().await.ok()
}

/// Waits for the daemon's word; where there is no bus, for ever.
async fn told(changes: &mut Option<Changes>) {
    let Some(stream) = changes else {
        return std::future::pending().await;
    };
    if stream.next().await.is_none() {
        *changes = None;
    }
}

fn depth_of(change: Change) -> Depth {
    match change {
        Change::Data => Depth::Quick,
        Change::Everything => Depth::Thorough,
    }
}

/// Whether anything but the clock differs.
pub fn is_news(new: &Snapshot, old: &Snapshot) -> bool {
    let timeless = |snapshot: &Snapshot| {
        let mut snapshot = snapshot.clone();
        snapshot.updated_ms = 0;
        snapshot.freshness.since_ms = 0;
        snapshot
    };
    let (mut old, new) = (timeless(old), timeless(new));
    rollup::forget_drift(&mut old.budgets, &new.budgets);
    new != old
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_storm_of_writes_is_looked_at_now_and_then() {
        let home = tempfile::tempdir().unwrap();
        let wal = home.path().join("opencode.db-wal");
        let origins = Origins {
            data_dirs: vec![home.path().into()],
            ..Origins::default()
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut follow = Follow::of(Watch::new(&origins), None);
            let started = Instant::now();
            for _ in 0..20 {
                std::fs::write(&wal, "1").unwrap();
                follow.next().await;
            }
            // Two of the pauses before a further look may have ended among them.
            assert!(started.elapsed() > PAUSE * 15, "{:?}", started.elapsed());
        });
    }
}
