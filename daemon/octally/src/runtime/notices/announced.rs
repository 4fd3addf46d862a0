// SPDX-License-Identifier: GPL-3.0-or-later
//! Which thresholds of budgets have been announced, so that each is announced once per period: also after a
//! restart, and when the clock goes back to a period that was over.
//!
//! A period is known by the local day on which it begins, so that a journey to another zone does not make
//! it a new one. A threshold belongs to a limit: one that is raised counts anew from where it stands then.

use std::collections::BTreeMap;

use octally_core::model::{NanoUsd, Zone};
use octally_core::wire::BudgetUsage;
use serde::{Deserialize, Serialize};

/// Periods of a budget that are remembered; later ones take the place of the earliest.
const PERIODS: usize = 64;

/// Of one period, by limit in nano-USD: the highest percent that was announced.
type Limits = BTreeMap<i64, u32>;

/// Budget, period, limit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Announced(BTreeMap<String, BTreeMap<String, Limits>>);

impl Announced {
    /// The threshold that is to be announced, if any. Of several that were passed at once it is the highest.
    pub fn due(&mut self, budget: &BudgetUsage, zone: &Zone) -> Option<u32> {
        let limit = limit(budget)?;
        let reached = budget.crossed.unwrap_or(0);
        let known = self.limits(budget, zone);
        let is_raised = known.is_some_and(|limits| {
            !limits.contains_key(&limit) && limits.keys().any(|other| *other < limit)
        });
        if is_raised {
            self.note(budget, reached, zone);
        }
        (reached > self.highest(budget, zone)).then_some(reached)
    }

    /// The highest percent that was announced in the present period for the present limit; 0: none.
    pub fn highest(&self, budget: &BudgetUsage, zone: &Zone) -> u32 {
        let limits = self.limits(budget, zone);
        limits
            .zip(limit(budget))
            .and_then(|(limits, limit)| limits.get(&limit).copied())
            .unwrap_or(0)
    }

    /// Notes that a threshold is announced.
    pub fn note(&mut self, budget: &BudgetUsage, percent: u32, zone: &Zone) {
        let Some(limit) = limit(budget) else { return };
        let key = period(budget, zone);
        let periods = self.0.entry(budget.id.clone()).or_default();
        while periods.len() >= PERIODS && !periods.contains_key(&key) {
            periods.pop_first();
        }
        let highest = periods.entry(key).or_default().entry(limit).or_default();
        *highest = percent.max(*highest);
    }

    fn limits(&self, budget: &BudgetUsage, zone: &Zone) -> Option<&Limits> {
        self.0.get(&budget.id)?.get(&period(budget, zone))
    }
}

fn limit(budget: &BudgetUsage) -> Option<i64> {
    NanoUsd::from_usd(budget.limit_usd).map(|limit| limit.0)
}

fn period(budget: &BudgetUsage, zone: &Zone) -> String {
    format!("{} {}", zone.day(budget.starts_ms), budget.period.as_str())
}
