// SPDX-License-Identifier: GPL-3.0-or-later
//! Filling an empty ledger: copies are told from their originals when everything has been read.
//!
//! That it is being filled is written in the file: as 2, or as 1 where an earlier version began it, which left
//! all spans to the end. So any process goes on where another one stopped or
//! crashed, and the first sync that has read everything puts it right.

use rusqlite::{Connection, Row};

use super::row_of_turn::IS_OF_ROW;
use super::sums::{self, Amounts, Key, Sums};
use super::{Ledger, LedgerError, refold, returns, span, tools};
use crate::model::Zone;

/// So many pages of the WAL are written back at once: while the ledger is filled, and else.
const FILLING_PAGES: i64 = 4_096;
const USUAL_PAGES: i64 = 1_000;
/// What the WAL keeps of its file when its pages have been written back: else some megabytes, and all of it
/// while it is soon filled again.
pub(super) const USUAL_WAL_BYTES: i64 = 4 * 1024 * 1024;
const FILLING_WAL_BYTES: i64 = -1;
/// Sums of so many steps are kept before they are written.
const KEPT_STEPS: usize = 2_000;

impl Ledger {
    /// Makes an empty ledger quick to fill. One with steps is left as it is.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`].
    pub fn begin_filling(&mut self) -> Result<(), LedgerError> {
        let is_filling = self.write(|tx| {
            let has_steps = tx
                .prepare_cached("SELECT 1 FROM step LIMIT 1")?
                .exists([])?;
            if !has_steps {
                tx.execute("INSERT OR IGNORE INTO setting VALUES ('filling', '2')", [])?;
                tools::drop_index_of_left(tx)?;
            }
            is_filling(tx)
        })?;
        if is_filling {
            self.read(|connection| tune(connection, true))?;
        }
        Ok(())
    }

    /// Ends the filling, if there is one: takes back the copies that were counted beside their originals.
    /// Days are kept in `zone`.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`]; then the ledger is still being filled.
    pub fn end_filling(&mut self, zone: &Zone) -> Result<(), LedgerError> {
        if !self.read(is_filling)? {
            return Ok(());
        }
        self.write(|tx| {
            // Another process may have been first.
            if is_filling(tx)? {
                sums::use_zone(tx, zone)?;
                uncount_copies(tx, zone)?;
                if begun_as(tx)? == "2" {
                    span::remake_doubtful(tx)?;
                } else {
                    span::remake_all(tx)?;
                }
                tx.execute("DELETE FROM setting WHERE name = 'filling'", [])?;
                returns::remake_all(tx)?;
                refold::remake_of_spans(tx)?;
            }
            Ok(())
        })?;
        self.read(|connection| tune(connection, false))
    }
}

fn begun_as(tx: &Connection) -> rusqlite::Result<String> {
    let sql = "SELECT value FROM setting WHERE name = 'filling'";
    tx.query_row(sql, [], |row| row.get(0))
}

/// Whether the ledger is being filled.
pub(super) fn is_filling(connection: &Connection) -> rusqlite::Result<bool> {
    let sql = "SELECT 1 FROM setting WHERE name = 'filling'";
    connection.prepare_cached(sql)?.exists([])
}

fn tune(connection: &Connection, is_filling: bool) -> rusqlite::Result<()> {
    let (pages, bytes) = match is_filling {
        true => (FILLING_PAGES, FILLING_WAL_BYTES),
        false => (USUAL_PAGES, USUAL_WAL_BYTES),
    };
    connection.pragma_update(None, "wal_autocheckpoint", pages)?;
    connection.pragma_update(None, "journal_size_limit", bytes)?;
    // References are right by construction: nothing that steps refer to is ever deleted.
    connection.pragma_update(None, "foreign_keys", !is_filling)
}

