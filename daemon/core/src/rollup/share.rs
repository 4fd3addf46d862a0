// SPDX-License-Identifier: GPL-3.0-or-later
//! Sums by name, as parts of their whole.

use std::collections::HashMap;

use super::usage::Amounts;
use crate::model::{Cost, Tokens};
use crate::wire::ShareRow;

/// The sum of some quarters or days.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sum {
    pub steps: u64,
    pub tokens: Tokens,
    pub cost: Cost,
}

impl Sum {
    pub fn add(&mut self, amounts: &Amounts) {
        self.steps += amounts.steps;
        self.tokens += amounts.tokens;
        self.cost += amounts.cost;
    }

    pub fn merge(&mut self, other: &Self) {
        self.steps += other.steps;
        self.tokens += other.tokens;
        self.cost += other.cost;
    }
}

/// The rows of `sums`, largest by fresh tokens first, as parts of `all`. An empty name becomes none.
pub(super) fn shares(sums: HashMap<String, Sum>, all: &Sum) -> Vec<ShareRow> {
    let mut sums: Vec<(String, Sum)> = sums.into_iter().collect();
    sums.sort_by(|(name, a), (other, b)| {
        let fresh = b.tokens.fresh().cmp(&a.tokens.fresh());
        fresh.then_with(|| name.cmp(other))
    });
    let whole = all.tokens.fresh().max(1) as f64;
    let row = |(name, sum): (String, Sum)| ShareRow {
        name: (!name.is_empty()).then_some(name),
        share: sum.tokens.fresh() as f64 / whole,
        steps: sum.steps,
        tokens: (&sum.tokens).into(),
        cost: (&sum.cost).into(),
    };
    sums.into_iter().map(row).collect()
}
