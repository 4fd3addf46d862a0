// SPDX-License-Identifier: GPL-3.0-or-later
//! Which steps are one and the same call: what a fork copied has the time, model, figures and cost of its original.

use rusqlite::{Connection, ToSql};

use super::entry::{Entry, entry_columns, stored_entry};
use super::forget::FORGOTTEN;

/// A call with the values of [`params_of`].
macro_rules! same_call {
    () => {
        "created_ms = ?1 AND model_id = ?2 AND input = ?3 AND output = ?4 AND reasoning = ?5
         AND cache_read = ?6 AND cache_write = ?7 AND stored_nano_usd IS ?8"
    };
}

/// Whether another step, or the row of a turn, is the same call. A step that is new is also told by a copy that
/// does not count: its original was written over since.
pub(super) fn has_twin(tx: &Connection, uid: &str, entry: &Entry) -> rusqlite::Result<bool> {
    let sql = concat!(
        "SELECT 1 FROM step WHERE ",
        same_call!(),
        " AND uid <> ?9 AND (is_counted OR is_inherited AND NOT EXISTS (
             SELECT 1 FROM step AS known WHERE known.uid = ?9))
         UNION ALL SELECT 1 FROM parted_row WHERE ",
        same_call!()
    );
    tx.prepare_cached(sql)?.exists(params_of(entry, &uid))
}

/// The copies of a call that are counted, by their ids.
pub(super) fn counted_of(
    tx: &Connection,
    original: &Entry,
) -> rusqlite::Result<Vec<(i64, Entry<'static>)>> {
    let sql = concat!(
        "SELECT id, ",
        entry_columns!(),
        " FROM step INDEXED BY step_copy WHERE ",
        same_call!(),
        " AND is_counted AND is_inherited AND uid <> ?9"
    );
    tx.prepare_cached(sql)?
        .query_map(params_of(original, &""), |row| {
            Ok((row.get(0)?, stored_entry(row)?))
        })?
        .collect()
}

/// The steps of a session that are taken for copies and are no older than it, or the other way round: by their
/// numbers and ids.
pub(super) fn misjudged_of(
    tx: &Connection,
    session: i64,
) -> rusqlite::Result<Vec<(i64, String, Entry<'static>)>> {
    let sql = concat!(
        "SELECT id, ",
        entry_columns!(),
        ", uid FROM step WHERE session_id = ?1 AND authority <> ?2 AND is_inherited
             <> (created_ms < (SELECT created_ms FROM session WHERE id = ?1))"
    );
    tx.prepare_cached(sql)?
        .query_map([session, FORGOTTEN], |row| {
            Ok((row.get(0)?, row.get("uid")?, stored_entry(row)?))
        })?
        .collect()
}

fn params_of<'e>(entry: &'e Entry<'_>, uid: &'e &str) -> [&'e dyn ToSql; 9] {
    let [_, input, output, reasoning, cache_read, cache_write, ..] = &entry.amounts;
    [
        &entry.key.created_ms,
        &entry.key.model_id,
        input,
        output,
        reasoning,
        cache_read,
        cache_write,
        &entry.stored_nano_usd,
        uid,
    ]
}
