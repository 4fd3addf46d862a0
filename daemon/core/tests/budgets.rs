// SPDX-License-Identifier: GPL-3.0-or-later
//! What was spent of budgets, against every step put on the calendar by itself with the tz database.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod earlier;
mod opencode;

use chrono::{DateTime, Datelike, NaiveDate, Offset};
use chrono_tz::Tz;
use octally_core::meter::Meter;
use octally_core::model::{Budget, BudgetCounts, BudgetPeriod, Zone};
use octally_core::rollup::{By, Request};
use octally_core::sync::Depth;
use octally_core::wire::BudgetUsage;
use opencode::{OpenCode, answer};

const HOUR_MS: i64 = 3_600_000;

fn ms(text: &str) -> i64 {
    DateTime::parse_from_rfc3339(text)
        .unwrap()
        .timestamp_millis()
}

fn date(tz: Tz, at_ms: i64) -> NaiveDate {
    let at = DateTime::from_timestamp_millis(at_ms).unwrap();
    at.with_timezone(&tz).date_naive()
}

/// A zone by any name: the days in the ledger are those of one name, all others fold quarter hours.
fn zone(tz: Tz, name: &str) -> Zone {
    Zone::new(name, move |at_ms| {
        let at = DateTime::from_timestamp_millis(at_ms).unwrap();
        at.with_timezone(&tz).offset().fix().local_minus_utc()
    })
}

fn budget(period: BudgetPeriod, limit_usd: f64) -> Budget {
    Budget {
        id: "b".into(),
        period,
        limit: Budget::limit(limit_usd).unwrap(),
        project: None,
        counts: BudgetCounts::Billed,
        warn_at: Budget::WARN_AT.to_vec(),
    }
}

struct World {
    meter: Meter,
    opencode: OpenCode,
    zone: Zone,
}

impl World {
    /// Nothing yet, in a zone of the tz database.
    fn new(tz: Tz) -> Self {
        let opencode = OpenCode::new();
        Self {
            meter: opencode.meter(),
            opencode,
            zone: zone(tz, "kept"),
        }
    }

    /// With a session and a step of a quarter of a dollar each hour.
    fn hourly(tz: Tz, from_ms: i64, hours: i64) -> Self {
        let mut world = Self::new(tz);
        world.opencode.session("ses_a", None, from_ms);
        world.opencode.connection.execute_batch("BEGIN").unwrap();
        for hour in 0..hours {
            let at_ms = from_ms + hour * HOUR_MS;
            world.step(&format!("msg_{hour:05}"), "ses_a", at_ms, 0.25);
        }
        world.opencode.connection.execute_batch("COMMIT").unwrap();
        world.sync();
        world
    }

    fn step(&self, id: &str, session: &str, at_ms: i64, usd: f64) {
        let data = answer(id, at_ms, 10, 1, usd);
        self.opencode.message(id, session, at_ms, at_ms, &data);
    }

    fn sync(&mut self) {
        let report = self
            .meter
            .sync(Depth::Thorough, &self.zone, 0, &mut |_| true)
            .unwrap();
        assert_eq!(report.problems, []);
    }

    fn at(&self, budget: &Budget, now_ms: i64) -> BudgetUsage {
        let all = self
            .meter
            .budgets(std::slice::from_ref(budget), &self.zone, now_ms);
        all.unwrap().remove(0)
    }
}

/// What tells the current day, week or month from all others.
fn key(period: BudgetPeriod, date: NaiveDate) -> (i32, u32) {
    match period {
        BudgetPeriod::Day => (date.year(), date.ordinal()),
        BudgetPeriod::Week => (date.iso_week().year(), date.iso_week().week()),
        BudgetPeriod::Month => (date.year(), date.month()),
    }
}

