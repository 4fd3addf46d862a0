// SPDX-License-Identifier: GPL-3.0-or-later
//! The five disjoint token kinds.

use std::ops::{Add, AddAssign};

/// Tokens of one or many steps. The five kinds never overlap: cached tokens are not in `input`,
/// reasoning is not in `output`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tokens {
    /// Prompt tokens that came neither from a cache nor went into one.
    pub input: u64,
    /// Generated tokens without reasoning.
    pub output: u64,
    /// Generated tokens of the model's reasoning.
    pub reasoning: u64,
    /// Prompt tokens read from the provider's cache.
    pub cache_read: u64,
    /// Prompt tokens written to the provider's cache.
    pub cache_write: u64,
}

impl Tokens {
    /// Input, output and reasoning: the headline figure. Saturates.
    pub fn fresh(&self) -> u64 {
        self.input
            .saturating_add(self.output)
            .saturating_add(self.reasoning)
    }

    /// The sum of all five kinds. Saturates.
    pub fn total(&self) -> u64 {
        self.fresh()
            .saturating_add(self.cache_read)
            .saturating_add(self.cache_write)
    }

    /// What the model saw: input, cache reads and cache writes. Saturates.
    pub fn context(&self) -> u64 {
        self.input
            .saturating_add(self.cache_read)
            .saturating_add(self.cache_write)
    }

    /// Cache reads as a share of the context, 0 to 1; `None` where there was no context.
    pub fn cache_hit_rate(&self) -> Option<f64> {
        let context = self.context();
        (context > 0).then(|| self.cache_read as f64 / context as f64)
    }
}

impl Add for Tokens {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            input: self.input.saturating_add(other.input),
            output: self.output.saturating_add(other.output),
            reasoning: self.reasoning.saturating_add(other.reasoning),
            cache_read: self.cache_read.saturating_add(other.cache_read),
            cache_write: self.cache_write.saturating_add(other.cache_write),
        }
    }
}

impl AddAssign for Tokens {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}
