// SPDX-License-Identifier: GPL-3.0-or-later
//! Calendar days in an explicit time zone.
//!
//! A zone is only a name and its offsets, so that the system's own zone, a zone of the tz database
//! and a POSIX `TZ` string all fit, and this library needs no clock and no zone files.

use std::sync::{Arc, OnceLock};

/// Milliseconds of a day without a change of offset.
pub const DAY_MS: i64 = 86_400_000;
/// Milliseconds of the smallest bucket: every zone in use is a multiple of it away from UTC.
pub const QUARTER_MS: i64 = 900_000;

/// A calendar day, counted from 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i64);

impl Day {
    /// From `YYYY-MM-DD`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let date = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
        Some(Self::from_date(date))
    }

    /// From a calendar date.
    pub fn from_date(date: chrono::NaiveDate) -> Self {
        Self(
            date.signed_duration_since(chrono::NaiveDate::default())
                .num_days(),
        )
    }

    /// As a calendar date; the ends of chrono's range for days beyond them.
    pub fn date(self) -> chrono::NaiveDate {
        chrono::TimeDelta::try_days(self.0)
            .and_then(|days| chrono::NaiveDate::default().checked_add_signed(days))
            .unwrap_or(if self.0 < 0 {
                chrono::NaiveDate::MIN
            } else {
                chrono::NaiveDate::MAX
            })
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.date().fmt(f)
    }
}

/// A time zone: its name and its offset from UTC at any instant.
#[derive(Clone)]
pub struct Zone {
    name: String,
    offset_seconds: Arc<dyn Fn(i64) -> i32 + Send + Sync>,
    signature: Arc<OnceLock<String>>,
}

impl std::fmt::Debug for Zone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Zone({})", self.name)
    }
}

impl Zone {
    /// A zone with the offset, in seconds east of UTC, that `offset_seconds` gives for an instant
    /// in Unix milliseconds.
    pub fn new(
        name: impl Into<String>,
        offset_seconds: impl Fn(i64) -> i32 + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            offset_seconds: Arc::new(offset_seconds),
            signature: Arc::default(),
        }
    }

    /// Coordinated universal time.
    pub fn utc() -> Self {
        Self::new("UTC", |_| 0)
    }

    /// `Europe/Berlin`, or whatever else the zone is known by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name and a digest of the offsets of thirty years: it changes with the rules of a country.
    pub fn signature(&self) -> &str {
        const FROM_MS: i64 = 1_577_836_800_000;
        self.signature.get_or_init(|| {
            let weeks = (0..1_500).map(|week| self.offset_ms(FROM_MS + week * 7 * DAY_MS));
            let digest = weeks.fold(0xcbf2_9ce4_8422_2325_u64, |digest, offset| {
                (digest ^ offset as u64).wrapping_mul(0x0100_0000_01b3)
            });
            format!("{} {digest:016x}", self.name)
        })
    }

    /// Milliseconds east of UTC at an instant.
    pub fn offset_ms(&self, at_ms: i64) -> i64 {
        i64::from((self.offset_seconds)(at_ms)) * 1000
    }

    /// The calendar day of an instant.
    pub fn day(&self, at_ms: i64) -> Day {
        Day(at_ms
            .saturating_add(self.offset_ms(at_ms))
            .div_euclid(DAY_MS))
    }

    /// The first instant of a day, Unix milliseconds. Where midnight does not exist, the instant
    /// that the clocks jump to; where it comes twice, the first.
    pub fn start_of(&self, day: Day) -> i64 {
        // Clocks move by less than two hours and at most once a day: bisect the 30 hours around.
        let utc = day.0.saturating_mul(DAY_MS);
        let guess = utc.saturating_sub(self.offset_ms(utc));
        let (mut before, mut from) = (guess - DAY_MS * 5 / 8, guess + DAY_MS * 5 / 8);
        while from - before > 1 {
            let middle = before + (from - before) / 2;
            if self.day(middle) >= day {
                from = middle
            } else {
                before = middle
            }
        }
        from
    }

    /// An instant as RFC 3339 with this zone's offset, as in `2026-11-20T13:00:00+01:00`; with
    /// milliseconds where it has any.
    pub fn rfc3339(&self, at_ms: i64) -> String {
        let offset = chrono::FixedOffset::east_opt((self.offset_ms(at_ms) / 1000) as i32);
        let at = chrono::DateTime::from_timestamp_millis(at_ms);
        match (at, offset) {
            (Some(at), Some(offset)) => at
                .with_timezone(&offset)
                .to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true),
            _ => format!("{at_ms} ms"),
        }
    }

    /// The local hour of an instant, 0 to 23.
    pub fn hour(&self, at_ms: i64) -> u32 {
        let local = at_ms.saturating_add(self.offset_ms(at_ms));
        (local.rem_euclid(DAY_MS) / 3_600_000) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_round_trip_through_text() {
        for text in ["1970-01-01", "2026-11-20", "1969-12-31", "2024-02-29"] {
            assert_eq!(Day::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Day::parse("2026-02-30"), None);
    }

    #[test]
    fn a_day_starts_where_the_clocks_jump_to_when_midnight_is_skipped() {
        // Sao Paulo, 2018-11-04: 00:00 became 01:00, from -03:00 to -02:00.
        let jump = 1_541_300_400_000;
        let zone = Zone::new(
            "jump",
            move |at| if at < jump { -3 * 3600 } else { -2 * 3600 },
        );
        let day = Day::parse("2018-11-04").unwrap();
        assert_eq!(zone.start_of(day), jump);
        assert_eq!(zone.day(jump), day);
        assert_eq!(zone.day(jump - 1).to_string(), "2018-11-03");
    }

    #[test]
    fn half_hour_zones_have_their_own_midnight() {
        let zone = Zone::new("Asia/Kathmandu", |_| 5 * 3600 + 2700);
        let day = Day::parse("2026-11-20").unwrap();
        assert_eq!(
            zone.start_of(day),
            day.0 * DAY_MS - (5 * 3600 + 2700) * 1000
        );
    }
}
