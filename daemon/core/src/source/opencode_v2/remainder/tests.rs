// SPDX-License-Identifier: GPL-3.0-or-later
//! Totals set against rows: what grows, what is explained later, and what is gone.

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
        updated_ms: Some(7),
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
