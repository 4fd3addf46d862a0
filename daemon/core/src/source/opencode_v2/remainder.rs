// SPDX-License-Identifier: GPL-3.0-or-later
//! What a session's totals hold and its rows do not: titles, compactions of early 2.0, reverted turns
//! and the first attempts of retried calls. All of them were paid for; which model made them is lost.
//!
//! Pure arithmetic: `load` brings the totals, the ledger brings what is known of the session.

use super::amount::Amount;
use crate::model::{ModelName, NanoUsd, Step, Tokens};

/// Provider and model of what no row tells.
pub const UNKNOWN: &str = "unknown";
/// The agent and the finish of the remainder's step, and the end of its id after `#`.
pub const REMAINDER: &str = "remainder";

/// What `session_v2` says of one session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// The session.
    pub session_id: String,
    /// `cost` and `tokens_*` as OpenCode has them.
    pub amount: Amount,
    /// What these totals hold twice: the session was migrated with messages of before 1.14, whose `output`
    /// includes the reasoning, or of before 1.0.98, whose `input` includes the cached tokens.
    pub counted_twice: Tokens,
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
    /// those of after it, nor those of message files that no table has: the totals do not hold them.
    pub migrated: Amount,
}

/// What is remembered of a session's totals from the reading before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Before {
    /// When that was, Unix milliseconds.
    pub read_ms: i64,
    /// The totals, as [`Totals::stored`] has them.
    pub stored: Amount,
    /// What was accounted for and those totals did not hold.
    pub gone: Amount,
}

/// One of the steps that a session's remainder is recorded as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// What is in it.
    pub amount: Amount,
    /// When the totals were read that it comes from, Unix milliseconds.
    pub read_ms: i64,
}

impl From<&Step> for Part {
    /// From a [`remainder_step`].
    fn from(step: &Step) -> Self {
        Self {
            amount: Amount::from(step),
            read_ms: step.updated_ms.unwrap_or(step.created_ms),
        }
    }
}

/// A row of OpenCode 2 that was not known before, or not with these figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewRow {
    /// What it used.
    pub amount: Amount,
    /// What was known of it, as of a call that was retried since; nothing of a new one.
    pub replaced: Amount,
    /// When it was last written, Unix milliseconds.
    pub written_ms: i64,
    /// Whether it is older than its session.
    pub is_inherited: bool,
}

impl From<&Step> for NewRow {
    /// From a row no older than its session.
    fn from(step: &Step) -> Self {
        let times = [Some(step.created_ms), step.completed_ms, step.updated_ms];
        Self {
            amount: Amount::from(step),
            replaced: Amount::default(),
            written_ms: times.into_iter().flatten().max().unwrap_or(step.created_ms),
            is_inherited: false,
        }
    }
}

/// What follows from the totals of a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settlement {
    /// In the totals only, and not recorded yet.
    pub grown: Amount,
    /// Recorded as a remainder, and found in a row since.
    pub explained: Amount,
    /// Accounted for and not in the totals any more: see [`Before::gone`].
    pub gone: Amount,
}

impl Totals {
    /// The totals, with each token in one kind.
    pub fn stored(&self) -> Amount {
        let mut stored = self.amount;
        let (tokens, twice) = (&mut stored.tokens, &self.counted_twice);
        tokens.input = tokens.input.saturating_sub(twice.input);
        tokens.output = tokens.output.saturating_sub(twice.output);
        stored
    }

    /// What of the steps of the session is in its totals. A fork of OpenCode 1 has no mark, and its
    /// migrated totals hold what it inherited; a fork of OpenCode 2 has one, and they do not.
    pub fn contained(&self, known: &Known) -> Amount {
        let mut contained = known.own;
        contained += known.migrated;
        if !self.is_fork {
            contained += known.inherited;
        }
        contained
    }

    /// Whether nothing can be said about what these totals grew by: they are smaller than `before`, or of a
    /// file that was not read before.
    pub fn is_start(&self, before: Option<&Before>) -> bool {
        before.is_none_or(|before| !before.stored.without(&self.stored()).is_nothing())
    }

    /// Takes `rows` that another file of the session brings out of the remainder recorded so far. A row that
    /// was reverted before any reading is in the totals, and so in the first part that was read after it was
    /// written; what is larger than that part was never in it. What such a row replaces is known of in the
    /// totals only from then on.
    pub fn take_out(&self, rows: &[NewRow], parts: &mut [Part]) {
        let in_totals = rows
            .iter()
            .filter(|row| !(row.is_inherited && self.is_fork));
        for row in in_totals {
            let part = parts.iter_mut().find(|part| part.read_ms >= row.written_ms);
            if let Some(part) = part.filter(|part| part.amount.covers(&row.amount, NanoUsd(1))) {
                let rest = part.amount.without(&row.amount).beyond(NanoUsd(1));
                part.amount = rest + row.replaced;
            }
        }
    }

