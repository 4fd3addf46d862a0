// SPDX-License-Identifier: GPL-3.0-or-later
//! One session explained in a few lines: its models, its dearest sub-agents and its latest turns. The
//! whole of it, step by step, is in `timeline`.

use rusqlite::{Connection, params};

use super::{families, family, pace, usage};
use crate::ledger::{FORGOTTEN, IS_CALL, Ledger, LedgerError};
use crate::model::ModelName;
use crate::wire::{SessionStory, TurnUsage};

/// How much of a session is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoryLimits {
    /// Sub-agents.
    pub sub_agents: usize,
    /// Turns.
    pub turns: usize,
}

/// The story of a session; `None` for an id that the ledger does not know.
///
/// # Errors
/// [`LedgerError::Sqlite`].
pub fn story(
    ledger: &Ledger,
    id: &str,
    limits: StoryLimits,
) -> Result<Option<SessionStory>, LedgerError> {
    let Some(mut session) = families::session_usage(ledger, id)? else {
        return Ok(None);
    };
    session
        .sub_agents
        .sort_by_key(|sub_agent| std::cmp::Reverse(sub_agent.usage.cost.billed));
    session.sub_agents.truncate(limits.sub_agents);
    ledger.read_at_once(|connection| {
        Ok(Some(SessionStory {
            session,
            model: pace::model(connection, id)?,
            turns: turns(connection, id, limits.turns)?,
        }))
    })
}

/// The borders of one turn, from the session's own steps.
struct Borders {
    started_ms: i64,
    ended_ms: Option<i64>,
    model: String,
}

fn turns(connection: &Connection, id: &str, limit: usize) -> rusqlite::Result<Vec<TurnUsage>> {
    let family = family::members(connection, id)?;
    let mut until_ms = i64::MAX;
    let mut turns = Vec::with_capacity(limit);
    for turn in borders(connection, id, limit)? {
        turns.push(TurnUsage {
            usage: usage::of_sessions(connection, &family, turn.started_ms, until_ms)?,
            started_ms: turn.started_ms,
            ended_ms: turn.ended_ms,
            model: turn.model,
        });
        until_ms = turn.started_ms;
    }
    Ok(turns)
}

/// Newest first. Calls without a user message are one turn, as in `timeline`.
fn borders(connection: &Connection, id: &str, limit: usize) -> rusqlite::Result<Vec<Borders>> {
    let sql = format!(
        "SELECT turn.started_ms, turn.ended_ms, provider, model FROM (
             SELECT turn_uid, session_id, min(created_ms) AS started_ms,
                    CASE WHEN count(completed_ms) = count(*) THEN max(completed_ms) END AS ended_ms
             FROM step WHERE session_id = (SELECT id FROM session WHERE uid = ?1) AND NOT is_inherited
                 AND authority <> {FORGOTTEN} AND {IS_CALL}
             GROUP BY turn_uid ORDER BY started_ms DESC LIMIT ?2) AS turn
         JOIN model ON model.id = (SELECT model_id FROM step
             WHERE step.session_id = turn.session_id AND step.turn_uid IS turn.turn_uid AND {IS_CALL}
             ORDER BY created_ms DESC LIMIT 1)
         ORDER BY turn.started_ms DESC"
    );
    connection
        .prepare_cached(&sql)?
        .query_map(params![id, limit as i64], |row| {
            let (provider, model) = (row.get(2)?, row.get(3)?);
            Ok(Borders {
                started_ms: row.get(0)?,
                ended_ms: row.get(1)?,
                model: ModelName { provider, model }.to_string(),
            })
        })?
        .collect()
}
