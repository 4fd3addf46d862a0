// SPDX-License-Identifier: GPL-3.0-or-later
//! How long each session was at work, and its turns: what cannot be kept by adding and taking away.
//!
//! Made again from the steps of the sessions that a batch has touched; while an empty ledger is filled, for
//! all of them in the end.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension};

use super::{bulk, parts};

/// Asks, behind `$before`, for the spans of the steps that match `$condition`.
macro_rules! spans {
    ($before:literal, $condition:literal $(, $after:literal)?) => {
        concat!(
            $before,
            " SELECT session_id, sum(is_counted), count(DISTINCT iif(is_counted, turn_uid, NULL)), max(created_ms),
                     min(iif(is_inherited, NULL, created_ms)),
                     (SELECT max(created_ms, coalesce(completed_ms, created_ms)) FROM step AS own
                      WHERE own.session_id = step.session_id AND NOT own.is_inherited
                      ORDER BY own.created_ms DESC LIMIT 1)
              FROM step ",
            $condition,
            " GROUP BY session_id"
            $(, $after)?
        )
    };
}

/// Of sessions whose steps have changed. One that lost its last step has none any more.
pub(super) fn remake(tx: &Connection, sessions: &HashSet<i64>) -> rusqlite::Result<()> {
    let mut more_turns = 0;
    for session in sessions {
        let turns = |sql: &str| {
            let mut statement = tx.prepare_cached(sql)?;
            let turns = statement.query_row([session], |row| row.get::<_, i64>(0));
            turns.optional().map(Option::unwrap_or_default)
        };
        more_turns -= turns("DELETE FROM session_span WHERE session_id = ? RETURNING turns")?;
        more_turns += turns(spans!(
            "INSERT INTO session_span",
            "WHERE session_id = ?",
            " RETURNING turns"
        ))?;
    }
    parts::count_turns(tx, more_turns)
}

/// Of all sessions.
pub(super) fn remake_all(tx: &Connection) -> rusqlite::Result<()> {
    tx.execute("DELETE FROM session_span", [])?;
    tx.execute(spans!("INSERT INTO session_span", ""), [])?;
    parts::remake_turns(tx)
}

/// Whether they say what the steps do: not while the ledger is filled.
pub(crate) fn spans_are_kept(connection: &Connection) -> rusqlite::Result<bool> {
    Ok(!bulk::is_filling(connection)?)
}

/// Whether they are kept and say something else.
pub(super) fn differ(connection: &Connection) -> rusqlite::Result<bool> {
    if !spans_are_kept(connection)? {
        return Ok(false);
    }
    let is_other = connection
        .prepare(concat!(
            spans!("", ""),
            " EXCEPT SELECT * FROM session_span"
        ))?
        .exists([])?;
    let is_left = connection
        .prepare(
            "SELECT 1 FROM session_span WHERE session_id NOT IN (SELECT session_id FROM step)",
        )?
        .exists([])?;
    Ok(is_other || is_left)
}
