// SPDX-License-Identifier: GPL-3.0-or-later
//! `octally sessions --json` and `octally session <id> --json`, schema 1.

use serde::Serialize;

use super::{CostRow, TokenRow, ToolRow, ToolUse, Usage, WrongCostRow, instant};
use crate::model::Problem;

/// One session of a tree.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SessionNode {
    /// `ses_...`
    pub id: String,
    /// The session that spawned this sub-agent's.
    pub parent: Option<String>,
    /// 0 for the root of a tree, 1 for its sub-agents, and so on.
    pub depth: u32,
    /// The user's own title, filled in by the command line alone: for the user's own screen, never
    /// stored or logged.
    pub title: Option<String>,
    /// The project's name or the last part of its path.
    pub project: Option<String>,
    /// The agent it was started with.
    pub agent: Option<String>,
    /// When it was made, or its first step where only steps are known of it; Unix milliseconds.
    #[serde(rename = "started_at", serialize_with = "instant::optional")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<instant::Text>"))]
    pub started_ms: Option<i64>,
    /// The start of its newest step, Unix milliseconds.
    #[serde(rename = "last_step_at", serialize_with = "instant::optional")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<instant::Text>"))]
    pub last_step_ms: Option<i64>,
    /// Sessions below it.
    pub sub_agents: u64,
    /// Its own steps.
    pub own: Usage,
    /// Its own and those of all sessions below it.
    pub inclusive: Usage,
}

/// Trees of sessions.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Sessions {
    /// Version of this shape: 1.
    pub schema: u32,
    /// The zone that days are of.
    pub time_zone: String,
    /// The first instant included, RFC 3339.
    pub since: Option<String>,
    /// The first instant excluded, RFC 3339.
    pub until: Option<String>,
    /// Tree by tree in the order asked for, each session before its sub-agents.
    pub sessions: Vec<SessionNode>,
    /// Trees that `--limit` left out.
    pub more: u64,
    /// Over all trees before the limit.
    pub totals: Usage,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// One session, step by step.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SessionDetail {
    /// Version of this shape: 1.
    pub schema: u32,
    /// The zone that times are shown in.
    pub time_zone: String,
    /// The session itself.
    pub session: SessionNode,
    /// The part of the inclusive cost that is known to be wrong.
    pub wrong_cost: WrongCostRow,
    /// User messages that caused steps.
    pub turns: u64,
    /// Its own steps, oldest first.
    pub steps: Vec<StepLine>,
    /// Which tools its own steps called.
    pub tool_use: ToolUse,
    /// Which tools its steps and those of all sessions below it called.
    pub inclusive_tool_use: ToolUse,
    /// Errors of its own steps by name, most frequent first.
    pub errors: Vec<ErrorCount>,
    /// The sessions below it.
    pub sub_agents: Vec<SessionNode>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// One step of a session.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StepLine {
    /// OpenCode's message id.
    pub id: String,
    /// Which turn of the session it belongs to, from 1 on; `None` where OpenCode recorded no user message.
    pub turn: Option<u64>,
    /// When the call started, Unix milliseconds.
    #[serde(rename = "started_at", serialize_with = "instant::required")]
    #[cfg_attr(feature = "schema", schemars(with = "instant::Text"))]
    pub started_ms: i64,
    /// How long it took with its tools, milliseconds; `None` while it has no end.
    pub duration_ms: Option<u64>,
    /// `provider/model`
    pub model: String,
    /// OpenCode's persona.
    pub agent: Option<String>,
    /// The five kinds and their sums.
    pub tokens: TokenRow,
    /// What the model saw: input, cache reads and cache writes.
    pub context: u64,
    /// Billed, estimated or unpriced.
    pub cost: CostRow,
    /// Where the stored cost is known to be wrong; `null` where it is not.
    pub wrong_cost: Option<WrongStepCost>,
    /// The tools that it called; empty also where they have not been read yet.
    pub tools: Vec<ToolRow>,
    /// Why the model stopped.
    pub finish: Option<String>,
    /// The name of the error that ended it.
    pub error: Option<String>,
    /// False for a fork's copy of a step that is counted elsewhere, and for a call without usage.
    pub is_counted: bool,
}

/// How OpenCode stored a wrong cost, and the right one.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WrongStepCost {
    /// `total_twice`, `cached_twice` or `reasoning_twice`: what was charged twice.
    pub note: String,
    /// What it should have cost, an estimate in US dollars; `null` where no price is known.
    pub corrected_usd: Option<f64>,
}

/// How often an error came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ErrorCount {
    /// Its name, as in `APIError`.
    pub error: String,
    /// Steps that ended in it.
    pub steps: u64,
}
