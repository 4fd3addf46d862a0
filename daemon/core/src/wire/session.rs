// SPDX-License-Identifier: GPL-3.0-or-later
//! One session step by step, and how fast a session goes.

use super::{CostRow, TokenRow, Usage};

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

/// What a session has used lately, inclusive of its sub-agents.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pace {
    /// Its steps since the instant that was asked for.
    pub recent: Usage,
    /// When its own first step began, Unix milliseconds; `None` before it.
    pub first_ms: Option<i64>,
    /// The model of its own newest step, as `provider/model`.
    pub model: Option<String>,
}
