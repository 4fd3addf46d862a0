// SPDX-License-Identifier: GPL-3.0-or-later
//! What a database still has of what was once read from it.

use rusqlite::ToSql;

use super::load::Database;
use crate::model::Problem;
use crate::source::{Holding, Revert, Standing};

impl Database {
    /// What it has of the next `limit` sessions after an id, in the order of ids.
    ///
    /// # Errors
    /// See [`Self::data_version`].
    pub fn holdings_after(&self, id: &str, limit: usize) -> Result<Vec<Holding>, Problem> {
        self.holdings("id > ? ORDER BY id LIMIT ?", &[&id, &(limit as i64)])
    }

    /// What it has of one session; `None` where it has no such session.
    ///
    /// # Errors
    /// See [`Self::data_version`].
    pub fn holding(&self, session_id: &str) -> Result<Option<Holding>, Problem> {
        let found = self.holdings("id = ?", &[&session_id])?;
        Ok(found.into_iter().next())
    }

    fn holdings(&self, which: &str, parameters: &[&dyn ToSql]) -> Result<Vec<Holding>, Problem> {
        // A number is given once: what is written after a revert has other ones.
        let sql = format!(
            "SELECT id, {},
                (SELECT coalesce(sum((seq & 4294967295) + 8589934592), 0) FROM session_message
                    WHERE session_id = s.id)
             FROM {} AS s WHERE {which}",
            self.revert_column(),
            self.sessions,
        );
        self.file.all(&sql, parameters, |row| {
            Ok(Holding::new(
                row.get(0)?,
                row.get(2)?,
                Revert::of(row, 1).as_ref(),
            ))
        })
    }

    /// The number of the first reverted row of a session. A revert whose row is gone is none.
    ///
    /// # Errors
    /// See [`Self::data_version`].
    pub fn reverted_from(&self, session_id: &str) -> Result<Option<i64>, Problem> {
        let (column, table) = (self.revert_column(), self.sessions);
        let sql = format!("SELECT {column} FROM {table} WHERE id = ?");
        let found = self
            .file
            .all(&sql, &[&session_id], |row| Ok(Revert::of(row, 0)))?;
        let Some(revert) = found.into_iter().next().flatten() else {
            return Ok(None);
        };
        let sql = "SELECT seq FROM session_message WHERE id = ?";
        let found = self
            .file
            .all(sql, &[&revert.message_id], |row| row.get(0))?;
        Ok(found.into_iter().next())
    }

    /// Whether it has a row, of whatever kind.
    ///
    /// # Errors
    /// See [`Self::data_version`].
    pub fn standing(&self, id: &str, reverted_from: Option<i64>) -> Result<Standing, Problem> {
        let sql = "SELECT seq FROM session_message WHERE id = ?";
        let found = self.file.all(sql, &[&id], |row| row.get::<_, i64>(0))?;
        Ok(match (found.first(), reverted_from) {
            (None, _) => Standing::Absent,
            (Some(seq), Some(from)) if *seq >= from => Standing::Hidden,
            (Some(_), _) => Standing::Present,
        })
    }

    /// Without the column nothing can be reverted.
    fn revert_column(&self) -> &'static str {
        if self.has_reverts { "revert" } else { "NULL" }
    }
}