/// Every six hours of ten weeks, and around each midnight of UTC.
fn check(name: &str, from: &str) {
    let (tz, from_ms, hours): (Tz, _, _) = (name.parse().unwrap(), ms(from), 70 * 24);
    let world = World::hourly(tz, from_ms, hours);
    let folded = zone(tz, "folded");
    for now_ms in (0..hours / 6).map(|n| from_ms + n * 6 * HOUR_MS) {
        for now_ms in [now_ms - 1, now_ms] {
            for period in BudgetPeriod::ALL {
                let budget = budget(period, 10.0);
                let found = world.at(&budget, now_ms);
                let current = key(period, date(tz, now_ms));
                let is_current = |at_ms: i64| key(period, date(tz, at_ms)) == current;
                let steps = (0..hours).filter(|hour| is_current(from_ms + hour * HOUR_MS));
                let place = format!("{name} {} at {now_ms}", period.as_str());
                assert_eq!(found.spent_usd, steps.count() as f64 * 0.25, "{place}");
                assert!(is_current(found.starts_ms), "{place}");
                assert!(!is_current(found.starts_ms - 1), "{place}");
                assert!(is_current(found.ends_ms - 1), "{place}");
                assert!(!is_current(found.ends_ms), "{place}");
                let other = world.meter.budgets(&[budget], &folded, now_ms).unwrap();
                assert_eq!(other, [found], "{place}");
            }
        }
    }
}

#[test]
fn days_weeks_and_months_are_those_of_berlin_when_the_clocks_are_set() {
    check("Europe/Berlin", "2026-03-01T00:00:00Z");
    check("Europe/Berlin", "2026-09-28T00:00:00Z");
}

#[test]
fn days_weeks_and_months_are_those_of_zones_far_from_utc() {
    check("Asia/Kathmandu", "2026-11-15T00:00:00Z");
    check("Pacific/Kiritimati", "2026-11-15T00:00:00Z");
    check("Pacific/Pago_Pago", "2026-11-15T00:00:00Z");
    check("Australia/Lord_Howe", "2026-03-01T00:00:00Z");
}

#[test]
fn a_day_whose_midnight_is_skipped_has_its_budget() {
    check("America/Santiago", "2026-08-10T00:00:00Z");
}

#[test]
fn a_week_begins_on_monday_as_in_weekly_reports() {
    let world = World::hourly(Tz::UTC, ms("2026-11-02T00:00:00Z"), 20 * 24);
    let now_ms = ms("2026-11-15T23:59:59Z"); // a Sunday
    let found = world.at(&budget(BudgetPeriod::Week, 10.0), now_ms);
    assert_eq!(found.starts_ms, ms("2026-11-09T00:00:00Z"));
    assert_eq!(found.ends_ms, ms("2026-11-16T00:00:00Z"));
    let report = world
        .meter
        .report(&Request::new(By::Week), &world.zone)
        .unwrap();
    assert_eq!(report.rows[1].totals.cost.billed_usd, found.spent_usd);
}

#[test]
fn midnight_and_the_end_of_a_month_begin_anew() {
    let mut world = World::new(Tz::Europe__Berlin);
    world.opencode.session("ses_a", None, 0);
    world.step("msg_1", "ses_a", ms("2026-11-30T23:59:59.999+01:00"), 30.0);
    world.step("msg_2", "ses_a", ms("2026-12-01T00:00:00+01:00"), 2.0);
    world.sync();
    let (day, month) = (
        budget(BudgetPeriod::Day, 10.0),
        budget(BudgetPeriod::Month, 20.0),
    );
    let end_ms = ms("2026-12-01T00:00:00+01:00");
    for budget in [&day, &month] {
        assert_eq!(world.at(budget, end_ms - 1).spent_usd, 30.0);
        assert_eq!(world.at(budget, end_ms - 1).ends_ms, end_ms);
        assert_eq!(world.at(budget, end_ms).spent_usd, 2.0);
        assert_eq!(world.at(budget, end_ms).starts_ms, end_ms);
    }
    // The week goes on.
    let week = budget(BudgetPeriod::Week, 40.0);
    assert_eq!(world.at(&week, end_ms).spent_usd, 32.0);
}

