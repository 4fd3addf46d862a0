// SPDX-License-Identifier: GPL-3.0-or-later
//! One model call, the grain of the ledger.

use super::{NanoUsd, Tokens};

/// Who bills and which model, shown as `provider/model`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModelName {
    /// The provider's id, as in `anthropic`.
    pub provider: String,
    /// The model's id at that provider.
    pub model: String,
}

impl std::fmt::Display for ModelName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Piece by piece is quicker than by a format: reports have thousands.
        f.write_str(&self.provider)?;
        f.write_str("/")?;
        f.write_str(&self.model)
    }
}

/// How a step is priced, fixed when it is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Price {
    /// OpenCode stored this amount (0 included, where the model is free or in a plan).
    Billed(NanoUsd),
    /// OpenCode stored 0 for a priced model: the list price.
    Estimated(NanoUsd),
    /// OpenCode stored 0 and no price is known.
    Unpriced,
}

/// Whose figures win where several generations of OpenCode's storage hold the same step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Authority {
    /// A message file of 0.1 to 1.1.
    Json = 1,
    /// A row of `message`, 1.2 to 1.18.
    V1 = 2,
    /// A row of `session_message`, 2.x.
    V2 = 3,
    /// One of several steps that 0.5 kept in one message: the rows made of that message later have
    /// the tokens of the last step and the cost of all.
    JsonPart = 4,
}

/// How a version of OpenCode is known to have stored a wrong cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CostNote {
    /// 0.1: the steps of a turn and their total were added up: twice the price.
    TotalTwice,
    /// 0.5 to 1.0.61: cached tokens were charged as input and as cache reads.
    CachedTwice,
    /// 1.0.98 to 1.3.2: reasoning was charged within the output and once more.
    ReasoningTwice,
}

impl CostNote {
    /// The word in the ledger and in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TotalTwice => "total_twice",
            Self::CachedTwice => "cached_twice",
            Self::ReasoningTwice => "reasoning_twice",
        }
    }
}

/// A step with what is decided before it is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PricedStep {
    /// The step.
    pub step: Step,
    /// Billed, estimated or unpriced.
    pub price: Price,
    /// Which generation it was read from.
    pub authority: Authority,
    /// What it should have cost, where its stored cost is known to be wrong and this can be told.
    pub corrected: Option<NanoUsd>,
}

/// One model call that OpenCode recorded with its tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// OpenCode's message id, unique for ever.
    pub id: String,
    /// The session it belongs to.
    pub session_id: String,
    /// The user message that caused it: steps with the same one make a turn.
    pub turn_id: Option<String>,
    /// Provider and model.
    pub model: ModelName,
    /// OpenCode's persona: `build`, `plan`, a sub-agent.
    pub agent: Option<String>,
    /// When the call started, Unix milliseconds.
    pub created_ms: i64,
    /// When it ended, Unix milliseconds; `None` while the row has no end.
    pub completed_ms: Option<i64>,
    /// The five kinds.
    pub tokens: Tokens,
    /// The amount that OpenCode stored; `None` where it stored none.
    pub stored_cost: Option<NanoUsd>,
    /// Why the model stopped: `stop`, `tool-calls`, `length`, ...
    pub finish: Option<String>,
    /// The name of the error that ended the call, as in `APIError`; never its text.
    pub error: Option<String>,
    /// Whether its stored cost is known to be wrong, and how.
    pub cost_note: Option<CostNote>,
    /// When OpenCode last wrote its row or file, Unix milliseconds; `None` where that is not known. Of two
    /// readings the later written one counts.
    pub updated_ms: Option<i64>,
}

impl Step {
    /// Whether a model call was really answered: it finished, or it used tokens. A call that ended
    /// in an error without usage is kept, but counts as no step.
    pub fn is_counted(&self) -> bool {
        self.tokens.total() > 0 || (self.finish.is_some() && self.error.is_none())
    }
}
