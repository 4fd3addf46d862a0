// SPDX-License-Identifier: GPL-3.0-or-later
//! Makes sums again from the steps, or from other sums: all of them, or what depends on the zone.

use rusqlite::{Connection, Row};

use super::sums::{ADD_TO_DAY, ADD_TO_DAY_SESSION, ADD_TO_HOUR, amounts_of, upsert};
use super::{errors, parts, returns, span, trees};
use crate::model::{QUARTER_MS, Zone};

/// Makes the sums of the quarters again from the steps, and the days from those.
pub(super) fn remake(tx: &Connection, zone: &Zone) -> rusqlite::Result<()> {
    tx.execute_batch("DELETE FROM quarter")?;
    tx.execute(
        "INSERT INTO quarter
         SELECT (created_ms - (created_ms % ?1 + ?1) % ?1) / ?1, session_id, model_id, agent_id, host_id,
                count(*), sum(input), sum(output), sum(reasoning), sum(cache_read), sum(cache_write),
                sum(iif(price = 0, price_nano_usd, 0)), sum(iif(price = 1, price_nano_usd, 0)),
                sum(price = 2), sum(cost_note IS NOT NULL),
                sum(iif(cost_note IS NULL, 0, coalesce(stored_nano_usd, 0))),
                sum(iif(cost_note IS NULL, 0, coalesce(corrected_nano_usd, 0))),
                sum(cost_note IS NOT NULL AND corrected_nano_usd IS NULL)
         FROM step WHERE is_counted GROUP BY 1, 2, 3, 4, 5",
        [QUARTER_MS],
    )?;
    refold(tx, zone)
}

/// Makes all other sums again from the quarters.
pub(super) fn refold(tx: &Connection, zone: &Zone) -> rusqlite::Result<()> {
    tx.execute_batch(
        "DELETE FROM model_sum;
         INSERT INTO model_sum
         SELECT model_id, host_id, sum(steps), sum(input), sum(output), sum(reasoning), sum(cache_read),
             sum(cache_write), sum(billed_nano_usd), sum(estimated_nano_usd), sum(unpriced_steps),
             sum(wrong_steps), sum(wrong_nano_usd), sum(corrected_nano_usd), sum(uncorrected_steps)
         FROM quarter GROUP BY model_id, host_id;
         DELETE FROM session_sum;
         INSERT INTO session_sum
         SELECT session_id, model_id, agent_id, host_id, sum(steps), sum(input), sum(output), sum(reasoning),
             sum(cache_read), sum(cache_write), sum(billed_nano_usd), sum(estimated_nano_usd),
             sum(unpriced_steps), sum(wrong_steps), sum(wrong_nano_usd), sum(corrected_nano_usd),
             sum(uncorrected_steps)
         FROM quarter GROUP BY session_id, model_id, agent_id, host_id",
    )?;
    remake_days(tx, zone)
}

/// Makes again what is kept of the sums of the sessions and of the steps, but for what depends on the zone.
pub(super) fn remake_kept(tx: &Connection) -> rusqlite::Result<()> {
    span::remake_all(tx)?;
    remake_of_spans(tx)
}

/// The same, from spans that are right already.
pub(super) fn remake_of_spans(tx: &Connection) -> rusqlite::Result<()> {
    errors::remake_all(tx)?;
    parts::remake_all(tx)?;
    trees::remake_all(tx)
}

/// Makes the days again from the quarters, and what is kept of them.
pub(super) fn remake_days(tx: &Connection, zone: &Zone) -> rusqlite::Result<()> {
    tx.execute_batch("DELETE FROM day; DELETE FROM day_session; DELETE FROM day_hour;")?;
    let mut quarters = tx.prepare(
        "SELECT quarter, model_id, host_id, sum(steps), sum(input), sum(output), sum(reasoning),
                sum(cache_read), sum(cache_write), sum(billed_nano_usd), sum(estimated_nano_usd),
                sum(unpriced_steps), sum(wrong_steps), sum(wrong_nano_usd), sum(corrected_nano_usd),
                sum(uncorrected_steps)
         FROM quarter GROUP BY quarter, model_id, host_id",
    )?;
    let mut rows = quarters.query([])?;
    while let Some(row) = rows.next()? {
        let day = day_of(row, zone)?;
        let amounts = amounts_of(row, 3)?;
        upsert(
            tx,
            ADD_TO_DAY,
            &[&day, &row.get(1)?, &row.get(2)?],
            &amounts,
        )?;
        let hour = zone.hour(row.get::<_, i64>(0)? * QUARTER_MS);
        let fresh = amounts[1] + amounts[2] + amounts[3];
        tx.prepare_cached(ADD_TO_HOUR)?
            .execute([hour.into(), amounts[0], fresh])?;
    }
    remake_day_sessions(tx, zone)?;
    returns::remake_all(tx)?;
    tx.execute(
        "INSERT INTO setting VALUES ('day_zone', ?) ON CONFLICT DO UPDATE SET value = excluded.value",
        [zone.signature()],
    )?;
    Ok(())
}

fn remake_day_sessions(tx: &Connection, zone: &Zone) -> rusqlite::Result<()> {
    let mut add = tx.prepare(ADD_TO_DAY_SESSION)?;
    let mut quarters = tx.prepare(
        "SELECT quarter, session_id, model_id, host_id, sum(steps), sum(billed_nano_usd),
                sum(estimated_nano_usd), sum(unpriced_steps)
         FROM quarter GROUP BY quarter, session_id, model_id, host_id",
    )?;
    let mut rows = quarters.query([])?;
    while let Some(row) = rows.next()? {
        let mut values = [day_of(row, zone)?; 8];
        for (place, value) in values.iter_mut().enumerate().skip(1) {
            *value = row.get(place)?;
        }
        add.execute(values)?;
    }
    Ok(())
}

fn day_of(row: &Row, zone: &Zone) -> rusqlite::Result<i64> {
    let quarter: i64 = row.get(0)?;
    Ok(zone.day(quarter * QUARTER_MS).0)
}
