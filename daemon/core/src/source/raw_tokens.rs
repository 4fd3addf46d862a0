// SPDX-License-Identifier: GPL-3.0-or-later
//! The tokens of a message of 0.1 to 1.18, in files and in rows, and the kinds that they are.

use serde::Deserialize;

use super::figures::{Unreadable, count};
use super::object::Object;
use crate::model::Tokens;

/// Tokens as the JSON has them. Every version has input and output; of the others, what it leaves out is 0.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(super) struct RawTokens {
    total: Option<f64>,
    pub input: f64,
    pub output: f64,
    #[serde(default)]
    reasoning: f64,
    #[serde(default)]
    cache: Object<RawCache>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
struct RawCache {
    #[serde(default)]
    read: f64,
    #[serde(default)]
    write: f64,
}

impl RawTokens {
    /// Whether there is a sum beside the kinds.
    pub fn has_total(&self) -> bool {
        self.total.is_some()
    }

    /// The five kinds, with the reasoning in one of them. Up to 1.3 `output` includes it, from 1.14 on it does
    /// not: that is told by the sum, which early versions do not have. Whether `input` includes the cached
    /// tokens is not told here: see [`is_cache_inside`](super::figures::is_cache_inside).
    pub fn disjoint(&self) -> Result<Tokens, Unreadable> {
        let mut tokens = Tokens {
            input: count(self.input, "tokens.input")?,
            output: count(self.output, "tokens.output")?,
            reasoning: count(self.reasoning, "tokens.reasoning")?,
            cache_read: count(self.cache.read, "tokens.cache.read")?,
            cache_write: count(self.cache.write, "tokens.cache.write")?,
        };
        let is_inclusive = match self.total {
            Some(total) => count(total, "tokens.total")? == tokens.total() - tokens.reasoning,
            None => true,
        };
        if is_inclusive {
            // A gateway may report more reasoning than output; then the two were never inclusive.
            tokens.output = tokens
                .output
                .checked_sub(tokens.reasoning)
                .unwrap_or(tokens.output);
        }
        Ok(tokens)
    }
}
