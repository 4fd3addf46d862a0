// SPDX-License-Identifier: GPL-3.0-or-later
//! What OpenCode 2 itself says that a session used.

use std::path::Path;

use rusqlite::Row;

use super::amount::Amount;
use super::load::Database;
use super::remainder::Totals;
use crate::model::{Problem, Severity, Tokens};
use crate::source::figures::{session_cost, session_count, written};

/// The columns of `session_v2` that [`Totals`] come from, and what tells forks.
pub(super) const TOTALS: [&str; 8] = [
    "cost",
    "tokens_input",
    "tokens_output",
    "tokens_reasoning",
    "tokens_cache_read",
    "tokens_cache_write",
    "time_updated",
    "fork_session_id",
];

/// The code of the problem that concerns one session alone.
pub const ODD_TOTALS: &str = "odd_totals";

impl Database {
    /// What OpenCode 2 says a session used. `None` where there is no such session, or where OpenCode 2
    /// keeps no totals: the columns of `session` belong to OpenCode 1's own messages.
    ///
    /// # Errors
    /// See [`Self::data_version`]; a warning [`ODD_TOTALS`] concerns this session alone.
    pub fn totals(&self, session_id: &str) -> Result<Option<Totals>, Problem> {
        if !self.has_totals {
            return Ok(None);
        }
        let sql =
            "SELECT id, cost, tokens_input, tokens_output, tokens_reasoning, tokens_cache_read,
                tokens_cache_write, time_updated, fork_session_id IS NOT NULL
             FROM session_v2 WHERE id = ?";
        let found = self.file.all(sql, &[&session_id], totals)?;
        let Some(found) = found.into_iter().next() else {
            return Ok(None);
        };
        let mut totals = found.ok_or_else(|| odd_totals(self.path(), session_id))?;
        let tokens = &totals.amount.tokens;
        if tokens.reasoning > 0 || tokens.cache_read > 0 {
            totals.counted_twice = self.counted_twice(session_id)?;
        }
        Ok(Some(totals))
    }
}

/// `None` where a figure is none.
fn totals(row: &Row) -> rusqlite::Result<Option<Totals>> {
    let count = |index| session_count(row.get(index).ok()?);
    let amount = || {
        let tokens = Tokens {
            input: count(2)?,
            output: count(3)?,
            reasoning: count(4)?,
            cache_read: count(5)?,
            cache_write: count(6)?,
        };
        let cost = session_cost(row.get(1).ok()?)?;
        let steps = 0;
        Some(Amount {
            steps,
            tokens,
            cost,
        })
    };
    let Some(amount) = amount() else {
        return Ok(None);
    };
    Ok(Some(Totals {
        session_id: row.get(0)?,
        amount,
        counted_twice: Tokens::default(),
        updated_ms: written(row.get(7).ok()),
        is_fork: row.get(8)?,
    }))
}

fn odd_totals(path: &Path, session_id: &str) -> Problem {
    let what = "the totals of a session are no counts or no amount of money";
    let remedy =
        "its steps are counted; what only its totals show, as titles and reverted turns, is not";
    let place = path.display().to_string();
    Problem {
        example: Some(session_id.into()),
        ..Problem::new(Severity::Warning, ODD_TOTALS, what, place, remedy)
    }
}
