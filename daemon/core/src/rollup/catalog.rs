// SPDX-License-Identifier: GPL-3.0-or-later
//! The names that can be asked about.

use rusqlite::{Connection, Row};

use crate::ledger::{Ledger, LedgerError};
use crate::model::ModelName;
use crate::wire::{Catalog, ProjectName};

/// The providers, models and projects.
///
/// # Errors
/// [`LedgerError::Sqlite`].
pub fn catalog(ledger: &Ledger) -> Result<Catalog, LedgerError> {
    ledger.read_at_once(|connection| {
        let models = models(connection)?;
        let mut providers: Vec<(String, i64)> = Vec::new();
        for (name, fresh) in &models {
            match providers
                .iter_mut()
                .find(|(known, _)| *known == name.provider)
            {
                Some((_, sum)) => *sum += fresh,
                None => providers.push((name.provider.clone(), *fresh)),
            }
        }
        providers.sort_by_key(|(_, fresh)| std::cmp::Reverse(*fresh));
        Ok(Catalog {
            providers: providers.into_iter().map(|(name, _)| name).collect(),
            models: models.iter().map(|(name, _)| name.to_string()).collect(),
            projects: projects(connection)?,
        })
    })
}

/// Models with their fresh tokens, largest first.
fn models(connection: &Connection) -> rusqlite::Result<Vec<(ModelName, i64)>> {
    connection
        .prepare_cached(
            "SELECT provider, model, sum(input + output + reasoning) AS fresh
             FROM day JOIN model ON model.id = model_id
             GROUP BY model_id HAVING sum(steps) > 0 ORDER BY fresh DESC, provider, model",
        )?
        .query_map([], |row| {
            let name = ModelName {
                provider: row.get(0)?,
                model: row.get(1)?,
            };
            Ok((name, row.get(2)?))
        })?
        .collect()
}

fn projects(connection: &Connection) -> rusqlite::Result<Vec<ProjectName>> {
    connection
        .prepare_cached(
            "SELECT project.uid, project.name, project.worktree
             FROM session JOIN project ON project.id = session.project_id
             WHERE project.forgotten_before_ms IS NULL
             GROUP BY project.id ORDER BY max(session.created_ms) DESC, project.id",
        )?
        .query_map([], project)?
        .collect()
}

fn project(row: &Row) -> rusqlite::Result<ProjectName> {
    let (id, name, worktree): (String, Option<String>, String) =
        (row.get(0)?, row.get(1)?, row.get(2)?);
    let named = name.filter(|name| !name.is_empty());
    let name = named
        .or_else(|| last_part(&worktree))
        .unwrap_or_else(|| id.clone());
    Ok(ProjectName { id, name, worktree })
}

/// The last part of a path; `None` for the root.
pub(super) fn last_part(path: &str) -> Option<String> {
    path.rsplit('/')
        .find(|part| !part.is_empty())
        .map(str::to_owned)
}
