// SPDX-License-Identifier: GPL-3.0-or-later
//! Looks again at the rows of a database that could not be read: what was mended, deleted or turned out to be
//! nothing is forgotten.

use super::Context;
use crate::ledger::{Batch, Checkpoint, LedgerError};
use crate::model::{Authority, Problem};
use crate::source::{ROWID, Rows, Unread};

/// A row that could not be read, by what is known of it.
pub(super) enum Row<'a> {
    Id(&'a str),
    At(i64),
}

/// So many rows share a transaction.
const BATCH_ROWS: usize = 300;

/// Reads each unread row of a source again with `read`; what cannot be asked for stays as it is.
pub(super) fn look_again(
    checkpoint: &Checkpoint,
    authority: Authority,
    context: &mut Context,
    read: impl Fn(Row) -> Result<Rows, Problem>,
) -> Result<(), LedgerError> {
    for ids in context
        .ledger
        .unread_ids(&checkpoint.path)?
        .chunks(BATCH_ROWS)
    {
        let (mut found, mut settled) = (Rows::default(), Vec::new());
        for id in ids {
            let Ok(mut rows) = read(row_of(id)) else {
                continue;
            };
            // Under another name it is another row's trouble.
            rows.unread.retain(|row| row.id == *id);
            if rows.unread.is_empty() {
                settled.push(id.clone());
            }
            found.read += rows.read;
            found.steps.append(&mut rows.steps);
            found.unread.append(&mut rows.unread);
        }
        let batch = Batch {
            checkpoint: Some(checkpoint),
            settled: &settled,
            ..Batch::default()
        };
        context.record(found, batch, authority)?;
    }
    Ok(())
}

fn row_of(id: &str) -> Row<'_> {
    let number = id.strip_prefix(ROWID);
    let number = number.and_then(|number| number.parse().ok());
    number.map_or(Row::Id(id), Row::At)
}

/// Notes the ids that stand in more than one row: one of the rows counts.
pub(super) fn note_repeated(
    ids: Vec<String>,
    checkpoint: &Checkpoint,
    context: &mut Context,
) -> Result<(), LedgerError> {
    if ids.is_empty() {
        return Ok(());
    }
    let unread = ids.into_iter().map(|id| Unread {
        id: format!("{id} (again)"),
        code: "duplicate_id",
        what: "its id stands in more than one row, of which the last counts".into(),
    });
    let unread: Vec<Unread> = unread.collect();
    context.write(&Batch {
        checkpoint: Some(checkpoint),
        unread: &unread,
        ..Batch::default()
    })
}

/// Forgets all that was unread, before everything is read again.
pub(super) fn forget(checkpoint: &Checkpoint, context: &mut Context) -> Result<(), LedgerError> {
    let settled = context.ledger.unread_ids(&checkpoint.path)?;
    context.write(&Batch {
        checkpoint: Some(checkpoint),
        settled: &settled,
        ..Batch::default()
    })
}
