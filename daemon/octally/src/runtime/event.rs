// SPDX-License-Identifier: GPL-3.0-or-later
//! Everything that can happen to the daemon.

use octally_bus::{Done, Ended, Request};

use super::clock::Fired;
use super::worker::Reading;
use crate::config::edit::EditError;
use crate::watch::Change;

#[derive(Debug)]
pub enum Event {
    /// OpenCode wrote something.
    Changed(Change),
    /// The process of a run has ended.
    RunEnded,
    /// The clock reached the armed instant, or was set.
    Clock(Fired),
    /// The time between two reads is over.
    MayRead,
    /// The worker has read.
    Read(Box<Reading>),
    /// The worker has stopped.
    WorkerStopped,
    /// Somebody on the bus asks.
    Request(Request),
    /// The configuration file was changed for somebody on the bus, or was not.
    Edited(Result<(), EditError>, Done),
    /// The name or the bus is lost.
    BusEnded(Ended),
    /// TERM or INT.
    Stop,
    /// HUP.
    Reload,
}
