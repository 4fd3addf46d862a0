// SPDX-License-Identifier: GPL-3.0-or-later
//! Making things in a thread of its own, ahead of whoever takes them.

use std::collections::VecDeque;
use std::io;
use std::sync::mpsc::sync_channel;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Hands `items` to `take`; a thread of its own makes the next ones meanwhile, until those that wait have the
/// weight `room` together. Without a thread, where the system grants none, they are made one by one.
pub(super) fn ahead<I, T>(
    mut items: I,
    room: usize,
    weight: impl Fn(&I::Item) -> usize + Send,
    take: impl FnOnce(&mut dyn Iterator<Item = I::Item>) -> T,
) -> T
where
    I: Iterator + Send,
    I::Item: Send,
{
    let queue = Queue::new(room);
    std::thread::scope(|scope| {
        let (hand_over, wanted) = sync_channel::<I>(1);
        let ready = &queue;
        let make = move || {
            // Also when making one fails.
            let _end = Ending(ready);
            for item in wanted.into_iter().flatten() {
                let weight = weight(&item);
                if !ready.put(item, weight) {
                    break;
                }
            }
        };
        let name = "octally-reader".into();
        let started: io::Result<_> = std::thread::Builder::new()
            .name(name)
            .spawn_scoped(scope, make);
        if started.is_err() {
            return take(&mut items);
        }
        // Only fails where the thread is gone; then nothing comes.
        let _ = hand_over.send(items);
        drop(hand_over);
        let _end = Ending(ready);
        take(&mut std::iter::from_fn(|| ready.next()))
    })
}

/// What is ready to be taken.
struct Queue<T> {
    room: usize,
    state: Mutex<State<T>>,
    changed: Condvar,
}

struct State<T> {
    ready: VecDeque<(T, usize)>,
    weight: usize,
    /// Nothing comes any more, or nobody takes it.
    is_over: bool,
}

impl<T> Queue<T> {
    fn new(room: usize) -> Self {
        let state = State {
            ready: VecDeque::new(),
            weight: 0,
            is_over: false,
        };
        Self {
            room,
            state: Mutex::new(state),
            changed: Condvar::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for `is_done`.
    fn until(&self, is_done: impl Fn(&State<T>) -> bool) -> MutexGuard<'_, State<T>> {
        self.changed
            .wait_while(self.state(), |state| !is_done(state))
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds one, and waits until there is room for the next: whether it is wanted.
    fn put(&self, item: T, weight: usize) -> bool {
        let mut state = self.state();
        state.ready.push_back((item, weight));
        state.weight += weight;
        drop(state);
        self.changed.notify_all();
        let has_room = |state: &State<T>| state.ready.is_empty() || state.weight < self.room;
        !self.until(|state| state.is_over || has_room(state)).is_over
    }

    fn next(&self) -> Option<T> {
        let mut state = self.until(|state| state.is_over || !state.ready.is_empty());
        let (item, weight) = state.ready.pop_front()?;
        state.weight -= weight;
        drop(state);
        self.changed.notify_all();
        Some(item)
    }
}

/// Tells the other side that this one has ended.
struct Ending<'a, T>(&'a Queue<T>);

impl<T> Drop for Ending<'_, T> {
    fn drop(&mut self) {
        self.0.state().is_over = true;
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn everything_comes_in_order_and_an_early_end_ends_the_thread() {
        for room in [0, 1, 7, 10_000] {
            let all: Vec<u32> = ahead(0..1_000, room, |_| 1, |items| items.collect());
            assert!(all.into_iter().eq(0..1_000));
            let some: Vec<u32> = ahead(0.., room, |_| 1, |items| items.take(3).collect());
            assert_eq!(some, [0, 1, 2]);
        }
    }

    #[test]
    fn no_more_is_made_than_there_is_room_for() {
        let made = AtomicUsize::new(0);
        let items = (0..100).inspect(|_| {
            made.fetch_add(1, Ordering::SeqCst);
        });
        ahead(
            items,
            20,
            |_| 10,
            |items| {
                for (taken, _) in items.enumerate() {
                    assert!(made.load(Ordering::SeqCst) <= taken + 1 + 3);
                }
            },
        );
    }
}
