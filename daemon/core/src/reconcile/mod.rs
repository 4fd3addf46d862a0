// SPDX-License-Identifier: GPL-3.0-or-later
//! From OpenCode's own totals to the ledger's, line by line.
//!
//! `walk` reads every source again, page by page, and sorts what it finds into lines; `union` sets the
//! rows that are left against the ledger. Nothing is written, neither to OpenCode's files nor to the
//! ledger: ids wait in a temporary table that SQLite keeps on disk, so memory does not grow with them.

mod union;
mod walk;

use std::path::{Path, PathBuf};

use crate::ledger::{Host, Ledger, LedgerError};
use crate::model::WrongCost;
use crate::wire::{Amounts, Line, Reconciliation};
use union::Union;
use walk::Walk;

/// Sets OpenCode's totals against the ledger's.
///
/// # Errors
/// See [`LedgerError`]; what cannot be read of a source is among the `problems`.
pub(crate) fn reconcile(
    ledger: &Ledger,
    host: &Host,
    data_dirs: &[PathBuf],
    databases: &[PathBuf],
) -> Result<Reconciliation, LedgerError> {
    let union = Union::begin(ledger, host)?;
    let main = main_database(databases);
    let mut walk = Walk::new(&union);
    // In the order of a sync: of two readings with the same authority the later one counts.
    for dir in data_dirs {
        walk.tree(dir)?;
    }
    for path in databases {
        walk.database(path, Some(path.as_path()) == main)?;
    }
    let lines = lines(&walk, &union)?;
    let explained = lines
        .iter()
        .fold(walk.opencode(), |sum, line| sum + line.amounts);
    let octally = union.shown()?;
    let unexplained = octally - explained;
    let damage = ledger.health()?.damage;
    Ok(Reconciliation {
        schema: 1,
        adds_up: unexplained.is_zero() && damage.is_none(),
        database: main.map(|path| path.display().to_string()),
        opencode: walk.opencode(),
        lines,
        octally,
        unexplained,
        damage,
        contained: contained(&union)?,
        wrong_cost: (&wrong_cost(ledger)?).into(),
        unread_rows: walk.unread_rows,
        odd_totals: walk.odd_totals,
        problems: walk.problems,
    })
}

/// The database whose totals `opencode stats` shows.
fn main_database(databases: &[PathBuf]) -> Option<&Path> {
    let is_usual = |path: &&PathBuf| path.ends_with("opencode.db");
    let main = databases.iter().find(is_usual).or(databases.first());
    main.map(PathBuf::as_path)
}

fn line(key: &'static str, what: &'static str, amounts: Amounts) -> Line {
    Line { key, what, amounts }
}

fn lines(walk: &Walk, union: &Union) -> Result<Vec<Line>, LedgerError> {
    let less = |amounts| Amounts::default() - amounts;
    Ok(vec![
        line(
            "totals_differ",
            "totals that differ from the rows",
            walk.rows_less_totals(),
        ),
        line(
            "no_totals",
            "rows of versions without totals",
            walk.no_totals,
        ),
        line("api_rows", "rows of the V2 API, in no total", walk.api_rows),
        line(
            "migrated_rows",
            "older rows of migrated sessions",
            walk.migrated_rows,
        ),
        line("json_files", "message files of 0.1 to 1.1", walk.json_files),
        line("other_databases", "other databases", walk.other_databases),
        line("repeated", "the same step read again", less(walk.repeated)),
        line(
            "fork_copies",
            "copies made by forks",
            less(union.fork_copies()?),
        ),
        line(
            "kept_figures",
            "figures of rows that are gone",
            union.kept_figures()?,
        ),
        line(
            "deleted_kept",
            "deleted or reverted, kept",
            union.deleted_kept()?,
        ),
        line(
            "unread_kept",
            "unreadable now, read before",
            union.unread_kept()?,
        ),
        line(
            "remainder",
            "in totals only, model unknown",
            union.remainder()?,
        ),
        line("other_machines", "other machines", union.other_machines()?),
    ])
}

fn wrong_cost(ledger: &Ledger) -> Result<WrongCost, LedgerError> {
    let mut sum = WrongCost::default();
    for wrong in ledger.wrong_costs()? {
        sum += wrong.cost;
    }
    Ok(sum)
}

fn contained(union: &Union) -> Result<Vec<Line>, LedgerError> {
    Ok(vec![
        line("archived", "archived sessions", union.archived()?),
        line(
            "orphan_copies",
            "copies whose original is gone",
            union.orphan_copies()?,
        ),
        line(
            "wrong_cost",
            "stored cost known to be wrong",
            union.wrong_cost()?,
        ),
    ])
}
