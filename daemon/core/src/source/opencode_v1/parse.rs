// SPDX-License-Identifier: GPL-3.0-or-later
//! From one row of `message` to one step.

use std::borrow::Cow;
use std::ops::Deref;

use serde::Deserialize;

use crate::model::{CostNote, NanoUsd, Step, Tokens};
use crate::source::figures::{Unreadable, instant, is_cache_inside, stored_cost};
use crate::source::object::Object;
use crate::source::raw_tokens::RawTokens;

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
    role: Text<'a>,
    #[serde(rename = "parentID", borrow, default)]
    parent_id: Option<Text<'a>>,
    #[serde(rename = "providerID", borrow, default)]
    provider_id: Option<Text<'a>>,
    #[serde(rename = "modelID", borrow, default)]
    model_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    agent: Option<Text<'a>>,
    #[serde(borrow, default)]
    mode: Option<Text<'a>>,
    #[serde(borrow, default)]
    finish: Option<Text<'a>>,
    #[serde(default)]
    cost: Option<f64>,
    #[serde(default)]
    tokens: Option<Object<RawTokens>>,
    #[serde(default)]
    time: Object<Time>,
    #[serde(borrow, default)]
    error: Option<Object<NamedError<'a>>>,
}

/// A string that stays in the row unless it has escapes; in an `Option`, a bare `Cow` is copied.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

#[derive(Deserialize, Default)]
struct Time {
    created: Option<f64>,
    completed: Option<f64>,
}

#[derive(Deserialize)]
struct NamedError<'a> {
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
}

/// Reads the row `id` of `session_id` whose column `data` is `data` and whose column `time_created`
/// is `row_created_ms` (used where the JSON has no time).
pub fn read_message(id: &str, session_id: &str, row_created_ms: i64, data: &str) -> Reading {
    let mut step = Step::default();
    match read_into(&mut step, id, session_id, row_created_ms, data) {
        Ok(true) => Reading::Step(Box::new(step)),
        Ok(false) => Reading::Nothing,
        Err((code, what)) => Reading::Unreadable(code, what),
    }
}

/// The same into the memory of another step, all of whose fields are replaced: false for a row that is none.
pub(super) fn read_into(
    step: &mut Step,
    id: &str,
    session_id: &str,
    row_created_ms: i64,
    data: &str,
) -> Result<bool, Unreadable> {
    // User messages carry whole diffs and are most of the bytes: do not parse them.
    if data.starts_with("{\"role\":\"user\"") {
        return Ok(false);
    }
    let Object(message) = serde_json::from_str::<Object<Message>>(data).map_err(|e| broken(&e))?;
    match &*message.role {
        "assistant" => {}
        "user" => return Ok(false),
        _ => return Err(("odd_role", "neither a question nor an answer".into())),
    }
    let is_step = fill(step, row_created_ms, &message)?;
    set(&mut step.id, id);
    set(&mut step.session_id, session_id);
    Ok(is_step)
}

/// Not the error's own text, which may quote the row.
fn broken(error: &serde_json::Error) -> Unreadable {
    let (kind, byte) = (error.classify(), error.column());
    ("broken_row", format!("broken JSON ({kind:?}, byte {byte})"))
}

/// All of the step but its ids.
fn fill(step: &mut Step, row_created_ms: i64, message: &Message) -> Result<bool, Unreadable> {
    let tokens = disjoint(message)?;
    let has_no_figures = message.tokens.is_none() && message.time.completed.is_some();
    let is_over = message.finish.is_some() || message.error.is_some() || has_no_figures;
    if tokens.total() == 0 && !is_over {
        return Ok(false);
    }
    let stored_cost = message.cost.map(stored_cost).transpose()?;
    let (Some(provider), Some(model)) = (text(&message.provider_id), text(&message.model_id))
    else {
        let what = "an assistant message without provider or model".into();
        return Err(("no_model", what));
    };
    step.created_ms = created_ms(message.time.created, row_created_ms)?;
    step.completed_ms = instant(message.time.completed, "time.completed")?;
    if message.tokens.is_none() && message.error.is_none() {
        let what = "an answer that has ended, without tokens".into();
        return Err(("no_tokens", what));
    }
    set_some(&mut step.turn_id, text(&message.parent_id));
    set(&mut step.model.provider, provider);
    set(&mut step.model.model, model);
    let agent = text(&message.agent).or_else(|| text(&message.mode));
    set_some(&mut step.agent, agent);
    step.tokens = tokens;
    step.stored_cost = stored_cost;
    set_some(&mut step.finish, text(&message.finish));
    set_some(&mut step.error, message.error.as_ref().map(error_name));
    step.cost_note = cost_note(message, &tokens, stored_cost);
    step.updated_ms = None;
    Ok(true)
}

/// A text with something in it.
fn text<'m>(text: &'m Option<Text>) -> Option<&'m str> {
    text.as_deref().filter(|text| !text.is_empty())
}

fn error_name<'m>(error: &'m Object<NamedError>) -> &'m str {
    text(&error.name).unwrap_or("UnknownError")
}

/// Keeps the memory.
fn set(place: &mut String, text: &str) {
    place.clear();
    place.push_str(text);
}

fn set_some(place: &mut Option<String>, text: Option<&str>) {
    match text {
        Some(text) => set(place.get_or_insert_default(), text),
        None => *place = None,
    }
}

/// The message's own time, or that of its row.
fn created_ms(own: Option<f64>, row_ms: i64) -> Result<i64, Unreadable> {
    let ms = own.unwrap_or(row_ms as f64);
    Ok(instant(Some(ms), "time.created")?.unwrap_or(row_ms))
}

