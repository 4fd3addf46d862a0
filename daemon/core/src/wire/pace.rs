// SPDX-License-Identifier: GPL-3.0-or-later
//! How fast a session goes.

use super::Usage;

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
