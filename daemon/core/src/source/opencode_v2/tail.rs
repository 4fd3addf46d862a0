// SPDX-License-Identifier: GPL-3.0-or-later
//! The end of a session, where its rows may still change, and what tells that the rest of it has.

use std::collections::HashMap;

use super::load::{Database, IS_CALL};
use super::rows::{State, take};
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
    /// A digest of the rows before the number asked for: another one than [`Self::settled`] of the last
    /// time means that a turn was reverted, or that a row came in late.
    pub before: u64,
    /// The number of the first row that was read: that asked for is gone where it is another one.
    pub first_seq: Option<i64>,
    /// The same digest of the rows before `resume_seq`.
    pub settled: u64,
    /// All rows of the session that can hold a call.
    pub messages: u64,
}

impl Database {
    /// Reads the rows of one session from a number on, usually [`Tail::resume_seq`] of the last time.
    /// If [`Tail::before`] is then not what [`Tail::settled`] was, or the row of that number is gone, the whole
    /// session has to be looked at.
    ///
    /// # Errors
    /// See [`Self::data_version`].
    pub fn tail(&self, session_id: &str, from_seq: i64) -> Result<Tail, Problem> {
        let mut tail = Tail::default();
        let (mut first_open, mut numbers) = (i64::MAX, Vec::new());
        self.read(
            "m.session_id = ? AND (m.seq >= ? OR m.seq IS NULL) ORDER BY m.seq",
            &[&session_id, &from_seq],
            |row| {
                // A row without a number is looked at every time.
                let seq: Option<i64> = row.get(8).ok();
                if take(row, &mut tail.rows)? == State::Open {
                    first_open = first_open.min(seq.unwrap_or(from_seq));
                }
                numbers.extend(seq);
                Ok(())
            },
        )?;
        self.use_old_meaning(&mut tail.rows.steps)?;
        tail.resume_seq = first_open.min(numbers.last().copied().unwrap_or(from_seq));
        let (before, rows) = self.before(session_id, from_seq)?;
        let settled = numbers.iter().filter(|seq| **seq < tail.resume_seq);
        tail.before = before;
        tail.first_seq = numbers.first().copied();
        tail.settled = settled.fold(before, |digest, seq| digest.wrapping_add(mixed(*seq)));
        tail.messages = rows + tail.rows.read;
        Ok(tail)
    }

    /// A digest of the rows of a session before a number, and how many they are. Walks an index.
    fn before(&self, session_id: &str, seq: i64) -> Result<(u64, u64), Problem> {
        let sql = format!(
            "SELECT seq FROM session_message WHERE session_id = ? AND {IS_CALL} AND seq < ?"
        );
        let (mut digest, mut rows) = (0_u64, 0);
        self.file.each(&sql, &[&session_id, &seq], |row| {
            digest = digest.wrapping_add(row.get(0).map_or(0, mixed));
            rows += 1;
            Ok(())
        })?;
        Ok((digest, rows))
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
            // What names no session belongs to none.
            let session_id: Option<String> = row.get(0).ok();
            Ok(session_id.zip(Some(row.get::<_, i64>(1)?.unsigned_abs())))
        })?;
        Ok(counts.into_iter().flatten().collect())
    }
}

/// A number whose sums tell which numbers they are of, in whatever order (the finalizer of splitmix64).
fn mixed(seq: i64) -> u64 {
    let mut mixed = seq.cast_unsigned().wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
