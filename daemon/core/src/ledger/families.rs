// SPDX-License-Identifier: GPL-3.0-or-later
//! Which sessions are below which, for those that are not alone: each with its parent and the root of its tree.
//!
//! A parent may be unknown, as where OpenCode deleted it before it was read, and become known later. Damaged
//! data may make a session its own ancestor; then the first of that circle is the root.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, OptionalExtension, params};

/// Puts a session that may be new, or have another parent, where it belongs, and adds the roots of the trees
/// that it is and was in.
pub(super) fn place(
    tx: &Connection,
    session: i64,
    trees: &mut HashSet<i64>,
) -> rusqlite::Result<()> {
    let known = family_of(tx, session)?;
    let is_in_place = match known {
        Some((parent, root)) if parent == parent_of(tx, session)? => {
            trees.insert(root);
            true
        }
        Some(_) => false,
        None => is_alone(tx, session)?,
    };
    if !is_in_place {
        return replace(tx, session, trees);
    }
    if known.is_none() {
        trees.insert(session);
    }
    Ok(())
}

fn is_alone(tx: &Connection, session: i64) -> rusqlite::Result<bool> {
    let has_children = tx
        .prepare_cached(
            "SELECT 1 FROM session JOIN session AS child ON child.parent_uid = session.uid
             WHERE session.id = ?",
        )?
        .exists([session])?;
    Ok(!has_children && parent_of(tx, session)?.is_none())
}

fn parent_of(tx: &Connection, session: i64) -> rusqlite::Result<Option<i64>> {
    tx.prepare_cached(
        "SELECT parent.id FROM session JOIN session AS parent ON parent.uid = session.parent_uid
         WHERE session.id = ?",
    )?
    .query_row([session], |row| row.get(0))
    .optional()
}

/// Takes a session with all that is below it to the tree that it is in now; also what is below a session above it,
/// where that one is to be moved, too.
fn replace(tx: &Connection, session: i64, trees: &mut HashSet<i64>) -> rusqlite::Result<()> {
    let (root, above) = root_of(tx, session)?;
    trees.insert(root);
    let mut top = session;
    for member in above.into_iter().rev() {
        if family_of(tx, member)? != Some((parent_of(tx, member)?, root)) {
            top = member;
            break;
        }
    }
    for member in below(tx, top)? {
        // One that was alone was a tree of its own.
        let left = family_of(tx, member)?.map_or(member, |(_, root)| root);
        trees.insert(left);
        tx.prepare_cached("INSERT OR REPLACE INTO family VALUES (?, ?, ?)")?
            .execute(params![member, parent_of(tx, member)?, root])?;
    }
    Ok(())
}

/// The known parent of a session and its root, as they are kept; `None` for one that is alone.
fn family_of(tx: &Connection, session: i64) -> rusqlite::Result<Option<(Option<i64>, i64)>> {
    tx.prepare_cached("SELECT parent_id, root_id FROM family WHERE session_id = ?")?
        .query_row([session], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

/// A session and all below it.
fn below(tx: &Connection, session: i64) -> rusqlite::Result<Vec<i64>> {
    tx.prepare_cached(
        "WITH RECURSIVE below(id, uid) AS (
             SELECT id, uid FROM session WHERE id = ?
             UNION SELECT session.id, session.uid FROM session JOIN below ON parent_uid = below.uid)
         SELECT id FROM below",
    )?
    .query_map([session], |row| row.get(0))?
    .collect()
}

/// The session above all, and all that are above this one; where damaged data goes round in a circle, the first
/// of its members.
fn root_of(tx: &Connection, session: i64) -> rusqlite::Result<(i64, Vec<i64>)> {
    let (mut top, mut path, mut places) = (session, Vec::new(), HashMap::new());
    while let Some(parent) = parent_of(tx, top)? {
        if let Some(place) = places.insert(top, path.len()) {
            let first = path[place..].iter().copied().min();
            return Ok((first.unwrap_or(top), path));
        }
        path.push(top);
        top = parent;
    }
    path.push(top);
    Ok((top, path))
}

/// From the roots down: what is left then is in circles, or below them.
const FROM_ROOTS: &str = "
    WITH RECURSIVE below(id, uid, parent_id, root_id) AS (
        SELECT id, uid, NULL, id FROM session
        WHERE uid IN (SELECT parent_uid FROM session WHERE parent_uid IS NOT NULL)
            AND NOT EXISTS (SELECT 1 FROM session AS parent WHERE parent.uid = session.parent_uid)
        UNION ALL
        SELECT session.id, session.uid, below.id, root_id
        FROM below JOIN session ON session.parent_uid = below.uid)
    INSERT INTO family SELECT id, parent_id, root_id FROM below";

/// Sessions with a parent that is known, and no place.
const LEFT: &str = "
    SELECT session.id FROM session INDEXED BY session_parent
    WHERE parent_uid IS NOT NULL AND EXISTS (SELECT 1 FROM session AS parent WHERE parent.uid = session.parent_uid)
        AND NOT EXISTS (SELECT 1 FROM family WHERE session_id = session.id) LIMIT 1";

/// Of all sessions.
pub(super) fn remake_all(tx: &Connection) -> rusqlite::Result<()> {
    tx.execute("DELETE FROM family", [])?;
    tx.execute(FROM_ROOTS, [])?;
    let mut left = tx.prepare(LEFT)?;
    while let Some(session) = left.query_row([], |row| row.get(0)).optional()? {
        replace(tx, session, &mut HashSet::new())?;
    }
    Ok(())
}

/// Whether something else is kept.
pub(super) fn differ(connection: &Connection) -> rusqlite::Result<bool> {
    const PARENT: &str =
        "(SELECT parent.id FROM session AS parent WHERE parent.uid = session.parent_uid)";
    let others = [
        LEFT.into(),
        format!(
            "SELECT 1 FROM family JOIN session ON session.id = session_id WHERE parent_id IS NOT {PARENT}"
        ),
        // A child is in its parent's tree; a root is its own, or the first of a circle.
        "SELECT 1 FROM family AS child JOIN family AS parent ON parent.session_id = child.parent_id
         WHERE child.root_id <> parent.root_id"
            .into(),
        "SELECT 1 FROM family WHERE parent_id NOT IN (SELECT session_id FROM family)
             OR (parent_id IS NULL AND root_id <> session_id)"
            .into(),
    ];
    for sql in others {
        if connection.prepare(&sql)?.exists([])? {
            return Ok(true);
        }
    }
    Ok(false)
}
