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
