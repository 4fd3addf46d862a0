// SPDX-License-Identifier: GPL-3.0-or-later
//! One session with its sub-agents.

use serde::Serialize;

use super::{Usage, instant};

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