/// As if the steps had come one by one: a copy gives way to its original, or to an earlier copy.
fn uncount() -> String {
    format!(
        "UPDATE step AS s INDEXED BY step_copy SET is_counted = 0
         WHERE is_inherited AND is_counted AND (EXISTS (
             SELECT 1 FROM step AS twin INDEXED BY step_created
             WHERE twin.created_ms = s.created_ms AND twin.model_id = s.model_id
                 AND twin.input = s.input AND twin.output = s.output
                 AND twin.reasoning = s.reasoning AND twin.cache_read = s.cache_read
                 AND twin.cache_write = s.cache_write AND twin.stored_nano_usd IS s.stored_nano_usd
                 AND twin.is_counted AND (NOT twin.is_inherited OR twin.id < s.id)) OR {IS_OF_ROW})
         RETURNING created_ms, session_id, model_id, agent_id, host_id, 1, input, output, reasoning,
             cache_read, cache_write, iif(price = 0, price_nano_usd, 0),
             iif(price = 1, price_nano_usd, 0), price = 2, cost_note IS NOT NULL,
             iif(cost_note IS NULL, 0, coalesce(stored_nano_usd, 0)),
             iif(cost_note IS NULL, 0, coalesce(corrected_nano_usd, 0)),
             cost_note IS NOT NULL AND corrected_nano_usd IS NULL, id, tools_read > 0"
    )
}

/// Where a row that [`uncount`] returns has the step's number, behind its key and its amounts.
const AMOUNTS_END: usize = 18;

fn uncount_copies(tx: &Connection, zone: &Zone) -> rusqlite::Result<()> {
    let mut statement = tx.prepare(&uncount())?;
    let mut copies = statement.query([])?;
    let (mut sums, mut kept) = (Sums::default(), 0);
    while let Some(row) = copies.next()? {
        let (key, amounts) = taken_back(row)?;
        sums.add(&key, &amounts, -1, zone);
        span::doubt(tx, key.session_id)?;
        if row.get(AMOUNTS_END + 1)? {
            tools::forget(tx, row.get(AMOUNTS_END)?)?;
        }
        kept += 1;
        if kept % KEPT_STEPS == 0 {
            std::mem::take(&mut sums).write(tx)?;
        }
    }
    sums.write(tx)
}

fn taken_back(row: &Row) -> rusqlite::Result<(Key, Amounts)> {
    let key = Key {
        created_ms: row.get(0)?,
        session_id: row.get(1)?,
        model_id: row.get(2)?,
        agent_id: row.get(3)?,
        host_id: row.get(4)?,
    };
    let mut amounts = Amounts::default();
    for (place, amount) in amounts.iter_mut().enumerate() {
        *amount = row.get(place + 5)?;
    }
    Ok((key, amounts))
}

#[cfg(test)]
mod tests {
    use super::super::open::MIGRATIONS;
    use super::*;

    #[test]
    fn an_empty_ledger_is_filled_until_that_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(&folder.path().join("ledger.db")).unwrap();
        let checks = |c: &Connection| c.query_row("PRAGMA foreign_keys", [], |row| row.get(0));
        assert!(!ledger.read(is_filling).unwrap());
        ledger.begin_filling().unwrap();
        assert!(ledger.read(is_filling).unwrap());
        assert!(!ledger.read::<bool>(checks).unwrap());
        ledger.end_filling(&Zone::utc()).unwrap();
        assert!(!ledger.read(is_filling).unwrap());
        assert!(ledger.read::<bool>(checks).unwrap());
    }

    #[test]
    fn a_first_reading_that_an_earlier_version_began_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        let is_ours = |migration: &str| migration.contains("CREATE TABLE model_sum");
        let place = MIGRATIONS
            .iter()
            .position(|migration| is_ours(migration))
            .unwrap();
        let earlier = Connection::open(&path).unwrap();
        earlier
            .execute_batch(&MIGRATIONS[..place].concat())
            .unwrap();
        earlier.execute_batch("DROP INDEX step_copy").unwrap();
        earlier
            .pragma_update(None, "user_version", place as i64)
            .unwrap();
        drop(earlier);
        let mut ledger = Ledger::open(&path).unwrap();
        assert!(ledger.read(is_filling).unwrap());
        ledger.end_filling(&Zone::utc()).unwrap();
        drop(ledger);
        let ledger = Ledger::open(&path).unwrap();
        assert!(!ledger.read(is_filling).unwrap());
    }
}
