// SPDX-License-Identifier: GPL-3.0-or-later
//! Quiet hours: a stretch of the local day, as in `22:00-07:00`.
//!
//! What counts is the clock on the wall: where an hour comes twice in autumn, it is quiet twice; one that
//! spring leaves out is none.

use octally_core::model::{DAY_MS, QUARTER_MS, Zone};

const MINUTE_MS: i64 = 60_000;

/// A stretch of the local day; its end may be on the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietHours {
    from_ms: i64,
    to_ms: i64,
}

impl QuietHours {
    /// From `HH:MM-HH:MM`; `None` for anything else, and for a stretch without length.
    pub fn parse(text: &str) -> Option<Self> {
        let (from, to) = text.split_once('-')?;
        let (from_ms, to_ms) = (time_of_day(from.trim())?, time_of_day(to.trim())?);
        (from_ms != to_ms).then_some(Self { from_ms, to_ms })
    }

    /// Whether it is quiet at an instant.
    pub fn contains(self, zone: &Zone, at_ms: i64) -> bool {
        let local_ms = local(zone, at_ms);
        if self.from_ms < self.to_ms {
            (self.from_ms..self.to_ms).contains(&local_ms)
        } else {
            local_ms >= self.from_ms || local_ms < self.to_ms
        }
    }

    /// The first instant from `at_ms` on at which it is not quiet.
    pub fn end_ms(self, zone: &Zone, at_ms: i64) -> i64 {
        let mut now_ms = at_ms;
        // Clocks are changed at full quarters of an hour; a day has hardly a hundred of them.
        for _ in 0..200 {
            if !self.contains(zone, now_ms) {
                break;
            }
            let left_ms = (self.to_ms - local(zone, now_ms)).rem_euclid(DAY_MS);
            let quarter_ms = (now_ms.div_euclid(QUARTER_MS) + 1) * QUARTER_MS;
            now_ms = quarter_ms.min(now_ms + left_ms.max(1));
        }
        now_ms
    }
}

/// Milliseconds since local midnight by the clock on the wall.
fn local(zone: &Zone, at_ms: i64) -> i64 {
    (at_ms + zone.offset_ms(at_ms)).rem_euclid(DAY_MS)
}

fn time_of_day(text: &str) -> Option<i64> {
    let (hour, minute) = text.split_once(':')?;
    let number = |text: &str, length: std::ops::RangeInclusive<usize>, limit: i64| {
        let is_number = length.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        let number: Option<i64> = text.parse().ok();
        number.filter(|n| is_number && *n < limit)
    };
    Some((number(hour, 1..=2, 24)? * 60 + number(minute, 2..=2, 60)?) * MINUTE_MS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::named_zone;
    use super::*;

    const HOUR_MS: i64 = 3_600_000;
    /// 2026-11-20T12:00:00Z
    const NOON_MS: i64 = 1_795_176_000_000;

    fn quiet(text: &str) -> QuietHours {
        QuietHours::parse(text).unwrap()
    }

    #[test]
    fn only_two_times_of_a_day_that_differ_are_quiet_hours() {
        for text in ["22:00-07:00", "9:30-10:00", " 00:00 - 23:59 "] {
            assert!(QuietHours::parse(text).is_some(), "{text}");
        }
        for text in [
            "",
            "22:00",
            "22-07",
            "22:00-24:00",
            "22:60-07:00",
            "22:0-07:00",
            "22:00-22:00",
            "-1:00-2:00",
            "22:00-07:00-08:00",
            "+2:00-03:00",
        ] {
            assert_eq!(QuietHours::parse(text), None, "{text}");
        }
    }

    #[test]
    fn over_midnight_both_ends_are_right() {
        let (night, utc) = (quiet("22:00-07:00"), Zone::utc());
        let at = |hour: i64| NOON_MS + (hour - 12) * HOUR_MS;
        assert!(!night.contains(&utc, at(22) - 1));
        assert!(night.contains(&utc, at(22)) && night.contains(&utc, at(31) - 1));
        assert!(!night.contains(&utc, at(31)));
        assert_eq!(night.end_ms(&utc, at(23)), at(31));
        assert_eq!(night.end_ms(&utc, at(12)), at(12));
    }

    #[test]
    fn a_change_of_the_clocks_moves_the_end_with_the_clock_on_the_wall() {
        let berlin = named_zone("Europe/Berlin").unwrap();
        // 2026-03-29 02:00 CET becomes 03:00 CEST; 2026-10-25 03:00 CEST becomes 02:00 CET.
        let spring_ms = 1_774_746_000_000;
        let autumn_ms = 1_792_890_000_000;
        let night = quiet("23:00-07:00");
        assert_eq!(
            night.end_ms(&berlin, spring_ms - HOUR_MS),
            spring_ms + 4 * HOUR_MS
        );
        assert_eq!(
            night.end_ms(&berlin, autumn_ms - HOUR_MS),
            autumn_ms + 5 * HOUR_MS
        );
        // 02:30 does not exist in spring: it is over as soon as the clock is beyond it.
        assert_eq!(
            quiet("01:00-02:30").end_ms(&berlin, spring_ms - 60_000),
            spring_ms
        );
        // In autumn it comes twice.
        let twice = quiet("01:00-02:30");
        let first_ms = autumn_ms - HOUR_MS / 2;
        assert_eq!(twice.end_ms(&berlin, autumn_ms - HOUR_MS), first_ms);
        assert!(twice.contains(&berlin, autumn_ms));
    }

    proptest! {
        #[test]
        fn at_its_end_it_is_not_quiet_and_until_then_it_is(
            from in 0..1440_i64, length in 1..1440_i64, minutes in 0..525_600_i64, place in 0..4_usize,
        ) {
            let zones = ["Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe", "America/New_York"];
            let zone = named_zone(zones[place]).unwrap();
            let time = |minute: i64| format!("{:02}:{:02}", minute % 1440 / 60, minute % 60);
            let hours = quiet(&format!("{}-{}", time(from), time(from + length)));
            let at_ms = 1_767_225_600_000 + minutes * 60_000;
            let end_ms = hours.end_ms(&zone, at_ms);
            prop_assert!(!hours.contains(&zone, end_ms));
            prop_assert!(end_ms - at_ms < 26 * HOUR_MS);
            let mut between_ms = at_ms;
            while between_ms < end_ms {
                prop_assert!(hours.contains(&zone, between_ms));
                between_ms += 60_000;
            }
        }
    }
}
