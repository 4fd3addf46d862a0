// SPDX-License-Identifier: GPL-3.0-or-later
//! The reading behind the screen: one thread that owns the ledger, so that keys never wait for it.

use std::sync::mpsc::Receiver;

use octally_core::model::Zone;
use octally_core::rollup::{By, PACE_WINDOW_MS, Request};
use octally_core::sync::Depth;
use octally_core::wire::{Pace, SessionDetail, Snapshot};
use tokio::sync::mpsc::UnboundedSender;

use super::rows;
use crate::cli::exit::{CliError, Exit};
use crate::cli::reading::Reading;
use crate::cli::watch::is_news;

const HOUR_MS: i64 = 3_600_000;

/// One hour of today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hour {
    /// 0 to 23 in the zone; twice or not at all on a day on which clocks change.
    pub hour: u32,
    /// Fresh tokens; `None` for an hour that is still to come.
    pub fresh: Option<u64>,
}

/// What there is to show.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The glance.
    pub snapshot: Snapshot,
    /// The pace of [`rows::ids`], in that order.
    pub paces: Vec<Pace>,
    /// Today.
    pub hours: Vec<Hour>,
    /// The opened session's id.
    pub opened: Option<String>,
    /// The opened session; `None` where the ledger does not know it.
    pub detail: Option<SessionDetail>,
    /// How to exit after this.
    pub exit: Exit,
    /// How closely it was read.
    pub depth: Depth,
}

impl Answer {
    /// Whether nothing but the clock differs.
    pub fn is_same(&self, other: &Self) -> bool {
        !is_news(&self.snapshot, &other.snapshot)
            && self.paces == other.paces
            && self.hours == other.hours
            && self.opened == other.opened
            && self.detail == other.detail
    }
}

/// What is wanted.
#[derive(Clone, Debug)]
pub struct Ask {
    /// How closely to read first.
    pub depth: Depth,
    /// The opened session.
    pub opened: Option<String>,
}

/// Answers until nobody asks or listens any more, or the ledger cannot be used.
pub fn serve(
    mut reading: Reading,
    asks: &Receiver<Ask>,
    answers: &UnboundedSender<Result<Answer, CliError>>,
) {
    while let Ok(mut ask) = asks.recv() {
        // Of what has piled up the last is wanted, read as closely as any of it says.
        while let Ok(later) = asks.try_recv() {
            let is_thorough = Depth::Thorough == ask.depth;
            ask = later;
            if is_thorough {
                ask.depth = Depth::Thorough;
            }
        }
        let result = reading
            .anew(ask.depth)
            .and_then(|()| answer(&reading, &ask));
        let is_over = result.is_err();
        if answers.send(result).is_err() || is_over {
            return;
        }
    }
}

/// What the ledger says now.
///
/// # Errors
/// The ledger cannot be used.
pub fn answer(reading: &Reading, ask: &Ask) -> Result<Answer, CliError> {
    let snapshot = reading.snapshot()?;
    let since_ms = reading.now_ms - PACE_WINDOW_MS;
    let ids = rows::ids(&snapshot);
    let paces = ids.iter().map(|id| reading.meter.pace(id, since_ms));
    let zone = &reading.settings.zone;
    let detail = match &ask.opened {
        Some(id) => reading.meter.session(id, zone)?,
        None => None,
    };
    Ok(Answer {
        paces: paces.collect::<Result<_, _>>()?,
        hours: hours(reading)?,
        opened: ask.opened.clone(),
        detail,
        exit: reading.exit(&snapshot.problems),
        depth: ask.depth,
        snapshot,
    })
}

fn hours(reading: &Reading) -> Result<Vec<Hour>, CliError> {
    let zone = &reading.settings.zone;
    let starts = starts_of_hours(zone, reading.now_ms);
    let request = Request {
        since_ms: starts.first().copied(),
        until_ms: starts.last().map(|start_ms| start_ms + HOUR_MS),
        ..Request::new(By::Hour)
    };
    let report = reading.meter.report(&request, zone)?;
    let hour = |start_ms: i64| {
        let key = zone.rfc3339(start_ms);
        let row = report
            .rows
            .iter()
            .find(|row| row.key.as_ref() == Some(&key));
        let fresh = row.map_or(0, |row| row.totals.tokens.fresh);
        Hour {
            hour: zone.hour(start_ms),
            fresh: (start_ms <= reading.now_ms).then_some(fresh),
        }
    };
    Ok(starts.into_iter().map(hour).collect())
}

/// Where the hours of the day of `now_ms` begin, Unix milliseconds: 23 to 25 of them.
fn starts_of_hours(zone: &Zone, now_ms: i64) -> Vec<i64> {
    let today = zone.day(now_ms);
    let tomorrow = octally_core::model::Day(today.0 + 1);
    let mut starts = Vec::with_capacity(25);
    let mut start_ms = zone.start_of(today);
    while start_ms < zone.start_of(tomorrow) {
        starts.push(start_ms);
        start_ms += HOUR_MS;
    }
    starts
}
