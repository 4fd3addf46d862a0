// SPDX-License-Identifier: GPL-3.0-or-later
//! Money: what was billed, what is only estimated, and what has no price.

use std::ops::{Add, AddAssign};

/// An amount in billionths of a US dollar: fine enough for one token of the cheapest model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NanoUsd(pub i64);

impl NanoUsd {
    /// From US dollars, rounded to the nearest billionth; `None` unless finite and below 9.2 billion.
    pub fn from_usd(usd: f64) -> Option<Self> {
        let nano = (usd * 1e9).round();
        (nano.is_finite() && nano.abs() < 9.2e18).then_some(Self(nano as i64))
    }

    /// In US dollars.
    pub fn usd(self) -> f64 {
        self.0 as f64 / 1e9
    }
}

impl Add for NanoUsd {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for NanoUsd {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

/// The cost of some steps, its two kinds never mixed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// What OpenCode stored.
    pub billed: NanoUsd,
    /// What the steps that OpenCode stored at 0 would cost at list price.
    pub estimated: NanoUsd,
    /// Steps that used tokens, were stored at 0, and whose model has no known price.
    pub unpriced_steps: u64,
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        self.billed += other.billed;
        self.estimated += other.estimated;
        self.unpriced_steps = self.unpriced_steps.saturating_add(other.unpriced_steps);
    }
}

/// Steps whose stored cost is known to be wrong. They are part of [`Cost::billed`], as stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WrongCost {
    /// How many.
    pub steps: u64,
    /// What OpenCode stored for them.
    pub stored: NanoUsd,
    /// What those of them should have cost for which it is known.
    pub corrected: NanoUsd,
    /// Those for which it is not.
    pub uncorrected_steps: u64,
}

impl WrongCost {
    /// What they should have cost; `None` where it is known of none of them.
    pub fn known(&self) -> Option<NanoUsd> {
        let is_unknown = self.steps > 0 && self.uncorrected_steps >= self.steps;
        (!is_unknown).then_some(self.corrected)
    }
}

impl AddAssign for WrongCost {
    fn add_assign(&mut self, other: Self) {
        self.steps = self.steps.saturating_add(other.steps);
        self.stored += other.stored;
        self.corrected += other.corrected;
        self.uncorrected_steps = self
            .uncorrected_steps
            .saturating_add(other.uncorrected_steps);
    }
}
