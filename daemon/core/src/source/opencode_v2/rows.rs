// SPDX-License-Identifier: GPL-3.0-or-later
//! One row of an answer, whose columns may be of any type.

use rusqlite::Row;

use super::parse::{Kind, RawRow, read_row};
use crate::source::figures::written;
use crate::source::opencode_v1::Reading;
use crate::source::sqlite::row_id;
use crate::source::{Rows, Unread};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// A call that has not ended.
    Open,
    /// Anything else.
    Settled,
}

/// Reads one row into `found`.
pub(super) fn take(row: &Row, found: &mut Rows) -> rusqlite::Result<State> {
    found.read += 1;
    found.last_rowid = found.last_rowid.max(row.get(0)?);
    let updated_ms = row.get::<_, Option<i64>>(1).ok().flatten();
    found.updated_ms = found.updated_ms.max(updated_ms.unwrap_or(0));
    let id = row_id(row, 2)?;
    let kind = row.get_ref(4)?.as_str().ok().and_then(Kind::of);
    let mut is_open = false;
    match reading(row, kind)? {
        Reading::Step(mut step) => {
            is_open = step.completed_ms.is_none();
            step.updated_ms = written(updated_ms);
            found.steps.push(*step);
        }
        Reading::Nothing => is_open = true,
        Reading::Unreadable(code, what) => {
            found.unread.push(Unread { id, code, what });
        }
    }
    // A compaction has no end of its own.
    Ok(if is_open && kind == Some(Kind::Assistant) {
        State::Open
    } else {
        State::Settled
    })
}

fn reading(row: &Row, kind: Option<Kind>) -> rusqlite::Result<Reading> {
    let text = |index| row.get_ref(index).map(|value| value.as_str().ok());
    let (Some(kind), Some(id), Some(session_id), Some(data), Ok(created_ms)) =
        (kind, text(2)?, text(3)?, text(7)?, row.get(6))
    else {
        let what = "a column is not what it should be".into();
        return Ok(Reading::Unreadable("broken_row", what));
    };
    Ok(read_row(&RawRow {
        id,
        session_id,
        kind,
        turn_id: row.get_ref(5)?.as_str().ok(),
        created_ms,
        data,
    }))
}
