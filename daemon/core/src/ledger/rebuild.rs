// SPDX-License-Identifier: GPL-3.0-or-later
//! Makes again what can be made again: the sums from the steps, and the steps from the sources.

use rusqlite::Connection;

use super::{Ledger, LedgerError, refold, tools};
use crate::model::Zone;

impl Ledger {
    /// Makes every sum again from the steps, and has every source read from its beginning with the next
    /// sync. Nothing that OpenCode has deleted since is lost.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`]; then everything is as it was.
    pub fn rebuild(&mut self, zone: &Zone) -> Result<(), LedgerError> {
        self.write(|tx| {
            refold::remake(tx, zone)?;
            tools::remake_sums(tx)?;
            refold::remake_kept(tx)?;
            read_again(tx)
        })
    }
}

impl Ledger {
    /// Grows each time that every source is to be read from its beginning, by whichever process.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`].
    pub fn readings_begun(&self) -> Result<i64, LedgerError> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT CAST(coalesce((SELECT value FROM setting WHERE name = 'readings_begun'), 0) AS INTEGER)",
                )?
                .query_row([], |row| row.get(0))
        })
    }
}

/// Has every source read from its beginning with the next sync.
pub(super) fn read_again(tx: &Connection) -> rusqlite::Result<()> {
    tx.execute_batch(
        "UPDATE source SET scan_rowid = 0 WHERE generation = 'opencode_v1';
         UPDATE source SET stamp = NULL;
         DELETE FROM source_session;
         DELETE FROM source_chunk;
         DELETE FROM source_folder;
         UPDATE session_reading SET resume_seq = 0, settled = 0, messages = 0;
         INSERT INTO setting VALUES ('readings_begun', 1)
             ON CONFLICT DO UPDATE SET value = value + 1;",
    )
}