    /// Sets the totals against what is accounted for: the steps known `earlier` and `now`, before and
    /// after the rows of this reading were recorded, and the remainder `recorded` so far.
    ///
    /// Totals only ever grow. Smaller ones than `before`, or those of a file that was not seen before, are
    /// a starting point: what they lack is gone from them, and only what they grow by from there is new. If
    /// they then grow by all that was gone, it is that which came back.
    pub fn settle(
        &self,
        before: Option<&Before>,
        earlier: &Known,
        now: &Known,
        recorded: &Amount,
    ) -> Settlement {
        let (stored, contained) = (self.stored(), self.contained(now));
        let accounted = contained + *recorded;
        let rounding = NanoUsd(i64::try_from(accounted.steps).unwrap_or(i64::MAX));
        let mut gone = match before {
            Some(before) if !self.is_start(Some(before)) => before.gone,
            _ => accounted.without(&stored).beyond(rounding),
        };
        let mut grown = (stored + gone).without(&accounted);
        if !gone.is_nothing() && grown.covers(&gone, rounding) {
            grown = grown.without(&gone);
            gone = Amount::default();
        }
        let surplus = accounted.without(&(stored + gone));
        let found = contained.without(&self.contained(earlier));
        Settlement {
            grown: grown.beyond(rounding),
            explained: surplus.at_most(&found).at_most(recorded).beyond(rounding),
            gone,
        }
    }
}

/// The id of the `number`th step, from 1 on, that a session's remainder is recorded as.
pub fn remainder_id(session_id: &str, number: usize) -> String {
    match number {
        0 | 1 => format!("{session_id}#{REMAINDER}"),
        _ => format!("{session_id}#{REMAINDER}@{number}"),
    }
}

