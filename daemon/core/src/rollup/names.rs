// SPDX-License-Identifier: GPL-3.0-or-later
//! The names that filters may have: for completions, and for a suggestion where one is misspelt.

use std::borrow::Cow;

use super::filter::Filter;
use super::request::Request;
use crate::ledger::{IS_TOLD_OF, Ledger, LedgerError};

/// What is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the vocabulary")]
pub enum Named {
    Provider,
    Model,
    Project,
    Agent,
    Session,
    Host,
    /// A project that is forgotten.
    Forgotten,
}

/// A name and what it is the name of, where that says more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// What a filter takes.
    pub name: String,
    /// A project's path, for a session.
    pub about: Option<String>,
}

/// The names that begin with `prefix`, at most `limit`: sessions latest first, everything else by name.
/// A model is there with its provider and alone, a project by its path and its name.
///
/// # Errors
/// [`LedgerError::Sqlite`].
pub fn names(
    ledger: &Ledger,
    named: Named,
    prefix: &str,
    limit: usize,
) -> Result<Vec<Name>, LedgerError> {
    ledger.read(|connection| {
        let mut statement = connection.prepare_cached(&sql(named))?;
        let rows = statement.query_map(rusqlite::params![prefix, limit as i64], |row| {
            Ok(Name {
                name: row.get(0)?,
                about: row.get(1)?,
            })
        })?;
        rows.collect()
    })
}

/// Whether any step at all matches the filters by name of `request`, at whatever time.
///
/// # Errors
/// [`LedgerError::Sqlite`].
pub fn is_known(ledger: &Ledger, request: &Request) -> Result<bool, LedgerError> {
    let always = Request {
        since_ms: None,
        until_ms: None,
        ..request.clone()
    };
    let filter = Filter::of_quarters(&always);
    ledger.read(|connection| {
        let sql = format!(
            "SELECT 1 FROM session_sum WHERE true{} LIMIT 1",
            filter.sql()
        );
        connection.prepare_cached(&sql)?.exists(filter.values())
    })
}

/// `substr` and not LIKE: names have underscores in them.
fn sql(named: Named) -> Cow<'static, str> {
    Cow::Borrowed(match named {
        Named::Provider => {
            "SELECT DISTINCT provider, NULL FROM model WHERE substr(provider, 1, length(?1)) = ?1
             ORDER BY 1 LIMIT ?2"
        }
        Named::Model => {
            "SELECT name, NULL FROM (SELECT provider || '/' || model AS name FROM model
                 UNION SELECT model FROM model)
             WHERE substr(name, 1, length(?1)) = ?1 ORDER BY 1 LIMIT ?2"
        }
        Named::Project => {
            "WITH told AS (SELECT uid, name, worktree FROM project WHERE forgotten_before_ms IS NULL)
             SELECT name, NULL FROM (SELECT worktree AS name FROM told UNION SELECT name FROM told
                 UNION SELECT uid FROM told)
             WHERE name <> '' AND substr(name, 1, length(?1)) = ?1 ORDER BY 1 LIMIT ?2"
        }
        Named::Agent => {
            "SELECT name, NULL FROM agent WHERE name <> '' AND substr(name, 1, length(?1)) = ?1
             ORDER BY 1 LIMIT ?2"
        }
        Named::Session => {
            return Cow::Owned(format!(
                "SELECT session.uid, worktree FROM session LEFT JOIN project ON project.id = project_id
                 WHERE substr(session.uid, 1, length(?1)) = ?1 AND {IS_TOLD_OF}
                 ORDER BY created_ms DESC, session.id DESC LIMIT ?2"
            ));
        }
        Named::Host => {
            "SELECT label, NULL FROM host WHERE substr(label, 1, length(?1)) = ?1
             UNION SELECT uid, label FROM host WHERE substr(uid, 1, length(?1)) = ?1 ORDER BY 1 LIMIT ?2"
        }
        Named::Forgotten => {
            "SELECT DISTINCT worktree, NULL FROM project
             WHERE forgotten_before_ms IS NOT NULL AND substr(worktree, 1, length(?1)) = ?1
             ORDER BY 1 LIMIT ?2"
        }
    })
}
