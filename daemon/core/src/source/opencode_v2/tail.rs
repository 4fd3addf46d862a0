// SPDX-License-Identifier: GPL-3.0-or-later
//! The end of a session, where its rows may still change, and what tells that the rest of it has.

use std::collections::HashMap;

use rusqlite::Row;

use super::load::{Database, IS_CALL, State, take};
use crate::model::Problem;
use crate::source::Rows;

/// The end of one session.
#[derive(Debug, Default)]
pub struct Tail {
    /// Its steps.
    pub rows: Rows,
    /// Where to begin next time: the first open row, or the last one, which a retry opens again. At
    /// least the number asked for.
    pub resume_seq: i64,
    /// Rows that can hold a call before the number asked for: another number than [`Self::settled`] of
    /// the last time means that a turn was reverted, or that a row came in late.
    pub before: u64,
    /// The same before `resume_seq`.
    pub settled: u64,
    /// All rows of the session that can hold a call.
    pub messages: u64,
}

impl Database {
    /// Reads the rows of one session from a number on, usually [`Tail::resume_seq`] of the last time.
    /// If [`Tail::before`] is then not what [`Tail::settled`] was, the whole session has to be looked at.
    ///
    /// # Errors
    /// See [`Self::data_version`].
    pub fn tail(&self, session_id: &str, from_seq: i64) -> Result<Tail, Problem> {
        let mut tail = Tail::default();
        let (mut first_open, mut numbers) = (i64::MAX, Vec::new());
        self.read(
            "m.session_id = ? AND m.seq >= ? ORDER BY m.seq",
            &[&session_id, &from_seq],
            |row| {
                let seq = row.get(8)?;
                if take(row, &mut tail.rows)? == State::Open {
                    first_open = first_open.min(seq);
                }
                numbers.push(seq);
                Ok(())
            },
        )?;
        self.use_old_meaning(&mut tail.rows.steps)?;
        tail.resume_seq = first_open.min(numbers.last().copied().unwrap_or(from_seq));
        tail.before = self.count_before(session_id, from_seq)?;
        let settled = numbers.iter().filter(|seq| **seq < tail.resume_seq);
        tail.settled = tail.before + settled.count() as u64;
        tail.messages = tail.before + numbers.len() as u64;
        Ok(tail)
    }

    fn count_before(&self, session_id: &str, seq: i64) -> Result<u64, Problem> {
        let sql = format!(
            "SELECT count(*) FROM session_message WHERE session_id = ? AND {IS_CALL} AND seq < ?"
        );
        let count = |row: &Row| row.get::<_, i64>(0);
        let count = self.file.all(&sql, &[&session_id, &seq], count)?;
        Ok(count.into_iter().sum::<i64>().unsigned_abs())
    }

    /// How many rows that can hold a call each session has: what imported rows change, which have no
    /// event. Walks an index: milliseconds for 100,000 rows.
    ///
    /// # Errors
    /// See [`Self::data_version`].
    pub fn message_counts(&self) -> Result<HashMap<String, u64>, Problem> {
        let sql = format!(
            "SELECT session_id, count(*) FROM session_message WHERE {IS_CALL} GROUP BY session_id"
        );
        let counts = self.file.all(&sql, &[], |row| {
            Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs()))
        })?;
        Ok(counts.into_iter().collect())
    }
}