#[test]
fn the_average_until_now_goes_on() {
    let world = World::hourly(Tz::UTC, ms("2026-11-01T00:00:00Z"), 15 * 24);
    let month = budget(BudgetPeriod::Month, 100.0);
    let half = world.at(&month, ms("2026-11-16T00:00:00Z"));
    assert_eq!((half.spent_usd, half.share), (90.0, 0.9));
    assert_eq!(half.left_usd, 10.0);
    assert_eq!(
        (half.expected_usd, half.expected_share),
        (Some(180.0), Some(1.8))
    );
    assert_eq!(half.crossed, Some(80));
    // 3 % of thirty days are 21.6 hours.
    let soon_ms = ms("2026-11-01T21:36:00Z");
    let soon = world.at(&month, soon_ms - 1);
    assert_eq!((soon.expected_usd, soon.expected_share), (None, None));
    assert!(world.at(&month, soon_ms).expected_usd.is_some());
}

#[test]
fn half_of_a_day_of_25_hours_is_twelve_and_a_half() {
    let mut world = World::new(Tz::Europe__Berlin);
    world.opencode.session("ses_a", None, 0);
    world.step("msg_1", "ses_a", ms("2026-10-25T00:30:00+02:00"), 1.0);
    world.sync();
    let day = budget(BudgetPeriod::Day, 4.0);
    let now_ms = ms("2026-10-25T00:00:00+02:00") + 25 * HOUR_MS / 2;
    assert_eq!(world.at(&day, now_ms).expected_usd, Some(2.0));
}

#[test]
fn more_than_all_of_it_can_be_spent_and_a_new_limit_counts_at_once() {
    let now_ms = ms("2026-11-16T00:00:00Z");
    let world = World::hourly(Tz::UTC, ms("2026-11-01T00:00:00Z"), 15 * 24);
    let over = world.at(&budget(BudgetPeriod::Month, 40.0), now_ms);
    assert_eq!((over.left_usd, over.share), (-50.0, 2.25));
    assert_eq!(over.crossed, Some(100));
    let mut raised = budget(BudgetPeriod::Month, 200.0);
    assert_eq!(world.at(&raised, now_ms).crossed, None);
    raised.warn_at = vec![10, 45, 46];
    assert_eq!(world.at(&raised, now_ms).crossed, Some(45));
}

#[test]
fn a_budget_of_one_project_is_what_its_report_says() {
    let now_ms = ms("2026-11-16T00:00:00Z");
    let mut world = World::new(Tz::UTC);
    let sql = "INSERT INTO project VALUES ('q', '/home/dev/other', 'Other')";
    world.opencode.connection.execute_batch(sql).unwrap();
    world.opencode.session("ses_a", None, 0);
    world.opencode.session("ses_b", None, 0);
    let sql = "UPDATE session SET project_id = 'q', directory = '/elsewhere' WHERE id = 'ses_b'";
    world.opencode.connection.execute_batch(sql).unwrap();
    world.step("msg_1", "ses_a", now_ms - 2, 1.0);
    world.step("msg_2", "ses_b", now_ms - 1, 4.0);
    world.step("msg_3", "ses_b", now_ms - 20 * 24 * HOUR_MS, 8.0);
    world.sync();
    let folded = Zone::new("folded", |_| 0);
    for (name, spent_usd) in [
        ("/home/dev/p", 1.0),
        ("p", 1.0),
        ("/home/dev/other", 4.0),
        ("Other", 4.0),
        ("other", 4.0),
        ("/elsewhere", 4.0),
        ("nobody", 0.0),
    ] {
        let mut budget = budget(BudgetPeriod::Month, 10.0);
        budget.project = Some(name.into());
        let found = world.at(&budget, now_ms);
        assert_eq!(found.spent_usd, spent_usd, "{name}");
        let other = world.meter.budgets(&[budget], &folded, now_ms).unwrap();
        assert_eq!(other, [found.clone()], "{name}");
        let request = Request {
            since_ms: Some(found.starts_ms),
            until_ms: Some(found.ends_ms),
            project: Some(name.into()),
            ..Request::new(By::Month)
        };
        let report = world.meter.report(&request, &world.zone).unwrap();
        assert_eq!(report.totals.cost.billed_usd, spent_usd, "{name}");
    }
}

