// SPDX-License-Identifier: GPL-3.0-or-later
//! What stands in the files of messages and parts, in all versions: absent is `None`.
//!
//! Nothing is made of the figures here; `parse` does that.

use serde::Deserialize;

use crate::source::object::Object;
use crate::source::raw_tokens::RawTokens;

/// A message file, of any role.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Message {
    pub id: Option<String>,
    pub role: Role,
    #[serde(rename = "parentID")]
    pub parent_id: Option<String>,
    #[serde(rename = "providerID")]
    pub provider_id: Option<String>,
    #[serde(rename = "modelID")]
    pub model_id: Option<String>,
    pub agent: Option<String>,
    pub mode: Option<String>,
    pub finish: Option<String>,
    pub cost: Option<f64>,
    pub tokens: Option<Object<RawTokens>>,
    #[serde(default)]
    pub time: Object<Time>,
    pub error: Option<Object<NamedError>>,
    metadata: Option<Object<Metadata>>,
}

/// Whose message it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Role {
    User,
    Assistant,
    #[serde(other)]
    Odd,
}

/// Where 0.1 keeps what later versions have at the top.
#[derive(Clone, Debug, Deserialize)]
struct Metadata {
    assistant: Option<Object<Assistant>>,
    #[serde(default)]
    time: Object<Time>,
    error: Option<Object<NamedError>>,
}

#[derive(Clone, Debug, Deserialize)]
struct Assistant {
    #[serde(rename = "providerID")]
    provider_id: Option<String>,
    #[serde(rename = "modelID")]
    model_id: Option<String>,
    cost: Option<f64>,
    tokens: Option<Object<RawTokens>>,
}

/// A part file, of any type.
#[derive(Debug, Deserialize)]
pub(super) struct Part {
    #[serde(rename = "type")]
    kind: String,
    pub reason: Option<String>,
    pub cost: Option<f64>,
    pub tokens: Option<Object<RawTokens>>,
}

impl Part {
    pub fn is_finished_step(&self) -> bool {
        self.kind == "step-finish"
    }
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(super) struct Time {
    pub created: Option<f64>,
    pub completed: Option<f64>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct NamedError {
    pub name: Option<String>,
}

/// Which versions a message is from, as far as that changes what its figures mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Figures under `metadata.assistant`: 0.1.
    Nested,
    /// None of `finish`, `agent` and `total`: 0.5 to 1.0.61.
    Early,
    /// Any of them: 1.0.98 and later.
    Late,
}

impl Message {
    /// The same message with the figures of 0.1 where later versions have them.
    pub fn flat(mut self) -> Self {
        let Some(Object(metadata)) = &mut self.metadata else {
            return self;
        };
        if let Some(Object(assistant)) = metadata.assistant.take() {
            self.provider_id = assistant.provider_id;
            self.model_id = assistant.model_id;
            self.cost = assistant.cost;
            self.tokens = assistant.tokens;
        }
        self.time = metadata.time;
        self.error = metadata.error.take();
        self
    }

    fn is_answer(&self) -> bool {
        self.role == Role::Assistant
    }

    /// Whether more may be written to it: it has neither an end nor an error.
    pub fn is_open(&self) -> bool {
        self.is_answer() && self.time.completed.is_none() && self.error.is_none()
    }

    /// Whether it may hold several steps, told apart by its parts only. The field `parentID` came with
    /// one message per step.
    pub fn may_have_steps(&self) -> bool {
        self.is_answer() && self.parent_id.is_none() && self.shape() == Shape::Early
    }

    pub fn shape(&self) -> Shape {
        let has_total = self.tokens.is_some_and(|tokens| tokens.has_total());
        if self.metadata.is_some() {
            Shape::Nested
        } else if self.finish.is_some() || self.agent.is_some() || has_total {
            Shape::Late
        } else {
            Shape::Early
        }
    }
}
