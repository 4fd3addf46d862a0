// SPDX-License-Identifier: GPL-3.0-or-later
//! Read-only questions to the ledger.
//!
//! `request` says what can be asked and `filter` turns it into SQL, `report` answers with rows that `fold` and
//! `days` have summed, `usage` with one sum, `family` adds sub-agents to their sessions, `live` tells what the
//! running sessions do, `glance` puts the snapshot together. `sessions` answers with trees (`forest`) and with
//! one session's steps (`timeline`), `analysis` with an overview (`share`: parts of it), `statistics` with the
//! detail (`spread`: how figures differ), `tools` with the tools that were called. `rows` and `metrics` are for
//! exports, `names` for completions. All sums come from the quarter-hour and day tables; only single sessions
//! are summed from their steps.

mod analysis;
mod days;
mod family;
mod filter;
mod fold;
mod forest;
mod glance;
mod live;
mod metrics;
mod names;
mod report;
mod request;
mod rows;
mod sessions;
mod share;
mod spread;
mod statistics;
mod timeline;
mod tools;
mod usage;

pub use analysis::analysis;
pub use glance::{Glance, Live, snapshot};
pub use metrics::{HostUsage, by_host};
pub use names::{Name, Named, is_known, names};
pub use report::report;
pub use request::{By, Order, Request, Sort};
pub use rows::{Each, each_day, each_session, each_step};
pub use sessions::{session, session_ids, sessions};
pub use statistics::statistics;
