// SPDX-License-Identifier: GPL-3.0-or-later
//! From one row of `message` to one step.

use std::borrow::Cow;

use serde::Deserialize;

use crate::model::{ModelName, Step, Tokens};
use crate::source::figures::{Unreadable, count, instant, stored_cost};
use crate::source::object::Object;

/// What a row turned out to be.
#[derive(Clone, Debug, PartialEq)]
pub enum Reading {
    /// A model call that ended, or has its tokens.
    Step(Box<Step>),
    /// A user message, a shell command, or a call that is still under way: nothing to record yet.
    Nothing,
    /// A row that cannot be read: a stable code and what is wrong with it.
    Unreadable(&'static str, String),
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    role: Cow<'a, str>,
    #[serde(rename = "parentID", borrow, default)]
    parent_id: Option<Cow<'a, str>>,
    #[serde(rename = "providerID", borrow, default)]
    provider_id: Option<Cow<'a, str>>,
    #[serde(rename = "modelID", borrow, default)]
    model_id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    agent: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    mode: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    finish: Option<Cow<'a, str>>,
    #[serde(default)]
    cost: Option<f64>,
    #[serde(default)]
    tokens: Option<Object<RawTokens>>,
    #[serde(default)]
    time: Object<Time>,
    #[serde(borrow, default)]
    error: Option<Object<NamedError<'a>>>,
}

#[derive(Deserialize, Default)]
struct Time {
    created: Option<f64>,
    completed: Option<f64>,
}

#[derive(Deserialize)]
struct NamedError<'a> {
    #[serde(borrow, default)]
    name: Option<Cow<'a, str>>,
}

#[derive(Deserialize, Default)]
struct RawTokens {
    total: Option<f64>,
    #[serde(default)]
    input: f64,
    #[serde(default)]
    output: f64,
    #[serde(default)]
    reasoning: f64,
    #[serde(default)]
    cache: Object<RawCache>,
}

#[derive(Deserialize, Default)]
struct RawCache {
    #[serde(default)]
    read: f64,
    #[serde(default)]
    write: f64,
}

/// Reads the row `id` of `session_id` whose column `data` is `data` and whose column `time_created`
/// is `row_created_ms` (used where the JSON has no time).
pub fn read_message(id: &str, session_id: &str, row_created_ms: i64, data: &str) -> Reading {
    // User messages carry whole diffs and are most of the bytes: do not parse them.
    if data.starts_with("{\"role\":\"user\"") {
        return Reading::Nothing;
    }
    let message: Message = match serde_json::from_str(data) {
        Ok(Object(message)) => message,
        // Not the error's own text, which may quote the row.
        Err(error) => {
            let what = format!(
                "broken JSON ({:?}, byte {})",
                error.classify(),
                error.column()
            );
            return Reading::Unreadable("broken_row", what);
        }
    };
    match &*message.role {
        "assistant" => {}
        "user" => return Reading::Nothing,
        _ => return Reading::Unreadable("odd_role", "neither a question nor an answer".into()),
    }
    match step(id, session_id, row_created_ms, message) {
        Ok(Some(step)) => Reading::Step(Box::new(step)),
        Ok(None) => Reading::Nothing,
        Err((code, what)) => Reading::Unreadable(code, what),
    }
}

fn step(
    id: &str,
    session_id: &str,
    row_created_ms: i64,
    message: Message,
) -> Result<Option<Step>, Unreadable> {
    let tokens = message
        .tokens
        .as_ref()
        .map(|raw| disjoint(raw))
        .transpose()?
        .unwrap_or_default();
    let is_over = message.finish.is_some() || message.error.is_some();
    if tokens.total() == 0 && !is_over {
        return Ok(None);
    }
    let owned = |text: Option<Cow<str>>| text.map(Cow::into_owned).filter(|text| !text.is_empty());
    let model = match (owned(message.provider_id), owned(message.model_id)) {
        (Some(provider), Some(model)) => ModelName { provider, model },
        _ => {
            return Err((
                "no_model",
                "an assistant message without provider or model".into(),
            ));
        }
    };
    let has_tokens = message.tokens.is_some() || message.error.is_some();
    let step = Step {
        id: id.into(),
        session_id: session_id.into(),
        turn_id: owned(message.parent_id),
        model,
        agent: owned(message.agent).or_else(|| owned(message.mode)),
        created_ms: created_ms(message.time.created, row_created_ms)?,
        completed_ms: instant(message.time.completed, "time.completed")?,
        tokens,
        stored_cost: message.cost.map(stored_cost).transpose()?,
        finish: owned(message.finish),
        error: message
            .error
            .map(|Object(error)| owned(error.name).unwrap_or_else(|| "UnknownError".into())),
    };
    if !has_tokens {
        return Err((
            "no_tokens",
            "an answer that has ended, without tokens".into(),
        ));
    }
    Ok(Some(step))
}

