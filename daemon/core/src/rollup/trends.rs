// SPDX-License-Identifier: GPL-3.0-or-later
//! What each provider did on each day.

use std::collections::BTreeMap;

use super::usage::{Amounts, SUMS, amounts};
use crate::ledger::{Ledger, LedgerError, days_are_of};
use crate::model::{Day, QUARTER_MS, Zone};
use crate::wire::ProviderDay;

/// The days of `zone` from `from` to `to`, the last included, on which a provider did anything, in
/// their order. Reads the day table where it is of that zone, else the quarters.
///
/// # Errors
/// [`LedgerError::Sqlite`].
pub fn provider_days(
    ledger: &Ledger,
    from: Day,
    to: Day,
    zone: &Zone,
) -> Result<Vec<ProviderDay>, LedgerError> {
    ledger.read_at_once(|connection| {
        let has_days = days_are_of(connection, zone)?;
        let quarter = |day: Day| zone.start_of(day).div_euclid(QUARTER_MS);
        let (column, range) = match has_days {
            true => ("day", (from.0, to.0 + 1)),
            false => ("quarter", (quarter(from), quarter(Day(to.0 + 1)))),
        };
        let sql = format!(
            "SELECT {column}, provider, {SUMS} FROM {column} JOIN model ON model.id = model_id
             WHERE {column} >= ? AND {column} < ? GROUP BY {column}, provider"
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let mut rows = statement.query(range)?;
        let mut days: BTreeMap<(Day, String), Amounts> = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let number: i64 = row.get(0)?;
            let day = match has_days {
                true => Day(number),
                false => zone.day(number * QUARTER_MS),
            };
            days.entry((day, row.get(1)?))
                .or_default()
                .add(amounts(row, 2)?);
        }
        Ok(days
            .into_iter()
            .filter(|(_, sum)| sum.steps > 0)
            .map(provider_day)
            .collect())
    })
}

fn provider_day(((day, provider), sum): ((Day, String), Amounts)) -> ProviderDay {
    ProviderDay {
        day,
        provider,
        steps: sum.steps,
        tokens: sum.tokens,
        cost: sum.cost,
    }
}
