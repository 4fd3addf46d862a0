// SPDX-License-Identifier: GPL-3.0-or-later
//! `[data]` of `config.toml`: how long steps are kept.

use std::path::Path;

use super::edit::{self, EditError};
use super::reader::{Entry, Reader, entries};

/// The longest time that can be asked for: a century.
pub const MOST_MONTHS: u32 = 1_200;
const KEYS: [&str; 1] = ["keep_months"];
const RULE: &str = "must be a whole number of months from 0 (for ever) to 1200";

/// How many months the table says; `None` where it is silent or wrong.
pub(super) fn table(data: &Entry, reader: &mut Reader) -> Option<u32> {
    let Some(table) = data.item.as_table_like() else {
        reader.wrong(data, "must be a table, as in [data]");
        return None;
    };
    let mut months = None;
    for entry in entries(table, "data") {
        match entry.key {
            "keep_months" => months = reader.number(&entry, MOST_MONTHS, RULE),
            _ => reader.unknown(&entry, &KEYS),
        }
    }
    months
}

/// Writes how many months are kept, 0 for ever.
///
/// # Errors
/// See [`EditError`].
pub fn keep_months(config: &Path, months: u32) -> Result<(), EditError> {
    if months > MOST_MONTHS {
        let what = format!("{months} months are more than a century");
        return Err(EditError::request(what, "0 keeps everything for ever"));
    }
    edit::edit(config, |document| {
        let table = edit::table(document, &["data"])?;
        edit::set(table, "keep_months", i64::from(months));
        Ok(())
    })
}
