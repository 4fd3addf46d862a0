// SPDX-License-Identifier: GPL-3.0-or-later
//! Each session in one row, and each tree of sessions in one: in every order in which they are asked for.
//!
//! Made again for the sessions that a batch has touched, and for the trees that these are or were in. While
//! an empty ledger is filled, for all of them in the end.
//!
//! A parent may be unknown, as where OpenCode deleted it before it was read, and become known later. Damaged
//! data may make a session its own ancestor; then the first of that circle is the root.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, OptionalExtension, params};

use super::parts;
use super::spread::{Figures, Measure, Spread};

/// A session's row, behind `$before` its number, its parent and `$root`, of those that match `$condition`.
macro_rules! totals {
    ($before:literal, $root:literal, $condition:literal) => {
        concat!(
            $before,
            " SELECT session.id,
                (SELECT parent.id FROM session AS parent WHERE parent.uid = session.parent_uid), ",
            $root,
            ", coalesce(sum(used.steps), 0), coalesce(sum(input + output + reasoning), 0),
                coalesce(sum(input + output + reasoning + cache_read + cache_write), 0),
                coalesce(sum(billed_nano_usd), 0), coalesce(sum(estimated_nano_usd), 0),
                coalesce(sum(billed_nano_usd + estimated_nano_usd), 0),
                coalesce((SELECT quarter FROM quarter INDEXED BY quarter_session
                          WHERE session_id = session.id AND quarter.steps > 0
                          ORDER BY quarter DESC LIMIT 1), 0),
                coalesce(turns, 0), newest_ms, first_ms, ended_ms, coalesce(project_id, 0)
              FROM session
              LEFT JOIN session_sum AS used ON used.session_id = session.id AND used.steps > 0
              LEFT JOIN session_span AS span ON span.session_id = session.id ",
            $condition,
            " GROUP BY session.id"
        )
    };
}

/// A tree's row, of the roots that match `$condition`.
macro_rules! trees {
    ($condition:literal) => {
        concat!(
            "SELECT root_id, count(*) - 1, max(newest_ms),
                coalesce(max(0, max(ended_ms) - min(first_ms)), 0), sum(steps), sum(fresh),
                sum(billed_nano_usd), sum(estimated_nano_usd)
             FROM session_total ",
            $condition,
            " GROUP BY root_id HAVING sum(steps) > 0"
        )
    };
}

/// The orders in which sessions and trees are asked for, and the circles that there should not be. Made when the
/// tables are full: all at once is less work than row by row.
const INDICES: [(&str, &str); 14] = [
    ("session_total_root", "session_total (root_id)"),
    (
        "session_total_circle",
        "session_total (root_id) WHERE parent_id IS NOT NULL AND root_id = session_id",
    ),
    (
        "session_total_steps",
        "session_total (steps) WHERE steps > 0",
    ),
    (
        "session_total_fresh",
        "session_total (fresh) WHERE steps > 0",
    ),
    (
        "session_total_total",
        "session_total (total) WHERE steps > 0",
    ),
    (
        "session_total_cost",
        "session_total (cost_nano_usd) WHERE steps > 0",
    ),
    (
        "session_total_quarter",
        "session_total (quarter) WHERE steps > 0",
    ),
    ("tree_sub_agents", "tree (sub_agents) WHERE sub_agents > 0"),
    ("tree_newest", "tree (newest_ms DESC)"),
    ("tree_length", "tree (length_ms)"),
    ("tree_steps", "tree (steps)"),
    ("tree_fresh", "tree (fresh)"),
    ("tree_billed", "tree (billed_nano_usd)"),
    ("tree_estimated", "tree (estimated_nano_usd)"),
];

/// Of sessions that have changed, or whose steps have.
pub(super) fn remake(tx: &Connection, sessions: &HashSet<i64>) -> rusqlite::Result<()> {
    let (mut trees, mut turns) = (HashSet::new(), 0);
    for session in sessions {
        turns += remake_session(tx, *session, &mut trees)?;
    }
    parts::count_turns(tx, turns)?;
    let mut spread = Spread::default();
    for root in trees {
        remake_tree(tx, root, &mut spread)?;
    }
    spread.write(tx)
}

