// SPDX-License-Identifier: GPL-3.0-or-later
//! What systemd is told. Without `$NOTIFY_SOCKET` nothing is sent.

use std::time::{Duration, Instant};

use octally_core::sync::Progress;
use sd_notify::NotifyState;

/// The daemon owns its name and answers.
pub fn ready() {
    send(&[NotifyState::Ready, NotifyState::Status("up to date")]);
}

/// The configuration is being read again; `ready` follows.
pub fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => send(&[NotifyState::Reloading, now]),
        Err(error) => tracing::debug!(%error, "no monotonic clock"),
    }
}

/// The daemon stops.
pub fn stopping() {
    send(&[NotifyState::Stopping]);
}

/// The daemon still turns.
pub fn alive() {
    send(&[NotifyState::Watchdog]);
}

/// How often `alive` is expected; half of the limit, as sd_watchdog_enabled(3) advises.
pub fn watchdog_period() -> Option<Duration> {
    sd_notify::watchdog_enabled().map(|limit| limit / 2)
}

/// Asks for more time now and then while a long first read is under way.
#[derive(Debug)]
pub struct Patience {
    last: Instant,
}

impl Patience {
    const PERIOD: Duration = Duration::from_secs(5);

    /// Starts to count.
    pub fn new() -> Self {
        Self {
            last: Instant::now(),
        }
    }

    /// Tells how far the read is, if it is time to.
    pub fn tell(&mut self, progress: Progress) {
        if self.last.elapsed() < Self::PERIOD {
            return;
        }
        self.last = Instant::now();
        let Progress {
            messages_read,
            messages,
        } = progress;
        tracing::info!(messages_read, messages, "reading");
        let status = format!("reading: {messages_read} of {messages} messages");
        let more = NotifyState::ExtendTimeoutUsec(60_000_000);
        send(&[more, NotifyState::Watchdog, NotifyState::Status(&status)]);
    }
}

fn send(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "systemd could not be told");
    }
}
