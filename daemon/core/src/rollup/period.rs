// SPDX-License-Identifier: GPL-3.0-or-later
//! The calendar of a question: days as people write them become instants in a time zone.

use crate::model::{Day, Zone};

/// 0001-01-01. What begins before that begins with the first step: such days have no RFC 3339.
const FIRST: Day = Day(-719_162);

/// The days that a report is about, as they were typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// The first day, `YYYY-MM-DD`.
    pub since: Option<String>,
    /// The last day, included.
    pub until: Option<String>,
    /// The last so many days, today included.
    pub last: Option<u32>,
}

/// Days that make no sense: what, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeriodError {
    /// A lower-case fragment.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}

impl std::fmt::Display for PeriodError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.what, self.remedy)
    }
}

impl Period {
    /// The first instant included and the first one excluded, Unix milliseconds.
    ///
    /// # Errors
    /// An impossible date, a range that ends before it starts, no days at all, or both ways of
    /// saying the same.
    pub fn instants(
        &self,
        zone: &Zone,
        now_ms: i64,
    ) -> Result<(Option<i64>, Option<i64>), PeriodError> {
        let (since, until) = match self.last {
            Some(days) => self.last_days(days, zone.day(now_ms))?,
            None => (day(&self.since, "since")?, day(&self.until, "until")?),
        };
        if let (Some(since), Some(until)) = (since, until)
            && since > until
        {
            return Err(error(
                format!("since {since} is after until {until}"),
                "swap the two",
            ));
        }
        let end = until.map(|day| zone.start_of(Day(day.0 + 1)));
        Ok((since.map(|day| zone.start_of(day)), end))
    }

    fn last_days(&self, days: u32, today: Day) -> Result<(Option<Day>, Option<Day>), PeriodError> {
        if self.since.is_some() || self.until.is_some() {
            return Err(error(
                "last goes with neither since nor until".into(),
                "leave one out",
            ));
        }
        if days == 0 {
            return Err(error("the last 0 days are none".into(), "1 is today alone"));
        }
        let first = Day(today.0 + 1 - i64::from(days));
        Ok((Some(first).filter(|first| *first >= FIRST), Some(today)))
    }
}

fn day(text: &Option<String>, name: &str) -> Result<Option<Day>, PeriodError> {
    let Some(text) = text else { return Ok(None) };
    let digits = |range: std::ops::Range<usize>| {
        text.get(range)
            .is_some_and(|part| part.bytes().all(|b| b.is_ascii_digit()))
    };
    let is_shaped = text.len() == 10 && digits(0..4) && digits(5..7) && digits(8..10);
    if !is_shaped {
        return Err(error(
            format!("{name} {text} is no date"),
            "write it as in 2026-11-20",
        ));
    }
    let impossible = || {
        error(
            format!("{name} {text} is not in the calendar"),
            "correct month or day",
        )
    };
    Day::parse(text).map(Some).ok_or_else(impossible)
}

fn error(what: String, remedy: &str) -> PeriodError {
    PeriodError {
        what,
        remedy: remedy.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: i64 = 3_600_000;

    fn period(since: &str, until: &str) -> Period {
        let text = |s: &str| (!s.is_empty()).then(|| s.to_owned());
        Period {
            since: text(since),
            until: text(until),
            last: None,
        }
    }

    #[test]
    fn until_is_included_and_days_are_those_of_the_zone() {
        let zone = Zone::new("east", |_| 2 * 3600);
        let day = period("1970-01-02", "1970-01-02")
            .instants(&zone, 0)
            .unwrap();
        assert_eq!(day, (Some(22 * HOUR_MS), Some(46 * HOUR_MS)));
        assert_eq!(period("", "").instants(&zone, 0).unwrap(), (None, None));
    }

    #[test]
    fn the_last_day_is_today() {
        let one = Period {
            last: Some(1),
            ..Period::default()
        };
        let range = one.instants(&Zone::utc(), 30 * HOUR_MS).unwrap();
        assert_eq!(range, (Some(24 * HOUR_MS), Some(48 * HOUR_MS)));
    }

    #[test]
    fn more_days_than_the_calendar_has_are_all_of_them() {
        let now_ms = 1_795_176_000_000;
        for (days, first) in [(739_909, Some("0001-02-01")), (u32::MAX, None)] {
            let last = Period {
                last: Some(days),
                ..Period::default()
            };
            let (since_ms, until_ms) = last.instants(&Zone::utc(), now_ms).unwrap();
            let since = since_ms.map(|at_ms| Zone::utc().day(at_ms).to_string());
            assert_eq!(since.as_deref(), first);
            assert!(until_ms > Some(now_ms));
        }
    }

    #[test]
    fn senseless_days_are_told_apart() {
        let what = |p: Period| p.instants(&Zone::utc(), 0).unwrap_err().what;
        assert_eq!(
            what(period("2026-02-30", "")),
            "since 2026-02-30 is not in the calendar"
        );
        assert_eq!(what(period("", "yesterday")), "until yesterday is no date");
        assert_eq!(what(period("2026-2-3", "")), "since 2026-2-3 is no date");
        assert!(what(period("2026-02-03", "2026-02-02")).contains("is after"));
        assert!(
            what(Period {
                last: Some(0),
                ..Period::default()
            })
            .contains("none")
        );
        assert!(
            what(Period {
                last: Some(1),
                ..period("2026-01-01", "")
            })
            .contains("neither")
        );
    }
}
