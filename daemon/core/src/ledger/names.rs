// SPDX-License-Identifier: GPL-3.0-or-later
//! Small numbers for long names: hosts, projects, sessions, models, agents.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::Host;
use crate::model::{ModelName, Project, Session};

/// Numbers met in one transaction, so that a batch asks for each name once.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Few enough to be looked through.
    models: Vec<(ModelName, i64)>,
    agents: HashMap<String, i64>,
    sessions: HashMap<String, SessionRow>,
    /// The names of the step before: steps of one session mostly come together.
    latest_model: usize,
    latest_session: Option<(String, SessionRow)>,
}

/// What recording a step needs to know of its session.
#[derive(Clone, Copy, Debug)]
pub(super) struct SessionRow {
    pub id: i64,
    /// `None` where only steps of it were seen.
    pub created_ms: Option<i64>,
    /// Its steps from before this instant are forgotten.
    pub forgotten_before_ms: Option<i64>,
    /// Whether the step that was asked for is the first that is known of it.
    pub is_new: bool,
}

impl SessionRow {
    /// Whether a step of it that began at this instant is forgotten.
    pub fn forgets(&self, created_ms: i64) -> bool {
        self.forgotten_before_ms
            .is_some_and(|before_ms| created_ms < before_ms)
    }
}

impl Names {
    pub fn model(&mut self, tx: &Connection, name: &ModelName) -> rusqlite::Result<i64> {
        let is_it = |(known, _): &(ModelName, i64)| known == name;
        if !self.models.get(self.latest_model).is_some_and(is_it) {
            self.latest_model = match self.models.iter().position(is_it) {
                Some(place) => place,
                None => self.save_model(tx, name)?,
            };
        }
        Ok(self.models[self.latest_model].1)
    }

    /// Its place in the list.
    fn save_model(&mut self, tx: &Connection, name: &ModelName) -> rusqlite::Result<usize> {
        let id = tx
            .prepare_cached(
                "INSERT INTO model (provider, model) VALUES (?, ?)
                 ON CONFLICT DO UPDATE SET model = excluded.model RETURNING id",
            )?
            .query_row([&name.provider, &name.model], |row| row.get(0))?;
        self.models.push((name.clone(), id));
        Ok(self.models.len() - 1)
    }

    /// The number of an agent; the empty name stands for none.
    pub fn agent(&mut self, tx: &Connection, name: Option<&str>) -> rusqlite::Result<i64> {
        let name = name.unwrap_or_default();
        if let Some(id) = self.agents.get(name) {
            return Ok(*id);
        }
        let id = tx
            .prepare_cached(
                "INSERT INTO agent (name) VALUES (?)
                 ON CONFLICT DO UPDATE SET name = excluded.name RETURNING id",
            )?
            .query_row([name], |row| row.get(0))?;
        self.agents.insert(name.into(), id);
        Ok(id)
    }

    /// The session of a step, made if only the step is known of it.
    pub fn session(&mut self, tx: &Connection, uid: &str) -> rusqlite::Result<SessionRow> {
        if let Some((latest, row)) = &self.latest_session
            && latest == uid
        {
            return Ok(*row);
        }
        let row = match self.sessions.get(uid) {
            Some(row) => *row,
            None => self.find_session(tx, uid)?,
        };
        self.latest_session = Some((uid.into(), row));
        Ok(row)
    }

    fn find_session(&mut self, tx: &Connection, uid: &str) -> rusqlite::Result<SessionRow> {
        let found = tx
            .prepare_cached(
                "SELECT id, created_ms, forgotten_before_ms FROM session WHERE uid = ?",
            )?
            .query_row([uid], |row| {
                Ok(SessionRow {
                    id: row.get(0)?,
                    created_ms: row.get(1)?,
                    forgotten_before_ms: row.get(2)?,
                    is_new: false,
                })
            })
            .optional()?;
        let row = match found {
            Some(row) => row,
            None => {
                tx.execute("INSERT INTO session (uid) VALUES (?)", [uid])?;
                SessionRow {
                    id: tx.last_insert_rowid(),
                    created_ms: None,
                    forgotten_before_ms: None,
                    is_new: true,
                }
            }
        };
        self.sessions.insert(uid.into(), row);
        Ok(row)
    }
}

pub(super) fn host(tx: &Connection, host: &Host) -> rusqlite::Result<i64> {
    tx.prepare_cached(
        "INSERT INTO host (uid, label) VALUES (?, ?)
         ON CONFLICT DO UPDATE SET label = excluded.label RETURNING id",
    )?
    .query_row([&host.id, &host.label], |row| row.get(0))
}

pub(super) fn save_project(tx: &Connection, project: &Project) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "INSERT INTO project (uid, worktree, name) VALUES (?, ?, ?)
         ON CONFLICT DO UPDATE SET worktree = excluded.worktree, name = excluded.name
         WHERE worktree IS NOT excluded.worktree OR name IS NOT excluded.name",
    )?
    .execute(params![project.id, project.worktree, project.name])?;
    Ok(())
}

/// Returns its number if it is new or another one now. One that has come to a project that is forgotten is
/// forgotten from then on.
pub(super) fn save_session(tx: &Connection, session: &Session) -> rusqlite::Result<Option<i64>> {
    tx.prepare_cached(
        "INSERT INTO session (uid, parent_uid, project_id, directory, agent, created_ms, archived_ms,
             forgotten_before_ms)
         VALUES (?1, ?2, (SELECT id FROM project WHERE uid = ?3), ?4, ?5, nullif(?6, 0), ?7,
             (SELECT forgotten_before_ms FROM project WHERE uid = ?3))
         ON CONFLICT DO UPDATE SET
             parent_uid = excluded.parent_uid, project_id = excluded.project_id,
             directory = excluded.directory, agent = excluded.agent,
             created_ms = excluded.created_ms, archived_ms = excluded.archived_ms,
             forgotten_before_ms = coalesce(excluded.forgotten_before_ms, forgotten_before_ms),
             moved_from = iif(project_id IS excluded.project_id, moved_from,
                 coalesce(moved_from, project_id, 0))
         WHERE created_ms IS NOT excluded.created_ms OR archived_ms IS NOT excluded.archived_ms
             OR directory IS NOT excluded.directory OR parent_uid IS NOT excluded.parent_uid
             OR project_id IS NOT excluded.project_id OR agent IS NOT excluded.agent
         RETURNING id",
    )?
    .query_row(params![
        session.id,
        session.parent_id,
        session.project_id,
        session.directory,
        session.agent,
        session.created_ms,
        session.archived_ms,
    ], |row| row.get(0))
    .optional()
}
