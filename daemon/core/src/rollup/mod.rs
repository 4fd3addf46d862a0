// SPDX-License-Identifier: GPL-3.0-or-later
//! Read-only questions to the ledger.
//!
//! `request` says what can be asked, `report` answers with rows, `usage` with one sum, `live` tells
//! what the running sessions do, `glance` puts the snapshot together, `family` adds up a session and its
//! sub-agents, `trends` sets providers side by side,
//! `catalog` lists the names that can be asked about, `period` reads days as people write
//! them. All sums come from the
//! quarter-hour and day tables; only single sessions are summed from their steps.

mod catalog;
mod family;
mod glance;
mod live;
pub mod period;
mod report;
mod request;
mod trends;
mod usage;

pub use catalog::{catalog, session_ids};
pub use family::{Rank, families, latest_session, session};
pub use glance::{Glance, Live, freshness, snapshot};
pub use report::report;
pub use request::{By, Order, Request};
pub use trends::provider_days;
