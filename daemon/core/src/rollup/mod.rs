// SPDX-License-Identifier: GPL-3.0-or-later
//! Read-only questions to the ledger.
//!
//! `request` says what can be asked, `report` answers with rows that `fold` and `days` have summed, `usage`
//! with one sum, `family` adds sub-agents to their sessions, `live` tells what the running sessions do,
//! `glance` puts the snapshot together. `rows` and `metrics` are for exports, `names` for completions;
//! `conditions` has the filters of all of them. All sums come from the quarter-hour and day tables; only
//! single sessions are summed from their steps.

mod conditions;
mod days;
mod family;
mod fold;
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
