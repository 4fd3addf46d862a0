// SPDX-License-Identifier: GPL-3.0-or-later
//! Which of two readings of one step counts, in whatever order they come.
//!
//! The newer generation's; of the same generation the one that was written later. Of two that were written in
//! the same millisecond a source's own latest word replaces its earlier one, and between sources the larger
//! figures count, then the source whose path sorts first.

use rusqlite::{Connection, OptionalExtension, params};

use super::entry::Entry;

/// Whether a reading replaces what is known of its step. Where it is not known when one of them was written,
/// it does.
pub(super) fn replaces(tx: &Connection, new: &Entry, known: &Entry) -> rusqlite::Result<bool> {
    if new.authority != known.authority {
        return Ok(new.authority > known.authority);
    }
    let (Some(new_ms), Some(known_ms)) = (new.updated_ms, known.updated_ms) else {
        return Ok(true);
    };
    if new_ms != known_ms || new.source_id == known.source_id {
        return Ok(new_ms >= known_ms);
    }
    let (new_figures, known_figures) = (new.figures(), known.figures());
    if new_figures != known_figures {
        return Ok(new_figures > known_figures);
    }
    Ok(path(tx, new.source_id)? < path(tx, known.source_id)?)
}

/// Keeps when a step that has not changed was last written: another source's word may be of in between.
pub(super) fn note_later_writing(
    tx: &Connection,
    id: i64,
    known: &Entry,
    again: &Entry,
) -> rusqlite::Result<()> {
    if again.authority == known.authority && again.updated_ms > known.updated_ms {
        tx.prepare_cached("UPDATE step SET updated_ms = ?, source_id = ? WHERE id = ?")?
            .execute(params![again.updated_ms, again.source_id, id])?;
    }
    Ok(())
}

fn path(tx: &Connection, source_id: Option<i64>) -> rusqlite::Result<Option<String>> {
    tx.prepare_cached("SELECT path FROM source WHERE id = ?")?
        .query_row([source_id], |row| row.get(0))
        .optional()
}

impl Entry<'_> {
    /// Whether both are the same but for where and when they were written.
    pub fn says_the_same(&self, other: &mut Self) -> bool {
        let written = (other.updated_ms, other.source_id);
        (other.updated_ms, other.source_id) = (self.updated_ms, self.source_id);
        let is_same = self == other;
        (other.updated_ms, other.source_id) = written;
        is_same
    }

    /// Total, stored cost, then kind by kind: what decides between two figures of one millisecond.
    fn figures(&self) -> (i64, Option<i64>, &[i64]) {
        let tokens = self.tokens();
        (tokens.iter().sum(), self.stored_nano_usd, tokens)
    }
}