/// Adds the roots of the trees that are others now, and returns how many turns more there are.
fn remake_session(
    tx: &Connection,
    session: i64,
    trees: &mut HashSet<i64>,
) -> rusqlite::Result<i64> {
    let known: Option<(Option<i64>, i64, i64)> = tx
        .prepare_cached("SELECT parent_id, root_id, turns FROM session_total WHERE session_id = ?")?
        .query_row([session], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let parent = parent_of(tx, session)?;
    let root = match known {
        Some((known, root, _)) if known == parent => root,
        _ => move_tree(tx, session, trees)?,
    };
    trees.insert(root);
    tx.prepare_cached(totals!(
        "INSERT OR REPLACE INTO session_total",
        "?2",
        "WHERE session.id = ?1"
    ))?
    .execute([session, root])?;
    let sql = "SELECT turns FROM session_total WHERE session_id = ?";
    let turns: i64 = tx
        .prepare_cached(sql)?
        .query_row([session], |row| row.get(0))?;
    Ok(turns - known.map_or(0, |(_, _, turns)| turns))
}

/// Takes a session with all that is below it to the tree that it is in now, and returns the root of that.
fn move_tree(tx: &Connection, session: i64, trees: &mut HashSet<i64>) -> rusqlite::Result<i64> {
    let root = root_of(session, |child| parent_of(tx, child))?;
    let below: Vec<(i64, Option<i64>)> = tx
        .prepare_cached(
            "WITH RECURSIVE below(id, uid) AS (
                 SELECT id, uid FROM session WHERE id = ?
                 UNION SELECT session.id, session.uid FROM session JOIN below ON parent_uid = below.uid)
             SELECT id, (SELECT root_id FROM session_total WHERE session_id = id) FROM below",
        )?
        .query_map([session], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (session, left) in below {
        trees.extend(left);
        tx.prepare_cached(
            "UPDATE session_total SET parent_id = ?, root_id = ? WHERE session_id = ?",
        )?
        .execute(params![parent_of(tx, session)?, root, session])?;
    }
    Ok(root)
}

fn parent_of(tx: &Connection, session: i64) -> rusqlite::Result<Option<i64>> {
    tx.prepare_cached(
        "SELECT parent.id FROM session JOIN session AS parent ON parent.uid = session.parent_uid
         WHERE session.id = ?",
    )?
    .query_row([session], |row| row.get(0))
    .optional()
}

/// The session above all; where damaged data goes round in a circle, the first of its members.
fn root_of(
    session: i64,
    mut parent_of: impl FnMut(i64) -> rusqlite::Result<Option<i64>>,
) -> rusqlite::Result<i64> {
    let (mut root, mut path, mut places) = (session, Vec::new(), HashMap::new());
    while let Some(parent) = parent_of(root)? {
        if let Some(place) = places.insert(root, path.len()) {
            let circle = path[place..].iter().copied();
            return Ok(circle.min().unwrap_or(root));
        }
        path.push(root);
        root = parent;
    }
    Ok(root)
}

fn remake_tree(tx: &Connection, root: i64, spread: &mut Spread) -> rusqlite::Result<()> {
    if let Some(figures) = figures_of(tx, root)? {
        spread.add(&figures, -1);
        tx.prepare_cached("DELETE FROM tree WHERE root_id = ?")?
            .execute([root])?;
    }
    let is_used = tx
        .prepare_cached(concat!("INSERT INTO tree ", trees!("WHERE root_id = ?")))?
        .execute([root])?;
    if is_used > 0
        && let Some(figures) = figures_of(tx, root)?
    {
        spread.add(&figures, 1);
    }
    Ok(())
}

fn figures_of(tx: &Connection, root: i64) -> rusqlite::Result<Option<Figures>> {
    let sql = "SELECT length_ms, steps, fresh, billed_nano_usd, estimated_nano_usd
        FROM tree WHERE root_id = ?";
    tx.prepare_cached(sql)?
        .query_row([root], |row| {
            Ok([
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
            ])
        })
        .optional()
}

/// Of all sessions.
pub(super) fn remake_all(tx: &Connection) -> rusqlite::Result<()> {
    for (name, _) in INDICES {
        tx.execute_batch(&format!("DROP INDEX IF EXISTS {name}"))?;
    }
    tx.execute_batch("DELETE FROM session_total; DELETE FROM tree; DELETE FROM spread")?;
    tx.execute(totals!("INSERT INTO session_total", "session.id", ""), [])?;
    for (session, root) in roots(tx)? {
        tx.prepare_cached("UPDATE session_total SET root_id = ? WHERE session_id = ?")?
            .execute([root, session])?;
    }
    let (of_sessions, of_trees) = INDICES.split_at(7);
    index(tx, of_sessions)?;
    tx.execute(concat!("INSERT INTO tree ", trees!("")), [])?;
    index(tx, of_trees)?;
    spread_of_trees(tx)?.write(tx)?;
    tx.execute(
        "INSERT OR REPLACE INTO part_count
         SELECT ?, 0, coalesce(sum(turns), 0) FROM session_total",
        [parts::Part::Turns as i64],
    )?;
    Ok(())
}

/// Whether they have been made: not in a ledger of before, nor while an empty one is filled.
pub(super) fn are_kept(connection: &Connection) -> rusqlite::Result<bool> {
    let sql = "SELECT 1 FROM sqlite_schema WHERE name = ?";
    let last = INDICES.last().map(|(name, _)| *name);
    connection.prepare(sql)?.exists([last])
}

fn index(tx: &Connection, indices: &[(&str, &str)]) -> rusqlite::Result<()> {
    for (name, rows) in indices {
        tx.execute_batch(&format!("CREATE INDEX {name} ON {rows}"))?;
    }
    Ok(())
}

/// The roots of the sessions that have a known parent.
fn roots(connection: &Connection) -> rusqlite::Result<HashMap<i64, i64>> {
    let parents: HashMap<i64, i64> = connection
        .prepare(
            "SELECT child.id, parent.id FROM session AS child INDEXED BY session_parent
             CROSS JOIN session AS parent ON parent.uid = child.parent_uid
             WHERE child.parent_uid IS NOT NULL",
        )?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut roots: HashMap<i64, i64> = HashMap::new();
    for child in parents.keys() {
        let (mut top, mut path) = (*child, Vec::new());
        // More steps than there are parents: a circle.
        while !roots.contains_key(&top) && path.len() <= parents.len() {
            let Some(parent) = parents.get(&top) else {
                break;
            };
            path.push(top);
            top = *parent;
        }
        let root = match roots.get(&top) {
            Some(root) => *root,
            None => root_of(top, |it| Ok(parents.get(&it).copied()))?,
        };
        roots.extend(path.into_iter().map(|below| (below, root)));
    }
    Ok(roots)
}

fn spread_of_trees(connection: &Connection) -> rusqlite::Result<Spread> {
    let columns = Measure::ALL.map(Measure::column).join(", ");
    let mut statement = connection.prepare(&format!("SELECT {columns} FROM tree"))?;
    let mut rows = statement.query([])?;
    let mut spread = Spread::default();
    while let Some(row) = rows.next()? {
        let mut figures = Figures::default();
        for (place, figure) in figures.iter_mut().enumerate() {
            *figure = row.get(place)?;
        }
        spread.add(&figures, 1);
    }
    Ok(spread)
}

/// Whether something else is kept.
pub(super) fn differ(connection: &Connection) -> rusqlite::Result<bool> {
    const OTHERS: [&str; 5] = [
        concat!(
            totals!(
                "",
                "(SELECT root_id FROM session_total AS kept WHERE kept.session_id = session.id)",
                ""
            ),
            " EXCEPT SELECT * FROM session_total"
        ),
        "SELECT 1 WHERE (SELECT count(*) FROM session_total) <> (SELECT count(*) FROM session)",
        concat!(trees!(""), " EXCEPT SELECT * FROM tree"),
        concat!(
            "SELECT 1 WHERE (SELECT count(*) FROM tree) <> (SELECT count(*) FROM (",
            trees!(""),
            "))"
        ),
        "SELECT 1 WHERE (SELECT coalesce(sum(turns), 0) FROM session_total)
            <> coalesce((SELECT count FROM part_count WHERE part = 6), 0)",
    ];
    for sql in OTHERS {
        if connection.prepare(sql)?.exists([])? {
            return Ok(true);
        }
    }
    Ok(has_other_roots(connection)? || Spread::load(connection)? != spread_of_trees(connection)?)
}

fn has_other_roots(connection: &Connection) -> rusqlite::Result<bool> {
    let roots = roots(connection)?;
    let mut statement = connection.prepare("SELECT session_id, root_id FROM session_total")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (session, root): (i64, i64) = (row.get(0)?, row.get(1)?);
        if root != roots.get(&session).copied().unwrap_or(session) {
            return Ok(true);
        }
    }
    Ok(false)
}
