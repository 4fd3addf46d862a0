// SPDX-License-Identifier: GPL-3.0-or-later
//! What OpenCode itself says that all sessions of a database used: a cross-check, never a figure.

use std::path::Path;

use rusqlite::Row;

use super::sqlite::SqliteFile;
use crate::model::{NanoUsd, Problem};

const COLUMNS: [&str; 6] = [
    "tokens_input",
    "tokens_output",
    "tokens_reasoning",
    "tokens_cache_read",
    "tokens_cache_write",
    "cost",
];

/// The totals that the sessions of one database keep, summed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OwnTotals {
    /// Input, output, reasoning, cache_read, cache_write as OpenCode has them, then billionths of a
    /// US dollar. OpenCode 1 subtracts what is reverted, so any of them may be below 0.
    pub figures: [i64; 6],
    /// Sessions whose totals are no numbers; they are left out.
    pub odd_sessions: u64,
    /// Whether OpenCode 1 keeps totals here, from 1.15 on.
    pub has_v1: bool,
    /// Whether OpenCode 2 does.
    pub has_v2: bool,
}

/// Sums what `session_v2` says, and what `session` says of sessions that are not in it, archived ones
/// included; `each` is told of every session.
///
/// # Errors
/// A [`Problem`] that says why the database cannot be read.
pub fn own_totals(path: &Path, mut each: impl FnMut(&str, [i64; 6])) -> Result<OwnTotals, Problem> {
    let file = SqliteFile::open(path)?;
    let (v1, v2) = (file.columns("session")?, file.columns("session_v2")?);
    let keeps = |table: &[String]| {
        COLUMNS
            .iter()
            .all(|name| table.iter().any(|column| column == name))
    };
    let mut totals = OwnTotals {
        has_v1: keeps(&v1),
        has_v2: keeps(&v2),
        ..OwnTotals::default()
    };
    let columns = COLUMNS.join(", ");
    let mut take = |sql: String| file.each(&sql, &[], |row| take(row, &mut totals, &mut each));
    if keeps(&v2) {
        take(format!("SELECT {columns}, id FROM session_v2"))?;
    }
    if keeps(&v1) {
        let rest = if v2.is_empty() {
            ""
        } else {
            "WHERE NOT EXISTS (SELECT 1 FROM session_v2 AS t WHERE t.id = session.id)"
        };
        take(format!("SELECT {columns}, id FROM session {rest}"))?;
    }
    Ok(totals)
}

fn take(
    row: &Row,
    totals: &mut OwnTotals,
    each: &mut impl FnMut(&str, [i64; 6]),
) -> rusqlite::Result<()> {
    let count = |index| row.get::<_, i64>(index).ok();
    let figures = || {
        let cost = NanoUsd::from_usd(row.get(5).ok()?)?;
        Some([
            count(0)?,
            count(1)?,
            count(2)?,
            count(3)?,
            count(4)?,
            cost.0,
        ])
    };
    match figures() {
        Some(figures) => {
            for (sum, figure) in totals.figures.iter_mut().zip(figures) {
                *sum = sum.saturating_add(figure);
            }
            each(row.get_ref(6)?.as_str().unwrap_or_default(), figures);
        }
        None => totals.odd_sessions += 1,
    }
    Ok(())
}
