// SPDX-License-Identifier: GPL-3.0-or-later
//! Tool calls as OpenCode keeps them: name, status and times. Arguments and output lie beside these
//! and are passed over.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Deserialize;

/// A part or row beyond this is not read: its bulk is output.
pub(super) const MAX_BYTES: u64 = 2 << 20;
/// No tool has a longer name; what a model makes up instead of one may be anything.
const MAX_NAME: usize = 64;
/// The name of calls whose own is none.
const NAMELESS: &str = "(unnamed)";

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// With a result.
    Completed,
    /// With an error, or it was not allowed.
    Failed,
    /// Not, as far as is known.
    Open,
}

/// One call of a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolCall {
    /// `bash`, `edit`, `server_tool`.
    pub name: String,
    /// How it ended.
    pub outcome: Outcome,
    /// How long it ran, milliseconds; `None` where OpenCode kept no times.
    pub duration_ms: Option<u64>,
}

/// The calls of one message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolCalls {
    /// In the order in which they were kept.
    pub calls: Vec<ToolCall>,
    /// Bytes that were read to find them.
    pub bytes: u64,
    /// Parts that are broken, or too large to be read.
    pub unreadable: u64,
}

impl ToolCalls {
    /// Adds what another place keeps of the same message.
    pub(crate) fn merge(&mut self, other: Self) {
        self.calls.extend(other.calls);
        self.bytes += other.bytes;
        self.unreadable += other.unreadable;
    }

    /// Adds what one part or row holds, with its size in bytes.
    pub(super) fn take<T>(
        &mut self,
        bytes: u64,
        data: Option<&str>,
        read: impl FnOnce(T) -> Vec<ToolCall>,
    ) where
        T: for<'d> Deserialize<'d>,
    {
        self.bytes += bytes.min(MAX_BYTES);
        match data.map(serde_json::from_str::<T>) {
            Some(Ok(value)) => self.calls.extend(read(value)),
            Some(Err(_)) | None => self.unreadable += 1,
        }
    }
}

/// A part of 0.5 to 1.18.
#[derive(Deserialize)]
pub(super) struct Part {
    #[serde(rename = "type", default)]
    kind: String,
    tool: Option<String>,
    #[serde(default)]
    state: State,
}

#[derive(Default, Deserialize)]
struct State {
    status: Option<String>,
    #[serde(default)]
    time: Times,
}

#[derive(Default, Deserialize)]
struct Times {
    start: Option<f64>,
    end: Option<f64>,
    ran: Option<f64>,
    completed: Option<f64>,
}

impl Part {
    /// None for a part of another kind.
    pub fn calls(self) -> Vec<ToolCall> {
        if self.kind != "tool" {
            return Vec::new();
        }
        let times = &self.state.time;
        let duration_ms = between(times.start, times.end);
        vec![call(self.tool, self.state.status.as_deref(), duration_ms)]
    }
}

/// A message of 0.1, which holds its parts itself.
#[derive(Deserialize)]
pub(super) struct Message {
    #[serde(default)]
    parts: Vec<Inner>,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Inner {
    #[serde(rename = "toolInvocation")]
    invocation: Option<Invocation>,
}

#[derive(Deserialize)]
struct Invocation {
    #[serde(rename = "toolName")]
    name: Option<String>,
    #[serde(rename = "toolCallId", default)]
    call_id: String,
    state: Option<String>,
}

#[derive(Default, Deserialize)]
struct Metadata {
    #[serde(default)]
    tool: HashMap<String, Told>,
}

/// What 0.1 tells of a call beside it.
#[derive(Deserialize)]
struct Told {
    #[serde(default)]
    time: Times,
}

impl Message {
    /// 0.1 does not tell a failure from a result.
    pub fn calls(self) -> Vec<ToolCall> {
        let told = self.metadata.tool;
        let invocations = self.parts.into_iter().filter_map(|part| part.invocation);
        let of = |found: Invocation| {
            let times = told.get(&found.call_id).map(|told| &told.time);
            let duration_ms = times.and_then(|times| between(times.start, times.end));
            let is_over = found.state.as_deref() == Some("result");
            call(found.name, is_over.then_some("completed"), duration_ms)
        };
        invocations.map(of).collect()
    }
}

/// A row of 2.x, or of 1.18's own API.
#[derive(Deserialize)]
pub(super) struct Row {
    #[serde(default)]
    content: Vec<Content>,
}

#[derive(Deserialize)]
struct Content {
    #[serde(rename = "type", default)]
    kind: String,
    name: Option<String>,
    #[serde(default)]
    state: Option<State>,
    #[serde(default)]
    time: Option<Times>,
}

impl Row {
    pub fn calls(self) -> Vec<ToolCall> {
        let tools = self.content.into_iter().filter(|item| item.kind == "tool");
        let of = |item: Content| {
            let times = item.time.unwrap_or_default();
            let status = item.state.and_then(|state| state.status);
            call(
                item.name,
                status.as_deref(),
                between(times.ran, times.completed),
            )
        };
        tools.map(of).collect()
    }
}

fn call(name: Option<String>, status: Option<&str>, duration_ms: Option<u64>) -> ToolCall {
    let name = name.filter(|name| !name.is_empty() && name.len() <= MAX_NAME);
    ToolCall {
        name: name
            .map_or(Cow::Borrowed(NAMELESS), Cow::Owned)
            .into_owned(),
        outcome: match status {
            Some("completed") => Outcome::Completed,
            Some("error") => Outcome::Failed,
            _ => Outcome::Open,
        },
        duration_ms,
    }
}

fn between(from: Option<f64>, to: Option<f64>) -> Option<u64> {
    let span = to? - from?;
    (0.0..1e12).contains(&span).then_some(span as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(data: &str) -> ToolCalls {
        let mut found = ToolCalls::default();
        found.take(7, Some(data), Part::calls);
        found
    }

    #[test]
    fn a_call_is_a_name_a_status_and_a_time() {
        let found = part(
            r#"{"type":"tool","callID":"c","tool":"bash","state":{"status":"error","input":{"a":[1]},
                "error":"no","time":{"start":1000,"end":1250}}}"#,
        );
        let expected = ToolCall {
            name: "bash".into(),
            outcome: Outcome::Failed,
            duration_ms: Some(250),
        };
        assert_eq!((found.calls, found.bytes), (vec![expected], 7));
    }

    #[test]
    fn other_parts_hold_no_call_and_broken_ones_are_counted() {
        assert_eq!(part(r#"{"type":"text","text":"tool"}"#).calls, []);
        assert_eq!(part(r#"{"type":"tool","#).unreadable, 1);
        assert_eq!(
            part(r#"{"type":"tool","state":{"status":7}}"#).unreadable,
            1
        );
    }

    #[test]
    fn what_is_no_name_and_no_time_is_not_made_one() {
        let long = "x".repeat(65);
        let found = part(&format!(
            r#"{{"type":"tool","tool":"{long}","state":{{"time":{{"start":9,"end":1}}}}}}"#
        ));
        let call = &found.calls[0];
        assert_eq!((call.name.as_str(), call.duration_ms), (NAMELESS, None));
        assert_eq!(call.outcome, Outcome::Open);
    }
}