/// The message's own time, or that of its row.
fn created_ms(own: Option<f64>, row_ms: i64) -> Result<i64, Unreadable> {
    let ms = own.unwrap_or(row_ms as f64);
    Ok(instant(Some(ms), "time.created")?.unwrap_or(row_ms))
}

/// The five disjoint kinds. Up to OpenCode 1.3 `output` includes the reasoning, from 1.14 on it does
/// not; which one a row means is told by its `total`, never by the session's version, which is that
/// of the session's creation.
fn disjoint(raw: &RawTokens) -> Result<Tokens, Unreadable> {
    let mut tokens = Tokens {
        input: count(raw.input, "tokens.input")?,
        output: count(raw.output, "tokens.output")?,
        reasoning: count(raw.reasoning, "tokens.reasoning")?,
        cache_read: count(raw.cache.read, "tokens.cache.read")?,
        cache_write: count(raw.cache.write, "tokens.cache.write")?,
    };
    let is_inclusive = match raw.total {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(data: &str) -> Reading {
        read_message("msg_1", "ses_1", 1_795_172_647_389, data)
    }

    fn tokens_of(tokens: &str) -> Tokens {
        let data = format!(
            r#"{{"role":"assistant","providerID":"p","modelID":"m","cost":0,"finish":"stop","tokens":{tokens}}}"#
        );
        match read(&data) {
            Reading::Step(step) => step.tokens,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn reasoning_is_taken_out_of_output_only_where_it_is_inside() {
        let inside = tokens_of(
            r#"{"total":155,"input":100,"output":50,"reasoning":12,"cache":{"read":5,"write":0}}"#,
        );
        assert_eq!(
            (inside.output, inside.reasoning, inside.total()),
            (38, 12, 155)
        );
        let apart = tokens_of(
            r#"{"total":167,"input":100,"output":50,"reasoning":12,"cache":{"read":5,"write":0}}"#,
        );
        assert_eq!(
            (apart.output, apart.reasoning, apart.total()),
            (50, 12, 167)
        );
    }

    #[test]
    fn a_call_under_way_is_nothing_and_an_aborted_one_is_kept_without_counting() {
        let open = r#"{"role":"assistant","providerID":"p","modelID":"m","tokens":{"input":0}}"#;
        assert_eq!(read(open), Reading::Nothing);
        let aborted = r#"{"role":"assistant","providerID":"p","modelID":"m","cost":0,
            "error":{"name":"MessageAbortedError","data":{"message":"secret"}},"time":{"created":1795172647389}}"#;
        let Reading::Step(step) = read(aborted) else {
            panic!()
        };
        assert_eq!(step.error.as_deref(), Some("MessageAbortedError"));
        assert!(!step.is_counted());
    }

    #[test]
    fn impossible_figures_are_unreadable_not_zero() {
        for (data, code) in [
            ("{\"role\":\"assistant\"", "broken_row"),
            (r#"{"role":"assistant","finish":"stop"}"#, "no_model"),
            (
                r#"{"role":"assistant","providerID":"p","modelID":"m","tokens":{"input":-1}}"#,
                "odd_tokens",
            ),
            (
                r#"{"role":"assistant","providerID":"p","modelID":"m","tokens":[9,1,2,3]}"#,
                "broken_row",
            ),
            (
                r#"{"role":"assistant","providerID":"p","modelID":"m","tokens":{"input":1e11}}"#,
                "odd_tokens",
            ),
            (
                r#"{"role":"assistant","providerID":"p","modelID":"m","finish":"stop"}"#,
                "no_tokens",
            ),
            (r#"{"role":"assistanu","finish":"stop"}"#, "odd_role"),
            (r#"["assistant"]"#, "broken_row"),
            (
                r#"{"role":"assistant","providerID":"p","modelID":"m","finish":"stop","cost":-2}"#,
                "odd_cost",
            ),
            (
                r#"{"role":"assistant","providerID":"p","modelID":"m","finish":"stop","time":{"created":5}}"#,
                "odd_time",
            ),
        ] {
            let Reading::Unreadable(found, _) = read(data) else {
                panic!("{data}")
            };
            assert_eq!(found, code, "{data}");
        }
    }
}
