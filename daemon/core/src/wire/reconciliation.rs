// SPDX-License-Identifier: GPL-3.0-or-later
//! `octally reconcile --json`, schema 1.

use std::ops::{Add, AddAssign, Sub, SubAssign};

use serde::Serialize;

use crate::model::{Problem, Step};

/// Steps, the five token kinds and what OpenCode stored for them. Signed: lines may take away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[expect(missing_docs, reason = "the names are the vocabulary; see `Tokens`")]
pub struct Amounts {
    pub steps: i64,
    pub input: i64,
    pub output: i64,
    pub reasoning: i64,
    pub cache_read: i64,
    pub cache_write: i64,
    /// Billionths of a US dollar: whole numbers, so that anybody can add them up.
    pub stored_nano_usd: i64,
}

impl From<&Step> for Amounts {
    /// What a step adds to the figures: nothing where it is not counted.
    fn from(step: &Step) -> Self {
        if !step.is_counted() {
            return Self::default();
        }
        let count = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        Self {
            steps: 1,
            input: count(step.tokens.input),
            output: count(step.tokens.output),
            reasoning: count(step.tokens.reasoning),
            cache_read: count(step.tokens.cache_read),
            cache_write: count(step.tokens.cache_write),
            stored_nano_usd: step.stored_cost.unwrap_or_default().0,
        }
    }
}

impl Amounts {
    /// Whether all of it is 0.
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }

    fn each(self, other: Self, with: impl Fn(i64, i64) -> i64) -> Self {
        Self {
            steps: with(self.steps, other.steps),
            input: with(self.input, other.input),
            output: with(self.output, other.output),
            reasoning: with(self.reasoning, other.reasoning),
            cache_read: with(self.cache_read, other.cache_read),
            cache_write: with(self.cache_write, other.cache_write),
            stored_nano_usd: with(self.stored_nano_usd, other.stored_nano_usd),
        }
    }
}

impl Add for Amounts {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        self.each(other, i64::saturating_add)
    }
}

impl AddAssign for Amounts {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Amounts {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self.each(other, i64::saturating_sub)
    }
}

impl SubAssign for Amounts {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

/// One line between OpenCode's totals and ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Line {
    /// A stable word, as in `fork_copies`.
    pub key: &'static str,
    /// The same for people.
    pub what: &'static str,
    /// What it adds, below 0 where it takes away.
    #[serde(flatten)]
    pub amounts: Amounts,
}

/// From OpenCode's own totals to ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Reconciliation {
    /// 1.
    pub schema: u32,
    /// Whether nothing is unexplained and the ledger is sound.
    pub adds_up: bool,
    /// The database that `opencode` comes from; `null` where there is none.
    pub database: Option<String>,
    /// What OpenCode's own session totals in that database say. It keeps no count of calls: `steps` are
    /// the rows of those sessions.
    pub opencode: Amounts,
    /// What lies between. Every line is there, also where it is 0.
    pub lines: Vec<Line>,
    /// What Octally shows.
    pub octally: Amounts,
    /// `octally` without `opencode` and the lines: 0, or something is wrong.
    pub unexplained: Amounts,
    /// What the ledger's own check found wrong.
    pub damage: Option<String>,
    /// Contained in `octally`, for information; not to be added.
    pub contained: Vec<Line>,
    /// Rows that cannot be read now.
    pub unread_rows: u64,
    /// Sessions whose totals are no numbers and are left out of `opencode`.
    pub odd_totals: u64,
    /// What could not be read.
    pub problems: Vec<Problem>,
}
