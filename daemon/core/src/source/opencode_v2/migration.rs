// SPDX-License-Identifier: GPL-3.0-or-later
//! What OpenCode 2 took over from OpenCode 1, and what its rows lost on the way.

use rusqlite::{Row, ToSql};
use serde::Deserialize;

use super::load::Database;
use crate::model::{Problem, Step};
use crate::source::opencode_v1::{Reading, read_message};

/// How far OpenCode 2 has come with taking over what OpenCode 1 wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Migration {
    /// There is no record of one: nothing to take over, or the user has deleted the record.
    Unrecorded,
    /// Under way, one session at a time: sessions that are not in `session_v2` yet are in `session`.
    Running,
    /// Done. It never runs again by itself.
    Completed {
        /// Unix milliseconds.
        at_ms: i64,
    },
}

impl Migration {
    /// Whether a message of OpenCode 1 of this time is in the totals of its migrated session. Without a
    /// record the answer is yes: a remainder may be too small then, but nothing is made up.
    pub fn covers(self, created_ms: i64) -> bool {
        match self {
            Self::Completed { at_ms } => created_ms <= at_ms,
            Self::Unrecorded | Self::Running => true,
        }
    }
}

impl Database {
    /// How far OpenCode 2 has come with taking over what OpenCode 1 wrote.
    ///
    /// # Errors
    /// See [`Self::data_version`].
    pub fn migration(&self) -> Result<Migration, Problem> {
        if !self.has_migrations {
            return Ok(Migration::Unrecorded);
        }
        let sql = "SELECT value, time_updated FROM kv WHERE key = 'migration.v1-v2'";
        let found = self.file.all(sql, &[], |row| {
            Ok(migration(row.get_ref(0)?.as_str().ok(), row.get(1).ok()))
        })?;
        Ok(found.into_iter().next().unwrap_or(Migration::Unrecorded))
    }

    /// A migrated row has the figures of its old one, but not the `total` that tells whether the
    /// reasoning is inside output, and was charged twice: the old row, which stays in the file, decides.
    /// A copy in a fork has the time of its original, and so of the original's old row.
    pub(super) fn use_old_meaning(&self, steps: &mut [Step]) -> Result<(), Problem> {
        if !(self.has_v1 && self.has_totals) {
            return Ok(());
        }
        let sql = "WITH RECURSIVE line (id) AS (
                SELECT ?1 UNION
                SELECT fork_session_id FROM session_v2 JOIN line USING (id)
                WHERE fork_session_id IS NOT NULL)
             SELECT id, session_id, time_created, data FROM message
             WHERE session_id IN line AND time_created = ?2";
        for step in steps.iter_mut().filter(|step| step.tokens.reasoning > 0) {
            let parameters: [&dyn ToSql; 2] = [&step.session_id, &step.created_ms];
            let old = self.file.all(sql, &parameters, old_step)?;
            let is_same =
                |old: &Step| old.model == step.model && old.tokens.input == step.tokens.input;
            if let Some(old) = old.into_iter().flatten().find(is_same) {
                step.tokens = old.tokens;
                step.cost_note = old.cost_note;
            }
        }
        Ok(())
    }

    /// See [`Totals::reasoning_in_output`](super::Totals::reasoning_in_output).
    pub(super) fn reasoning_in_output(&self, session_id: &str) -> Result<u64, Problem> {
        if !self.has_v1 {
            return Ok(0);
        }
        let sql = "SELECT id, session_id, time_created, data FROM message
             WHERE session_id = ? AND time_created <= ?";
        let until_ms = match self.migration()? {
            Migration::Completed { at_ms } => at_ms,
            Migration::Unrecorded | Migration::Running => i64::MAX,
        };
        let found = self.file.all(sql, &[&session_id, &until_ms], |row| {
            let inside = old_step(row)?.map(|step| {
                let stored = stored_output(row).unwrap_or(step.tokens.output);
                stored.saturating_sub(step.tokens.output)
            });
            Ok(inside.unwrap_or(0))
        })?;
        Ok(found.into_iter().sum())
    }
}

/// A record that cannot be read is one of a migration that has begun.
fn migration(value: Option<&str>, updated_ms: Option<i64>) -> Migration {
    #[derive(Deserialize)]
    struct Record {
        phase: String,
    }
    let record = value.and_then(|value| serde_json::from_str::<Record>(value).ok());
    match (record, updated_ms) {
        (Some(record), Some(at_ms)) if record.phase == "completed" => {
            Migration::Completed { at_ms }
        }
        _ => Migration::Running,
    }
}

fn old_step(row: &Row) -> rusqlite::Result<Option<Step>> {
    let columns = (row.get_ref(0)?, row.get_ref(1)?, row.get_ref(3)?);
    let (Ok(id), Ok(session_id), Ok(data)) =
        (columns.0.as_str(), columns.1.as_str(), columns.2.as_str())
    else {
        return Ok(None);
    };
    match read_message(id, session_id, row.get(2).unwrap_or_default(), data) {
        Reading::Step(step) => Ok(Some(*step)),
        Reading::Nothing | Reading::Unreadable(..) => Ok(None),
    }
}

/// The `output` of an old row as it stands there, with or without the reasoning.
fn stored_output(row: &Row) -> Option<u64> {
    #[derive(Deserialize)]
    struct Message {
        tokens: Stored,
    }
    #[derive(Deserialize)]
    struct Stored {
        output: u64,
    }
    let data = row.get_ref(3).ok()?.as_str().ok()?;
    let message: Message = serde_json::from_str(data).ok()?;
    Some(message.tokens.output)
}