/// A step that shows a remainder: "titles, compaction and reverted: model unknown". It counts as long as
/// there is anything in it.
pub fn remainder_step(id: String, session_id: &str, created_ms: i64, amount: &Amount) -> Step {
    Step {
        id,
        session_id: session_id.into(),
        turn_id: None,
        model: ModelName {
            provider: UNKNOWN.into(),
            model: UNKNOWN.into(),
        },
        agent: Some(REMAINDER.into()),
        created_ms,
        completed_ms: None,
        tokens: amount.tokens,
        stored_cost: Some(amount.cost),
        finish: (!amount.is_nothing()).then(|| REMAINDER.into()),
        error: None,
        cost_note: None,
        updated_ms: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Tokens;

    const NONE: Amount = Amount {
        steps: 0,
        tokens: Tokens {
            input: 0,
            output: 0,
            reasoning: 0,
            cache_read: 0,
            cache_write: 0,
        },
        cost: NanoUsd(0),
    };

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

    fn own(amount: Amount) -> Known {
        Known {
            own: amount,
            ..Known::default()
        }
    }

    /// At the first reading.
    fn first(totals: &Totals, known: &Known) -> Settlement {
        totals.settle(None, known, known, &NONE)
    }

    /// At a later one, with rows that were known before.
    fn later(totals: &Totals, before: &Before, known: &Known, recorded: &Amount) -> Settlement {
        totals.settle(Some(before), known, known, recorded)
    }

    fn before(stored: Amount, gone: Amount) -> Before {
        Before {
            read_ms: 1,
            stored: Amount { steps: 0, ..stored },
            gone,
        }
    }

    #[test]
    fn what_the_rows_do_not_show_is_a_step_of_an_unknown_model() {
        let known = own(amount(3, 3_000, 300));
        let found = first(&totals(amount(4, 4_000, 410)), &known);
        assert_eq!(
            (found.grown.tokens, found.grown.cost.0),
            (amount(1, 1_000, 0).tokens, 110)
        );
        let id = remainder_id("ses_1", 1);
        let step = remainder_step(id, "ses_1", 7, &found.grown);
        assert_eq!((step.id.as_str(), step.created_ms), ("ses_1#remainder", 7));
        assert!(step.is_counted());
        assert!(!remainder_step(remainder_id("ses_1", 2), "ses_1", 7, &NONE).is_counted());
        assert_eq!(
            first(&totals(amount(3, 3_000, 300)), &known),
            Settlement::default()
        );
    }

    #[test]
    fn only_what_was_not_recorded_yet_is_new() {
        let known = own(amount(3, 3_000, 300));
        let recorded = first(&totals(amount(4, 4_000, 410)), &known).grown;
        let seen = before(amount(4, 4_000, 410), NONE);
        let again = later(&totals(amount(4, 4_000, 410)), &seen, &known, &recorded);
        assert_eq!(again, Settlement::default());
        let more = later(&totals(amount(5, 4_070, 450)), &seen, &known, &recorded);
        assert_eq!((more.grown.tokens.input, more.grown.cost.0), (70, 40));
    }

    #[test]
    fn inherited_rows_are_in_the_totals_of_a_fork_of_1_and_not_of_2() {
        let known = Known {
            own: amount(1, 1_000, 100),
            inherited: amount(5, 5_000, 500),
            ..Known::default()
        };
        assert_eq!(
            first(&totals(amount(6, 6_000, 600)), &known),
            Settlement::default()
        );
        let fork = Totals {
            is_fork: true,
            ..totals(amount(1, 1_000, 100))
        };
        assert_eq!(first(&fork, &known), Settlement::default());
    }

    #[test]
    fn what_only_opencode_1_has_is_in_migrated_totals() {
        let known = Known {
            own: amount(1, 1_000, 100),
            migrated: amount(1, 900, 90),
            ..Known::default()
        };
        assert_eq!(
            first(&totals(amount(2, 1_900, 190)), &known),
            Settlement::default()
        );
    }

    #[test]
    fn totals_with_reasoning_twice_leave_nothing() {
        let mut migrated = totals(amount(2, 2_000, 200));
        migrated.amount.tokens.output += 2;
        migrated.counted_twice.output = 2;
        assert_eq!(
            first(&migrated, &own(amount(2, 2_000, 200))),
            Settlement::default()
        );
    }

    #[test]
    fn rounding_alone_is_no_remainder() {
        let known = own(amount(3, 3_000, 301));
        assert_eq!(
            first(&totals(amount(3, 3_000, 303)), &known),
            Settlement::default()
        );
    }

    #[test]
    fn a_call_that_cost_money_without_tokens_remains() {
        let mut paid = totals(amount(1, 1_000, 100));
        paid.amount.cost.0 += 5_000;
        let found = first(&paid, &own(amount(1, 1_000, 100)));
        assert_eq!(found.grown.cost, NanoUsd(5_000));
    }

    #[test]
    fn totals_that_were_set_back_are_a_new_start_and_nothing_is_repeated_when_they_come_back() {
        let known = own(amount(3, 3_000, 300));
        let recorded = amount(0, 1_000, 100);
        let whole = amount(3, 4_000, 400);
        let back = later(
            &totals(amount(2, 2_500, 250)),
            &before(whole, NONE),
            &known,
            &recorded,
        );
        assert_eq!((back.grown, back.explained), (NONE, NONE));
        assert_eq!(back.gone.tokens.input, 1_500);
        let short = before(amount(2, 2_500, 250), back.gone);
        let title = later(&totals(amount(2, 2_530, 253)), &short, &known, &recorded);
        assert_eq!((title.grown.tokens.input, title.gone), (30, back.gone));
        let returned = later(&totals(whole), &short, &known, &recorded);
        assert_eq!(returned, Settlement::default());
    }

    #[test]
    fn a_row_that_turns_up_late_takes_its_part_of_the_remainder() {
        let (one, two) = (own(amount(1, 1_000, 100)), own(amount(2, 1_800, 180)));
        let sums = totals(amount(3, 2_000, 200));
        let recorded = first(&sums, &one).grown;
        let seen = before(sums.amount, NONE);
        let found = sums.settle(Some(&seen), &one, &two, &recorded);
        assert_eq!((found.grown, found.explained.tokens.input), (NONE, 800));
        // Rows that another database brought do not.
        let found = sums.settle(Some(&seen), &two, &two, &recorded);
        assert_eq!(found, Settlement::default());
    }

    #[test]
    fn a_row_that_another_file_brings_back_is_taken_out_of_the_part_that_it_was_in() {
        let part = |read_ms, input| Part {
            amount: amount(1, input, 100),
            read_ms,
        };
        let row = |written_ms, input| NewRow {
            amount: amount(1, input, 100),
            replaced: NONE,
            written_ms,
            is_inherited: false,
        };
        let left = |rows: &[NewRow]| {
            let mut parts = [part(10, 1_000), part(20, 500)];
            totals(NONE).take_out(rows, &mut parts);
            parts.map(|part| part.amount.tokens.input)
        };
        assert_eq!(left(&[row(5, 300)]), [700, 500]);
        assert_eq!(left(&[row(10, 1_000), row(11, 500)]), [0, 0]);
        // Larger than what it was in, and written after all of it.
        assert_eq!(left(&[row(15, 501), row(21, 1)]), [1_000, 500]);
    }
}
