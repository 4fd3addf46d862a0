// SPDX-License-Identifier: GPL-3.0-or-later
//! The daemon: one loop that everything happens in.
//!
//! `sources` turns the outside world into [`event::Event`]s, `daemon` decides what follows from each, the
//! `worker` thread does all that touches SQLite, and `herald` finds out what a new state is worth
//! telling. Between two events nothing runs, and the only timer is the one of `clock`; beside it the worker
//! pauses between slices of `tools` for as long as there is something left to read.

mod clock;
mod daemon;
mod data;
mod descriptor;
mod event;
mod exits;
mod herald;
mod memory;
mod pace;
mod publish;
mod question;
mod readiness;
mod schedule;
mod sources;
mod tools;
mod worker;

pub use daemon::run;
pub use memory::keep_small;
