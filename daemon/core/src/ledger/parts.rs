// SPDX-License-Identifier: GPL-3.0-or-later
//! What each agent and each project used, and how many sessions each model, provider, agent, host and project
//! was used in: what would else have to be looked for in the sums of all sessions.
//!
//! Kept by what each session counts for, before and after a change; not while an empty ledger is filled.

use std::collections::{BTreeSet, HashMap, HashSet};

use rusqlite::{Connection, OptionalExtension};

use super::sums::{self, Amounts, add_from, add_to};

/// What the tables of parts know by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Part {
    /// Everything: its only number is 0.
    All = 0,
    Model = 1,
    /// By the number of its first model.
    Provider = 2,
    Agent = 3,
    Host = 4,
    /// 0 where a session has none.
    Project = 5,
    /// How many turns there are, instead of sessions: its only number is 0.
    Turns = 6,
}

/// A part and its number, for which a session counts.
type Share = (i64, i64);

/// What some sessions count for.
#[derive(Debug, Default)]
pub(super) struct Shares(HashMap<i64, BTreeSet<Share>>);

impl Shares {
    pub fn of(tx: &Connection, sessions: impl Iterator<Item = i64>) -> rusqlite::Result<Self> {
        let sessions: HashSet<i64> = sessions.collect();
        let of = |session| Ok((session, shares_of(tx, session)?));
        let shares: rusqlite::Result<_> = sessions.into_iter().map(of).collect();
        shares.map(Self)
    }

    /// Counts the sessions for what they have come to be.
    pub fn settle(&self, tx: &Connection) -> rusqlite::Result<()> {
        for (session, before) in &self.0 {
            let after = shares_of(tx, *session)?;
            for share in before.difference(&after) {
                count(tx, *share, -1)?;
            }
            for share in after.difference(before) {
                count(tx, *share, 1)?;
            }
        }
        Ok(())
    }
}

const SHARES: &str = "
    SELECT model_id, (SELECT min(id) FROM model AS first WHERE first.provider = model.provider), agent_id,
           host_id, coalesce(project_id, 0)
    FROM session_sum JOIN model ON model.id = model_id JOIN session ON session.id = session_id
    WHERE session_id = ? AND steps > 0";

fn shares_of(tx: &Connection, session: i64) -> rusqlite::Result<BTreeSet<Share>> {
    const PARTS: [Part; 5] = [
        Part::Model,
        Part::Provider,
        Part::Agent,
        Part::Host,
        Part::Project,
    ];
    let mut statement = tx.prepare_cached(SHARES)?;
    let mut rows = statement.query([session])?;
    let mut shares = BTreeSet::new();
    while let Some(row) = rows.next()? {
        shares.insert((Part::All as i64, 0));
        for (place, part) in PARTS.into_iter().enumerate() {
            shares.insert((part as i64, row.get(place)?));
        }
    }
    Ok(shares)
}

fn count(tx: &Connection, (part, number): Share, change: i64) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "INSERT INTO part_count VALUES (?, ?, ?)
         ON CONFLICT DO UPDATE SET count = count + excluded.count",
    )?
    .execute([part, number, change])?;
    Ok(())
}

/// Counts turns in addition, or fewer.
pub(super) fn count_turns(tx: &Connection, change: i64) -> rusqlite::Result<()> {
    if change == 0 {
        return Ok(());
    }
    count(tx, (Part::Turns as i64, 0), change)
}

/// Counts the turns of all sessions again.
pub(super) fn remake_turns(tx: &Connection) -> rusqlite::Result<()> {
    tx.execute(
        "INSERT OR REPLACE INTO part_count
         SELECT ?, 0, coalesce(sum(turns), 0) FROM session_span",
        [Part::Turns as i64],
    )?;
    Ok(())
}

const ADD_TO_PART: &str = add_to!("part_sum VALUES (?, ?, ?");

/// Adds what sessions used, by session, model, agent and host, to their agents and projects.
pub(super) fn add(tx: &Connection, sessions: &HashMap<[i64; 4], Amounts>) -> rusqlite::Result<()> {
    for ([session, model, agent, _], amounts) in sessions {
        let project = project_of(tx, *session)?;
        for (part, number) in [(Part::Agent, *agent), (Part::Project, project)] {
            sums::upsert(tx, ADD_TO_PART, &[&(part as i64), &number, model], amounts)?;
        }
    }
    Ok(())
}

fn project_of(tx: &Connection, session: i64) -> rusqlite::Result<i64> {
    tx.prepare_cached("SELECT coalesce(project_id, 0) FROM session WHERE id = ?")?
        .query_row([session], |row| row.get(0))
}

