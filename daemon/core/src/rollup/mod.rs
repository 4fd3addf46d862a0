// SPDX-License-Identifier: GPL-3.0-or-later
//! Read-only questions to the ledger.
//!
//! `request` says what can be asked, `report` answers with rows that `fold` and `days` have summed, `usage`
//! with one sum, `family` adds sub-agents to their sessions, `live` tells what the running sessions do,
//! `pace` how fast they go, `timeline` one of them step by step, `glance` puts the snapshot together. All
//! sums come from the quarter-hour and day tables; only single sessions are summed from their steps.

mod days;
mod family;
mod fold;
mod glance;
mod live;
mod pace;
mod report;
mod request;
mod timeline;
mod usage;

pub use glance::{Glance, Live, snapshot};
pub use pace::pace;
pub use report::report;
pub use request::{By, Order, Request};
pub use timeline::session;
