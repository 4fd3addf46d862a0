// SPDX-License-Identifier: GPL-3.0-or-later
//! `octally reconcile --json`, schema 1.

use std::ops::{Add, AddAssign, Sub, SubAssign};

use serde::Serialize;

use crate::model::{Problem, Step, WrongCost};

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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Line {
    /// A stable word, as in `fork_copies`.
    pub key: &'static str,
    /// The same for people.
    pub what: String,
    /// The file, for `other_database`: there is one such line for each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// What it adds, below 0 where it takes away.
    #[serde(flatten)]
    pub amounts: Amounts,
    /// Whose it is, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sessions: Option<SessionParts>,
}

/// The sessions that a line is made of. They add up to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SessionParts {
    /// How many there are.
    pub count: u64,
    /// The largest of them.
    pub largest: Vec<SessionPart>,
}

/// What one session has in a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SessionPart {
    /// `ses_...`
    pub session: String,
    /// Its part.
    #[serde(flatten)]
    pub amounts: Amounts,
}

/// The steps of the line `wrong_cost`, and what they should have cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WrongCostNano {
    /// How many.
    pub steps: u64,
    /// What OpenCode stored for them, billionths of a US dollar.
    pub stored_nano_usd: i64,
    /// What they should have cost, without those in `uncorrected_steps`; `null` where that is all of them.
    pub corrected_nano_usd: Option<i64>,
    /// Those for which no price is known.
    pub uncorrected_steps: u64,
}

impl From<&WrongCost> for WrongCostNano {
    fn from(wrong: &WrongCost) -> Self {
        Self {
            steps: wrong.steps,
            stored_nano_usd: wrong.stored.0,
            corrected_nano_usd: wrong.known().map(|cost| cost.0),
            uncorrected_steps: wrong.uncorrected_steps,
        }
    }
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
    /// The line `wrong_cost` of them with what it should have been.
    pub wrong_cost: WrongCostNano,
    /// Rows that cannot be read now.
    pub unread_rows: u64,
    /// Damaged places in databases: what lies there could not be compared.
    pub damaged_places: u64,
    /// Whether OpenCode 2 is still taking over the sessions of OpenCode 1: until it is done, what late 1.x
    /// work adds to a session cannot be told from what was taken over, and `remainder` may be too small.
    pub is_migrating: bool,
    /// Sessions whose totals are no numbers and are left out of `opencode`.
    pub odd_totals: u64,
    /// What could not be read.
    pub problems: Vec<Problem>,
}
