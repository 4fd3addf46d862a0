// SPDX-License-Identifier: GPL-3.0-or-later
//! Reads what is left of a table with damaged pages, row by row.

use crate::model::Problem;
use crate::source::{ROWID, Rows, Unread, opencode_v1, opencode_v2};

/// So many rows that cannot be found in a row, and the search takes steps of twice the size: the number of
/// the next row may be anything.
const FAILURES_PER_STRIDE: u32 = 256;
/// A file that is damaged beyond this many rows and searches is given up: what was found until then counts.
const MAX_LOOKS: u32 = 1_000_000;
const MAX_FAILURES: usize = 20_000;
/// The code of a place that cannot be read.
pub(crate) const DAMAGED: &str = "corrupt_page";

/// A table whose rows can be asked for one by one.
pub(crate) trait Numbered {
    /// The largest rowid.
    fn last_rowid(&self) -> Result<i64, Problem>;
    /// The next rowid after one.
    fn next_rowid(&self, rowid: i64) -> Result<Option<i64>, Problem>;
    /// The row with this rowid.
    fn row_at(&self, rowid: i64) -> Result<Rows, Problem>;
}

impl Numbered for opencode_v1::Database {
    fn last_rowid(&self) -> Result<i64, Problem> {
        self.counts().map(|counts| counts.last_rowid)
    }

    fn next_rowid(&self, rowid: i64) -> Result<Option<i64>, Problem> {
        self.next_rowid(rowid)
    }

    fn row_at(&self, rowid: i64) -> Result<Rows, Problem> {
        self.messages(opencode_v1::Which::At(rowid))
    }
}

impl Numbered for opencode_v2::Database {
    fn last_rowid(&self) -> Result<i64, Problem> {
        self.counts().map(|counts| counts.last_rowid)
    }

    fn next_rowid(&self, rowid: i64) -> Result<Option<i64>, Problem> {
        self.next_rowid(rowid)
    }

    fn row_at(&self, rowid: i64) -> Result<Rows, Problem> {
        self.messages(opencode_v2::Which::At(rowid))
    }
}

/// The rows after `after`, at least `limit` of them or all there are: what lies on damaged pages is unread,
/// all else counts.
///
/// # Errors
/// `problem`, where not even the last row can be found.
pub(crate) fn rows_around_damage(
    table: &impl Numbered,
    after: i64,
    limit: usize,
    problem: &Problem,
) -> Result<Rows, Problem> {
    let last = table.last_rowid().map_err(|_| problem.clone())?;
    let mut all = Rows::default();
    let (mut rowid, mut failed, mut failures) = (after, after, 0);
    for _ in 0..MAX_LOOKS {
        if rowid >= last || all.unread.len() >= MAX_FAILURES {
            break;
        }
        if all.read >= limit as u64 {
            all.last_rowid = rowid;
            return Ok(all);
        }
        match table.next_rowid(rowid) {
            // A stride went past the edge of the damage: look closer.
            Ok(_) if failures > 0 && rowid > failed + 1 => (rowid, failures) = (failed + 1, 0),
            Ok(None) => break,
            // A damaged page may hold any number, also one that was passed: only forward.
            Ok(Some(next)) if next <= rowid => rowid += 1,
            Ok(Some(next)) => {
                (rowid, failures) = (next, 0);
                match table.row_at(next) {
                    Ok(rows) => append(&mut all, rows),
                    Err(_) => all.unread.push(damaged(next)),
                }
            }
            Err(_) => {
                all.unread.push(damaged(rowid + 1));
                let stride = 1_i64 << (failures / FAILURES_PER_STRIDE).min(60);
                failed = rowid;
                rowid = rowid
                    .saturating_add(stride)
                    .min(last.max(rowid.saturating_add(2)) - 1);
                failures += 1;
            }
        }
    }
    all.last_rowid = last;
    Ok(all)
}

fn damaged(rowid: i64) -> Unread {
    Unread {
        id: format!("{ROWID}{rowid}"),
        code: DAMAGED,
        what: "lies on a damaged page of the database".into(),
    }
}

fn append(all: &mut Rows, rows: Rows) {
    all.steps.extend(rows.steps);
    all.unread.extend(rows.unread);
    all.read += rows.read;
    all.updated_ms = all.updated_ms.max(rows.updated_ms);
}
