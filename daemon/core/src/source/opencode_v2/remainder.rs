// SPDX-License-Identifier: GPL-3.0-or-later
//! What a session's totals hold and its rows do not: titles, compactions of early 2.0, reverted turns
//! and the first attempts of retried calls. All of them were paid for; which model made them is lost.
//!
//! Pure arithmetic: `load` brings the totals, the ledger brings what is known of the session.

use std::ops::AddAssign;

use crate::model::{ModelName, NanoUsd, Step, Tokens};

/// Provider and model of what no row tells.
pub const UNKNOWN: &str = "unknown";
/// The agent and the finish of the remainder's step, and the end of its id after `#`.
pub const REMAINDER: &str = "remainder";

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

impl Amount {
    /// What is left of it without `other`, kind by kind and never below 0.
    fn without(&self, other: &Self) -> Self {
        let (a, b) = (&self.tokens, &other.tokens);
        Self {
            steps: 0,
            tokens: Tokens {
                input: a.input.saturating_sub(b.input),
                output: a.output.saturating_sub(b.output),
                reasoning: a.reasoning.saturating_sub(b.reasoning),
                cache_read: a.cache_read.saturating_sub(b.cache_read),
                cache_write: a.cache_write.saturating_sub(b.cache_write),
            },
            cost: NanoUsd(self.cost.0.saturating_sub(other.cost.0).max(0)),
        }
    }
}

/// What `session_v2` says of one session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// The session.
    pub session_id: String,
    /// `cost` and `tokens_*` as OpenCode has them. They only ever grow.
    pub amount: Amount,
    /// Reasoning that these totals hold twice: the session was migrated with messages of before 1.14,
    /// whose `output` includes it.
    pub reasoning_in_output: u64,
    /// `time_updated`, Unix milliseconds.
    pub updated_ms: i64,
    /// Whether OpenCode 2 forked it: then its totals began at 0, without the rows it inherited.
    pub is_fork: bool,
}

/// What is known of the same session, deleted rows that were once read included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Steps with a row of OpenCode 2, no older than their session.
    pub own: Amount,
    /// Steps with a row of OpenCode 2 that are older than their session: a fork's copies, counted or not.
    pub inherited: Amount,
    /// Steps that only OpenCode 1 has a row of, from before the migration
    /// ([`Migration::covers`](super::Migration::covers)): compactions and what was reverted later. Not
    /// those of after it: the totals do not hold them.
    pub migrated: Amount,
}

/// A session's totals against what is known of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// In the totals only: what the remainder's step shows.
    pub remainder: Amount,
    /// Known and not in the totals, which should not be.
    pub excess: Amount,
}

/// Sets a session's totals against what is known of it.
///
/// A fork of OpenCode 1 has no mark, and its migrated totals hold what it inherited; a fork of OpenCode
/// 2 has one, and they do not.
pub fn balance(totals: &Totals, known: &Known) -> Balance {
    let mut stored = totals.amount;
    stored.tokens.output = stored
        .tokens
        .output
        .saturating_sub(totals.reasoning_in_output);
    let mut contained = known.own;
    contained += known.migrated;
    if !totals.is_fork {
        contained += known.inherited;
    }
    let rounding = NanoUsd(i64::try_from(contained.steps).unwrap_or(i64::MAX));
    Balance {
        remainder: beyond_rounding(stored.without(&contained), rounding),
        excess: beyond_rounding(contained.without(&stored), rounding),
    }
}

/// Each known cost is rounded to a billionth of a dollar, the total once: alone that is no difference.
fn beyond_rounding(amount: Amount, rounding: NanoUsd) -> Amount {
    if amount.tokens.total() == 0 && amount.cost <= rounding {
        return Amount::default();
    }
    amount
}

