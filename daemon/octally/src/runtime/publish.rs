// SPDX-License-Identifier: GPL-3.0-or-later
//! What of a new snapshot is worth publishing.

use octally_core::model::Problem;
use octally_core::rollup;
use octally_core::wire::{FreshnessState, Snapshot};

/// A problem as one sentence with its remedy, as people read it in the top bar.
pub fn sentence(problem: &Problem) -> String {
    format!("{problem}; {}", problem.remedy)
}

/// Lets a trouble that goes on keep the time at which it began.
pub fn carry_over(old: &Snapshot, new: &mut Snapshot) {
    let (old, new) = (&old.freshness, &mut new.freshness);
    if new.state != FreshnessState::Fresh && (old.state, &old.reason) == (new.state, &new.reason) {
        new.since_ms = new.since_ms.min(old.since_ms);
    }
}

/// Whether both say the same, but for the time at which they were taken. A quiet tick then stays
/// unheard.
pub fn is_same(old: &Snapshot, new: &Snapshot) -> bool {
    let mut old = old.clone();
    old.updated_ms = new.updated_ms;
    let is_fresh = |snapshot: &Snapshot| snapshot.freshness.state == FreshnessState::Fresh;
    if is_fresh(&old) && is_fresh(new) {
        old.freshness.since_ms = new.freshness.since_ms;
    }
    rollup::forget_drift(&mut old.budgets, &new.budgets);
    old == *new
}

#[cfg(test)]
mod tests {
    use octally_core::model::{BudgetCounts, BudgetPeriod};
    use octally_core::wire::{BudgetUsage, Freshness};

    use super::*;

    fn snapshot(now_ms: i64) -> Snapshot {
        let state = FreshnessState::Fresh;
        Snapshot::empty(
            now_ms,
            "UTC",
            Freshness {
                state,
                since_ms: now_ms,
                reason: None,
            },
        )
    }

    fn budget(spent_usd: f64, expected_usd: f64) -> BudgetUsage {
        BudgetUsage {
            id: "b".into(),
            period: BudgetPeriod::Month,
            limit_usd: 200.0,
            project: None,
            counts: BudgetCounts::Billed,
            warn_at: vec![50],
            spent_usd,
            left_usd: 200.0 - spent_usd,
            share: spent_usd / 200.0,
            expected_share: Some(expected_usd / 200.0),
            expected_usd: Some(expected_usd),
            starts_ms: 0,
            ends_ms: 9,
            crossed: None,
            unpriced_steps: 0,
        }
    }

    #[test]
    fn time_alone_is_no_news() {
        assert!(is_same(&snapshot(1), &snapshot(2)));
    }

    #[test]
    fn what_is_expected_of_a_budget_may_drift_a_little_and_not_for_ever() {
        let at = |expected_usd: f64, spent_usd: f64| {
            let mut snapshot = snapshot(1);
            snapshot.budgets = vec![budget(spent_usd, expected_usd)];
            snapshot
        };
        assert!(is_same(&at(100.0, 50.0), &at(99.0, 50.0)));
        assert!(!is_same(&at(100.0, 50.0), &at(97.0, 50.0)));
        assert!(!is_same(&at(100.0, 50.0), &at(100.0, 50.01)));
    }

    #[test]
    fn trouble_keeps_the_time_at_which_it_began() {
        let reason = Some("the disk is full".to_owned());
        let stale = |since_ms, reason| {
            let state = FreshnessState::Stale;
            Snapshot::empty(
                9,
                "UTC",
                Freshness {
                    state,
                    since_ms,
                    reason,
                },
            )
        };
        let mut later = stale(7, reason.clone());
        carry_over(&stale(3, reason), &mut later);
        assert_eq!(later.freshness.since_ms, 3);
        let mut other = stale(7, Some("locked".into()));
        carry_over(&later, &mut other);
        assert_eq!(other.freshness.since_ms, 7);
    }

    #[test]
    fn figures_and_freshness_are() {
        let mut more = snapshot(2);
        more.total.steps = 1;
        assert!(!is_same(&snapshot(1), &more));
        let mut stale = snapshot(2);
        stale.freshness.state = FreshnessState::Stale;
        assert!(!is_same(&snapshot(1), &stale));
    }
}
