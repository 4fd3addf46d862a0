// SPDX-License-Identifier: GPL-3.0-or-later
//! On how many days sessions were used, and after how many days again: so the different sessions of any days
//! are added up without looking at any of them.
//!
//! A session counts once for each of its days, with the days since the one before. Of some days in a row it is
//! met first where that one lies before them. Not kept while an empty ledger is filled.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use rusqlite::Connection;

use crate::model::{QUARTER_MS, Zone};

/// Days with the sessions that may be used on them, and whether they are.
#[derive(Debug, Default)]
pub(super) struct Days(HashMap<(i64, i64), bool>);

impl Days {
    /// How it stands with these days and sessions.
    pub fn of(tx: &Connection, keys: impl Iterator<Item = (i64, i64)>) -> rusqlite::Result<Self> {
        let mut days = Self::default();
        for (day, session) in keys {
            days.0.insert((day, session), is_used(tx, day, session)?);
        }
        Ok(days)
    }

    /// Counts those days that have become days of a session, or are no more.
    pub fn settle(&self, tx: &Connection, zone: &Zone) -> rusqlite::Result<()> {
        let mut changed: HashMap<i64, HashSet<i64>> = HashMap::new();
        for ((day, session), was_used) in &self.0 {
            if is_used(tx, *day, *session)? != *was_used {
                changed.entry(*session).or_default().insert(*day);
            }
        }
        for (session, days) in changed {
            let after = days_of(tx, session, zone)?;
            let before: BTreeSet<i64> = after
                .iter()
                .filter(|day| !days.contains(day))
                .chain(days.iter().filter(|day| !after.contains(day)))
                .copied()
                .collect();
            count(tx, &before, -1)?;
            count(tx, &after, 1)?;
        }
        Ok(())
    }
}

fn is_used(tx: &Connection, day: i64, session: i64) -> rusqlite::Result<bool> {
    tx.prepare_cached("SELECT 1 FROM day_session WHERE day = ? AND session_id = ? AND steps > 0")?
        .exists([day, session])
}

/// From the quarter hours, which can be found by session.
fn days_of(tx: &Connection, session: i64, zone: &Zone) -> rusqlite::Result<BTreeSet<i64>> {
    let sql = "SELECT quarter FROM quarter INDEXED BY quarter_session
        WHERE session_id = ? AND steps > 0";
    tx.prepare_cached(sql)?
        .query_map([session], |row| {
            let quarter: i64 = row.get(0)?;
            Ok(zone.day(quarter * QUARTER_MS).0)
        })?
        .collect()
}

fn count(tx: &Connection, days: &BTreeSet<i64>, change: i64) -> rusqlite::Result<()> {
    let mut add = tx.prepare_cached(
        "INSERT INTO day_return VALUES (?, ?, ?)
         ON CONFLICT DO UPDATE SET sessions = sessions + excluded.sessions",
    )?;
    let mut before = None;
    for day in days {
        let gap = before.map_or(0, |before| day - before);
        add.execute([*day, gap, change])?;
        before = Some(day);
    }
    Ok(())
}

pub(super) fn remake_all(tx: &Connection) -> rusqlite::Result<()> {
    tx.execute("DELETE FROM day_return", [])?;
    let mut add = tx.prepare("INSERT INTO day_return VALUES (?, ?, ?)")?;
    for ((day, gap), sessions) in returns(tx)? {
        add.execute([day, gap, sessions])?;
    }
    Ok(())
}

/// Counted in the table of the sessions of each day: by day and gap.
fn returns(connection: &Connection) -> rusqlite::Result<BTreeMap<(i64, i64), i64>> {
    let mut statement = connection.prepare(
        "SELECT session_id, day FROM day_session WHERE steps > 0 ORDER BY session_id, day",
    )?;
    let mut rows = statement.query([])?;
    let (mut returns, mut before) = (BTreeMap::new(), (0, 0));
    while let Some(row) = rows.next()? {
        let now = (row.get(0)?, row.get(1)?);
        // A day has a row for each model.
        if now != before {
            let gap = if now.0 == before.0 {
                now.1 - before.1
            } else {
                0
            };
            *returns.entry((now.1, gap)).or_default() += 1;
            before = now;
        }
    }
    Ok(returns)
}

/// Whether something else is kept.
pub(super) fn differ(connection: &Connection) -> rusqlite::Result<bool> {
    let sql = "SELECT day, gap, sessions FROM day_return WHERE sessions <> 0";
    let kept: BTreeMap<(i64, i64), i64> = connection
        .prepare(sql)?
        .query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(kept != returns(connection)?)
}
