// SPDX-License-Identifier: GPL-3.0-or-later
//! Which numbers of OpenCode's JSON can be what they claim to be. All of them are JavaScript's.

use crate::model::{NanoUsd, Tokens};

/// Why a row cannot be read: a stable code, and what is wrong with it without any of its content.
pub(super) type Unreadable = (&'static str, String);

/// No call comes near: the largest models see some ten million tokens. A million such figures, with their
/// prices, still have a sum.
const MAX_TOKENS: f64 = 1e10;
/// Above what any call costs, in US dollars.
const MAX_USD: f64 = 1e5;
/// The same for a whole session.
const MAX_SESSION_TOKENS: i64 = 10_000_000_000_000;
const MAX_SESSION_USD: f64 = 1e6;

/// A whole number of tokens that one call may have used.
pub(super) fn count(value: f64, name: &str) -> Result<u64, Unreadable> {
    if (0.0..=MAX_TOKENS).contains(&value) && value.fract() == 0.0 {
        Ok(value as u64)
    } else {
        Err(("odd_tokens", format!("{name} is {value}, not a count")))
    }
}

/// An amount of money that OpenCode stored, in US dollars.
pub(super) fn stored_cost(usd: f64) -> Result<NanoUsd, Unreadable> {
    money(usd, MAX_USD)
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

fn money(usd: f64, max_usd: f64) -> Option<NanoUsd> {
    NanoUsd::from_usd(usd).filter(|_| (0.0..=max_usd).contains(&usd))
}

/// When a row or file was written, where that can be believed.
pub(super) fn written(ms: Option<i64>) -> Option<i64> {
    ms.filter(|ms| PLAUSIBLE_MS.contains(&(*ms as f64)))
}

/// The tokens that a session's totals say.
pub(super) fn session_count(value: i64) -> Option<u64> {
    let count = u64::try_from(value).ok();
    count.filter(|_| value <= MAX_SESSION_TOKENS)
}

/// The money that a session's totals say, in US dollars.
pub(super) fn session_cost(usd: f64) -> Option<NanoUsd> {
    money(usd, MAX_SESSION_USD)
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
