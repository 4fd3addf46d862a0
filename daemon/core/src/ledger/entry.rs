// SPDX-License-Identifier: GPL-3.0-or-later
//! A step as a row of the ledger, from its source and from the table.

use std::borrow::Cow;

use rusqlite::Row;

use super::forget::FORGOTTEN;
use super::sums::{self, Amounts, Key};
use crate::model::Tokens;

/// A step as the ledger keeps it: names replaced by numbers, price decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry<'a> {
    pub key: Key,
    pub amounts: Amounts,
    pub turn_uid: Option<Cow<'a, str>>,
    pub completed_ms: Option<i64>,
    pub stored_nano_usd: Option<i64>,
    pub price: i64,
    pub price_nano_usd: i64,
    pub finish: Option<Cow<'a, str>>,
    pub error: Option<Cow<'a, str>>,
    pub is_inherited: bool,
    pub is_counted: bool,
    pub authority: i64,
    pub cost_note: Option<Cow<'a, str>>,
    pub corrected_nano_usd: Option<i64>,
    pub updated_ms: Option<i64>,
    /// Where it was read; `None` for what no source has a row of.
    pub source_id: Option<i64>,
}

/// The columns of [`stored_entry`], after a first one.
macro_rules! entry_columns {
    () => {
        "created_ms, session_id, model_id, agent_id, host_id, input, output, reasoning, cache_read,
         cache_write, price, price_nano_usd, turn_uid, completed_ms, stored_nano_usd, finish, error,
         is_inherited, is_counted, authority, cost_note, corrected_nano_usd, updated_ms, source_id"
    };
}

pub(super) use entry_columns;

/// The five kinds in the order of the columns.
pub(super) fn kinds(tokens: &Tokens) -> [i64; 5] {
    [
        tokens.input,
        tokens.output,
        tokens.reasoning,
        tokens.cache_read,
        tokens.cache_write,
    ]
    .map(|count| i64::try_from(count).unwrap_or(i64::MAX))
}

/// What a step adds to the sums; `price` is its kind and its nano-dollars.
pub(super) fn amounts(tokens: [i64; 5], price: (i64, i64), wrong: [i64; 4]) -> Amounts {
    let (kind, nano) = price;
    let of_kind = |wanted| if kind == wanted { nano } else { 0 };
    let mut amounts = Amounts::default();
    amounts[0] = 1;
    amounts[1..6].copy_from_slice(&tokens);
    amounts[6..9].copy_from_slice(&[of_kind(0), of_kind(1), i64::from(kind == 2)]);
    amounts[9..].copy_from_slice(&wrong);
    amounts
}

/// A step from the table: [`entry_columns`] behind a first column.
pub(super) fn stored_entry(row: &Row) -> rusqlite::Result<Entry<'static>> {
    let (price, nano): (i64, i64) = (row.get(11)?, row.get(12)?);
    let (stored_nano_usd, corrected_nano_usd) = (row.get(15)?, row.get(22)?);
    let tokens = [
        row.get(6)?,
        row.get(7)?,
        row.get(8)?,
        row.get(9)?,
        row.get(10)?,
    ];
    let text = |place| {
        row.get::<_, Option<String>>(place)
            .map(|text| text.map(Cow::Owned))
    };
    let cost_note = text(21)?;
    let wrong = sums::wrong_cost(cost_note.is_some(), stored_nano_usd, corrected_nano_usd);
    Ok(Entry {
        key: Key {
            created_ms: row.get(1)?,
            session_id: row.get(2)?,
            model_id: row.get(3)?,
            agent_id: row.get(4)?,
            host_id: row.get(5)?,
        },
        amounts: amounts(tokens, (price, nano), wrong),
        price,
        price_nano_usd: nano,
        turn_uid: text(13)?,
        completed_ms: row.get(14)?,
        stored_nano_usd,
        finish: text(16)?,
        error: text(17)?,
        is_inherited: row.get(18)?,
        is_counted: row.get(19)?,
        authority: row.get(20)?,
        cost_note,
        corrected_nano_usd,
        updated_ms: row.get(23)?,
        source_id: row.get(24)?,
    })
}

/// Text that stays where it was read.
pub(super) fn borrowed(text: &Option<String>) -> Option<Cow<'_, str>> {
    text.as_deref().map(Cow::Borrowed)
}

impl Entry<'_> {
    /// The five kinds.
    pub fn tokens(&self) -> &[i64] {
        &self.amounts[1..6]
    }

    /// See [`Step::is_counted`](crate::model::Step::is_counted).
    pub fn is_call(&self) -> bool {
        let has_tokens = self.tokens().iter().any(|count| *count > 0);
        has_tokens || (self.finish.is_some() && self.error.is_none())
    }

    /// Keeps the id and nothing of the figures.
    pub fn forget(&mut self) {
        let key = self.key;
        *self = Self {
            key,
            amounts: Amounts::default(),
            turn_uid: None,
            completed_ms: None,
            stored_nano_usd: None,
            price: 0,
            price_nano_usd: 0,
            finish: None,
            error: None,
            is_inherited: false,
            is_counted: false,
            authority: FORGOTTEN,
            cost_note: None,
            corrected_nano_usd: None,
            updated_ms: None,
            source_id: None,
        };
    }

    /// The price of a step is that of its time.
    pub fn keep_price_of(&mut self, old: &Entry) {
        self.price = old.price;
        self.price_nano_usd = old.price_nano_usd;
        self.amounts[6..9].copy_from_slice(&old.amounts[6..9]);
        if self.cost_note == old.cost_note {
            self.corrected_nano_usd = old.corrected_nano_usd.or(self.corrected_nano_usd);
        }
        let is_wrong = self.cost_note.is_some();
        let wrong = sums::wrong_cost(is_wrong, self.stored_nano_usd, self.corrected_nano_usd);
        self.amounts[9..].copy_from_slice(&wrong);
    }
}
