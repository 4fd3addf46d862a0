// SPDX-License-Identifier: GPL-3.0-or-later
//! The rows of `octally export`: steps, sessions, days.

use serde::Serialize;

use super::{CostRow, TokenRow, instant};

/// Where the amount of a step comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CostBasis {
    /// OpenCode stored it.
    Billed,
    /// OpenCode stored 0; this is the list price.
    Estimated,
    /// OpenCode stored 0, and no list price is known.
    Unpriced,
}

impl CostBasis {
    /// The word that every publisher uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Billed => "billed",
            Self::Estimated => "estimated",
            Self::Unpriced => "unpriced",
        }
    }
}

/// The cost of one step, in US dollars.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StepCost {
    /// What `usd` is.
    pub basis: CostBasis,
    /// The amount; `null` where there is no price.
    pub usd: Option<f64>,
    /// What OpenCode stored; `null` where it stored nothing.
    pub stored_usd: Option<f64>,
}

/// One model call.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StepRow {
    /// OpenCode's message id.
    pub id: String,
    /// `ses_...`
    pub session: String,
    /// The session that spawned the session, where it is a sub-agent's.
    pub parent: Option<String>,
    /// The user message that caused it.
    pub turn: Option<String>,
    /// When the call started, Unix milliseconds.
    #[serde(rename = "created_at", serialize_with = "instant::required")]
    #[cfg_attr(feature = "schema", schemars(with = "instant::Text"))]
    pub created_ms: i64,
    /// When it ended, Unix milliseconds.
    #[serde(rename = "completed_at", serialize_with = "instant::optional")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<instant::Text>"))]
    pub completed_ms: Option<i64>,
    /// `anthropic`
    pub provider: String,
    /// `claude-sonnet-4-5`
    pub model: String,
    /// `build`
    pub agent: Option<String>,
    /// The project's root path.
    pub project: Option<String>,
    /// The machine's name.
    pub host: String,
    /// The five kinds and their sums.
    pub tokens: TokenRow,
    /// Billed, estimated or unpriced.
    pub cost: StepCost,
    /// Why the model stopped: `stop`, `tool-calls`, `length`, ...
    pub finish: Option<String>,
    /// The name of the error that ended the call.
    pub error: Option<String>,
    /// Whether it is in the sums: not a call that ended without usage, not a fork's copy of another.
    pub is_counted: bool,
}

/// One session with its own steps, without those of its sub-agents.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SessionRow {
    /// `ses_...`
    pub id: String,
    /// The session that spawned it, where it is a sub-agent's.
    pub parent: Option<String>,
    /// The project's root path.
    pub project: Option<String>,
    /// The working directory.
    pub directory: Option<String>,
    /// The agent it was started with.
    pub agent: Option<String>,
    /// When it was created, Unix milliseconds; `None` where only steps of it are known.
    #[serde(rename = "created_at", serialize_with = "instant::optional")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<instant::Text>"))]
    pub created_ms: Option<i64>,
    /// When it was archived, Unix milliseconds.
    #[serde(rename = "archived_at", serialize_with = "instant::optional")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<instant::Text>"))]
    pub archived_ms: Option<i64>,
    /// When its latest call started, in the period or not, Unix milliseconds.
    #[serde(rename = "last_step_at", serialize_with = "instant::optional")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<instant::Text>"))]
    pub last_step_ms: Option<i64>,
    /// Answered model calls.
    pub steps: u64,
    /// The five kinds and their sums.
    pub tokens: TokenRow,
    /// Billed, estimated, unpriced.
    pub cost: CostRow,
    /// The models used, as `provider/model`, largest first.
    pub models: Vec<String>,
}

/// One day of one model.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DayRow {
    /// `YYYY-MM-DD`
    pub day: String,
    /// `anthropic`
    pub provider: String,
    /// `claude-sonnet-4-5`
    pub model: String,
    /// Distinct sessions.
    pub sessions: u64,
    /// Answered model calls.
    pub steps: u64,
    /// The five kinds and their sums.
    pub tokens: TokenRow,
    /// Billed, estimated, unpriced.
    pub cost: CostRow,
}
