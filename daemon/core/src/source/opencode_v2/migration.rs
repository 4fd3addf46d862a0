// SPDX-License-Identifier: GPL-3.0-or-later
//! What OpenCode 2 took over from OpenCode 1, and what its rows lost on the way.

use rusqlite::{Row, ToSql};
use serde::Deserialize;

use super::load::Database;
use crate::model::{Problem, Step, Tokens};
use crate::source::figures::is_cache_inside;
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

    /// A migrated row has the figures of its old one, but not what tells whether the reasoning is inside
    /// output, or the cached tokens inside input, and was charged twice: the old row, which stays in the
    /// file, decides. A copy in a fork has the time of its original, and so of the original's old row.
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
        for step in steps.iter_mut().filter(|step| may_mean_else(step)) {
            let parameters: [&dyn ToSql; 2] = [&step.session_id, &step.created_ms];
            let old = self.file.all(sql, &parameters, old_row)?;
            let is_same =
                |old: &OldRow| old.step.model == step.model && old.input == step.tokens.input;
            if let Some(OldRow { step: old, .. }) = old.into_iter().flatten().find(is_same) {
                step.tokens = old.tokens;
                step.cost_note = old.cost_note;
            }
        }
        Ok(())
    }

    /// The sessions that OpenCode 2 has deleted and OpenCode 1's tables of the same file still have: taken over
    /// by the migration, not there any more, and never written to by OpenCode 1 since. With a session, only
    /// that one, if it is one of them.
    ///
    /// A session that OpenCode 1 began or went on with later is its own. One that was imported into it later,
    /// with times of before the migration, cannot be told from a deleted one.
    ///
    /// # Errors
    /// See [`Self::data_version`].
    pub fn dropped_sessions(&self, session_id: Option<&str>) -> Result<Vec<String>, Problem> {
        let Migration::Completed { at_ms } = self.migration()? else {
            return Ok(Vec::new());
        };
        if !(self.has_v1 && self.is_v2()) {
            return Ok(Vec::new());
        }
        let sql = "SELECT id FROM session AS s
             WHERE (?2 IS NULL OR id = ?2) AND typeof(id) = 'text'
                 AND time_created <= ?1 AND time_updated <= ?1
                 AND NOT EXISTS (SELECT 1 FROM session_v2 AS v WHERE v.id = s.id)
                 AND NOT EXISTS (SELECT 1 FROM message AS m
                     WHERE m.session_id = s.id AND (m.time_created > ?1 OR m.time_updated > ?1))";
        let parameters: [&dyn ToSql; 2] = [&at_ms, &session_id];
        self.file.all(sql, &parameters, |row| row.get(0))
    }

    /// See [`Totals::counted_twice`](super::Totals::counted_twice).
    pub(super) fn counted_twice(&self, session_id: &str) -> Result<Tokens, Problem> {
        let mut twice = Tokens::default();
        if !self.has_v1 {
            return Ok(twice);
        }
        let sql = "SELECT id, session_id, time_created, data FROM message
             WHERE session_id = ? AND time_created <= ?";
        let until_ms = match self.migration()? {
            Migration::Completed { at_ms } => at_ms,
            Migration::Unrecorded | Migration::Running => i64::MAX,
        };
        self.file.each(sql, &[&session_id, &until_ms], |row| {
            if let Some(old) = old_row(row)? {
                let tokens = old.step.tokens;
                twice.input += old.input.saturating_sub(tokens.input);
                twice.output += old.output.saturating_sub(tokens.output);
            }
            Ok(())
        })?;
        Ok(twice)
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

/// Whether the old row of a step may have other figures: a reason to look for it.
fn may_mean_else(step: &Step) -> bool {
    let (provider, model) = (&step.model.provider, &step.model.model);
    step.tokens.reasoning > 0 || is_cache_inside(&step.tokens, provider, model)
}

/// A row of OpenCode 1 as it is meant, with what stands in it.
struct OldRow {
    step: Step,
    input: u64,
    output: u64,
}

fn old_row(row: &Row) -> rusqlite::Result<Option<OldRow>> {
    #[derive(Deserialize)]
    struct Message {
        tokens: Option<Stored>,
    }
    #[derive(Deserialize)]
    struct Stored {
        input: u64,
        output: u64,
    }
    let columns = (row.get_ref(0)?, row.get_ref(1)?, row.get_ref(3)?);
    let (Ok(id), Ok(session_id), Ok(data)) =
        (columns.0.as_str(), columns.1.as_str(), columns.2.as_str())
    else {
        return Ok(None);
    };
    let Reading::Step(step) = read_message(id, session_id, row.get(2).unwrap_or_default(), data)
    else {
        return Ok(None);
    };
    let message: Option<Message> = serde_json::from_str(data).ok();
    let stored = message.and_then(|message| message.tokens);
    let (input, output) = stored.map_or((step.tokens.input, step.tokens.output), |stored| {
        (stored.input, stored.output)
    });
    let step = *step;
    Ok(Some(OldRow {
        step,
        input,
        output,
    }))
}
