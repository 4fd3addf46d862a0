// SPDX-License-Identifier: GPL-3.0-or-later
//! What a step costs where OpenCode stored 0: the list price from OpenCode's own table.
//!
//! Tables are data. The one read here is the `models.json` that OpenCode caches
//! (`{provider: {models: {model: {cost: {input, output, cache_read, cache_write}}}}}`, US dollars per
//! million tokens, as models.dev publishes it). It is only opened when a step needs it.

mod models_json;

use std::collections::HashMap;
use std::path::PathBuf;

use crate::model::{ModelName, NanoUsd, Price, Problem, Step, Tokens};

pub use models_json::Rates;

/// Price tables, looked into when first needed; each model's answer is kept.
#[derive(Debug, Default)]
pub struct Prices {
    files: Vec<PathBuf>,
    known: HashMap<ModelName, Option<Rates>>,
    problems: Vec<Problem>,
}

impl Prices {
    /// Tables at these places, best first; they need not exist.
    pub fn new(files: Vec<PathBuf>) -> Self {
        Self {
            files,
            ..Self::default()
        }
    }

    /// How a step is priced. What OpenCode stored wins; 0 stays billed where no tokens were used or
    /// the model is free at list price.
    pub fn price(&mut self, step: &Step) -> Price {
        match step.stored_cost {
            Some(cost) if cost.0 > 0 => return Price::Billed(cost),
            _ if step.tokens.total() == 0 => return Price::Billed(NanoUsd(0)),
            _ => {}
        }
        match self.rates(&step.model) {
            None => Price::Unpriced,
            Some(rates) if rates.is_free() => Price::Billed(NanoUsd(0)),
            Some(rates) => Price::Estimated(rates.cost(&step.tokens)),
        }
    }

    /// What was wrong with the tables read so far.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Forgets every answer, so that a table that has changed or appeared is read again.
    pub fn forget(&mut self) {
        self.known.clear();
        self.problems.clear();
    }

    fn rates(&mut self, name: &ModelName) -> Option<Rates> {
        if let Some(known) = self.known.get(name) {
            return *known;
        }
        let found = self.look_up(name);
        self.known.insert(name.clone(), found);
        found
    }

    fn look_up(&mut self, name: &ModelName) -> Option<Rates> {
        for file in &self.files {
            match models_json::find(file, name) {
                Ok(Some(rates)) => return Some(rates),
                Ok(None) => {}
                Err(problem) if self.problems.contains(&problem) => {}
                Err(problem) => self.problems.push(problem),
            }
        }
        None
    }
}

impl Rates {
    /// Whether every rate is 0: included in a plan, or free.
    pub fn is_free(&self) -> bool {
        self.input == 0.0 && self.output == 0.0 && self.cache_read == 0.0 && self.cache_write == 0.0
    }

    /// The list price of these tokens; reasoning is billed as output.
    pub fn cost(&self, tokens: &Tokens) -> NanoUsd {
        let usd_per_million = tokens.input as f64 * self.input
            + (tokens.output + tokens.reasoning) as f64 * self.output
            + tokens.cache_read as f64 * self.cache_read
            + tokens.cache_write as f64 * self.cache_write;
        NanoUsd::from_usd(usd_per_million / 1e6).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(model: &str, stored: i64) -> Step {
        Step {
            id: "msg_1".into(),
            session_id: "ses_1".into(),
            turn_id: None,
            model: ModelName {
                provider: "anthropic".into(),
                model: model.into(),
            },
            agent: None,
            created_ms: 0,
            completed_ms: None,
            tokens: Tokens {
                input: 1_000_000,
                output: 10,
                reasoning: 5,
                ..Tokens::default()
            },
            stored_cost: Some(NanoUsd(stored)),
            finish: Some("stop".into()),
            error: None,
        }
    }

    #[test]
    fn a_stored_zero_is_estimated_free_or_unpriced_but_never_silently_zero() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("models.json");
        std::fs::write(
            &file,
            r#"{"anthropic":{"id":"anthropic","models":{
                "paid":{"cost":{"input":3,"output":15,"cache_read":0.3}},
                "free":{"cost":{"input":0,"output":0}},
                "quiet":{"name":"no cost block"}}}}"#,
        )
        .unwrap();
        let mut prices = Prices::new(vec![folder.path().join("missing.json"), file]);
        assert_eq!(prices.price(&step("paid", 7)), Price::Billed(NanoUsd(7)));
        assert_eq!(
            prices.price(&step("paid", 0)),
            Price::Estimated(NanoUsd(3_000_225_000))
        );
        assert_eq!(prices.price(&step("free", 0)), Price::Billed(NanoUsd(0)));
        assert_eq!(prices.price(&step("quiet", 0)), Price::Unpriced);
        assert_eq!(prices.price(&step("other", 0)), Price::Unpriced);
        assert!(prices.problems().is_empty());
    }

    #[test]
    fn a_broken_table_is_a_problem_and_the_step_unpriced() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("models.json");
        std::fs::write(&file, "{\"anthropic\":{\"models\":{\"paid\":{\"cost\"").unwrap();
        let mut prices = Prices::new(vec![file]);
        assert_eq!(prices.price(&step("paid", 0)), Price::Unpriced);
        assert_eq!(prices.problems()[0].code, "broken_prices");
    }
}
