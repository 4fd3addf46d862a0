// SPDX-License-Identifier: GPL-3.0-or-later
//! Read-only questions to the ledger.
//!
//! `request` says what can be asked, `report` answers with rows, `usage` with one sum, `live` tells
//! what the running sessions do, `glance` puts the snapshot together. `sessions` answers with trees
//! (`forest`) and with one session's steps (`timeline`), `analysis` with an overview, `statistics` with
//! the detail, `tools` with the tools that were called; `filter` turns a request into SQL. All sums come from the quarter-hour and day tables;
//! only single sessions are summed from their steps.

mod analysis;
mod filter;
mod forest;
mod glance;
mod live;
mod report;
mod request;
mod sessions;
mod share;
mod spread;
mod statistics;
mod timeline;
mod tools;
mod usage;

pub use analysis::analysis;
pub use glance::{Glance, Live, snapshot};
pub use report::report;
pub use request::{By, Order, Request, Sort};
pub use sessions::{session, session_ids, sessions};
pub use statistics::statistics;
