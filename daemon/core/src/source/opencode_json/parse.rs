// SPDX-License-Identifier: GPL-3.0-or-later
//! From one message, and the finished steps among its parts, to steps.
//!
//! What a figure means depends on the version that wrote it. The file does not say which that was, and
//! the session's `version` is that of its creation, so the message's own shape decides; see [`Shape`].

use super::message::{Message, Part, Role, Shape};
use crate::model::{CostNote, ModelName, NanoUsd, Step, Tokens};
use crate::source::figures::{Unreadable, instant, is_cache_inside, stored_cost};
use crate::source::object::Object;
use crate::source::raw_tokens::RawTokens;

/// What a message or a part says that one call used.
struct Figures {
    tokens: Option<RawTokens>,
    cost: Option<f64>,
}

impl Message {
    /// The steps of an assistant message with the id `id`, in their order, given its finished steps
    /// with the parts' ids in theirs. The last step has the message's id, the others `<message>#<part>`.
    /// None for a message of the user's and a call that is still under way.
    pub fn steps(
        self,
        id: String,
        session_id: &str,
        parts: &[(String, Part)],
    ) -> Result<Vec<Step>, Unreadable> {
        let Some(((_, last), earlier)) = parts.split_last() else {
            let own = self.figures();
            let step = self.step(id, session_id, &own)?;
            return Ok(step.into_iter().collect());
        };
        let mut steps = Vec::new();
        for (part_id, part) in earlier {
            let id = format!("{id}#{part_id}");
            let step = self.clone().step(id, session_id, &part.figures())?;
            steps.extend(step.map(|step| part.finish(step)));
        }
        steps.extend(self.step(id, session_id, &last.figures())?);
        Ok(steps)
    }

    fn figures(&self) -> Figures {
        Figures {
            tokens: self.tokens.map(|Object(tokens)| tokens),
            cost: self.cost,
        }
    }

    fn step(
        self,
        id: String,
        session_id: &str,
        figures: &Figures,
    ) -> Result<Option<Step>, Unreadable> {
        match self.role {
            Role::Assistant => {}
            Role::User => return Ok(None),
            Role::Odd => return Err(("odd_role", "neither a question nor an answer".into())),
        }
        let raw = figures.tokens.unwrap_or_default();
        let tokens = self.disjoint(&raw)?;
        let has_no_figures = figures.tokens.is_none() && self.time.completed.is_some();
        let is_over = self.finish.is_some() || self.error.is_some() || has_no_figures;
        if tokens.total() == 0 && !is_over {
            return Ok(None);
        }
        let created_ms = instant(self.time.created, "time.created")?
            .ok_or_else(|| ("odd_time", "a message without time.created".to_owned()))?;
        let stored_cost = figures.cost.map(stored_cost).transpose()?;
        if figures.tokens.is_none() && self.error.is_none() {
            let what = "an answer that has ended, without tokens";
            return Err(("no_tokens", what.into()));
        }
        let cost_note = self.cost_note(&tokens, stored_cost, &raw);
        Ok(Some(Step {
            id,
            session_id: session_id.into(),
            turn_id: named(self.parent_id),
            model: model(self.provider_id, self.model_id)?,
            agent: named(self.agent).or_else(|| named(self.mode)),
            created_ms,
            completed_ms: instant(self.time.completed, "time.completed")?,
            tokens,
            stored_cost,
            finish: named(self.finish),
            error: self
                .error
                .map(|Object(error)| named(error.name).unwrap_or_else(|| "UnknownError".into())),
            cost_note,
            updated_ms: None,
        }))
    }

    /// The five disjoint kinds. `output` includes the reasoning in all of these versions; a `total`
    /// that says otherwise was written by a later one. Up to 1.0.61 `input` includes the cached tokens of
    /// most providers.
    fn disjoint(&self, raw: &RawTokens) -> Result<Tokens, Unreadable> {
        let mut tokens = raw.disjoint()?;
        let provider = self.provider_id.as_deref().unwrap_or_default();
        let model = self.model_id.as_deref().unwrap_or_default();
        if self.shape() == Shape::Early && is_cache_inside(&tokens, provider, model) {
            tokens.input -= tokens.cache_read;
        }
        Ok(tokens)
    }

    fn cost_note(
        &self,
        tokens: &Tokens,
        stored: Option<NanoUsd>,
        raw: &RawTokens,
    ) -> Option<CostNote> {
        if stored.is_none_or(|cost| cost.0 == 0) {
            return None;
        }
        let was_reasoning_inside = raw.output != tokens.output as f64;
        let was_cache_inside = raw.input != tokens.input as f64;
        match self.shape() {
            Shape::Nested => Some(CostNote::TotalTwice),
            Shape::Early if was_cache_inside => Some(CostNote::CachedTwice),
            Shape::Late if was_reasoning_inside => Some(CostNote::ReasoningTwice),
            Shape::Early | Shape::Late => None,
        }
    }
}

