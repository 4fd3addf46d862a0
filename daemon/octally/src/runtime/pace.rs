// SPDX-License-Identifier: GPL-3.0-or-later
//! When to read: at once after a quiet time, and in a storm of changes as often as is useful and
//! no more.
//!
//! However many changes arrive while a read is under way, one further read follows. Two reads start
//! at least 50 ms apart, and further where a quick read takes long, so that reading stays below a
//! fifth of one core. Thorough reads are rare and lead to no pause.

use std::time::Duration;

use octally_core::sync::Depth;
use tokio::time::Instant;

/// How soon a commit that woke us is visible: SQLite needs microseconds, a loaded machine more.
const SOON: Duration = Duration::from_millis(5);
const LEAST: Duration = Duration::from_millis(50);
const MOST: Duration = Duration::from_secs(1);
const SHARE: u32 = 5;

/// What is wanted, and since when it may start.
#[derive(Debug)]
pub struct Pace {
    wanted: Option<Depth>,
    reading: Option<Depth>,
    is_urgent: bool,
    earliest: Instant,
}

impl Pace {
    /// Nothing wanted, anything possible.
    pub fn new(now: Instant) -> Self {
        Self {
            wanted: None,
            reading: None,
            is_urgent: false,
            earliest: now,
        }
    }

    /// Wants a read of at least this depth.
    pub fn want(&mut self, depth: Depth) {
        if self.wanted != Some(Depth::Thorough) {
            self.wanted = Some(depth);
        }
    }

    /// Wants a read that a person waits for: it starts as soon as no other is under way.
    pub fn want_now(&mut self, depth: Depth) {
        self.want(depth);
        self.is_urgent = true;
    }

    /// The depth of the read to start now, if one is due. It is under way from here on.
    pub fn start(&mut self, now: Instant) -> Option<Depth> {
        if self.reading.is_some() || (now < self.earliest && !self.is_urgent) {
            return None;
        }
        let depth = self.wanted.take()?;
        self.reading = Some(depth);
        self.is_urgent = false;
        self.earliest = now + LEAST;
        Some(depth)
    }

    /// The read that is under way took this long.
    pub fn finish(&mut self, took: Duration, now: Instant) {
        if self.reading.take() == Some(Depth::Quick) {
            let pause = (took * (SHARE - 1)).min(MOST);
            self.earliest = self.earliest.max(now + pause);
        }
    }

    /// Wants a second look at what the last read may have come too early for. It does not wait for the
    /// pause: it is nearly free where there is nothing, and the pause begins anew after it.
    pub fn look_again(&mut self, now: Instant) {
        self.want(Depth::Quick);
        self.earliest = self.earliest.min(now + SOON);
    }

    /// When to look again, if a read is wanted that may not start yet.
    pub fn wake_at(&self) -> Option<Instant> {
        (self.wanted.is_some() && self.reading.is_none()).then_some(self.earliest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: Option<Depth> = Some(Depth::Quick);

    #[test]
    fn the_first_change_is_read_at_once() {
        let now = Instant::now();
        let mut pace = Pace::new(now);
        pace.want(Depth::Quick);
        assert_eq!(pace.start(now), QUICK);
    }

    #[test]
    fn a_storm_during_a_read_leads_to_exactly_one_further_read() {
        let now = Instant::now();
        let mut pace = Pace::new(now);
        pace.want(Depth::Quick);
        pace.start(now);
        for _ in 0..1000 {
            pace.want(Depth::Quick);
            assert_eq!(pace.start(now), None);
        }
        pace.finish(Duration::from_millis(1), now + Duration::from_millis(1));
        assert_eq!(pace.start(now + LEAST), QUICK);
        pace.finish(Duration::from_millis(1), now + LEAST);
        assert_eq!(pace.wake_at(), None);
        assert_eq!(pace.start(now + LEAST * 10), None);
    }

    #[test]
    fn long_reads_are_further_apart() {
        let now = Instant::now();
        let mut pace = Pace::new(now);
        pace.want(Depth::Quick);
        pace.start(now);
        pace.want(Depth::Quick);
        let took = Duration::from_millis(100);
        pace.finish(took, now + took);
        assert_eq!(pace.start(now + took * 4), None);
        assert_eq!(pace.wake_at(), Some(now + took * 5));
        assert_eq!(pace.start(now + took * 5), QUICK);
    }

    #[test]
    fn a_second_look_comes_soon_and_the_pause_after_it() {
        let now = Instant::now();
        let mut pace = Pace::new(now);
        pace.want(Depth::Quick);
        pace.start(now);
        pace.finish(Duration::from_millis(1), now);
        pace.look_again(now);
        assert_eq!(pace.start(now), None);
        assert_eq!(pace.start(now + SOON), QUICK);
        pace.finish(Duration::from_millis(1), now + SOON);
        pace.want(Depth::Quick);
        assert_eq!(pace.start(now + SOON * 2), None);
        assert_eq!(pace.start(now + SOON + LEAST), QUICK);
    }

    #[test]
    fn a_person_does_not_wait_for_the_pause_and_depth_is_never_lost() {
        let now = Instant::now();
        let mut pace = Pace::new(now);
        pace.want(Depth::Quick);
        pace.start(now);
        pace.want_now(Depth::Thorough);
        pace.finish(Duration::from_secs(1), now);
        pace.want(Depth::Quick);
        assert_eq!(pace.start(now), Some(Depth::Thorough));
    }
}
