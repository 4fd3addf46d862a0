// SPDX-License-Identifier: GPL-3.0-or-later
//! From OpenCode's own totals to the ledger's, line by line.
//!
//! `walk` reads every source again, page by page, and sorts what it finds into lines; `union` sets the
//! rows that are left against the ledger; `parts` keeps what each session has in each line, where
//! that is wanted. Nothing is written, neither to OpenCode's files nor to the
//! ledger: ids wait in a temporary table that SQLite keeps on disk, so memory does not grow with them.

mod parts;
mod union;
mod walk;

use std::path::{Path, PathBuf};

use crate::ledger::{Host, Ledger, LedgerError};
use crate::model::{Gone, WrongCost};
use crate::wire::{Amounts, Line, Reconciliation};
use union::Union;
use walk::Walk;

/// Sets OpenCode's totals against the ledger's, with the largest `sessions` of each line.
///
/// # Errors
/// See [`LedgerError`]; what cannot be read of a source is among the `problems`.
pub(crate) fn reconcile(
    ledger: &Ledger,
    host: &Host,
    data_dirs: &[PathBuf],
    databases: &[PathBuf],
    sessions: usize,
) -> Result<Reconciliation, LedgerError> {
    let union = Union::begin(ledger, host, sessions)?;
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
        damaged_places: walk.damaged_places,
        is_migrating: walk.is_migrating,
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

fn line(key: &'static str, what: &str, amounts: Amounts) -> Line {
    Line {
        key,
        what: what.into(),
        database: None,
        amounts,
        sessions: None,
    }
}

fn lines(walk: &Walk, union: &Union) -> Result<Vec<Line>, LedgerError> {
    let mut lines = lines_of_sources(walk);
    lines.extend(lines_of_ledger(union)?);
    with_sessions(lines, union)
}

fn lines_of_sources(walk: &Walk) -> Vec<Line> {
    let what = "totals that differ from the rows";
    let mut lines = vec![line("totals_differ", what, walk.rows_less_totals())];
    let what = "rows of versions without totals";
    lines.push(line("no_totals", what, walk.no_totals));
    let what = "rows of the V2 API, in no total";
    lines.push(line("api_rows", what, walk.api_rows));
    let what = "older rows of migrated sessions";
    lines.push(line("migrated_rows", what, walk.migrated_rows));
    let what = "message files of 0.1 to 1.1";
    lines.push(line("json_files", what, walk.json_files));
    lines.extend(walk.other_databases.iter().map(|(path, sum)| {
        let name = Path::new(path).file_name().unwrap_or_default();
        let what = format!("database {}", name.to_string_lossy());
        let database = Some(path.clone());
        Line {
            database,
            ..line("other_database", &what, *sum)
        }
    }));
    let less = Amounts::default() - walk.repeated;
    lines.push(line("repeated", "the same step read again", less));
    lines
}

fn lines_of_ledger(union: &Union) -> Result<Vec<Line>, LedgerError> {
    let deleted = union.gone("deleted_sessions", Gone::WithSession)?;
    let alone = union.gone("deleted_messages", Gone::Alone)?;
    let reverted = union.gone("reverted", Gone::Reverted)?;
    Ok(vec![
        line("fork_copies", "copies made by forks", union.fork_copies()?),
        line(
            "kept_figures",
            "figures of rows that are gone",
            union.kept_figures()?,
        ),
        line("forgotten", "forgotten as you wished", union.forgotten()?),
        line("deleted_sessions", "deleted sessions, kept", deleted),
        line("deleted_messages", "deleted messages, kept", alone),
        line("reverted", "reverted and deleted, kept", reverted),
        line(
            "unread_kept",
            "unreadable now, read before",
            union.unread_kept()?,
        ),
        line(
            "out_of_reach",
            "out of reach now, read before",
            union.out_of_reach()?,
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
    let lines = vec![
        // OpenCode's totals are those of all its sessions, archived or not.
        line("archived", "archived, in both totals", union.archived()?),
        line("hidden", "reverted, not deleted yet", union.hidden()?),
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
    ];
    with_sessions(lines, union)
}

fn with_sessions(mut lines: Vec<Line>, union: &Union) -> Result<Vec<Line>, LedgerError> {
    for line in &mut lines {
        line.sessions = match &line.database {
            Some(path) => union.sessions(&walk::other(path))?,
            None => union.sessions(line.key)?,
        };
    }
    Ok(lines)
}
