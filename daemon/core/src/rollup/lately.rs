// SPDX-License-Identifier: GPL-3.0-or-later
//! What is to be warned of: the cost of the last minutes, and sessions that compact again and again.
//! Few steps are that new, so they are read one by one.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension};

use super::live;
use crate::ledger::{Ledger, LedgerError};
use crate::model::NanoUsd;
use crate::wire::{CompactionLoop, Lately, SessionRef};

/// A step that began earlier than this before the time asked for is not looked for: hardly a model call
/// takes an hour.
const LONGEST_STEP_MS: i64 = 3_600_000;
/// Compactions are a loop when so many come within this time ...
const LOOP_MS: i64 = 600_000;
const LOOP_COMPACTIONS: u32 = 3;
/// ... with fewer other steps than this on average after each. A session that works has dozens.
const LOOP_STEPS: u32 = 4;
/// The agent of a compaction, as OpenCode names it since 1.0.185.
const COMPACTION: &str = "compaction";

/// What the steps cost that ended in the `span_ms` before `now_ms`, and the sessions that compact in a
/// loop. `title` names sessions for people.
///
/// A loop is three or more compactions of one session within ten minutes with fewer than four other
/// steps of it on average in between.
///
/// # Errors
/// [`LedgerError::Sqlite`].
pub fn lately(
    ledger: &Ledger,
    span_ms: i64,
    now_ms: i64,
    title: &dyn Fn(&str) -> Option<String>,
) -> Result<Lately, LedgerError> {
    let since_ms = now_ms - span_ms;
    ledger.read_at_once(|connection| {
        let spent = spent(connection, since_ms)?;
        let sum = |of: fn(&Spent) -> NanoUsd| {
            spent
                .values()
                .map(of)
                .fold(NanoUsd::default(), std::ops::Add::add)
        };
        let dearest = spent.iter().max_by_key(|(id, spent)| (**spent, *id));
        Ok(Lately {
            since_ms,
            billed: sum(|spent| spent.billed),
            estimated: sum(|spent| spent.estimated),
            dearest: dearest
                .map(|(id, _)| named(connection, id, title))
                .transpose()?,
            loops: loops(connection, now_ms, title)?,
        })
    })
}

/// Billed counts before estimated, also when two are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Spent {
    billed: NanoUsd,
    estimated: NanoUsd,
}

/// By root session.
fn spent(connection: &Connection, since_ms: i64) -> rusqlite::Result<HashMap<String, Spent>> {
    let mut statement = connection.prepare_cached(
        "SELECT session.uid, price, sum(price_nano_usd) FROM step JOIN session ON session.id = session_id
         WHERE step.created_ms >= ?1 AND coalesce(completed_ms, step.created_ms) >= ?2 AND is_counted
           AND price < 2
         GROUP BY session.uid, price",
    )?;
    let mut rows = statement.query([since_ms - LONGEST_STEP_MS, since_ms])?;
    let mut spent: HashMap<String, Spent> = HashMap::new();
    while let Some(row) = rows.next()? {
        let (id, price, amount): (String, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let of_root = spent.entry(root(connection, id)?).or_default();
        match price {
            0 => of_root.billed += NanoUsd(amount),
            _ => of_root.estimated += NanoUsd(amount),
        }
    }
    Ok(spent)
}

/// The session at the top of the tree, or the last one known on the way; a ring ends where it began.
fn root(connection: &Connection, id: String) -> rusqlite::Result<String> {
    let found = connection
        .prepare_cached(
            "WITH RECURSIVE line(uid, parent_uid) AS (
                 SELECT uid, parent_uid FROM session WHERE uid = ?
                 UNION SELECT session.uid, session.parent_uid FROM session JOIN line ON session.uid = line.parent_uid)
             SELECT uid FROM line
             WHERE parent_uid IS NULL OR parent_uid NOT IN (SELECT uid FROM session) LIMIT 1",
        )?
        .query_row([&id], |row| row.get(0))
        .optional()?;
    Ok(found.unwrap_or(id))
}

fn loops(
    connection: &Connection,
    now_ms: i64,
    title: &dyn Fn(&str) -> Option<String>,
) -> rusqlite::Result<Vec<CompactionLoop>> {
    let mut statement = connection.prepare_cached(
        "SELECT session.uid, session_id, count(*), min(step.created_ms), max(step.created_ms)
         FROM step JOIN session ON session.id = session_id
         WHERE step.created_ms > ?1 AND agent_id = (SELECT id FROM agent WHERE name = ?2) AND is_counted
         GROUP BY session_id HAVING count(*) >= ?3 ORDER BY session.uid",
    )?;
    let mut rows = statement.query((now_ms - LOOP_MS, COMPACTION, LOOP_COMPACTIONS))?;
    let mut loops = Vec::new();
    while let Some(row) = rows.next()? {
        let id: String = row.get(0)?;
        let (compactions, first_ms, last_ms): (u32, i64, i64) =
            (row.get(2)?, row.get(3)?, row.get(4)?);
        let others = others(connection, row.get(1)?, first_ms, last_ms)?;
        if others < LOOP_STEPS * (compactions - 1) {
            loops.push(CompactionLoop {
                session: named(connection, &id, title)?,
                compactions,
                within_ms: last_ms - first_ms,
            });
        }
    }
    Ok(loops)
}

/// Steps of a session between two instants that are no compactions.
fn others(
    connection: &Connection,
    session_id: i64,
    first_ms: i64,
    last_ms: i64,
) -> rusqlite::Result<u32> {
    connection
        .prepare_cached(
            "SELECT count(*) FROM step WHERE session_id = ?1 AND created_ms BETWEEN ?2 AND ?3 AND is_counted
             AND agent_id IS NOT (SELECT id FROM agent WHERE name = ?4)",
        )?
        .query_row((session_id, first_ms, last_ms, COMPACTION), |row| {
            row.get(0)
        })
}

fn named(
    connection: &Connection,
    id: &str,
    title: &dyn Fn(&str) -> Option<String>,
) -> rusqlite::Result<SessionRef> {
    Ok(SessionRef {
        id: id.to_owned(),
        title: title(id),
        project: live::project(connection, id)?,
    })
}
