// SPDX-License-Identifier: GPL-3.0-or-later
//! What the ledger says is gone.

use std::collections::BTreeMap;
use std::path::Path;

use octally_core::meter::Meter;
use octally_core::model::Zone;
use octally_core::rollup::{By, Request};
use rusqlite::Connection;

pub fn input(meter: &Meter) -> u64 {
    let report = meter.report(&Request::new(By::Day), &Zone::utc()).unwrap();
    report.totals.tokens.input
}

pub fn marks(ledger: &Path) -> BTreeMap<String, i64> {
    let ledger = Connection::open(ledger).unwrap();
    let sql = "SELECT uid, gone FROM step WHERE gone_ms IS NOT NULL";
    let mut statement = ledger.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    rows.unwrap().collect::<rusqlite::Result<_>>().unwrap()
}

pub fn deleted(ledger: &Path) -> i64 {
    let ledger = Connection::open(ledger).unwrap();
    let sql = "SELECT count(*) FROM session WHERE deleted_ms IS NOT NULL";
    ledger.query_row(sql, [], |row| row.get(0)).unwrap()
}

pub fn is(marked: &[(&str, i64)]) -> BTreeMap<String, i64> {
    marked
        .iter()
        .map(|(id, gone)| ((*id).to_owned(), *gone))
        .collect()
}
