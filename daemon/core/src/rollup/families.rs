// SPDX-License-Identifier: GPL-3.0-or-later
//! What sessions and the sub-agents' sessions below them used, in one sum each.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension};

use super::fold::{Sum, fold};
use super::report::{Names, name_of};
use super::request::{By, Request, Sort};
use super::{family, live, usage};
use crate::ledger::{IS_TOLD_OF, Ledger, LedgerError};
use crate::model::Zone;
use crate::wire::{FamilyUsage, SessionUsage, SubAgent};

/// What a session used so far; `None` for an id that the ledger does not know.
///
/// # Errors
/// [`LedgerError::Sqlite`].
pub fn session_usage(ledger: &Ledger, id: &str) -> Result<Option<SessionUsage>, LedgerError> {
    ledger.read_at_once(|connection| {
        let Some(known) = known(connection, id)? else {
            return Ok(None);
        };
        let family = family::members(connection, id)?;
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

/// The root session that was at work last.
///
/// # Errors
/// [`LedgerError::Sqlite`].
pub fn latest_session(ledger: &Ledger) -> Result<Option<String>, LedgerError> {
    ledger.read_at_once(|connection| Ok(live::newest_root(connection)?.map(|(id, ..)| id)))
}

/// What families of sessions are ranked by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rank {
    /// Billed and estimated cost together.
    Cost,
    /// Fresh tokens.
    Fresh,
}

/// The root sessions with what they and their sub-agents used, largest first: at most `limit` of
/// them, and how many there are. Of `request`, the rows, the limit and the order do not matter.
///
/// # Errors
/// [`LedgerError::Sqlite`].
pub fn families(
    ledger: &Ledger,
    request: &Request,
    rank: Rank,
    limit: usize,
) -> Result<(Vec<FamilyUsage>, usize), LedgerError> {
    ledger.read_at_once(|connection| {
        let names = Names::load(connection)?;
        let request = Request {
            by: By::Session,
            ..request.clone()
        };
        // Sessions need no zone.
        let folded = fold(connection, &request, &Zone::utc(), &names)?;
        let parents = family::parents(connection)?;
        let mut families: HashMap<i64, Sum> = HashMap::new();
        for (id, sum) in folded.rows {
            families
                .entry(family::root_of(id, &parents))
                .or_default()
                .merge(sum);
        }
        let mut families: Vec<(i64, Sum)> = families.into_iter().collect();
        let count = families.len();
        families.sort_by_key(|(id, sum)| std::cmp::Reverse((weight(sum, rank), *id)));
        families.truncate(limit);
        let rows = families
            .into_iter()
            .map(|(id, sum)| family_usage(connection, id, &sum, &names))
            .collect::<rusqlite::Result<_>>()?;
        Ok((rows, count))
    })
}

fn weight(sum: &Sum, rank: Rank) -> (i128, i128) {
    let fresh = sum.figure(Sort::Fresh);
    match rank {
        Rank::Cost => (sum.figure(Sort::Cost), fresh),
        Rank::Fresh => (0, fresh),
    }
}

fn family_usage(
    connection: &Connection,
    id: i64,
    sum: &Sum,
    names: &Names,
) -> rusqlite::Result<FamilyUsage> {
    let uid = name_of(connection, "SELECT uid FROM session WHERE id = ?", id)?.unwrap_or_default();
    Ok(FamilyUsage {
        project: live::project(connection, &uid)?,
        id: uid,
        totals: sum.totals(),
        models: sum.model_names(names),
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
        .prepare_cached(&format!(
            "SELECT parent_uid, agent, created_ms FROM session WHERE uid = ? AND {IS_TOLD_OF}"
        ))?
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
        let Some(known) = known(connection, member)? else {
            continue;
        };
        sub_agents.push(SubAgent {
            id: member.clone(),
            agent: known.agent,
            usage: usage::of_sessions(connection, std::slice::from_ref(member), 0, i64::MAX)?,
        });
    }
    sub_agents.sort_by_key(|sub_agent| std::cmp::Reverse(sub_agent.usage.tokens.fresh()));
    Ok(sub_agents)
}