impl Part {
    fn figures(&self) -> Figures {
        Figures {
            tokens: self.tokens.map(|Object(tokens)| tokens),
            cost: self.cost,
        }
    }

    /// A step before the message's last: the message's end and error are not its own.
    fn finish(&self, step: Step) -> Step {
        Step {
            finish: named(self.reason.clone()),
            error: None,
            ..step
        }
    }
}

fn model(provider: Option<String>, model: Option<String>) -> Result<ModelName, Unreadable> {
    match (named(provider), named(model)) {
        (Some(provider), Some(model)) => Ok(ModelName { provider, model }),
        _ => {
            let what = "an assistant message without provider or model";
            Err(("no_model", what.into()))
        }
    }
}

fn named(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn message(extra: Value) -> Message {
        let mut message = json!({"role": "assistant", "providerID": "p", "modelID": "m", "cost": 1,
            "time": {"created": 1_795_170_000_000_i64},
            "tokens": {"input": 100, "output": 50, "reasoning": 12, "cache": {"read": 30, "write": 0}}});
        let fields = extra.as_object().unwrap().clone();
        message.as_object_mut().unwrap().extend(fields);
        serde_json::from_value(message).unwrap()
    }

    fn read(extra: Value) -> Step {
        let steps = message(extra)
            .flat()
            .steps("msg_1".into(), "ses_1", &[])
            .unwrap();
        steps.into_iter().next().unwrap()
    }

    #[test]
    fn cached_tokens_are_taken_out_of_input_only_where_they_are_inside() {
        let step = read(json!({}));
        assert_eq!((step.tokens.input, step.tokens.output), (70, 38));
        assert_eq!(step.cost_note, Some(CostNote::CachedTwice));
        for apart in [
            json!({"finish": "stop"}),
            json!({"agent": "build"}),
            json!({"providerID": "anthropic"}),
            json!({"providerID": "amazon-bedrock"}),
            json!({"providerID": "opencode", "modelID": "claude-sonnet-4"}),
            json!({"tokens": {"input": 100, "output": 50, "cache": {"read": 30, "write": 7}}}),
            json!({"tokens": {"input": 100, "output": 50, "cache": {"read": 101, "write": 0}}}),
        ] {
            let step = read(apart.clone());
            assert_eq!(step.tokens.input, 100, "{apart}");
            assert_ne!(step.cost_note, Some(CostNote::CachedTwice), "{apart}");
        }
    }

    #[test]
    fn reasoning_is_taken_out_of_output_unless_the_total_says_otherwise() {
        let tokens = |total: u64| {
            json!({"tokens": {"total": total, "input": 100, "output": 50, "reasoning": 12,
                "cache": {"read": 30, "write": 0}}})
        };
        let inside = read(tokens(180));
        assert_eq!(
            (inside.tokens.output, inside.cost_note),
            (38, Some(CostNote::ReasoningTwice))
        );
        let apart = read(tokens(192));
        assert_eq!((apart.tokens.output, apart.cost_note), (50, None));
    }

    #[test]
    fn a_cost_of_nothing_is_not_charged_twice() {
        assert_eq!(read(json!({"cost": 0})).cost_note, None);
    }

    #[test]
    fn figures_of_0_1_stand_under_metadata() {
        let message: Message = serde_json::from_value(json!({"id": "msg_1", "role": "assistant", "parts": [],
            "metadata": {"time": {"created": 1_795_170_000_000_i64, "completed": 1_795_170_000_009_i64},
                "error": {"name": "UnknownError"},
                "assistant": {"providerID": "p", "modelID": "m", "cost": 0.25,
                    "tokens": {"input": 7, "output": 3, "reasoning": 0}}}}))
        .unwrap();
        let step = message
            .flat()
            .steps("msg_1".into(), "ses_1", &[])
            .unwrap()
            .remove(0);
        assert_eq!(
            (step.tokens.total(), step.stored_cost),
            (10, Some(NanoUsd(250_000_000)))
        );
        assert_eq!(step.completed_ms, Some(1_795_170_000_009));
        assert_eq!(step.error.as_deref(), Some("UnknownError"));
        assert_eq!(step.cost_note, Some(CostNote::TotalTwice));
    }

    #[test]
    fn an_error_belongs_to_the_last_step_of_a_turn() {
        let part = |input: u64| -> Part {
            serde_json::from_value(
                json!({"type": "step-finish", "cost": 0.5, "tokens": {"input": input, "output": 0}}),
            )
            .unwrap()
        };
        let message = message(json!({"error": {"name": "MessageAbortedError"}}));
        let parts = [("prt_1".to_owned(), part(1)), ("prt_2".to_owned(), part(2))];
        let steps = message.steps("msg_1".into(), "ses_1", &parts).unwrap();
        let told: Vec<_> = steps
            .iter()
            .map(|step| (step.id.as_str(), step.tokens.input, step.error.is_some()))
            .collect();
        assert_eq!(told, [("msg_1#prt_1", 1, false), ("msg_1", 2, true)]);
    }
}
