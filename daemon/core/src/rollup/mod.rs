// SPDX-License-Identifier: GPL-3.0-or-later
//! Read-only questions to the ledger.
//!
//! `request` says what can be asked, `report` answers with rows, `usage` with one sum, `live` tells
//! what the running sessions do, `glance` puts the snapshot together. `rows` and `metrics` are for
//! exports, `names` for completions. All sums come from the quarter-hour and day tables; only single
//! sessions are summed from their steps.

mod conditions;
mod glance;
mod live;
mod metrics;
mod names;
mod report;
mod request;
mod rows;
mod usage;

pub use glance::{Glance, Live, snapshot};
pub use metrics::{HostUsage, by_host};
pub use names::{Name, Named, is_known, names};
pub use report::report;
pub use request::{By, Order, Request};
pub use rows::{Each, each_day, each_session, each_step};
