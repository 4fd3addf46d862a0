// SPDX-License-Identifier: GPL-3.0-or-later
//! When to read: at once after a quiet time, and in a storm of changes as often as is useful and
//! no more.
//!
//! A change wakes us before it is visible: SQLite writes the WAL first and publishes the commit
//! through shared memory, which wakes nobody. A writer that is stopped in between, as on a loaded
//! machine, may take any time. So each change is looked for again after growing pauses.
//!
//! However many changes arrive while a read is under way, one further read follows. The few writes in
//! which a turn ends are read as they come; while a storm lasts, reads start 25 ms apart, and further
//! where a quick read takes long, so that reading stays below a fifth of one core. Thorough reads are
//! rare and lead to no pause.

use std::time::Duration;

use octally_core::sync::Depth;
use tokio::time::Instant;

/// Pauses before each further look for a change that may not have been visible yet.
const LOOKS: [Duration; 6] = [
    Duration::from_millis(5),
    Duration::from_millis(15),
    Duration::from_millis(40),
    Duration::from_millis(100),
    Duration::from_millis(600),
    Duration::from_millis(3000),
];
/// Between the starts of two reads, at the least and while a storm lasts.
const LEAST: Duration = Duration::from_millis(8);
const STORM: Duration = Duration::from_millis(25);
/// So many reads may follow each other closely; a storm's pause gives one of them back.
const CLOSE: u32 = 16;
const MOST: Duration = Duration::from_secs(1);
const SHARE: u32 = 5;

/// What is wanted, and since when it may start.
#[derive(Debug)]
pub struct Pace {
    wanted: Option<Depth>,
    reading: Option<Depth>,
    is_urgent: bool,
    earliest: Instant,
    /// When the reads so far would be over, had they been a storm's pause apart.
    spread_over: Instant,
    /// How many further looks the latest change has had.
    looks: usize,
    look_at: Option<Instant>,
}

impl Pace {
    /// Nothing wanted, anything possible.
    pub fn new(now: Instant) -> Self {
        Self {
            wanted: None,
            reading: None,
            is_urgent: false,
            earliest: now,
            spread_over: now,
            looks: LOOKS.len(),
            look_at: None,
        }
    }

    /// Wants a read of at least this depth.
    pub fn want(&mut self, depth: Depth) {
        if self.wanted != Some(Depth::Thorough) {
            self.wanted = Some(depth);
        }
    }

    /// Something was written: wants a read, and further looks after it.
    pub fn note(&mut self, depth: Depth) {
        self.want(depth);
        self.looks = 0;
        // The read of this change is followed by looks of its own.
        self.look_at = None;
    }

    /// Wants a read that a person waits for: it starts as soon as no other is under way.
    pub fn want_now(&mut self, depth: Depth) {
        self.want(depth);
        self.is_urgent = true;
    }

    /// The depth of the read to start now, if one is due. It is under way from here on.
    pub fn start(&mut self, now: Instant) -> Option<Depth> {
        if self.reading.is_some() {
            return None;
        }
        let is_look = self.look_at.is_some_and(|at| at <= now);
        let may_read = now >= self.earliest || self.is_urgent || is_look;
        let wanted = if may_read { self.wanted.take() } else { None };
        let depth = wanted.or(is_look.then_some(Depth::Quick))?;
        self.reading = Some(depth);
        self.is_urgent = false;
        self.look_at = None;
        self.earliest = self
            .earliest
            .max(now + self.distance(wanted.is_some(), now));
        Some(depth)
    }

    /// How long after this start the next read may start. A look finds nothing, as a rule, and counts for nothing.
    fn distance(&mut self, is_wanted: bool, now: Instant) -> Duration {
        if !is_wanted {
            return LEAST;
        }
        self.spread_over = self.spread_over.max(now) + STORM;
        let is_storm = self.spread_over > now + STORM * (CLOSE - 1);
        if is_storm { STORM } else { LEAST }
    }

    /// The read that is under way took this long.
    pub fn finish(&mut self, took: Duration, now: Instant) {
        if self.reading.take() == Some(Depth::Quick) {
            let pause = (took * (SHARE - 1)).min(MOST);
            self.earliest = self.earliest.max(now + pause);
        }
    }

