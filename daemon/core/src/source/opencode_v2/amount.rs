// SPDX-License-Identifier: GPL-3.0-or-later
//! Sums of tokens and stored money, to be set against each other.

use std::ops::{Add, AddAssign};

use crate::model::{NanoUsd, Step, Tokens};

/// Tokens and stored money of some calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    /// How many calls; 0 where that is not known.
    pub steps: u64,
    /// The five kinds.
    pub tokens: Tokens,
    /// What OpenCode stored.
    pub cost: NanoUsd,
}

impl AddAssign for Amount {
    fn add_assign(&mut self, other: Self) {
        self.steps = self.steps.saturating_add(other.steps);
        self.tokens += other.tokens;
        self.cost += other.cost;
    }
}

impl From<&Step> for Amount {
    fn from(step: &Step) -> Self {
        Self {
            steps: 1,
            tokens: step.tokens,
            cost: step.stored_cost.unwrap_or_default(),
        }
    }
}

impl Add for Amount {
    type Output = Self;
    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl Amount {
    /// Whether there are neither tokens nor money in it.
    pub fn is_nothing(&self) -> bool {
        self.tokens.total() == 0 && self.cost.0 == 0
    }

    /// What is left of it without `other`, kind by kind and never below 0.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let less = |a: u64, b: u64| a.saturating_sub(b);
        let cost = self.cost.0.saturating_sub(other.cost.0).max(0);
        self.each(other, less, cost)
    }

    /// The smaller of each kind.
    #[must_use]
    pub fn at_most(&self, other: &Self) -> Self {
        self.each(other, u64::min, self.cost.0.min(other.cost.0))
    }

    fn each(&self, other: &Self, with: impl Fn(u64, u64) -> u64, nano_usd: i64) -> Self {
        let (a, b) = (&self.tokens, &other.tokens);
        Self {
            steps: 0,
            tokens: Tokens {
                input: with(a.input, b.input),
                output: with(a.output, b.output),
                reasoning: with(a.reasoning, b.reasoning),
                cache_read: with(a.cache_read, b.cache_read),
                cache_write: with(a.cache_write, b.cache_write),
            },
            cost: NanoUsd(nano_usd),
        }
    }

    /// Whether everything in `other` is in it, but for some rounding.
    pub fn covers(&self, other: &Self, rounding: NanoUsd) -> bool {
        other.without(self).beyond(rounding).is_nothing()
    }

    /// The amount, or nothing where it is money alone and no more than rounding makes: each known cost is
    /// rounded to a billionth of a dollar, a total once.
    #[must_use]
    pub fn beyond(&self, rounding: NanoUsd) -> Self {
        if self.tokens.total() == 0 && self.cost <= rounding {
            return Self::default();
        }
        Self { steps: 0, ..*self }
    }
}
