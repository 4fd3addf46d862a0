// SPDX-License-Identifier: GPL-3.0-or-later
//! Adds rows to the table of steps, one or many with one statement.

use std::sync::LazyLock;

use rusqlite::{Connection, Statement, ToSql};

use super::entry::Entry;

/// So many rows share the cost of one statement.
pub(super) const MANY: usize = 32;

/// In the order of [`bind`].
const NAMES: [&str; COLUMNS] = [
    "host_id",
    "uid",
    "session_id",
    "turn_uid",
    "model_id",
    "agent_id",
    "created_ms",
    "completed_ms",
    "input",
    "output",
    "reasoning",
    "cache_read",
    "cache_write",
    "stored_nano_usd",
    "price",
    "price_nano_usd",
    "finish",
    "error",
    "is_inherited",
    "is_counted",
    "authority",
    "cost_note",
    "corrected_nano_usd",
    "updated_ms",
    "source_id",
];
const COLUMNS: usize = 25;

static ONE: LazyLock<String> = LazyLock::new(|| sql(1));
static ALL: LazyLock<String> = LazyLock::new(|| sql(MANY));

fn sql(rows: usize) -> String {
    let (names, places) = (NAMES.join(", "), ["?"; COLUMNS].join(", "));
    let rows = vec![format!("({places})"); rows].join(", ");
    // OR FAIL: an error undoes the whole transaction, so SQLite need not note how to undo one statement.
    format!(
        "INSERT OR FAIL INTO step ({names}) VALUES {rows} ON CONFLICT (uid, host_id) DO NOTHING"
    )
}

/// Whether the step was new.
pub(super) fn insert_one(tx: &Connection, uid: &str, entry: &Entry) -> rusqlite::Result<bool> {
    let mut statement = tx.prepare_cached(&ONE)?;
    bind(&mut statement, 0, uid, entry)?;
    Ok(statement.raw_execute()? > 0)
}

/// Which of these steps were new.
pub(super) fn insert(tx: &Connection, steps: &[(&str, Entry)]) -> rusqlite::Result<Vec<bool>> {
    if steps.len() != MANY {
        let each = steps.iter().map(|(uid, entry)| insert_one(tx, uid, entry));
        return each.collect();
    }
    let mut statement = tx.prepare_cached(&ALL)?;
    for (row, (uid, entry)) in steps.iter().enumerate() {
        bind(&mut statement, row, uid, entry)?;
    }
    let added = statement.raw_execute()?;
    if added == MANY {
        return Ok(vec![true; MANY]);
    }
    let mut new = latest(tx, added)?.into_iter().peekable();
    let is_new = |(uid, _): &(&str, Entry)| new.next_if(|new| new == uid).is_some();
    Ok(steps.iter().map(is_new).collect())
}

/// The last steps of the table in their order.
fn latest(tx: &Connection, steps: usize) -> rusqlite::Result<Vec<String>> {
    tx.prepare_cached(
        "SELECT uid FROM (SELECT id, uid FROM step ORDER BY id DESC LIMIT ?) ORDER BY id",
    )?
    .query_map([steps as i64], |row| row.get(0))?
    .collect()
}

/// Fills in a row's places.
fn bind(statement: &mut Statement, row: usize, uid: &str, entry: &Entry) -> rusqlite::Result<()> {
    let mut places = Places {
        next: row * COLUMNS + 1,
        statement,
    };
    let [_, input, output, reasoning, cache_read, cache_write, ..] = entry.amounts;
    let key = &entry.key;
    places.fill(key.host_id)?;
    places.fill(uid)?;
    places.fill(key.session_id)?;
    places.fill_some(entry.turn_uid.as_deref())?;
    places.fill(key.model_id)?;
    places.fill(key.agent_id)?;
    places.fill(key.created_ms)?;
    places.fill_some(entry.completed_ms)?;
    places.fill(input)?;
    places.fill(output)?;
    places.fill(reasoning)?;
    places.fill(cache_read)?;
    places.fill(cache_write)?;
    places.fill_some(entry.stored_nano_usd)?;
    places.fill(entry.price)?;
    places.fill(entry.price_nano_usd)?;
    places.fill_some(entry.finish.as_deref())?;
    places.fill_some(entry.error.as_deref())?;
    places.fill(entry.is_inherited)?;
    places.fill(entry.is_counted)?;
    places.fill(entry.authority)?;
    places.fill_some(entry.cost_note.as_deref())?;
    places.fill_some(entry.corrected_nano_usd)?;
    places.fill_some(entry.updated_ms)?;
    places.fill_some(entry.source_id)
}

/// The places of a statement that are still to be filled.
struct Places<'s, 'c> {
    statement: &'s mut Statement<'c>,
    next: usize,
}

impl Places<'_, '_> {
    fn fill(&mut self, value: impl ToSql) -> rusqlite::Result<()> {
        self.statement.raw_bind_parameter(self.next, value)?;
        self.next += 1;
        Ok(())
    }

    /// A place that is not filled is NULL: a statement from the cache has none filled.
    fn fill_some(&mut self, value: Option<impl ToSql>) -> rusqlite::Result<()> {
        match value {
            Some(value) => self.fill(value),
            None => {
                self.next += 1;
                Ok(())
            }
        }
    }
}
