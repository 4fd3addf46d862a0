// SPDX-License-Identifier: GPL-3.0-or-later
//! Which tables and columns a file has, and which of them are needed.

use std::path::Path;

use crate::model::{Problem, Severity};
use crate::source::sqlite::{START_ONCE, SqliteFile, not_filled_yet};

pub(super) fn check_schema(
    path: &Path,
    message: &[String],
    session: &[String],
) -> Result<(), Problem> {
    let lacks = |table: &[String], needed: &[&str]| {
        needed
            .iter()
            .any(|name| !table.iter().any(|column| column == name))
    };
    let is_known = !lacks(
        message,
        &["id", "session_id", "time_created", "time_updated", "data"],
    ) && !lacks(
        session,
        &[
            "id",
            "project_id",
            "parent_id",
            "directory",
            "title",
            "time_created",
        ],
    );
    if is_known {
        return Ok(());
    }
    Err(unknown_schema(path))
}

/// A file of OpenCode 2, one that OpenCode has not filled yet, or another program's.
pub(super) fn without_tables(file: &SqliteFile) -> Result<Problem, Problem> {
    let sql = "SELECT count(*) FROM sqlite_schema WHERE type = 'table'
        AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '%migration%'";
    let tables: i64 = file.one(sql, |row| row.get(0))?;
    let is_of_2 = !file.columns("session_v2")?.is_empty();
    Ok(if tables == 0 || is_of_2 {
        not_filled_yet(file.path())
    } else {
        unknown_schema(file.path())
    })
}

fn unknown_schema(path: &Path) -> Problem {
    Problem::new(
        Severity::Error,
        "unknown_schema",
        "its tables are not those of OpenCode 1.2 to 1.18",
        path.display().to_string(),
        START_ONCE,
    )
}
