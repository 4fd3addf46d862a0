// SPDX-License-Identifier: GPL-3.0-or-later
//! The row of a session, which the tables of both generations have alike.

use rusqlite::Row;

use super::figures::written;
use crate::model::Session;

/// The columns of [`read`], with NULL for those that this version does not have.
pub(super) fn columns(present: &[String]) -> String {
    [
        "id",
        "parent_id",
        "project_id",
        "directory",
        "agent",
        "time_created",
        "time_archived",
    ]
    .map(|name| {
        if present.iter().any(|column| column == name) {
            name
        } else {
            "NULL"
        }
    })
    .join(", ")
}

/// A session whose columns are not what they should be is still a session; without its time a copy
/// cannot be told from an original.
pub(super) fn read(row: &Row) -> rusqlite::Result<Session> {
    let text = |index| row.get::<_, Option<String>>(index).ok().flatten();
    let time = |index| row.get::<_, Option<i64>>(index).ok().flatten();
    Ok(Session {
        id: row.get(0)?,
        parent_id: text(1),
        project_id: text(2),
        directory: text(3),
        agent: text(4),
        created_ms: written(time(5)).unwrap_or(0),
        archived_ms: time(6),
    })
}
