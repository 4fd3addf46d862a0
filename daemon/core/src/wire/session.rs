// SPDX-License-Identifier: GPL-3.0-or-later
//! One session step by step.

use super::{CostRow, TokenRow};

/// One session, step by step.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionDetail {
    /// The zone that times are shown in.
    pub time_zone: String,
    /// Its own steps, oldest first.
    pub steps: Vec<StepLine>,
}

/// One step of a session.
#[derive(Clone, Debug, PartialEq)]
pub struct StepLine {
    /// OpenCode's message id.
    pub id: String,
    /// When the call started, Unix milliseconds.
    pub started_ms: i64,
    /// `provider/model`
    pub model: String,
    /// The five kinds and their sums.
    pub tokens: TokenRow,
    /// What the model saw: input, cache reads and cache writes.
    pub context: u64,
    /// Billed, estimated or unpriced.
    pub cost: CostRow,
    /// False for a fork's copy of a step that is counted elsewhere, and for a call without usage.
    pub is_counted: bool,
}
