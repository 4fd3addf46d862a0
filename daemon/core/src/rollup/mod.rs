// SPDX-License-Identifier: GPL-3.0-or-later
//! Read-only questions to the ledger.
//!
//! `request` says what can be asked and `filter` turns it into SQL, `report` answers with rows that `fold`,
//! `days` and `parts` have summed (`top`: only the first sessions), `usage` with one sum, `family` adds sub-agents to their sessions
//! (`families`: what the trees below root sessions used), `trends` sets providers side by side, `live` tells what the
//! running sessions do, `pace` how fast they go, `lately` what is to be warned of, `story` explains a session in
//! short, `budgets` what is left to spend, `glance` puts the snapshot together. `sessions` answers with trees
//! (`forest`, `latest`) and with
//! one session's steps (`timeline`), `analysis` with an overview (`share`: parts of it), `statistics` with the
//! detail (`lengths`: trees as one, `spread`: how figures differ), `tools` with the tools that were called. `rows` and `metrics` are for
//! exports, `names` for completions, `catalog` lists what can be asked about, `holdings` what there is, `period`
//! reads days as people write them. All sums come from the tables of sums; only single sessions are summed
//! from their steps.

mod analysis;
mod budgets;
mod catalog;
mod days;
mod families;
mod family;
mod filter;
mod fold;
mod forest;
mod glance;
mod holdings;
mod lately;
mod latest;
mod lengths;
mod live;
mod metrics;
mod names;
mod pace;
mod parts;
pub mod period;
mod report;
mod request;
mod rows;
mod sessions;
mod share;
mod spread;
mod statistics;
mod story;
mod timeline;
mod tools;
mod top;
mod trends;
mod usage;

pub use analysis::analysis;
pub use budgets::{budgets, crossed, forget_drift};
pub use catalog::catalog;
pub use families::{Rank, families, latest_session, session_usage};
pub use glance::{Glance, Live, freshness, snapshot};
pub use holdings::holdings;
pub use lately::lately;
pub use metrics::{HostUsage, by_host};
pub use names::{Name, Named, is_known, names};
pub use pace::{PACE_WINDOW_MS, minutes, pace, per_hour};
pub use report::report;
pub use request::{By, Order, Request, Sort};
pub use rows::{Each, each_day, each_session, each_step};
pub use sessions::{session, sessions};
pub use statistics::statistics;
pub use story::{StoryLimits, story};
pub use trends::provider_days;
