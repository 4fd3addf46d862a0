// SPDX-License-Identifier: GPL-3.0-or-later
//! From one row of `session_message` to one step.

use std::borrow::Cow;

use serde::Deserialize;

use super::remainder::UNKNOWN;
use crate::model::{ModelName, Step, Tokens};
use crate::source::figures::{Unreadable, count, instant, stored_cost};
use crate::source::object::Object;
use crate::source::opencode_v1::Reading;

/// The agent of a compaction, as OpenCode 1 names it.
const COMPACTION_AGENT: &str = "compaction";

/// The two types of rows that can hold a model call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One call of a turn.
    Assistant,
    /// A summary that replaces what went before; holds the call's figures from about 2.0.21 on.
    Compaction,
}

impl Kind {
    /// The kind of a row with this `type`, if it can hold a model call.
    pub fn of(type_name: &str) -> Option<Self> {
        match type_name {
            "assistant" => Some(Self::Assistant),
            "compaction" => Some(Self::Compaction),
            _ => None,
        }
    }
}

/// The columns of a row.
#[derive(Clone, Copy, Debug)]
pub struct RawRow<'a> {
    /// `id`
    pub id: &'a str,
    /// `session_id`
    pub session_id: &'a str,
    /// `type`
    pub kind: Kind,
    /// The last `user` row before it in the session.
    pub turn_id: Option<&'a str>,
    /// `time_created`, Unix milliseconds.
    pub created_ms: i64,
    /// `data`, JSON.
    pub data: &'a str,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow, default)]
    agent: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    model: Option<Object<Model<'a>>>,
    #[serde(borrow, default)]
    finish: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    error: Option<Object<TypedError<'a>>>,
    #[serde(default)]
    cost: Option<f64>,
    #[serde(default)]
    tokens: Option<Object<RawTokens>>,
    #[serde(default)]
    time: Object<Time>,
}

/// `variant` is left out: missing and `default` are the same, and the price is the model's.
#[derive(Deserialize)]
struct Model<'a> {
    #[serde(borrow, default)]
    id: Option<Cow<'a, str>>,
    #[serde(rename = "providerID", borrow, default)]
    provider_id: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct TypedError<'a> {
    #[serde(rename = "type", borrow, default)]
    type_name: Option<Cow<'a, str>>,
}

#[derive(Deserialize, Default)]
struct Time {
    created: Option<f64>,
    completed: Option<f64>,
}

