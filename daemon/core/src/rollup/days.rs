// SPDX-License-Identifier: GPL-3.0-or-later
//! Reports from the sums of days: some rows for each day, however much happened on it. Of all time those by
//! model, provider and host need not even those.
//!
//! Only where the answer is the same as from quarter hours: whole days of the zone that the day table is
//! kept in, and rows and filters that the table knows of.

use std::collections::HashMap;
use std::ops::Range;

use chrono::Datelike;
use rusqlite::Connection;

use super::fold::{Folded, month, week, wrong_cost};
use super::report::Names;
use super::request::{By, Request, Sort};
use super::usage::amounts;
use crate::ledger::{days_are_of, spans_are_kept};
use crate::model::{Day, ModelName, QUARTER_MS, Zone};

/// No zone sets its clocks by more, milliseconds.
const MAX_JUMP_MS: i64 = 26 * 3_600_000;

const SUMS: &str = "model_id, host_id, steps, input, output, reasoning, cache_read, cache_write,
    billed_nano_usd, estimated_nano_usd, unpriced_steps, wrong_steps, wrong_nano_usd,
    corrected_nano_usd, uncorrected_steps";

const IN_DAYS: &str = "steps > 0 AND day >= ? AND day < ?";
/// The same of sums that do not know of days.
const OF_ALL_TIME: &str = "steps > 0 AND 0 >= ? AND 0 < ?";

/// The rows that were asked for; `None` where days do not say enough.
pub(super) fn fold(
    connection: &Connection,
    request: &Request,
    zone: &Zone,
    names: &Names,
) -> rusqlite::Result<Option<Folded>> {
    let days = if is_by_days(request) {
        whole_days(connection, request, zone)?
    } else {
        None
    };
    let Some(days) = days else {
        return Ok(None);
    };
    let number = |day: i64, model_id: i64, host_id: i64| match request.by {
        By::Week => week(Day(day)),
        By::Month => month(Day(day)),
        By::Model => model_id,
        By::Provider => names.provider_of(model_id),
        By::Host => host_id,
        _ => day,
    };
    let is_of_all_time = request.is_of_all_time() && !request.by.is_time();
    let (sums, sessions) = match is_of_all_time {
        true => (
            format!("SELECT 0, {SUMS} FROM model_sum WHERE {OF_ALL_TIME}"),
            format!("SELECT 0, model_id, host_id, session_id FROM session_sum WHERE {OF_ALL_TIME}"),
        ),
        false => (
            format!("SELECT day, {SUMS} FROM day WHERE {IN_DAYS}"),
            format!("SELECT day, model_id, host_id, session_id FROM day_session WHERE {IN_DAYS}"),
        ),
    };
    let mut folded = Folded::default();
    let mut statement = connection.prepare_cached(&sums)?;
    let mut rows = statement.query([days.start, days.end])?;
    while let Some(row) = rows.next()? {
        let (day, model_id, host_id) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if is_wanted(request, &names.models, model_id) {
            let number = number(day, model_id, host_id);
            folded.add(number, model_id, &amounts(row, 3)?, wrong_cost(row, 12)?);
        }
    }
    if is_of_all_models(request) && request.by.is_time() && spans_are_kept(connection)? {
        count_sessions(connection, request.by, &days, &mut folded)?;
        return Ok(Some(folded));
    }
    let mut statement = connection.prepare_cached(&sessions)?;
    let mut rows = statement.query([days.start, days.end])?;
    while let Some(row) = rows.next()? {
        let (day, model_id, host_id) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if is_wanted(request, &names.models, model_id) {
            folded.add_session(number(day, model_id, host_id), row.get(3)?);
        }
    }
    Ok(Some(folded))
}

fn is_of_all_models(request: &Request) -> bool {
    request.provider.is_none() && request.model.is_none()
}

/// Counts each session for the first of its days in each row, and for the first one of all.
fn count_sessions(
    connection: &Connection,
    by: By,
    days: &Range<i64>,
    folded: &mut Folded,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "SELECT day, gap, sessions FROM day_return WHERE sessions > 0 AND day >= ? AND day < ?",
    )?;
    let mut rows = statement.query([days.start, days.end])?;
    while let Some(row) = rows.next()? {
        let (day, gap): (i64, i64) = (row.get(0)?, row.get(1)?);
        let sessions = row.get::<_, i64>(2)?.unsigned_abs();
        let is_first_since = |first: i64| gap == 0 || day - gap < first;
        let (number, first) = match by {
            By::Week => (week(Day(day)), week(Day(day))),
            By::Month => (month(Day(day)), first_of_month(Day(day))),
            _ => (day, day),
        };
        if is_first_since(first.max(days.start)) {
            folded.count_sessions(number, sessions);
        }
        if is_first_since(days.start) {
            folded.all.count_sessions(sessions);
        }
    }
    Ok(())
}

fn first_of_month(day: Day) -> i64 {
    day.0 - i64::from(day.date().day0())
}

fn is_by_days(request: &Request) -> bool {
    let is_known = !matches!(request.by, By::Hour | By::Session | By::Project | By::Agent);
    is_known && (request.by.is_time() || request.sort != Some(Sort::Time))
}

/// The days that were asked for, where the day table can tell of them: whole ones of the zone that it is
/// kept in, of all projects, agents, sessions and hosts. Its rows are to be filtered by [`is_wanted`].
pub(super) fn whole_days(
    connection: &Connection,
    request: &Request,
    zone: &Zone,
) -> rusqlite::Result<Option<Range<i64>>> {
    let others = [
        &request.project,
        &request.agent,
        &request.session,
        &request.host,
    ];
    let is_known = others.iter().all(|filter| filter.is_none());
    if !is_known || !days_are_of(connection, zone)? {
        return Ok(None);
    }
    Ok(days(request, zone))
}

/// Whether a model is of the provider and has the name that were asked for.
pub(super) fn is_wanted(
    request: &Request,
    models: &HashMap<i64, ModelName>,
    model_id: i64,
) -> bool {
    let Some(name) = models.get(&model_id) else {
        return false;
    };
    let is_provider = |provider: &String| *provider == name.provider;
    let is_model = |model: &String| *model == name.model || *model == name.to_string();
    request.provider.as_ref().is_none_or(is_provider) && request.model.as_ref().is_none_or(is_model)
}

/// The days that were asked for; `None` unless they are whole ones.
fn days(request: &Request, zone: &Zone) -> Option<Range<i64>> {
    let start = |at_ms: Option<i64>, unbounded| match at_ms {
        None => Some(unbounded),
        Some(at_ms) => first_day(at_ms, zone).map(|day| day.0),
    };
    Some(start(request.since_ms, i64::MIN)?..start(request.until_ms, i64::MAX)?)
}

/// The day that begins at an instant: none of the quarter hours before are of it or of a later day, and
/// none from then on of an earlier one. The clocks may be set back over midnight.
fn first_day(at_ms: i64, zone: &Zone) -> Option<Day> {
    if at_ms % QUARTER_MS != 0 {
        return None;
    }
    let day = zone.day(at_ms);
    let quarters = (1..=MAX_JUMP_MS / QUARTER_MS).map(|n| n * QUARTER_MS);
    let mut around = quarters.map(|ms| (at_ms.saturating_sub(ms), at_ms.saturating_add(ms)));
    around
        .all(|(before, after)| zone.day(before) < day && zone.day(after) >= day)
        .then_some(day)
}
