// SPDX-License-Identifier: GPL-3.0-or-later
//! Sessions together with the sub-agents' sessions that they spawned.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension};

use super::{live, usage};
use crate::ledger::{Ledger, LedgerError};
use crate::wire::{SessionUsage, SubAgent};

/// What a session used so far; `None` for an id that the ledger does not know.
///
/// # Errors
/// [`LedgerError::Sqlite`].
pub fn session(ledger: &Ledger, id: &str) -> Result<Option<SessionUsage>, LedgerError> {
    ledger.read(|connection| {
        let Some(known) = known(connection, id)? else {
            return Ok(None);
        };
        let family = live::family(connection, id)?;
        let of = |ids: &[String]| usage::of_sessions(connection, ids, 0, i64::MAX);
        Ok(Some(SessionUsage {
            id: id.into(),
            parent: known.parent,
            project: live::project(connection, id)?,
            agent: known.agent,
            created_ms: known.created_ms,
            last_activity_ms: newest_ms(connection, &family)?,
            own: of(&[id.into()])?,
            inclusive: of(&family)?,
            sub_agents: sub_agents(connection, id, &family)?,
        }))
    })
}

/// The project of a session: its name or the last part of its path.
///
/// # Errors
/// [`LedgerError::Sqlite`].
pub fn project_of(ledger: &Ledger, id: &str) -> Result<Option<String>, LedgerError> {
    ledger.read(|connection| live::project(connection, id))
}

/// The root session that was at work last.
///
/// # Errors
/// [`LedgerError::Sqlite`].
pub fn latest_session(ledger: &Ledger) -> Result<Option<String>, LedgerError> {
    ledger.read(|connection| Ok(live::newest_root(connection)?.map(|(id, ..)| id)))
}

/// The root session of every sub-agent's session, by id; root sessions are not in it.
///
/// # Errors
/// [`LedgerError::Sqlite`].
pub fn roots(ledger: &Ledger) -> Result<HashMap<String, String>, LedgerError> {
    ledger.read(|connection| {
        connection
            .prepare_cached(
                "WITH RECURSIVE above(uid, root) AS (
                     SELECT uid, parent_uid FROM session
                     WHERE parent_uid IN (SELECT uid FROM session)
                     UNION
                     SELECT above.uid, session.parent_uid FROM above JOIN session ON session.uid = above.root
                     WHERE session.parent_uid IN (SELECT uid FROM session))
                 SELECT above.uid, above.root FROM above JOIN session ON session.uid = above.root
                 WHERE session.parent_uid IS NULL OR session.parent_uid NOT IN (SELECT uid FROM session)",
            )?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect()
    })
}

/// What the ledger keeps of a session itself.
struct Known {
    parent: Option<String>,
    agent: Option<String>,
    created_ms: Option<i64>,
}

fn known(connection: &Connection, id: &str) -> rusqlite::Result<Option<Known>> {
    connection
        .prepare_cached("SELECT parent_uid, agent, created_ms FROM session WHERE uid = ?")?
        .query_row([id], |row| {
            Ok(Known {
                parent: row.get(0)?,
                agent: row.get(1)?,
                created_ms: row.get(2)?,
            })
        })
        .optional()
}

fn newest_ms(connection: &Connection, family: &[String]) -> rusqlite::Result<Option<i64>> {
    let ids = serde_json::Value::from(family).to_string();
    connection
        .prepare_cached(
            "SELECT max(coalesce(completed_ms, created_ms)) FROM step WHERE NOT is_inherited AND session_id
             IN (SELECT id FROM session WHERE uid IN (SELECT value FROM json_each(?)))",
        )?
        .query_row([ids], |row| row.get(0))
}

fn sub_agents(
    connection: &Connection,
    id: &str,
    family: &[String],
) -> rusqlite::Result<Vec<SubAgent>> {
    let mut sub_agents = Vec::new();
    for member in family.iter().filter(|member| *member != id) {
        sub_agents.push(SubAgent {
            id: member.clone(),
            agent: known(connection, member)?.and_then(|known| known.agent),
            usage: usage::of_sessions(connection, std::slice::from_ref(member), 0, i64::MAX)?,
        });
    }
    sub_agents.sort_by_key(|sub_agent| std::cmp::Reverse(sub_agent.usage.tokens.fresh()));
    Ok(sub_agents)
}
