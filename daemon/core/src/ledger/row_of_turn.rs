// SPDX-License-Identifier: GPL-3.0-or-later
//! Turns of 0.5, which are several steps in one message file, and the rows that later versions made of them.
//!
//! The file's steps are the ones that are kept. Of the row, which has the tokens of the last step and the cost of
//! all, it is kept what it said: what forks copied of it is no other call.

use rusqlite::{Connection, params};

use super::entry::Entry;
use crate::model::Authority;

/// Which of two readings of a message is that of its row, if the other is that of its file's steps.
pub(super) fn row_beside_file<'e, 'a>(
    one: &'e Entry<'a>,
    other: &'e Entry<'a>,
) -> Option<&'e Entry<'a>> {
    let is_file = |entry: &Entry| entry.authority == Authority::JsonPart as i64;
    let is_row = |entry: &Entry| {
        entry.authority == Authority::V1 as i64 || entry.authority == Authority::V2 as i64
    };
    [(one, other), (other, one)]
        .into_iter()
        .find_map(|(row, file)| (is_row(row) && is_file(file)).then_some(row))
}

/// Keeps what the row of a message says.
pub(super) fn note(tx: &Connection, uid: &str, row: &Entry) -> rusqlite::Result<()> {
    let [input, output, reasoning, cache_read, cache_write] = row.tokens() else {
        return Ok(());
    };
    tx.prepare_cached("INSERT OR REPLACE INTO parted_row VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?
        .execute(params![
            uid,
            row.key.host_id,
            row.key.created_ms,
            row.key.model_id,
            input,
            output,
            reasoning,
            cache_read,
            cache_write,
            row.stored_nano_usd,
        ])?;
    Ok(())
}

/// Whether the message of the step `s` has a row: SQL.
pub(super) const HAS_ROW: &str = "EXISTS (SELECT 1 FROM parted_row AS r WHERE r.host_id = s.host_id
    AND r.uid = iif(instr(s.uid, '#'), substr(s.uid, 1, instr(s.uid, '#') - 1), s.uid))";

/// Whether the step `s` is a copy of such a row: SQL.
pub(crate) const IS_OF_ROW: &str = "EXISTS (SELECT 1 FROM parted_row AS r
    WHERE r.created_ms = s.created_ms AND r.model_id = s.model_id AND r.input = s.input
        AND r.output = s.output AND r.reasoning = s.reasoning AND r.cache_read = s.cache_read
        AND r.cache_write = s.cache_write AND r.stored_nano_usd IS s.stored_nano_usd)";
