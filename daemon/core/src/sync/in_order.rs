// SPDX-License-Identifier: GPL-3.0-or-later
//! Making something of each of many things, in several threads, for one who takes the results in order.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, Scope, scope};

/// Who makes how much.
#[derive(Clone, Copy)]
pub(super) struct Crew {
    /// Threads beside that of the taker, who makes the next one itself rather than wait for it.
    pub helpers: usize,
    /// Nothing is begun while what is ready has this weight together.
    pub room: usize,
}

/// Hands `take` what `make` makes of each of `jobs`, in their order, without those of which it makes nothing.
/// Where the system grants no thread, the taker makes all of them.
pub(super) fn in_order<J: Sync, T: Send, R>(
    jobs: &[J],
    crew: Crew,
    make: impl Fn(&J) -> Option<T> + Sync,
    weight: impl Fn(&T) -> usize + Sync,
    take: impl FnOnce(&mut dyn Iterator<Item = T>) -> R,
) -> R {
    let shared = Shared {
        room: crew.room,
        make: |number: usize| make(&jobs[number]).map(|item| (weight(&item), item)),
        state: Mutex::new(State::new(jobs.len())),
        is_ready: Condvar::new(),
        has_room: Condvar::new(),
    };
    scope(|scope| {
        for _ in 0..crew.helpers {
            shared.start_helper(scope);
        }
        let _end = Ending(|| shared.end());
        take(&mut std::iter::from_fn(|| shared.next()))
    })
}

struct Shared<T, M> {
    room: usize,
    make: M,
    state: Mutex<State<T>>,
    is_ready: Condvar,
    has_room: Condvar,
}

