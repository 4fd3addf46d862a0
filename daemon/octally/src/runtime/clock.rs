// SPDX-License-Identifier: GPL-3.0-or-later
//! One timer on the wall clock.
//!
//! It is absolute, so that midnight is midnight also after a suspend, and the kernel cancels it when
//! the clock is set or the machine wakes up, so that both are noticed at once.

use std::io;
use std::os::fd::OwnedFd;
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::io::Errno;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::descriptor;

/// Why the timer fired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fired {
    /// The instant has come.
    Due,
    /// The clock was set, or the machine slept.
    Jumped,
}

/// The time now, Unix milliseconds.
pub fn now_ms() -> i64 {
    let millis = |duration: std::time::Duration| i64::try_from(duration.as_millis());
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or_else(
        |before| -millis(before.duration()).unwrap_or(0),
        |after| millis(after).unwrap_or(i64::MAX),
    )
}

#[derive(Debug)]
pub struct Clock {
    timer: AsyncFd<OwnedFd>,
    armed_ms: Option<i64>,
    has_jumped: bool,
}

impl Clock {
    /// A timer that is not armed.
    ///
    /// # Errors
    /// When the kernel grants none.
    pub fn new() -> io::Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let timer = timerfd_create(TimerfdClockId::Realtime, flags)?;
        let timer = descriptor::readable(timer)?;
        Ok(Self {
            timer,
            armed_ms: None,
            has_jumped: false,
        })
    }

    /// Sets the instant to fire at, Unix milliseconds; no system call if it is the armed one.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn arm(&mut self, at_ms: i64) -> io::Result<()> {
        // An instant of 0 would disarm it.
        let at_ms = at_ms.max(1);
        if self.armed_ms == Some(at_ms) {
            return Ok(());
        }
        match self.set(at_ms) {
            // It is armed all the same, but the jump would be lost.
            Err(Errno::CANCELED) => self.has_jumped = true,
            other => other?,
        }
        self.armed_ms = Some(at_ms);
        Ok(())
    }

    /// Waits for the timer. Safe to cancel.
    ///
    /// # Errors
    /// When the timer cannot be read.
    pub async fn fired(&mut self) -> io::Result<Fired> {
        if std::mem::take(&mut self.has_jumped) {
            self.armed_ms = None;
            return Ok(Fired::Jumped);
        }
        let read = |timer: &OwnedFd| match rustix::io::read(timer, &mut [0_u8; 8]) {
            Ok(_) => Ok(Fired::Due),
            Err(Errno::CANCELED) => Ok(Fired::Jumped),
            Err(error) => Err(error.into()),
        };
        let fired = self.timer.async_io(Interest::READABLE, read).await?;
        self.armed_ms = None;
        Ok(fired)
    }

    fn set(&self, at_ms: i64) -> Result<(), Errno> {
        let flags = TimerfdTimerFlags::ABSTIME | TimerfdTimerFlags::CANCEL_ON_SET;
        let never = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        let at = Timespec {
            tv_sec: at_ms.div_euclid(1000),
            tv_nsec: at_ms.rem_euclid(1000) * 1_000_000,
        };
        timerfd_settime(
            &self.timer,
            flags,
            &Itimerspec {
                it_interval: never,
                it_value: at,
            },
        )?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run<F: Future>(test: F) -> F::Output {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(test)
    }

    #[test]
    fn an_instant_fires_when_it_comes_and_only_once() {
        run(async {
            let mut clock = Clock::new().unwrap();
            let at_ms = now_ms() + 30;
            clock.arm(at_ms).unwrap();
            assert_eq!(clock.fired().await.unwrap(), Fired::Due);
            assert!(now_ms() >= at_ms);
            let again = tokio::time::timeout(std::time::Duration::from_millis(20), clock.fired());
            assert!(again.await.is_err());
        });
    }

    #[test]
    fn an_instant_in_the_past_fires_at_once() {
        run(async {
            let mut clock = Clock::new().unwrap();
            for at_ms in [-5, 0, 1, now_ms() - 1] {
                clock.arm(at_ms).unwrap();
                assert_eq!(clock.fired().await.unwrap(), Fired::Due);
            }
        });
    }
}
