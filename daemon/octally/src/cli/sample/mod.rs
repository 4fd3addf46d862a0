// SPDX-License-Identifier: GPL-3.0-or-later
//! A snapshot and a report with something of everything, for the tests of how they look.

mod glance;
mod overview;
mod statistics;

use octally_core::model::{Cost, ModelName, NanoUsd, Tokens};
use octally_core::wire::{ModelUsage, Usage};

pub use glance::{budgets, snapshot};
pub use overview::{analysis, report};
pub use statistics::statistics;

/// 2026-11-20 11:04 UTC.
pub const NOW_MS: i64 = 1_795_172_640_000;

fn model(name: &str, fresh: u64, billed: f64, estimated: f64, unpriced_steps: u64) -> ModelUsage {
    let (provider, model) = name.split_once('/').unwrap();
    ModelUsage {
        name: ModelName {
            provider: provider.into(),
            model: model.into(),
        },
        tokens: Tokens {
            input: fresh / 2,
            output: fresh - fresh / 2,
            reasoning: 0,
            cache_read: fresh * 9,
            cache_write: fresh / 2,
        },
        steps: fresh / 1000 + 1,
        cost: Cost {
            billed: NanoUsd::from_usd(billed).unwrap(),
            estimated: NanoUsd::from_usd(estimated).unwrap(),
            unpriced_steps,
        },
    }
}

fn usage(models: Vec<ModelUsage>) -> Usage {
    let mut sum = Usage::default();
    for model in &models {
        sum.tokens += model.tokens;
        sum.cost += model.cost;
        sum.steps += model.steps;
    }
    Usage { models, ..sum }
}
