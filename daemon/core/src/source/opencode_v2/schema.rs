// SPDX-License-Identifier: GPL-3.0-or-later
//! Which tables and columns a file has, and which of them are needed.

use std::path::Path;

use crate::model::{Problem, Severity};

/// The first needed column that a table does not have.
pub(super) fn lacks<'n>(table: &[String], needed: &[&'n str]) -> Option<&'n str> {
    let is_missing = |name: &&&str| !table.iter().any(|column| column == **name);
    needed.iter().find(is_missing).copied()
}

/// Whether the rows of a file can be read.
pub(super) fn check_schema(
    path: &Path,
    message: &[String],
    session: &[String],
) -> Result<(), Problem> {
    let needed = [
        "id",
        "session_id",
        "type",
        "seq",
        "time_created",
        "time_updated",
        "data",
    ];
    let missing = lacks(message, &needed)
        .map(|column| format!("session_message.{column}"))
        .or_else(|| {
            lacks(session, &["id", "title", "time_created"])
                .map(|column| format!("session.{column}"))
        });
    match missing {
        None => Ok(()),
        Some(column) => Err(Problem::new(
            Severity::Error,
            "unknown_schema",
            format!("its tables are not those of OpenCode 2.0: {column} is missing"),
            path.display().to_string(),
            "this version of OpenCode needs a newer Octally",
        )),
    }
}
