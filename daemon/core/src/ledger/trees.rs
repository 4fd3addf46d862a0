// SPDX-License-Identifier: GPL-3.0-or-later
//! Each tree of sessions as one row, in every order in which trees are asked for: most sessions are trees of
//! their own, the others know their root by `families`.
//!
//! Made again for the trees that the sessions of a batch are or were in. While an empty ledger is filled, for
//! all of them in the end.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension};

use super::families;
use super::spread::{Figures, Measure, Spread};

/// Rows of `tree`, from `$members`: sessions with their roots. A session with several sums has its span with each
/// of them.
macro_rules! trees {
    ($members:literal, $grouped:literal) => {
        concat!(
            "SELECT root_id,
                max((SELECT count(*) - 1 FROM family WHERE family.root_id = members.root_id), 0),
                max(newest_ms), coalesce(max(0, max(ended_ms) - min(first_ms)), 0), sum(used.steps),
                sum(input + output + reasoning), sum(billed_nano_usd), sum(estimated_nano_usd)
             FROM ",
            $members,
            " AS members
              LEFT JOIN session_sum AS used ON used.session_id = member_id AND used.steps > 0
              LEFT JOIN session_span AS span ON span.session_id = member_id
              GROUP BY ",
            $grouped,
            " HAVING sum(used.steps) > 0"
        )
    };
}

/// One tree, if `?` is a root. Without a union that looks for duplicates: that takes longer than all the rest.
const ONE: &str = trees!(
    "(SELECT ?1 AS root_id, ?1 AS member_id WHERE NOT EXISTS (SELECT 1 FROM family WHERE session_id = ?1)
      UNION ALL SELECT root_id, session_id FROM family WHERE root_id = ?1)",
    "root_id"
);

/// The trees of several sessions.
const FAMILIES: &str = trees!(
    "(SELECT root_id, session_id AS member_id FROM family INDEXED BY family_root ORDER BY root_id)",
    "root_id"
);

/// The sessions that are alone: only those with a sum are of interest.
const ALONE: &str = "
    SELECT used.session_id, 0, max(newest_ms), coalesce(max(0, max(ended_ms) - min(first_ms)), 0),
           sum(used.steps), sum(input + output + reasoning), sum(billed_nano_usd), sum(estimated_nano_usd)
    FROM session_sum AS used JOIN session_span AS span ON span.session_id = used.session_id
    WHERE used.steps > 0 AND NOT EXISTS (SELECT 1 FROM family WHERE family.session_id = used.session_id)
    GROUP BY used.session_id";

/// The orders in which trees are asked for. Made when the table is full: all at once is less work than row by row.
const INDICES: [(&str, &str); 8] = [
    ("tree_sub_agents", "(sub_agents) WHERE sub_agents > 0"),
    ("tree_newest", "(newest_ms DESC)"),
    ("tree_length", "(length_ms)"),
    ("tree_steps", "(steps)"),
    ("tree_fresh", "(fresh)"),
    ("tree_billed", "(billed_nano_usd) WHERE billed_nano_usd > 0"),
    (
        "tree_estimated",
        "(estimated_nano_usd) WHERE estimated_nano_usd > 0",
    ),
    ("tree_cost", "(billed_nano_usd + estimated_nano_usd)"),
];

/// Of sessions that are new, or have another parent or other steps.
pub(super) fn remake(tx: &Connection, sessions: &HashSet<i64>) -> rusqlite::Result<()> {
    let mut trees = HashSet::new();
    for session in sessions {
        families::place(tx, *session, &mut trees)?;
    }
    let mut spread = Spread::default();
    for root in trees {
        remake_tree(tx, root, &mut spread)?;
    }
    spread.write(tx)
}

fn remake_tree(tx: &Connection, root: i64, spread: &mut Spread) -> rusqlite::Result<()> {
    if let Some(figures) = figures_of(tx, root)? {
        spread.add(&figures, -1);
        tx.prepare_cached("DELETE FROM tree WHERE root_id = ?")?
            .execute([root])?;
    }
    let is_used = tx
        .prepare_cached(&format!("INSERT INTO tree {ONE}"))?
        .execute([root])?;
    if is_used > 0
        && let Some(figures) = figures_of(tx, root)?
    {
        spread.add(&figures, 1);
    }
    Ok(())
}

fn figures_of(tx: &Connection, root: i64) -> rusqlite::Result<Option<Figures>> {
    let columns = Measure::ALL.map(Measure::column).join(", ");
    tx.prepare_cached(&format!("SELECT {columns} FROM tree WHERE root_id = ?"))?
        .query_row([root], |row| {
            let mut figures = Figures::default();
            for (place, figure) in figures.iter_mut().enumerate() {
                *figure = row.get(place)?;
            }
            Ok(figures)
        })
        .optional()
}

/// Of all sessions.
pub(super) fn remake_all(tx: &Connection) -> rusqlite::Result<()> {
    families::remake_all(tx)?;
    for (name, _) in INDICES {
        tx.execute_batch(&format!("DROP INDEX IF EXISTS {name}"))?;
    }
    tx.execute_batch("DELETE FROM tree; DELETE FROM spread")?;
    tx.execute(&format!("INSERT INTO tree {ALONE}"), [])?;
    tx.execute(&format!("INSERT INTO tree {FAMILIES}"), [])?;
    index(tx)?;
    spread_of_trees(tx)?.write(tx)
}

/// Makes the indices, where there are none: all that is needed in a new ledger.
pub(super) fn index(tx: &Connection) -> rusqlite::Result<()> {
    for (name, order) in INDICES {
        tx.execute_batch(&format!("CREATE INDEX {name} ON tree {order}"))?;
    }
    Ok(())
}

/// Whether they have been made: not in a ledger of before, nor while an empty one is filled.
pub(super) fn are_kept(connection: &Connection) -> rusqlite::Result<bool> {
    let sql = "SELECT 1 FROM sqlite_schema WHERE name = ?";
    let last = INDICES.last().map(|(name, _)| *name);
    connection.prepare(sql)?.exists([last])
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
    let others = [
        format!("{ALONE} EXCEPT SELECT * FROM tree"),
        format!("{FAMILIES} EXCEPT SELECT * FROM tree"),
        format!(
            "SELECT 1 WHERE (SELECT count(*) FROM tree)
                 <> (SELECT count(*) FROM ({ALONE})) + (SELECT count(*) FROM ({FAMILIES}))"
        ),
    ];
    for sql in others {
        if connection.prepare(&sql)?.exists([])? {
            return Ok(true);
        }
    }
    Ok(families::differ(connection)? || Spread::load(connection)? != spread_of_trees(connection)?)
}
