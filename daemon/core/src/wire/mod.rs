// SPDX-License-Identifier: GPL-3.0-or-later
//! The serializable mirror types: what every publisher (D-Bus, command line, later MCP and web)
//! sends. Nothing is computed here; `rollup` and `sync` fill these in.
//!
//! Absent is `None` and becomes JSON `null`, or a key left out on D-Bus; it is never 0. Instants are
//! Unix milliseconds in fields that end in `_ms`, and RFC 3339 under a key that ends in `_at` in JSON.

mod instant;
mod pace;
mod reconciliation;
mod report;
mod session;
mod snapshot;
mod source;
mod usage;

pub use pace::Pace;
pub use reconciliation::{Amounts, Line, Reconciliation, SessionPart, SessionParts, WrongCostNano};
pub use report::{
    CostRow, Family, Report, ReportRow, ReportTotals, SessionMarks, TokenRow, WrongCostRow,
};
pub use session::{SessionDetail, StepLine};
pub use snapshot::{
    Basis, DayUsage, Freshness, FreshnessState, RunUsage, SessionLine, Snapshot, State, WaitingFor,
};
pub use source::{SourceRow, VersionRow};
pub use usage::{ModelUsage, Usage};
