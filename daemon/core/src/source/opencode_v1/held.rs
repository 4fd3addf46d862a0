// SPDX-License-Identifier: GPL-3.0-or-later
//! What a database still has of what was once read from it.

use rusqlite::ToSql;

use super::load::Database;
use crate::model::Problem;
use crate::source::{Holding, Revert, Standing};

impl Database {
    /// What it has of the next `limit` sessions after an id, in the order of ids. Walks the index of
    /// messages: some 100 ms for a million of them all in all.
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
        // The number of messages in the upper half, what tells them apart in the lower one.
        let sql = format!(
            "SELECT id, {},
                (SELECT coalesce(sum((time_created & 4294967295) + 8589934592), 0) FROM message
                    WHERE session_id = session.id)
             FROM session WHERE {which}",
            self.revert_column(),
        );
        self.file.all(&sql, parameters, |row| {
            Ok(Holding::new(
                row.get(0)?,
                row.get(2)?,
                Revert::of(row, 1).as_ref(),
            ))
        })
    }

    /// From where on a session is reverted.
    ///
    /// # Errors
    /// See [`Self::data_version`].
    pub fn revert(&self, session_id: &str) -> Result<Option<Revert>, Problem> {
        let sql = format!("SELECT {} FROM session WHERE id = ?", self.revert_column());
        let found = self
            .file
            .all(&sql, &[&session_id], |row| Ok(Revert::of(row, 0)))?;
        Ok(found.into_iter().next().flatten())
    }

    /// Whether it has a message, in whatever session.
    ///
    /// # Errors
    /// See [`Self::data_version`].
    pub fn standing(&self, message_id: &str, revert: Option<&Revert>) -> Result<Standing, Problem> {
        let sql = "SELECT 1 FROM message WHERE id = ?";
        let found = self.file.all(sql, &[&message_id], |_| Ok(()))?;
        Ok(match (found.is_empty(), revert) {
            (true, _) => Standing::Absent,
            (false, Some(revert)) if revert.hides(message_id) => Standing::Hidden,
            (false, _) => Standing::Present,
        })
    }

    /// Without the column nothing can be reverted.
    fn revert_column(&self) -> &'static str {
        if self.has_reverts { "revert" } else { "NULL" }
    }
}