impl Message<'_> {
    /// Whether it is of before 1.0.98: an upgrade took it over from its file as it was.
    fn is_early(&self) -> bool {
        let has_total = self.tokens.as_ref().is_some_and(|raw| raw.has_total());
        !(self.finish.is_some() || self.agent.is_some() || has_total)
    }
}

/// 1.0.98 to 1.3.2 charged the reasoning within the output and once more, before that it was the cached
/// tokens within the input.
fn cost_note(message: &Message, tokens: &Tokens, stored: Option<NanoUsd>) -> Option<CostNote> {
    let raw = message.tokens.as_ref()?;
    stored.filter(|cost| cost.0 > 0)?;
    let was_reasoning_inside = raw.output != tokens.output as f64;
    let was_cache_inside = raw.input != tokens.input as f64;
    match message.is_early() {
        true => was_cache_inside.then_some(CostNote::CachedTwice),
        false => was_reasoning_inside.then_some(CostNote::ReasoningTwice),
    }
}

/// The five disjoint kinds. Up to OpenCode 1.3 `output` includes the reasoning, from 1.14 on it does
/// not; which one a row means is told by its `total`, never by the session's version, which is that
/// of the session's creation. Up to 1.0.61 `input` includes the cached tokens of most providers.
fn disjoint(message: &Message) -> Result<Tokens, Unreadable> {
    let Some(raw) = &message.tokens else {
        return Ok(Tokens::default());
    };
    let mut tokens = raw.disjoint()?;
    let provider = message.provider_id.as_deref().unwrap_or_default();
    let model = message.model_id.as_deref().unwrap_or_default();
    if message.is_early() && is_cache_inside(&tokens, provider, model) {
        tokens.input -= tokens.cache_read;
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

    fn note_of(fields: &str, tokens: &str) -> Option<CostNote> {
        let data = format!(
            r#"{{"role":"assistant","providerID":"p","modelID":"m",{fields},"tokens":{{"input":100,{tokens},"cache":{{"read":5,"write":0}}}}}}"#
        );
        match read(&data) {
            Reading::Step(step) => step.cost_note,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn reasoning_was_charged_twice_from_1_0_98_to_1_3_2_whatever_the_session_says() {
        const TWICE: Option<CostNote> = Some(CostNote::ReasoningTwice);
        let (of_1_3_2, of_1_14) = (
            r#""total":155,"output":50,"reasoning":12"#,
            r#""total":167,"output":50,"reasoning":12"#,
        );
        let without_total = r#""output":50,"reasoning":12"#;
        let late = r#""finish":"stop","agent":"build","cost":0.01"#;
        assert_eq!(note_of(late, of_1_3_2), TWICE);
        assert_eq!(note_of(late, of_1_14), None);
        // 1.0.98 to 1.1.53 have no total; 1.0.98 has no agent yet.
        assert_eq!(note_of(late, without_total), TWICE);
        assert_eq!(
            note_of(r#""finish":"stop","cost":0.01"#, without_total),
            TWICE
        );
        // Before, it was the cached tokens.
        let cached = Some(CostNote::CachedTwice);
        assert_eq!(note_of(r#""cost":0.01"#, without_total), cached);
    }

    #[test]
    fn cached_tokens_are_inside_the_input_of_rows_that_were_imported_from_before_1_0_98() {
        let input_of = |fields: &str| {
            let data = format!(
                r#"{{"role":"assistant","modelID":"m","cost":0.1,{fields},"tokens":{{"input":100,"output":50,"reasoning":0,"cache":{{"read":30,"write":0}}}}}}"#
            );
            match read(&data) {
                Reading::Step(step) => (step.tokens.input, step.cost_note),
                other => panic!("{other:?}"),
            }
        };
        let inside = (70, Some(CostNote::CachedTwice));
        assert_eq!(input_of(r#""providerID":"p""#), inside);
        for apart in [
            r#""providerID":"anthropic""#,
            r#""providerID":"p","finish":"stop""#,
            r#""providerID":"p","agent":"build""#,
        ] {
            assert_eq!(input_of(apart), (100, None), "{apart}");
        }
    }

    #[test]
    fn nothing_is_charged_twice_without_reasoning_or_without_a_charge() {
        let late = r#""finish":"stop","cost":0.01"#;
        assert_eq!(
            note_of(late, r#""total":155,"output":50,"reasoning":0"#),
            None
        );
        // More reasoning than output was never inside it.
        assert_eq!(
            note_of(late, r#""total":155,"output":50,"reasoning":60"#),
            None
        );
        let inside = r#""total":155,"output":50,"reasoning":12"#;
        assert_eq!(note_of(r#""finish":"stop","cost":0"#, inside), None);
        assert_eq!(note_of(r#""finish":"stop""#, inside), None);
    }

    #[test]
    fn a_call_under_way_is_nothing_and_an_aborted_one_is_kept_without_counting() {
        let open = r#"{"role":"assistant","providerID":"p","modelID":"m","tokens":{"input":0,"output":0}}"#;
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
                r#"{"role":"assistant","providerID":"p","modelID":"m","tokens":{"input":-1,"output":0}}"#,
                "odd_tokens",
            ),
            (
                r#"{"role":"assistant","providerID":"p","modelID":"m","tokens":[9,1,2,3]}"#,
                "broken_row",
            ),
            (
                r#"{"role":"assistant","providerID":"p","modelID":"m","tokens":{"input":1e11,"output":0}}"#,
                "odd_tokens",
            ),
            (
                r#"{"role":"assistant","providerID":"p","modelID":"m","tokens":{"input":1}}"#,
                "broken_row",
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
