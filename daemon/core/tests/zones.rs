// SPDX-License-Identifier: GPL-3.0-or-later
//! Hours, days, weeks, months and the snapshot in awkward zones, against every step put on the calendar
//! by itself with the tz database.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod opencode;

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, NaiveDate, Offset, SecondsFormat, TimeDelta, Timelike};
use chrono_tz::Tz;
use octally_core::meter::{Live, Meter};
use octally_core::model::Zone;
use octally_core::rollup::{By, Request};
use octally_core::sync::{Depth, SyncReport};
use octally_core::wire::{Snapshot, Usage};
use opencode::{OpenCode, START_MS, answer};

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 86_400_000;

/// Steps and input tokens.
type Sum = (u64, u64);

struct Month {
    tz: Tz,
    zone: Zone,
    /// Instant and input tokens of each step.
    steps: Vec<(i64, u64)>,
    /// Their sums by local date.
    days: BTreeMap<NaiveDate, Sum>,
    meter: Meter,
    _opencode: OpenCode,
}

fn local(tz: Tz, at_ms: i64) -> DateTime<Tz> {
    DateTime::from_timestamp_millis(at_ms)
        .unwrap()
        .with_timezone(&tz)
}

fn zone(tz: Tz) -> Zone {
    Zone::new(tz.name(), move |at_ms| {
        local(tz, at_ms).offset().fix().local_minus_utc()
    })
}

/// Five weeks around an instant: a step every 43 minutes, and on and beside every quarter hour of the
/// two days in the middle.
fn instants(middle_ms: i64) -> Vec<i64> {
    let mut all: Vec<i64> = (-590..590)
        .map(|n| middle_ms + n * 43 * MINUTE_MS + 7)
        .collect();
    let quarters = (-96..96).map(|n| (middle_ms.div_euclid(15 * MINUTE_MS) + n) * 15 * MINUTE_MS);
    all.extend(quarters.flat_map(|at_ms| [at_ms - 1, at_ms]));
    all
}

/// Every step put where `key` says.
fn sums<K: Ord>(steps: &[(i64, u64)], key: impl Fn(i64) -> K) -> BTreeMap<K, Sum> {
    let mut sums: BTreeMap<K, Sum> = BTreeMap::new();
    for (at_ms, input) in steps {
        let sum = sums.entry(key(*at_ms)).or_default();
        *sum = (sum.0 + 1, sum.1 + input);
    }
    sums
}

impl Month {
    fn around(name: &str, middle: &str) -> Self {
        let tz: Tz = name.parse().unwrap();
        let middle_ms = DateTime::parse_from_rfc3339(middle)
            .unwrap()
            .timestamp_millis();
        let opencode = OpenCode::new();
        let steps: Vec<(i64, u64)> = (1_u64..)
            .zip(instants(middle_ms))
            .map(|(n, at_ms)| (at_ms, n))
            .collect();
        opencode.session("ses_a", None, middle_ms - 60 * DAY_MS);
        opencode.connection.execute_batch("BEGIN").unwrap();
        for (at_ms, input) in &steps {
            let data = answer("turn", *at_ms, *input, 1, 0.0);
            opencode.message(&format!("msg_{input}"), "ses_a", *at_ms, *at_ms, &data);
        }
        opencode.connection.execute_batch("COMMIT").unwrap();
        let (zone, mut meter) = (zone(tz), opencode.meter());
        let report = meter
            .sync(Depth::Quick, &zone, middle_ms, &mut |_| true)
            .unwrap();
        assert_eq!(report.problems, []);
        Self {
            tz,
            zone,
            days: sums(&steps, |at_ms| local(tz, at_ms).date_naive()),
            steps,
            meter,
            _opencode: opencode,
        }
    }

    /// The local date, the hour and the offset of a step, named by the first quarter hour that has all
    /// three.
    fn hour(&self, at_ms: i64) -> String {
        let of = |at_ms| {
            let at = local(self.tz, at_ms);
            (at.date_naive(), at.hour(), at.offset().fix())
        };
        let mut first_ms = at_ms.div_euclid(15 * MINUTE_MS) * 15 * MINUTE_MS;
        while of(first_ms - 15 * MINUTE_MS) == of(at_ms) {
            first_ms -= 15 * MINUTE_MS;
        }
        local(self.tz, first_ms)
            .fixed_offset()
            .to_rfc3339_opts(SecondsFormat::AutoSi, true)
    }

    fn check(&self, by: By, key: impl Fn(i64) -> String) {
        let report = self.meter.report(&Request::new(by), &self.zone).unwrap();
        let found: BTreeMap<String, Sum> = report
            .rows
            .iter()
            .map(|row| {
                let sum = (row.totals.steps, row.totals.tokens.input);
                (row.key.clone().unwrap(), sum)
            })
            .collect();
        assert_eq!(found.len(), report.rows.len(), "{by:?}: a key comes twice");
        assert_eq!(found, sums(&self.steps, key), "{by:?}");
        let all = sums(&self.steps, |_| ())[&()];
        assert_eq!(
            (report.totals.steps, report.totals.tokens.input),
            all,
            "{by:?}"
        );
    }

    fn snapshot(&self, now_ms: i64) -> Snapshot {
        let (live, last) = (Live::default(), SyncReport::default());
        self.meter
            .snapshot(&live, &last, &|_| true, 0, &self.zone, now_ms)
            .unwrap()
    }

