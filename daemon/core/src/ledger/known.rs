// SPDX-License-Identifier: GPL-3.0-or-later
//! What is known of a session of OpenCode 2, to be set against its totals.

use rusqlite::{Connection, Row, params};

use super::SessionReading;
use super::row_of_turn::HAS_ROW;
use crate::model::{Authority, NanoUsd, Tokens};
use crate::source::opencode_v2::{Amount, Known, remainder_id};

/// The steps of a session by where they were read, deleted ones included. A message file alone, whether it
/// holds one step or several, is in no total: what a migration took over was a row of OpenCode 1 before.
pub(super) fn known(tx: &Connection, reading: &SessionReading) -> rusqlite::Result<Known> {
    let mut statement = tx.prepare_cached(&format!(
        "SELECT input, output, reasoning, cache_read, cache_write, coalesce(stored_nano_usd, 0),
                authority, is_inherited, created_ms, instr(uid, '#') > 0
         FROM step AS s WHERE session_id = (SELECT id FROM session WHERE uid = ?1)
             AND (authority <> {} OR {HAS_ROW})
             AND uid <> ?2 AND NOT (uid > ?2 || '@' AND uid < ?2 || 'A')",
        Authority::JsonPart as i64,
    ))?;
    let first = remainder_id(&reading.session_id, 1);
    let mut rows = statement.query([&reading.session_id, &first])?;
    let mut known = Known {
        copied: copied(tx, reading)?,
        ..Known::default()
    };
    while let Some(row) = rows.next()? {
        let mut amount = amount(row, 0)?;
        let (authority, is_inherited): (i64, bool) = (row.get(6)?, row.get(7)?);
        if row.get(9)? {
            // The row that was made of its message has the tokens of the last step and the cost of all.
            amount.tokens = Tokens::default();
        }
        if authority == Authority::V2 as i64 {
            if is_inherited {
                known.inherited += amount;
            } else {
                known.own += amount;
            }
        } else if authority != Authority::Json as i64 && reading.migration.covers(row.get(8)?) {
            known.migrated += amount;
        }
    }
    Ok(known)
}

/// The copies of its rows that count, since the rows were gone before anybody read them. Those that are older
/// than the session itself are copies of another one's, which the totals of a fork do not hold.
fn copied(tx: &Connection, reading: &SessionReading) -> rusqlite::Result<Amount> {
    let mut statement = tx.prepare_cached(
        "SELECT input, output, reasoning, cache_read, cache_write, coalesce(stored_nano_usd, 0)
         FROM step WHERE session_id = (SELECT id FROM session WHERE uid = ?1) AND is_inherited
             AND is_counted AND created_ms < ?2
             AND (NOT ?3 OR created_ms >= (SELECT created_ms FROM session WHERE uid = ?4))",
    )?;
    let is_fork = reading.totals.as_ref().is_some_and(|totals| totals.is_fork);
    let mut copied = Amount::default();
    for copies in &reading.copies {
        let (fork, id) = (&copies.session_id, &reading.session_id);
        let mut rows = statement.query(params![fork, copies.before_ms, is_fork, id])?;
        while let Some(row) = rows.next()? {
            copied += amount(row, 0)?;
        }
    }
    Ok(copied)
}

/// One call, from six columns.
pub(super) fn amount(row: &Row, first: usize) -> rusqlite::Result<Amount> {
    let count = |place| row.get::<_, i64>(first + place).map(i64::unsigned_abs);
    Ok(Amount {
        steps: 1,
        tokens: Tokens {
            input: count(0)?,
            output: count(1)?,
            reasoning: count(2)?,
            cache_read: count(3)?,
            cache_write: count(4)?,
        },
        cost: NanoUsd(row.get(first + 5)?),
    })
}