#[derive(Deserialize)]
struct RawTokens {
    input: f64,
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

/// Reads a row. An open row without tokens is [`Reading::Nothing`] until it has an end, and so is a
/// compaction without tokens, whose call stands in the session's totals only.
pub fn read_row(row: &RawRow) -> Reading {
    let message: Message = match serde_json::from_str(row.data) {
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
    match step(row, message) {
        Ok(Some(step)) => Reading::Step(Box::new(step)),
        Ok(None) => Reading::Nothing,
        Err((code, what)) => Reading::Unreadable(code, what),
    }
}

fn step(row: &RawRow, message: Message) -> Result<Option<Step>, Unreadable> {
    let tokens = message.tokens.as_ref();
    let tokens = tokens.map(|raw| disjoint(raw)).transpose()?;
    let is_over = message.finish.is_some() || message.error.is_some();
    let has_ended = is_over && row.kind == Kind::Assistant;
    if tokens.unwrap_or_default().total() == 0 && !has_ended {
        return Ok(None);
    }
    let step = Step {
        id: row.id.into(),
        session_id: row.session_id.into(),
        turn_id: row.turn_id.map(Into::into),
        model: model(row.kind, message.model)?,
        agent: match row.kind {
            Kind::Assistant => owned(message.agent),
            Kind::Compaction => Some(COMPACTION_AGENT.into()),
        },
        created_ms: created_ms(row, &message.time)?,
        completed_ms: instant(message.time.completed, "time.completed")?,
        tokens: tokens.unwrap_or_default(),
        stored_cost: message.cost.map(stored_cost).transpose()?,
        error: error(message.finish.as_deref(), message.error),
        finish: owned(message.finish),
        cost_note: None,
        updated_ms: None,
    };
    if tokens.is_none() && step.error.is_none() {
        let what = "an answer that has ended, without tokens";
        return Err(("no_tokens", what.into()));
    }
    Ok(Some(step))
}

fn created_ms(row: &RawRow, time: &Time) -> Result<i64, Unreadable> {
    let created = time.created.unwrap_or(row.created_ms as f64);
    Ok(instant(Some(created), "time.created")?.unwrap_or(row.created_ms))
}

fn owned(text: Option<Cow<str>>) -> Option<String> {
    text.map(Cow::into_owned).filter(|text| !text.is_empty())
}

fn model(kind: Kind, model: Option<Object<Model>>) -> Result<ModelName, Unreadable> {
    let (provider, model) = model.map_or((None, None), |Object(model)| {
        (owned(model.provider_id), owned(model.id))
    });
    match (provider, model) {
        (Some(provider), Some(model)) => Ok(ModelName { provider, model }),
        _ if kind == Kind::Compaction => Ok(ModelName {
            provider: UNKNOWN.into(),
            model: UNKNOWN.into(),
        }),
        _ => Err((
            "no_model",
            "an assistant message without provider or model".into(),
        )),
    }
}

/// The name of the error, never its text. A finish of `error` is one even where it has no name.
fn error(finish: Option<&str>, error: Option<Object<TypedError>>) -> Option<String> {
    match error {
        Some(Object(error)) => Some(owned(error.type_name).unwrap_or_else(|| UNKNOWN.into())),
        None => (finish == Some("error")).then(|| UNKNOWN.into()),
    }
}

/// OpenCode 2 keeps the five kinds disjoint; rows that were migrated from before 1.14 are not, which
/// only their old row tells (see `load`).
fn disjoint(raw: &RawTokens) -> Result<Tokens, Unreadable> {
    Ok(Tokens {
        input: count(raw.input, "tokens.input")?,
        output: count(raw.output, "tokens.output")?,
        reasoning: count(raw.reasoning, "tokens.reasoning")?,
        cache_read: count(raw.cache.read, "tokens.cache.read")?,
        cache_write: count(raw.cache.write, "tokens.cache.write")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: Kind, data: &str) -> Reading {
        read_row(&RawRow {
            id: "msg_1",
            session_id: "ses_1",
            kind,
            turn_id: Some("msg_0"),
            created_ms: 1_791_500_491_651,
            data,
        })
    }

    fn step_of(kind: Kind, data: &str) -> Step {
        match read(kind, data) {
            Reading::Step(step) => *step,
            other => panic!("{other:?}"),
        }
    }

    const TOKENS: &str =
        r#""tokens":{"input":1000,"output":34,"reasoning":7,"cache":{"read":200,"write":3}}"#;

    #[test]
    fn a_finished_call_has_its_own_figures() {
        let step = step_of(
            Kind::Assistant,
            &format!(
                r#"{{"time":{{"created":1791500491651,"streamed":1791500491865,"completed":1791500491905}},
                "agent":"build","model":{{"id":"m1","providerID":"fake","variant":"default"}},
                "content":[{{"type":"text","text":"secret"}}],"finish":"tool-calls","cost":0.00357,{TOKENS}}}"#
            ),
        );
        assert_eq!(step.model.to_string(), "fake/m1");
        assert_eq!((step.tokens.total(), step.tokens.output), (1244, 34));
        assert_eq!(step.stored_cost.map(|cost| cost.0), Some(3_570_000));
        assert_eq!(step.completed_ms, Some(1_791_500_491_905));
        assert_eq!(step.turn_id.as_deref(), Some("msg_0"));
        assert!(step.is_counted() && !format!("{step:?}").contains("secret"));
    }

    #[test]
    fn absent_tokens_are_no_step_and_zero_tokens_are_one() {
        let failed = r#"{"agent":"build","model":{"id":"m","providerID":"p"},"finish":"error",
            "error":{"type":"provider.error","message":"secret"}}"#;
        let step = step_of(Kind::Assistant, failed);
        assert_eq!(step.error.as_deref(), Some("provider.error"));
        assert!(!step.is_counted() && step.stored_cost.is_none());
        let without_usage = r#"{"model":{"id":"m","providerID":"p"},"finish":"stop","cost":0,
            "tokens":{"input":0,"output":0,"reasoning":0,"cache":{"read":0,"write":0}}}"#;
        assert!(step_of(Kind::Assistant, without_usage).is_counted());
    }

    #[test]
    fn an_open_row_and_a_compaction_without_tokens_are_nothing() {
        let open = r#"{"time":{"created":1791500491651},"model":{"id":"m","providerID":"p"},"content":[]}"#;
        assert_eq!(read(Kind::Assistant, open), Reading::Nothing);
        let early = r#"{"time":{"created":1791500491651},"status":"completed","summary":"secret"}"#;
        assert_eq!(read(Kind::Compaction, early), Reading::Nothing);
    }

    #[test]
    fn a_compaction_with_tokens_is_a_step_even_without_a_model() {
        let step = step_of(Kind::Compaction, &format!(r#"{{"cost":0.1,{TOKENS}}}"#));
        assert_eq!(step.agent.as_deref(), Some("compaction"));
        assert_eq!(step.model.to_string(), "unknown/unknown");
        assert!(step.is_counted());
    }

    #[test]
    fn a_failed_call_with_usage_counts() {
        let data = format!(
            r#"{{"model":{{"id":"m","providerID":"p"}},"finish":"content-filter",
            "error":{{"type":"provider.content-filter"}},"cost":0.1,{TOKENS}}}"#
        );
        assert!(step_of(Kind::Assistant, &data).is_counted());
    }

    #[test]
    fn impossible_figures_are_unreadable_not_zero() {
        for (data, code) in [
            ("{\"model\":", "broken_row"),
            (r#"{"finish":"stop"}"#, "no_model"),
            (
                r#"{"model":{"id":"m","providerID":"p"},"tokens":{"input":-1,"output":0}}"#,
                "odd_tokens",
            ),
            (
                r#"{"model":{"id":"m","providerID":"p"},"finish":"stop","cost":-2}"#,
                "odd_cost",
            ),
            (
                r#"{"model":{"id":"m","providerID":"p"},"finish":"stop","time":{"created":5}}"#,
                "odd_time",
            ),
            (
                r#"{"model":{"id":"m","providerID":"p"},"finish":"stop"}"#,
                "no_tokens",
            ),
            (
                r#"{"model":{"id":"m","providerID":"p"},"tokens":{"output":1}}"#,
                "broken_row",
            ),
        ] {
            let Reading::Unreadable(found, _) = read(Kind::Assistant, data) else {
                panic!("{data}")
            };
            assert_eq!(found, code, "{data}");
        }
    }
}
