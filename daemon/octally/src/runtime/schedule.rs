// SPDX-License-Identifier: GPL-3.0-or-later
//! When to wake up next: the minute, midnight, the next idle deadline, and the watchdog's period
//! where systemd asks for one.

use std::time::{Duration, Instant};

use octally_core::model::{Day, Zone};

/// A tick for what inotify misses, and for changes of the time zone.
const TICK_MS: i64 = 60_000;

#[derive(Debug)]
pub struct Schedule {
    tick_ms: i64,
    midnight_ms: i64,
    deadline_ms: i64,
    watchdog: Option<Watchdog>,
}

#[derive(Debug)]
struct Watchdog {
    period: Duration,
    due: Instant,
    due_ms: i64,
}

impl Schedule {
    /// The first tick in a minute; nothing else is known yet.
    pub fn new(now_ms: i64, watchdog: Option<Duration>) -> Self {
        let watchdog = watchdog.map(|period| Watchdog {
            period,
            due: Instant::now(),
            due_ms: now_ms,
        });
        Self {
            tick_ms: now_ms + TICK_MS,
            midnight_ms: i64::MAX,
            deadline_ms: i64::MAX,
            watchdog,
        }
    }

    /// Sets midnight and the idle deadline after a read that was made at `now_ms`. What has come before
    /// and is still planned is left to the next tick: another read at once would not bring it either.
    pub fn plan(&mut self, zone: &Zone, now_ms: i64, deadline_ms: Option<i64>) {
        self.midnight_ms = zone.start_of(Day(zone.day(now_ms).0 + 1));
        let later_ms = deadline_ms.filter(|deadline_ms| *deadline_ms > now_ms);
        self.deadline_ms = later_ms.unwrap_or(i64::MAX);
    }

    /// The instant to wake up at, Unix milliseconds.
    pub fn next_ms(&self) -> i64 {
        let watchdog_ms = self
            .watchdog
            .as_ref()
            .map_or(i64::MAX, |watchdog| watchdog.due_ms);
        self.wall_ms().min(watchdog_ms)
    }

    /// Whether there is anything to look at. The clock may have been set back: a tick that is more
    /// than a period away is due as well.
    pub fn is_due(&self, now_ms: i64) -> bool {
        now_ms >= self.wall_ms() || self.tick_ms - now_ms > TICK_MS
    }

    /// The tick has been taken. Midnight and deadline are planned anew by the read that follows;
    /// until then they must not fire again.
    pub fn tick(&mut self, now_ms: i64) {
        self.tick_ms = now_ms + TICK_MS;
        self.midnight_ms = i64::MAX;
        self.deadline_ms = i64::MAX;
    }

    /// Whether systemd is to be told that the loop turns; if so, the next time is set.
    pub fn pets_watchdog(&mut self, now: Instant) -> bool {
        let wall_ms = super::clock::now_ms();
        let Some(watchdog) = &mut self.watchdog else {
            return false;
        };
        let is_due = now >= watchdog.due;
        if is_due {
            watchdog.due = now + watchdog.period;
        }
        let left_ms = watchdog.due.saturating_duration_since(now).as_millis();
        watchdog.due_ms = wall_ms + i64::try_from(left_ms).unwrap_or(i64::MAX).max(1);
        is_due
    }

    fn wall_ms(&self) -> i64 {
        self.tick_ms.min(self.midnight_ms).min(self.deadline_ms)
    }
}

#[cfg(test)]
mod tests {
    use octally_core::model::DAY_MS;

    use super::*;

    const MORNING_MS: i64 = DAY_MS * 20_000;

    #[test]
    fn the_earliest_of_minute_midnight_and_deadline_wins() {
        let mut schedule = Schedule::new(MORNING_MS, None);
        assert_eq!(schedule.next_ms(), MORNING_MS + TICK_MS);
        schedule.plan(&Zone::utc(), MORNING_MS, Some(MORNING_MS + 5));
        assert_eq!(schedule.next_ms(), MORNING_MS + 5);
        let evening_ms = MORNING_MS + DAY_MS - 10;
        schedule.tick(evening_ms);
        schedule.plan(&Zone::utc(), evening_ms, None);
        assert_eq!(schedule.next_ms(), MORNING_MS + DAY_MS);
    }

    #[test]
    fn what_a_read_came_too_late_for_does_not_bring_the_next_one_at_once() {
        let mut schedule = Schedule::new(MORNING_MS, None);
        for passed_ms in [MORNING_MS - DAY_MS, MORNING_MS] {
            schedule.plan(&Zone::utc(), MORNING_MS, Some(passed_ms));
            assert_eq!(schedule.next_ms(), MORNING_MS + TICK_MS);
        }
    }

    #[test]
    fn a_tick_is_due_when_it_comes_and_when_the_clock_was_set_back() {
        let schedule = Schedule::new(MORNING_MS, None);
        assert!(!schedule.is_due(MORNING_MS + TICK_MS - 1));
        assert!(schedule.is_due(MORNING_MS + TICK_MS));
        assert!(!schedule.is_due(MORNING_MS));
        assert!(schedule.is_due(MORNING_MS - 3_600_000));
    }

    #[test]
    fn the_watchdog_is_served_in_its_period_and_not_before() {
        let mut schedule =
            Schedule::new(super::super::clock::now_ms(), Some(Duration::from_secs(5)));
        let now = Instant::now();
        assert!(schedule.pets_watchdog(now));
        assert!(!schedule.pets_watchdog(now + Duration::from_secs(4)));
        assert!(schedule.pets_watchdog(now + Duration::from_secs(5)));
        assert!(!Schedule::new(0, None).pets_watchdog(now));
    }
}