/// The step that shows the remainder: "titles, compaction and reverted: model unknown". It has one id
/// per session, so that a later one replaces it. `None` where nothing remains.
pub fn remainder_step(totals: &Totals, known: &Known) -> Option<Step> {
    let remainder = balance(totals, known).remainder;
    (remainder != Amount::default()).then(|| Step {
        id: format!("{}#{REMAINDER}", totals.session_id),
        session_id: totals.session_id.clone(),
        turn_id: None,
        model: ModelName {
            provider: UNKNOWN.into(),
            model: UNKNOWN.into(),
        },
        agent: Some(REMAINDER.into()),
        created_ms: totals.updated_ms,
        completed_ms: None,
        tokens: remainder.tokens,
        stored_cost: Some(remainder.cost),
        finish: Some(REMAINDER.into()),
        error: None,
        cost_note: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(steps: u64, input: u64, nano_usd: i64) -> Amount {
        let tokens = Tokens {
            input,
            output: 10 * steps,
            reasoning: steps,
            ..Tokens::default()
        };
        Amount {
            steps,
            tokens,
            cost: NanoUsd(nano_usd),
        }
    }

    fn totals(amount: Amount) -> Totals {
        Totals {
            session_id: "ses_1".into(),
            amount: Amount { steps: 0, ..amount },
            updated_ms: 7,
            ..Totals::default()
        }
    }

    #[test]
    fn what_the_rows_do_not_show_is_one_step_of_an_unknown_model() {
        let known = Known {
            own: amount(3, 3_000, 300),
            ..Known::default()
        };
        let step = remainder_step(&totals(amount(4, 4_000, 410)), &known).unwrap();
        assert_eq!((step.id.as_str(), step.created_ms), ("ses_1#remainder", 7));
        assert_eq!(
            (step.tokens, step.stored_cost),
            (amount(1, 1_000, 0).tokens, Some(NanoUsd(110)))
        );
        assert!(step.is_counted());
        assert_eq!(remainder_step(&totals(amount(3, 3_000, 300)), &known), None);
    }

    #[test]
    fn inherited_rows_are_in_the_totals_of_a_fork_of_1_and_not_of_2() {
        let known = Known {
            own: amount(1, 1_000, 100),
            inherited: amount(5, 5_000, 500),
            ..Known::default()
        };
        assert_eq!(remainder_step(&totals(amount(6, 6_000, 600)), &known), None);
        let fork = Totals {
            is_fork: true,
            ..totals(amount(1, 1_000, 100))
        };
        assert_eq!(balance(&fork, &known), Balance::default());
    }

    #[test]
    fn what_only_opencode_1_has_is_in_migrated_totals() {
        let known = Known {
            own: amount(1, 1_000, 100),
            migrated: amount(1, 900, 90),
            ..Known::default()
        };
        assert_eq!(remainder_step(&totals(amount(2, 1_900, 190)), &known), None);
    }

    #[test]
    fn totals_with_reasoning_twice_leave_nothing() {
        let mut migrated = totals(amount(2, 2_000, 200));
        migrated.amount.tokens.output += 2;
        migrated.reasoning_in_output = 2;
        let known = Known {
            own: amount(2, 2_000, 200),
            ..Known::default()
        };
        assert_eq!(balance(&migrated, &known), Balance::default());
    }

    #[test]
    fn rounding_alone_is_no_remainder_and_smaller_totals_are_told() {
        let known = Known {
            own: amount(3, 3_000, 301),
            ..Known::default()
        };
        assert_eq!(
            balance(&totals(amount(3, 3_000, 303)), &known),
            Balance::default()
        );
        let short = balance(&totals(amount(2, 2_000, 200)), &known);
        assert_eq!(short.remainder, Amount::default());
        assert_eq!(short.excess.tokens.input, 1_000);
    }

    #[test]
    fn a_call_that_cost_money_without_tokens_remains() {
        let mut paid = totals(amount(1, 1_000, 100));
        paid.amount.cost.0 += 5_000;
        let known = Known {
            own: amount(1, 1_000, 100),
            ..Known::default()
        };
        let step = remainder_step(&paid, &known).unwrap();
        assert_eq!(step.stored_cost, Some(NanoUsd(5_000)));
        assert!(step.is_counted());
    }
}
