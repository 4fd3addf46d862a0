// SPDX-License-Identifier: GPL-3.0-or-later
//! Which numbers of OpenCode's JSON can be what they claim to be. All of them are JavaScript's.

use crate::model::{NanoUsd, Tokens};

/// Why a row cannot be read: a stable code, and what is wrong with it without any of its content.
pub(super) type Unreadable = (&'static str, String);

/// JavaScript's numbers are exact up to 2^53.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

/// A whole number of tokens, exact in JavaScript.
pub(super) fn count(value: f64, name: &str) -> Result<u64, Unreadable> {
    if (0.0..=MAX_EXACT).contains(&value) && value.fract() == 0.0 {
        Ok(value as u64)
    } else {
        Err(("odd_tokens", format!("{name} is {value}, not a count")))
    }
}

/// An amount of money that OpenCode stored, in US dollars.
pub(super) fn stored_cost(usd: f64) -> Result<NanoUsd, Unreadable> {
    NanoUsd::from_usd(usd)
        .filter(|cost| cost.0 >= 0)
        .ok_or_else(|| ("odd_cost", format!("cost is {usd}, not an amount of money")))
}

/// Whether the `input` of a message of 0.5 to 1.0.61 includes the cached tokens. Nothing in the message says
/// it; what gives a provider away that counts them apart is a cache write, more cached than input, or its
/// name: Anthropic's own interface and Bedrock's, also behind OpenCode's own gateway.
pub(super) fn is_cache_inside(tokens: &Tokens, provider: &str, model: &str) -> bool {
    let counts_apart = provider.contains("anthropic")
        || provider.contains("bedrock")
        || (provider == "opencode" && model.starts_with("claude"));
    tokens.cache_write == 0 && (1..=tokens.input).contains(&tokens.cache_read) && !counts_apart
}

/// 2020-01-01 and 2100-01-01: OpenCode is younger, and a time in seconds or microseconds falls outside.
const PLAUSIBLE_MS: std::ops::Range<f64> = 1_577_836_800_000.0..4_102_444_800_000.0;

/// A time of OpenCode's, in milliseconds.
pub(super) fn instant(value: Option<f64>, name: &str) -> Result<Option<i64>, Unreadable> {
    match value {
        None => Ok(None),
        Some(ms) if PLAUSIBLE_MS.contains(&ms) => Ok(Some(ms as i64)),
        Some(ms) => Err((
            "odd_time",
            format!("{name} is {ms}, not a time in milliseconds"),
        )),
    }
}
