// SPDX-License-Identifier: GPL-3.0-or-later
//! How fast it goes: one session, and everything together.

use serde::Serialize;

use super::{CostRow, Usage, instant};

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

/// How fast tokens and money go, over the last minutes.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Speed {
    /// The instant from which it is counted, Unix milliseconds.
    #[serde(rename = "since_at", serialize_with = "instant::required")]
    #[cfg_attr(feature = "schema", schemars(with = "instant::Text"))]
    pub since_ms: i64,
    /// Input, output and reasoning tokens a minute.
    pub fresh_per_minute: f64,
    /// Billed and estimated, US dollars an hour; steps without a price are those of the window.
    pub cost_per_hour: CostRow,
}
