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
    /// `time_updated`, Unix milliseconds; `None` where it is no time.
    pub updated_ms: Option<i64>,
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
    /// Copies of its rows that forks of OpenCode 2 made and that count there, for their originals were reverted
    /// or written over before anybody read them. The totals hold what they used.
    pub copied: Amount,
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
        let mut contained = known.own + known.migrated + known.copied;
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
mod tests;
