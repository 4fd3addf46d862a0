// SPDX-License-Identifier: GPL-3.0-or-later
//! What each session has in each line, in a temporary table beside the ledger.

use rusqlite::{Connection, params};

use super::union::amounts;
use crate::wire::{Amounts, SessionPart, SessionParts};

pub(super) fn begin(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "DROP TABLE IF EXISTS temp.part;
         CREATE TEMP TABLE part (
             line TEXT NOT NULL, session TEXT NOT NULL, steps INTEGER NOT NULL,
             input INTEGER NOT NULL, output INTEGER NOT NULL, reasoning INTEGER NOT NULL,
             cache_read INTEGER NOT NULL, cache_write INTEGER NOT NULL, nano_usd INTEGER NOT NULL,
             PRIMARY KEY (line, session)
         ) WITHOUT ROWID",
    )
}

const ADDED: &str = "ON CONFLICT DO UPDATE SET steps = steps + excluded.steps,
    input = input + excluded.input, output = output + excluded.output,
    reasoning = reasoning + excluded.reasoning, cache_read = cache_read + excluded.cache_read,
    cache_write = cache_write + excluded.cache_write, nano_usd = nano_usd + excluded.nano_usd";

/// Whether sums are added or taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    More,
    Less,
}

impl Sign {
    pub fn of(self, amounts: Amounts) -> Amounts {
        match self {
            Self::More => amounts,
            Self::Less => Amounts::default() - amounts,
        }
    }
}

/// Adds to what a session has in a line.
pub(super) fn add(
    connection: &Connection,
    line: &str,
    session: &str,
    amounts: Amounts,
) -> rusqlite::Result<()> {
    let sql = format!("INSERT INTO temp.part VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) {ADDED}");
    connection.prepare_cached(&sql)?.execute(params![
        line,
        session,
        amounts.steps,
        amounts.input,
        amounts.output,
        amounts.reasoning,
        amounts.cache_read,
        amounts.cache_write,
        amounts.stored_nano_usd,
    ])?;
    Ok(())
}

/// Adds sums over steps `s`, session by session; `?1` in them is our host.
pub(super) fn add_all(
    connection: &Connection,
    line: &str,
    host: &str,
    (sums, from): (&str, &str),
    sign: Sign,
) -> rusqlite::Result<()> {
    let sql = format!(
        "SELECT {sums}, (SELECT uid FROM session WHERE id = s.session_id) {from}
         GROUP BY s.session_id"
    );
    let all = connection.unchecked_transaction()?;
    {
        let mut statement = connection.prepare(&sql)?;
        let mut rows = statement.query([host])?;
        while let Some(row) = rows.next()? {
            let part = sign.of(amounts(row)?);
            add(connection, line, &row.get::<_, String>(7)?, part)?;
        }
    }
    all.commit()
}

/// The sessions of a line that have anything in it, the largest first.
pub(super) fn largest(
    connection: &Connection,
    line: &str,
    limit: usize,
) -> rusqlite::Result<SessionParts> {
    const PART: &str = "FROM temp.part WHERE line = ?1 AND (steps <> 0 OR input <> 0 OR output <> 0
        OR reasoning <> 0 OR cache_read <> 0 OR cache_write <> 0 OR nano_usd <> 0)";
    let count = format!("SELECT count(*) {PART}");
    let count: i64 = connection.query_row(&count, [line], |row| row.get(0))?;
    let sql = format!(
        "SELECT steps, input, output, reasoning, cache_read, cache_write, nano_usd, session {PART}
         ORDER BY abs(input) + abs(output) + abs(reasoning) DESC,
             abs(cache_read) + abs(cache_write) DESC, abs(nano_usd) DESC, session LIMIT ?2"
    );
    let mut statement = connection.prepare(&sql)?;
    let rows = statement.query_map(params![line, limit as i64], |row| {
        Ok(SessionPart {
            session: row.get(7)?,
            amounts: amounts(row)?,
        })
    })?;
    Ok(SessionParts {
        count: count.unsigned_abs(),
        largest: rows.collect::<rusqlite::Result<_>>()?,
    })
}
