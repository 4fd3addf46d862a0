// SPDX-License-Identifier: GPL-3.0-or-later
//! What a user means to spend at most: the words of a budget and the rules that they keep.
//!
//! What was spent of it is not here: see `rollup::budgets`.

use serde::Serialize;

use super::NanoUsd;

/// How long a budget lasts before it begins anew, in the user's zone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum BudgetPeriod {
    /// A calendar day.
    Day,
    /// Monday to Sunday, as ISO 8601 and `octally report weekly` have it.
    Week,
    /// A calendar month.
    #[default]
    Month,
}

impl BudgetPeriod {
    /// All of them, the shortest first.
    pub const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    /// The word that everybody uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// From its word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|period| period.as_str() == word)
    }
}

/// Which costs count against a budget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum BudgetCounts {
    /// What OpenCode stored.
    #[default]
    Billed,
    /// The same, and the list price of what it stored at 0.
    All,
}

impl BudgetCounts {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Billed, Self::All];

    /// The word that everybody uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Billed => "billed",
            Self::All => "all",
        }
    }

    /// From its word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|counts| counts.as_str() == word)
    }
}

/// A limit for a period.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Budget {
    /// Its name: see [`Budget::is_id`].
    pub id: String,
    /// When it begins anew.
    pub period: BudgetPeriod,
    /// What may be spent in a period; above 0.
    pub limit: NanoUsd,
    /// The one project that it is for, named as reports are asked for it; `None`: everything.
    pub project: Option<String>,
    /// Which costs count.
    pub counts: BudgetCounts,
    /// Percents of the limit at which the user wants to know, ascending.
    pub warn_at: Vec<u32>,
}

impl Budget {
    /// The percents of a budget that names none.
    pub const WARN_AT: [u32; 3] = [50, 80, 100];
    /// The rule of names.
    pub const ID_RULE: &str =
        "must be 1 to 40 characters long, of a to z, 0 to 9 and -, as in big-client";
    /// The rule of limits.
    pub const LIMIT_RULE: &str =
        "must be a number of US dollars above 0, at most 1000000000, as in 200.0";
    /// The rule of percents.
    pub const WARN_AT_RULE: &str =
        "must be a list of at most 20 whole percents from 1 to 1000, as in [50, 80, 100]";
    /// The rule of projects.
    pub const PROJECT_RULE: &str = "must be a project's path or name, as 'octally report project' \
                                    shows it; leave it out for all projects";

    /// Whether a budget can have this name.
    pub fn is_id(text: &str) -> bool {
        let is_allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        (1..=40).contains(&text.len()) && text.bytes().all(is_allowed)
    }

    /// A limit; `None` where it breaks [`Self::LIMIT_RULE`].
    pub fn limit(usd: f64) -> Option<NanoUsd> {
        let limit = NanoUsd::from_usd(usd)?;
        (limit.0 > 0 && usd <= 1e9).then_some(limit)
    }

    /// Percents in order, each once; `None` where they break [`Self::WARN_AT_RULE`].
    pub fn percents(numbers: impl IntoIterator<Item = i64>) -> Option<Vec<u32>> {
        let one = |number| {
            u32::try_from(number)
                .ok()
                .filter(|n| (1..=1000).contains(n))
        };
        let mut percents: Vec<u32> = numbers.into_iter().map(one).collect::<Option<_>>()?;
        percents.sort_unstable();
        percents.dedup();
        (percents.len() <= 20).then_some(percents)
    }
}

/// What is to change of a budget; `None` leaves it as it is, or at its default in a new one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BudgetChange {
    /// When it begins anew.
    pub period: Option<BudgetPeriod>,
    /// What may be spent in a period. A new budget needs it.
    pub limit: Option<NanoUsd>,
    /// The project; empty: all of them.
    pub project: Option<String>,
    /// Which costs count.
    pub counts: Option<BudgetCounts>,
    /// Percents, ascending.
    pub warn_at: Option<Vec<u32>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_limits_and_percents_have_their_bounds() {
        assert!(Budget::is_id("a") && Budget::is_id("big-client-2"));
        let long = "x".repeat(41);
        for wrong in ["", "Big", "a b", "ä", "a_b", &long] {
            assert!(!Budget::is_id(wrong), "{wrong}");
        }
        assert_eq!(Budget::limit(0.5), Some(NanoUsd(500_000_000)));
        for wrong in [0.0, -1.0, f64::NAN, f64::INFINITY, 2e9, 1e-12] {
            assert_eq!(Budget::limit(wrong), None, "{wrong}");
        }
        assert_eq!(Budget::percents([80, 50, 80]), Some(vec![50, 80]));
        assert_eq!(Budget::percents([]), Some(vec![]));
        assert_eq!(Budget::percents([0]), None);
        assert_eq!(Budget::percents([1001]), None);
        assert_eq!(Budget::percents(1..=21), None);
    }
}
