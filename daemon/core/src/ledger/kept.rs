// SPDX-License-Identifier: GPL-3.0-or-later
//! What is kept in memory from batch to batch of one transaction.

use rusqlite::Connection;

use super::names::Names;
use super::span::Spans;
use super::sums::Sums;

#[derive(Debug, Default)]
pub(super) struct Kept {
    pub names: Names,
    /// Still to be written.
    pub sums: Sums,
    /// The same; of steps that are added while the ledger is filled.
    pub spans: Spans,
}

impl Kept {
    /// Writes what is still to be written.
    pub fn write(self, tx: &Connection) -> rusqlite::Result<()> {
        self.spans.write(tx)?;
        self.sums.write(tx)
    }
}
