// SPDX-License-Identifier: GPL-3.0-or-later
//! Sessions with their sub-agents and turns, and providers by day.

use serde::Serialize;

use super::{ReportTotals, Usage, instant};
use crate::model::{Cost, Day, Tokens};

/// What a session used so far.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SessionUsage {
    /// `ses_...`
    pub id: String,
    /// The session that spawned this sub-agent's.
    pub parent: Option<String>,
    /// The project's name or the last part of its path.
    pub project: Option<String>,
    /// The agent it was started with.
    pub agent: Option<String>,
    /// When it was created, Unix milliseconds; `None` where OpenCode recorded no time.
    #[serde(rename = "created_at", serialize_with = "instant::optional")]
    pub created_ms: Option<i64>,
    /// The newest step of it or its sub-agents, Unix milliseconds.
    #[serde(rename = "last_activity_at", serialize_with = "instant::optional")]
    pub last_activity_ms: Option<i64>,
    /// Its own steps.
    pub own: Usage,
    /// Its own steps and those of its sub-agents.
    pub inclusive: Usage,
    /// The sessions below it, largest by fresh tokens first.
    pub sub_agents: Vec<SubAgent>,
}

/// What a root session and its sub-agents used in the time and of the models that were asked for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FamilyUsage {
    /// `ses_...` of the root session.
    pub id: String,
    /// The project's name or the last part of its path.
    pub project: Option<String>,
    /// The sums; `sessions` counts those of them with any step.
    #[serde(flatten)]
    pub totals: ReportTotals,
    /// The models used, as `provider/model`, largest first.
    pub models: Vec<String>,
}

/// What a provider did on a day.
#[derive(Clone, Debug, PartialEq)]
pub struct ProviderDay {
    /// The day.
    pub day: Day,
    /// `anthropic`
    pub provider: String,
    /// Answered model calls.
    pub steps: u64,
    /// The five kinds.
    pub tokens: Tokens,
    /// Billed, estimated, unpriced.
    pub cost: Cost,
}

/// A session that another one spawned.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SubAgent {
    /// `ses_...`
    pub id: String,
    /// The agent it was started with.
    pub agent: Option<String>,
    /// Its own steps.
    pub usage: Usage,
}

/// A session as it is explained beside its line in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionStory {
    /// What it used; the sub-agents are the dearest ones.
    pub session: SessionUsage,
    /// The model of its own newest step, as `provider/model`.
    pub model: Option<String>,
    /// Its latest turns, newest first.
    pub turns: Vec<TurnUsage>,
}

/// One turn of a session.
#[derive(Clone, Debug, PartialEq)]
pub struct TurnUsage {
    /// When its first step began, Unix milliseconds.
    pub started_ms: i64,
    /// When its last step was done; `None` while one of them has no end.
    pub ended_ms: Option<i64>,
    /// The model of its newest step, as `provider/model`.
    pub model: String,
    /// Its steps, and those of sub-agents until the next turn began.
    pub usage: Usage,
}
