// SPDX-License-Identifier: GPL-3.0-or-later
//! The serializable mirror types: what every publisher (D-Bus, command line, later MCP and web)
//! sends. Nothing is computed here; `rollup` and `sync` fill these in.
//!
//! Absent is `None` and becomes JSON `null`, or a key left out on D-Bus; it is never 0. Instants are
//! Unix milliseconds in fields that end in `_ms`, and RFC 3339 under a key that ends in `_at` in JSON.

mod analysis;
mod budget;
mod catalog;
mod export;
mod family;
mod holdings;
mod instant;
mod lately;
mod pace;
mod reconciliation;
mod report;
mod session;
mod snapshot;
mod source;
mod statistics;
mod tools;
mod usage;

pub use analysis::{Analysis, ShareRow};
pub use budget::BudgetUsage;
pub use catalog::{Catalog, ProjectName};
pub use export::{CostBasis, DayRow, SessionRow, StepCost, StepRow};
pub use family::{FamilyUsage, ProviderDay, SessionStory, SessionUsage, SubAgent, TurnUsage};
pub use holdings::{Holdings, ProjectHolding, SourceHolding};
pub use instant::text as instant_text;
pub use lately::{CompactionLoop, Lately, SessionRef};
pub use pace::{Pace, Speed};
pub use reconciliation::{Amounts, Line, Reconciliation, SessionPart, SessionParts, WrongCostNano};
pub use report::{
    CostRow, Family, Report, ReportRow, ReportTotals, SessionMarks, TokenRow, WrongCostRow,
};
pub use session::{ErrorCount, SessionDetail, SessionNode, Sessions, StepLine, WrongStepCost};
pub use snapshot::{
    Basis, DayUsage, Freshness, FreshnessState, RunUsage, SessionLine, Snapshot, State, WaitingFor,
};
pub use source::{SourceRow, VersionRow};
pub use statistics::{
    Bucket, Distribution, HourRow, Record, Records, SessionStatistics, Statistics, Streaks,
};
pub use tools::{ToolRow, ToolUse};
pub use usage::{ModelUsage, Usage};
