// SPDX-License-Identifier: GPL-3.0-or-later
//! Everything the loop listens to, as one stream of events. Every branch is safe to cancel: the
//! event that comes first is taken, the others stay where they are.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use futures_util::StreamExt;
use octally_bus::{Desktop, Presence, Request, Tenure};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook_tokio::Signals;
use tokio::sync::mpsc::{Receiver, UnboundedReceiver};
use tokio::time::Instant;

use super::clock::Clock;
use super::event::Event;
use super::exits::Exits;
use crate::watch::Watch;

/// The exit code of a second TERM or INT.
const IMPATIENT: i32 = 1;

pub struct Sources {
    pub watch: Watch,
    pub exits: Exits,
    pub clock: Clock,
    pub signals: Signals,
    pub requests: Receiver<Request>,
    /// What the worker and others beside the loop tell.
    pub events: UnboundedReceiver<Event>,
    pub desktop: Desktop,
    /// Who shows the notices.
    pub speaker: Option<Presence>,
    /// From the first snapshot on.
    pub tenure: Option<Tenure>,
}

impl Sources {
    /// The next event. `may_read_at` is when a read that is wanted may start.
    ///
    /// # Errors
    /// When the timer or the signals fail, without which the daemon cannot go on.
    pub async fn next(&mut self, may_read_at: Option<Instant>) -> io::Result<Event> {
        let Self {
            watch,
            exits,
            clock,
            signals,
            requests,
            events,
            desktop,
            speaker,
            tenure,
        } = self;
        let event = tokio::select! {
            biased;
            signal = signals.next() => match signal {
                Some(SIGHUP) => Event::Reload,
                _ => Event::Stop,
            },
            Some(event) = events.recv() => event,
            ended = ended(tenure) => Event::BusEnded(ended),
            () = gone(speaker) => Event::SpeakerLeft,
            event = desktop.next() => Event::Desktop(event),
            Some(request) = requests.recv() => Event::Request(request),
            fired = clock.fired() => Event::Clock(fired?),
            () = exits.next() => Event::RunEnded,
            change = watch.changed() => Event::Changed(change),
            () = until(may_read_at) => Event::MayRead,
        };
        Ok(event)
    }
}

/// Listens for TERM, INT and HUP. From the second TERM or INT on, the process ends at once, also if
/// the loop is stuck.
///
/// # Errors
/// When the system refuses a handler.
pub fn signals() -> io::Result<Signals> {
    let told = Arc::new(AtomicBool::new(false));
    for signal in [SIGTERM, SIGINT] {
        let armed = Arc::clone(&told);
        signal_hook::flag::register_conditional_shutdown(signal, IMPATIENT, armed)?;
        signal_hook::flag::register(signal, Arc::clone(&told))?;
    }
    Signals::new([SIGTERM, SIGINT, SIGHUP])
}

async fn ended(tenure: &mut Option<Tenure>) -> octally_bus::Ended {
    match tenure {
        Some(tenure) => tenure.ended().await,
        None => std::future::pending().await,
    }
}

async fn gone(speaker: &mut Option<Presence>) {
    match speaker {
        Some(speaker) => speaker.ended().await,
        None => std::future::pending().await,
    }
}

async fn until(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