/// Takes all that sessions have used along to the projects that they are of now.
pub(super) fn move_sessions(tx: &Connection, sessions: &HashSet<i64>) -> rusqlite::Result<()> {
    let mut ask = tx.prepare_cached(
        "SELECT moved_from, coalesce(project_id, 0) FROM session
         WHERE id = ? AND moved_from IS NOT NULL",
    )?;
    for session in sessions {
        let moved: Option<(i64, i64)> = ask
            .query_row([session], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        if let Some((from, to)) = moved {
            move_session(tx, *session, from, to)?;
        }
    }
    Ok(())
}

fn move_session(tx: &Connection, session: i64, from: i64, to: i64) -> rusqlite::Result<()> {
    tx.prepare_cached("UPDATE session SET moved_from = NULL WHERE id = ?")?
        .execute([session])?;
    if shares_of(tx, session)?.is_empty() {
        return Ok(());
    }
    for (project, sign) in [(from, -1), (to, 1)] {
        tx.prepare_cached(MOVE)?.execute([session, project, sign])?;
        count(tx, (Part::Project as i64, project), sign)?;
    }
    Ok(())
}

const MOVE: &str = add_from!(
    "part_sum SELECT 5, ?2, model_id, ?3 * steps, ?3 * input, ?3 * output, ?3 * reasoning, ?3 * cache_read,
         ?3 * cache_write, ?3 * billed_nano_usd, ?3 * estimated_nano_usd, ?3 * unpriced_steps,
         ?3 * wrong_steps, ?3 * wrong_nano_usd, ?3 * corrected_nano_usd, ?3 * uncorrected_steps
     FROM session_sum WHERE session_id = ?1"
);

/// Makes all of it again from the sums of the sessions, but for the turns.
pub(super) fn remake_all(tx: &Connection) -> rusqlite::Result<()> {
    tx.execute(
        "DELETE FROM part_count WHERE part <> ?",
        [Part::Turns as i64],
    )?;
    tx.execute_batch(
        "DELETE FROM part_sum;
         UPDATE session SET moved_from = NULL WHERE moved_from IS NOT NULL",
    )?;
    let parts = Parts::load(tx)?;
    for ([part, number, model], amounts) in &parts.sums {
        sums::upsert(tx, ADD_TO_PART, &[part, number, model], amounts)?;
    }
    for (share, sessions) in parts.counts {
        count(tx, share, sessions)?;
    }
    Ok(())
}

/// Whether something else is kept.
pub(super) fn differ(connection: &Connection) -> rusqlite::Result<bool> {
    let wanted = Parts::load(connection)?;
    let mut kept = Parts::default();
    let sql = "SELECT * FROM part_sum WHERE steps > 0";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let key = [row.get(0)?, row.get(1)?, row.get(2)?];
        kept.sums.insert(key, sums::amounts_of(row, 3)?);
    }
    let sql = "SELECT * FROM part_count WHERE count <> 0 AND part <> ?";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([Part::Turns as i64])?;
    while let Some(row) = rows.next()? {
        let share = (row.get(0)?, row.get(1)?);
        kept.counts.insert(share, row.get(2)?);
    }
    let turns: i64 = connection.query_row(
        "SELECT coalesce(sum(turns), 0) FROM session_span",
        [],
        |row| row.get(0),
    )?;
    let are_turns_right = counted(connection, Part::Turns, 0)? == turns.unsigned_abs();
    Ok(kept != wanted || !are_turns_right)
}

/// All of it. Few rows: there are not many models, agents and projects.
#[derive(Debug, Default, PartialEq, Eq)]
struct Parts {
    sums: HashMap<[i64; 3], Amounts>,
    counts: HashMap<Share, i64>,
}

impl Parts {
    /// Added up from the sums of the sessions, in one pass.
    fn load(connection: &Connection) -> rusqlite::Result<Self> {
        let mut statement = connection.prepare(
            "SELECT session_sum.*, coalesce(project_id, 0),
                    (SELECT min(id) FROM model AS first WHERE first.provider = model.provider)
             FROM session_sum CROSS JOIN session ON session.id = session_id
             CROSS JOIN model ON model.id = model_id WHERE steps > 0 ORDER BY session_id",
        )?;
        let mut rows = statement.query([])?;
        let (mut parts, mut latest, mut shares) = (Self::default(), 0, Vec::new());
        while let Some(row) = rows.next()? {
            let [session, model, agent, host] =
                [row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?];
            let (project, provider) = (row.get(17)?, row.get(18)?);
            if session != latest {
                parts.count(&mut shares);
                latest = session;
            }
            shares.extend([
                (Part::All as i64, 0),
                (Part::Model as i64, model),
                (Part::Provider as i64, provider),
                (Part::Agent as i64, agent),
                (Part::Host as i64, host),
                (Part::Project as i64, project),
            ]);
            let amounts = sums::amounts_of(row, 4)?;
            for (part, number) in [(Part::Agent, agent), (Part::Project, project)] {
                let sum = parts.sums.entry([part as i64, number, model]);
                sums::add(sum.or_default(), &amounts, 1);
            }
        }
        parts.count(&mut shares);
        Ok(parts)
    }

    /// Counts a session for its shares, of which there may be several of a kind.
    fn count(&mut self, shares: &mut Vec<Share>) {
        shares.sort_unstable();
        shares.dedup();
        for share in shares.drain(..) {
            *self.counts.entry(share).or_default() += 1;
        }
    }
}

/// How many sessions, or turns, a part has.
pub(crate) fn counted(connection: &Connection, part: Part, number: i64) -> rusqlite::Result<u64> {
    let found: Option<i64> = connection
        .prepare_cached("SELECT count FROM part_count WHERE part = ? AND number = ?")?
        .query_row([part as i64, number], |row| row.get(0))
        .optional()?;
    Ok(found.unwrap_or(0).unsigned_abs())
}
