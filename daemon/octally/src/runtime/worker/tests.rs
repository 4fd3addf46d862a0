// SPDX-License-Identifier: GPL-3.0-or-later
//! What is said of figures that could not be read anew.

use octally_core::model::Severity;

use super::*;

fn desk() -> Desk {
    let place = Place {
        ledger: PathBuf::new(),
        origins: Origins::default(),
        host: Host {
            id: "h".into(),
            label: "vm".into(),
        },
        keep_months: 0,
    };
    Desk::new(place, Arc::default())
}

fn snapshot(state: FreshnessState, since_ms: i64, updated_ms: i64) -> Snapshot {
    let freshness = Freshness {
        state,
        since_ms,
        reason: None,
    };
    Snapshot::empty(updated_ms, "UTC", freshness)
}

#[test]
fn figures_that_were_stale_before_the_ledger_failed_keep_their_age() {
    let problem = Problem::new(Severity::Error, "x", "fails", "/l.db", "mend it");
    for (state, since_ms) in [(FreshnessState::Fresh, 9), (FreshnessState::Stale, 3)] {
        let mut desk = desk();
        desk.good = Some(snapshot(state, 3, 9));
        let spoiled = desk.spoiled(snapshot(FreshnessState::Fresh, 12, 12), problem.clone());
        let freshness = spoiled.freshness;
        assert_eq!(
            (freshness.state, freshness.since_ms),
            (FreshnessState::Stale, since_ms)
        );
    }
}