#[test]
fn estimates_count_where_all_costs_do_and_what_has_no_price_is_told() {
    let now_ms = ms("2026-11-16T00:00:00Z");
    let opencode = OpenCode::new();
    let data_dir = opencode.folder.path().join("opencode");
    let prices = opencode.folder.path().join("models.json");
    let table = r#"{"p": {"models": {"m": {"cost": {"input": 100000, "output": 0}}}}}"#;
    std::fs::write(&prices, table).unwrap();
    let origins = octally_core::sync::Origins {
        data_dirs: vec![data_dir],
        price_files: vec![prices],
        ..Default::default()
    };
    let host = octally_core::meter::Host {
        id: "h".into(),
        label: "test".into(),
    };
    let mut world = World {
        meter: Meter::open(&opencode.ledger(), origins, host).unwrap(),
        opencode,
        zone: Zone::utc(),
    };
    world.opencode.session("ses_a", None, 0);
    world.step("msg_1", "ses_a", now_ms - 3, 2.0);
    world.step("msg_2", "ses_a", now_ms - 2, 0.0);
    let unknown = answer("u", now_ms - 1, 10, 1, 0.0).replace("\"m\"", "\"unknown\"");
    world
        .opencode
        .message("msg_3", "ses_a", now_ms - 1, now_ms - 1, &unknown);
    world.sync();
    let mut month = budget(BudgetPeriod::Month, 10.0);
    let billed = world.at(&month, now_ms);
    assert_eq!((billed.spent_usd, billed.unpriced_steps), (2.0, 1));
    month.counts = BudgetCounts::All;
    let all = world.at(&month, now_ms);
    assert_eq!((all.spent_usd, all.unpriced_steps), (3.0, 1));
    month.project = Some("p".into());
    let of_project = world.at(&month, now_ms);
    assert_eq!((of_project.spent_usd, of_project.unpriced_steps), (3.0, 1));
}

#[test]
fn nothing_spent_is_nothing_and_no_budgets_are_none() {
    let mut world = World::new(Tz::UTC);
    world.sync();
    let now_ms = ms("2026-11-16T00:00:00Z");
    let day = budget(BudgetPeriod::Month, 10.0);
    let found = world.at(&day, now_ms);
    assert_eq!((found.spent_usd, found.crossed), (0.0, None));
    assert_eq!(found.expected_usd, Some(0.0));
    assert_eq!(world.meter.budgets(&[], &world.zone, now_ms).unwrap(), []);
}

/// Their ledgers were of schema 9, which did not know what the sessions of a day cost.
#[test]
fn a_project_of_an_earlier_ledger_has_spent_the_same() {
    let now_ms = ms("2026-11-16T00:00:00Z");
    let mut world = World::hourly(Tz::UTC, ms("2026-11-01T00:00:00Z"), 15 * 24);
    let mut month = budget(BudgetPeriod::Month, 100.0);
    month.project = Some("p".into());
    let wanted = world.at(&month, now_ms);
    assert_eq!(wanted.spent_usd, 90.0);
    let ledger = world.opencode.ledger();
    world.meter = OpenCode::new().meter(); // closes the ledger
    earlier::before("costs_of_the_sessions_of_a_day.sql", &ledger);
    world.meter = world.opencode.meter();
    assert_eq!(world.meter.health().unwrap().damage, None);
    assert_eq!(world.at(&month, now_ms), wanted, "from quarter hours");
    world.step("msg_more", "ses_a", now_ms, 1.0);
    world.sync();
    assert_eq!(world.meter.health().unwrap().damage, None);
    assert_eq!(world.at(&month, now_ms).spent_usd, 91.0, "from days");
}