    fn check_snapshot(&self, now_ms: i64) {
        let now = self.snapshot(now_ms);
        let today = local(self.tz, now_ms).date_naive();
        let between = |first: NaiveDate, last: NaiveDate| {
            let days = self.days.range(first..=last).map(|(_, sum)| *sum);
            days.fold((0, 0), |all: Sum, day| (all.0 + day.0, all.1 + day.1))
        };
        let sum = |usage: &Usage| (usage.steps, usage.tokens.input);
        assert_eq!(
            sum(&now.today),
            between(today, today),
            "today of {now_ms} ms"
        );
        let first = today.with_day(1).unwrap();
        assert_eq!(
            sum(&now.month),
            between(first, today),
            "month of {now_ms} ms"
        );
        for (back, day) in (0..7).rev().zip(&now.week) {
            let date = today - TimeDelta::days(back);
            assert_eq!(day.day.date(), date);
            assert_eq!(sum(&day.usage), between(date, date), "{date}");
        }
    }

    fn check_all(&mut self, middle: &str) {
        let tz = self.tz;
        self.check(By::Hour, |at_ms| self.hour(at_ms));
        self.check(By::Day, |at_ms| local(tz, at_ms).date_naive().to_string());
        self.check(By::Week, |at_ms| {
            let date = local(tz, at_ms).date_naive();
            let monday = date - TimeDelta::days(date.weekday().num_days_from_monday().into());
            monday.to_string()
        });
        self.check(By::Month, |at_ms| {
            local(tz, at_ms).format("%Y-%m").to_string()
        });
        let middle_ms = DateTime::parse_from_rfc3339(middle)
            .unwrap()
            .timestamp_millis();
        let hours = (-26..26).map(|n| middle_ms + n * 30 * MINUTE_MS);
        for at_ms in hours.flat_map(|at_ms| [at_ms - 1, at_ms]) {
            self.check_snapshot(at_ms);
        }
        // Once more with the day table kept for another zone, as before the first sync after a journey.
        self.meter
            .sync(Depth::Quick, &Zone::utc(), middle_ms, &mut |_| true)
            .unwrap();
        for days in -3..4 {
            self.check_snapshot(middle_ms + days * DAY_MS);
        }
        self.check(By::Day, |at_ms| local(tz, at_ms).date_naive().to_string());
        assert_eq!(self.meter.health().unwrap().damage, None);
    }
}

macro_rules! months {
    ($($test:ident: $zone:literal, $middle:literal;)*) => {
        $(#[test]
        fn $test() {
            Month::around($zone, $middle).check_all($middle);
        })*
    };
}

months! {
    berlin_skips_an_hour: "Europe/Berlin", "2026-03-29T01:00:00Z";
    berlin_repeats_an_hour: "Europe/Berlin", "2026-10-25T01:00:00Z";
    lord_howe_skips_half_an_hour: "Australia/Lord_Howe", "2026-10-03T15:30:00Z";
    lord_howe_repeats_half_an_hour: "Australia/Lord_Howe", "2026-04-04T15:00:00Z";
    kathmandu_is_three_quarters_off: "Asia/Kathmandu", "2026-11-30T18:15:00Z";
    kolkata_is_half_an_hour_off: "Asia/Kolkata", "2026-12-31T18:30:00Z";
    st_johns_skips_an_hour_in_a_half_hour_zone: "America/St_Johns", "2026-03-08T05:30:00Z";
    chatham_repeats_an_hour_in_a_three_quarter_zone: "Pacific/Chatham", "2026-04-04T14:00:00Z";
    santiago_skips_midnight: "America/Santiago", "2026-09-06T04:00:00Z";
    santiago_repeats_the_hour_before_midnight: "America/Santiago", "2026-04-05T03:00:00Z";
    havana_repeats_the_hour_after_midnight: "America/Havana", "2026-11-01T05:00:00Z";
    troll_skips_two_hours: "Antarctica/Troll", "2026-03-29T01:00:00Z";
    a_month_ends_at_midnight_of_kiritimati: "Pacific/Kiritimati", "2026-11-30T10:00:00Z";
}

#[test]
fn another_time_zone_refolds_the_days_without_changing_the_total() {
    let opencode = OpenCode::new();
    let mut meter = opencode.meter();
    opencode.session("ses_a", None, START_MS - 1);
    for hour in 0..40 {
        let at_ms = START_MS + hour * 3_600_000;
        opencode.message(
            &format!("msg_{hour}"),
            "ses_a",
            at_ms,
            at_ms,
            &answer("u", at_ms, 100, 1, 0.1),
        );
    }
    for offset in [0, 5 * 3600 + 2700, -9 * 3600 - 1800, 10 * 3600 + 1800] {
        let zone = Zone::new(format!("zone {offset}"), move |_| offset);
        meter
            .sync(Depth::Quick, &zone, START_MS, &mut |_| true)
            .unwrap();
        meter
            .sync(Depth::Thorough, &zone, START_MS, &mut |_| true)
            .unwrap();
        let days = meter.report(&Request::new(By::Day), &zone).unwrap();
        assert_eq!(days.totals.tokens.input, 4_000);
        assert_eq!(
            days.rows
                .iter()
                .map(|row| row.totals.tokens.input)
                .sum::<u64>(),
            4_000
        );
        assert_eq!(meter.health().unwrap().damage, None);
    }
}