    /// A read has ended: plans the next look for what it may have come too early for, if any is left.
    /// It does not wait for the pause, since it is nearly free where there is nothing.
    pub fn look_again(&mut self, now: Instant) {
        self.look_at = LOOKS.get(self.looks).map(|pause| now + *pause);
        self.looks += usize::from(self.look_at.is_some());
    }

    /// When to start the next read, if one is wanted or planned that may not start yet.
    pub fn wake_at(&self) -> Option<Instant> {
        if self.reading.is_some() {
            return None;
        }
        let wanted = self.wanted.map(|_| self.earliest);
        wanted.into_iter().chain(self.look_at).min()
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
    fn the_writes_in_which_a_turn_ends_are_read_closely_and_a_storm_is_not() {
        let begun = Instant::now();
        let (mut pace, mut now) = (Pace::new(begun), begun);
        let mut pauses = Vec::new();
        for _ in 0..100 {
            pace.want(Depth::Quick);
            assert_eq!(pace.start(now), QUICK);
            pace.finish(Duration::from_millis(1), now + Duration::from_millis(1));
            pace.want(Depth::Quick);
            let next = pace.wake_at().unwrap();
            pauses.push(next - now);
            now = next;
        }
        assert_eq!(pauses[..5], [LEAST; 5], "{pauses:?}");
        assert!(now - begun > STORM * (100 - 2 * CLOSE), "{:?}", now - begun);
        assert_eq!(pauses.last(), Some(&STORM));
    }

    #[test]
    fn after_a_storm_reads_may_be_close_again() {
        let mut now = Instant::now();
        let mut pace = Pace::new(now);
        for _ in 0..100 {
            pace.want(Depth::Quick);
            assert_eq!(pace.start(now), QUICK);
            pace.finish(Duration::ZERO, now);
            now = pace.earliest;
        }
        now += STORM * CLOSE;
        pace.want(Depth::Quick);
        pace.start(now);
        assert_eq!(pace.earliest, now + LEAST);
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
    fn a_commit_that_becomes_visible_late_is_looked_for_again_and_again() {
        let mut now = Instant::now();
        let mut pace = Pace::new(now);
        pace.note(Depth::Quick);
        pace.start(now);
        for pause in LOOKS {
            pace.finish(Duration::from_millis(1), now);
            pace.look_again(now);
            assert_eq!(pace.wake_at(), Some(now + pause));
            assert_eq!(pace.start(now), None);
            now += pause;
            assert_eq!(pace.start(now), QUICK);
        }
        pace.finish(Duration::from_millis(1), now);
        pace.look_again(now);
        assert_eq!(pace.wake_at(), None);
    }

    #[test]
    fn a_new_change_does_not_wait_for_a_planned_look() {
        let now = Instant::now();
        let mut pace = Pace::new(now);
        pace.note(Depth::Quick);
        pace.start(now);
        pace.looks = LOOKS.len() - 1;
        pace.finish(Duration::from_millis(1), now);
        pace.look_again(now);
        pace.note(Depth::Quick);
        assert_eq!(pace.start(now + LEAST), QUICK);
        pace.finish(Duration::from_millis(1), now + LEAST);
        pace.look_again(now + LEAST);
        assert_eq!(pace.wake_at(), Some(now + LEAST + LOOKS[0]));
    }

    #[test]
    fn looks_begin_the_pause_anew() {
        let now = Instant::now();
        let mut pace = Pace::new(now);
        pace.note(Depth::Quick);
        pace.start(now);
        pace.finish(Duration::from_millis(1), now);
        pace.look_again(now);
        let look = now + LOOKS[0];
        assert_eq!(pace.start(look), QUICK);
        pace.finish(Duration::from_millis(1), look);
        pace.note(Depth::Quick);
        assert_eq!(pace.start(look + LOOKS[0]), None);
        assert_eq!(pace.start(look + LEAST), QUICK);
    }

    #[test]
    fn looks_do_not_make_a_storm_quicker() {
        let begun = Instant::now();
        let (mut pace, mut now, mut reads) = (Pace::new(begun), begun, 0);
        while now < begun + STORM * 100 {
            pace.note(Depth::Quick);
            if pace.start(now).is_some() {
                reads += 1;
                pace.finish(Duration::ZERO, now);
                pace.look_again(now);
            }
            now += Duration::from_millis(1);
        }
        assert!(reads <= 100 + CLOSE, "{reads}");
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
