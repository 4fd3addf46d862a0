// SPDX-License-Identifier: GPL-3.0-or-later
//! Reading what is new, on request.

use octally_core::sync::Depth;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::figures::Freshness;
use crate::desk::Books;
use crate::trouble::Trouble;

/// How to read
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RefreshInput {
    /// Also find what the quick look cannot see: imported messages, moved or replaced files
    pub thorough: Option<bool>,
}

/// What the reading did
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct RefreshIndex {
    /// Messages looked at
    pub messages_read: u64,
    /// Model calls that were new
    pub steps_added: u64,
    /// Model calls that had changed
    pub steps_updated: u64,
    /// Databases and folders of OpenCode that were found
    pub sources: usize,
    /// Things that could not be read; `octally doctor` lists them
    pub problems: usize,
    /// How complete the figures are now
    pub freshness: Freshness,
}

/// Reads what is new, thoroughly on request.
pub fn refresh_index(books: &mut Books, input: &RefreshInput) -> Result<RefreshIndex, Trouble> {
    let is_thorough = input.thorough.unwrap_or(false);
    books.read(if is_thorough {
        Depth::Thorough
    } else {
        Depth::Quick
    })?;
    let report = &books.report;
    Ok(RefreshIndex {
        messages_read: report.messages_read,
        steps_added: report.steps_added,
        steps_updated: report.steps_updated,
        sources: report.sources.len(),
        problems: report.problems.len(),
        freshness: Freshness::of(books),
    })
}