impl<T: Send, M: Fn(usize) -> Option<(usize, T)> + Sync> Shared<T, M> {
    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start_helper<'s>(&'s self, scope: &'s Scope<'s, '_>) {
        let help = || {
            let _end = Ending(|| {
                if std::thread::panicking() {
                    self.end();
                }
            });
            while let Some(number) = self.wait_for_job() {
                self.make(number);
            }
        };
        let name = "octally-reader".into();
        // Without the thread the others do its work.
        let _ = Builder::new().name(name).spawn_scoped(scope, help);
    }

    fn wait_for_job(&self) -> Option<usize> {
        let must_wait = |state: &mut State<T>| !state.is_over && state.weight >= self.room;
        let state = self.has_room.wait_while(self.state(), must_wait);
        state.unwrap_or_else(PoisonError::into_inner).begin()
    }

    fn make(&self, number: usize) {
        let made = (self.make)(number);
        self.state().put(number, made);
        self.is_ready.notify_one();
    }

    fn next(&self) -> Option<T> {
        let mut state = self.state();
        loop {
            let weight_before = state.weight;
            if let Some(ready) = state.take() {
                // Not at each one: a helper that wakes finds some to make before it waits again.
                let half = self.room / 2;
                if weight_before > half && state.weight <= half {
                    self.has_room.notify_all();
                }
                match ready {
                    Some(item) => return Some(item),
                    None => continue,
                }
            }
            let may_begin = state.begun.is_empty() || state.weight < self.room;
            match may_begin.then(|| state.begin()).flatten() {
                Some(number) => {
                    drop(state);
                    self.make(number);
                    state = self.state();
                }
                None if state.is_over || state.begun.is_empty() => return None,
                None => {
                    let waited = self.is_ready.wait(state);
                    state = waited.unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }

    /// Nothing more is made, and who waits is told.
    fn end(&self) {
        self.state().is_over = true;
        self.is_ready.notify_all();
        self.has_room.notify_all();
    }
}

/// A result; within it nothing, where there is none; `None` while it is being made.
type Place<T> = Option<Option<(usize, T)>>;

struct State<T> {
    jobs: usize,
    /// The number of the first job that is not begun.
    next: usize,
    /// What is begun and not taken: the places of the jobs before `next`.
    begun: VecDeque<Place<T>>,
    /// Of what is ready.
    weight: usize,
    /// The taker wants no more, or a helper has failed.
    is_over: bool,
}

impl<T> State<T> {
    fn new(jobs: usize) -> Self {
        Self {
            jobs,
            next: 0,
            begun: VecDeque::new(),
            weight: 0,
            is_over: false,
        }
    }

    /// A job that nobody has begun, if there is one.
    fn begin(&mut self) -> Option<usize> {
        if self.is_over || self.next == self.jobs {
            return None;
        }
        self.begun.push_back(None);
        self.next += 1;
        Some(self.next - 1)
    }

    fn put(&mut self, number: usize, made: Option<(usize, T)>) {
        self.weight += made.as_ref().map_or(0, |(weight, _)| *weight);
        let taken = self.next - self.begun.len();
        self.begun[number - taken] = Some(made);
    }

    /// The first result, where it is ready; within it nothing, where there is none.
    fn take(&mut self) -> Option<Option<T>> {
        self.begun.front()?.as_ref()?;
        let made = self.begun.pop_front()??;
        self.weight -= made.as_ref().map_or(0, |(weight, _)| *weight);
        Some(made.map(|(_, item)| item))
    }
}

/// Does something when it goes, also in a panic.
struct Ending<F: FnMut()>(F);

impl<F: FnMut()> Drop for Ending<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    const CREWS: [Crew; 5] = [
        Crew {
            helpers: 0,
            room: 0,
        },
        Crew {
            helpers: 0,
            room: 50,
        },
        Crew {
            helpers: 1,
            room: 0,
        },
        Crew {
            helpers: 2,
            room: 7,
        },
        Crew {
            helpers: 3,
            room: 10_000,
        },
    ];

    #[test]
    fn everything_comes_in_order_but_nothing_where_there_is_none() {
        let jobs: Vec<u32> = (0..1_000).collect();
        let odd = |number: &u32| (number % 2 == 1).then_some(*number);
        for crew in CREWS {
            let all: Vec<u32> = in_order(&jobs, crew, odd, |_| 3, |items| items.collect());
            assert!(all.into_iter().eq((0..1_000).filter(|n| n % 2 == 1)));
        }
    }

    #[test]
    fn who_wants_no_more_ends_it() {
        let jobs: Vec<u32> = (0..1_000_000).collect();
        for crew in CREWS {
            let made = AtomicUsize::new(0);
            let make = |number: &u32| {
                made.fetch_add(1, Ordering::SeqCst);
                Some(*number)
            };
            let some: Vec<u32> =
                in_order(&jobs, crew, make, |_| 1, |items| items.take(3).collect());
            assert_eq!(some, [0, 1, 2]);
            assert!(made.into_inner() <= 3 + crew.room + crew.helpers + 1);
        }
    }

    #[test]
    fn no_more_is_made_than_there_is_room_for() {
        let (jobs, made) = ([(); 100], AtomicUsize::new(0));
        let make = |(): &()| Some(made.fetch_add(1, Ordering::SeqCst));
        let crew = Crew {
            helpers: 2,
            room: 20,
        };
        in_order(
            &jobs,
            crew,
            make,
            |_| 10,
            |items| {
                for (taken, _) in items.enumerate() {
                    // What is ready, and one for each thread.
                    assert!(made.load(Ordering::SeqCst) <= taken + 1 + 2 + 3);
                }
            },
        );
    }

    #[test]
    #[should_panic(expected = "a scoped thread panicked")]
    fn a_helper_that_fails_keeps_nobody_waiting() {
        let (begun, has_begun) = std::sync::mpsc::channel();
        let (has_begun, taker) = (Mutex::new(has_begun), std::thread::current().id());
        let make = |(): &()| {
            if std::thread::current().id() != taker {
                begun.send(()).unwrap();
                panic!("a job that fails");
            }
            has_begun.lock().unwrap().recv().ok()
        };
        let crew = Crew {
            helpers: 1,
            room: 1_000,
        };
        in_order(&[(); 2], crew, make, |()| 1, |items| items.count());
    }
}
