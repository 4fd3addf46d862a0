// SPDX-License-Identifier: GPL-3.0-or-later
//! The sum of some steps.

use serde::Serialize;

use crate::model::{Cost, ModelName, Tokens};

/// The usage of some range of steps, with its models, largest (by fresh tokens) first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Usage {
    /// The five kinds.
    pub tokens: Tokens,
    /// Answered model calls.
    pub steps: u64,
    /// Billed, estimated, unpriced.
    pub cost: Cost,
    /// The same per model.
    pub models: Vec<ModelUsage>,
}

/// One model's part of a [`Usage`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelUsage {
    /// Provider and model.
    pub name: ModelName,
    /// The five kinds.
    pub tokens: Tokens,
    /// Answered model calls.
    pub steps: u64,
    /// Billed, estimated, unpriced.
    pub cost: Cost,
}

/// Some steps, with their models, largest first.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct UsageJson<'a> {
    steps: u64,
    tokens: super::TokenRow,
    cost: super::CostRow,
    models: &'a [ModelUsage],
}

/// One model's part.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct ModelJson {
    model: String,
    steps: u64,
    tokens: super::TokenRow,
    cost: super::CostRow,
}

impl Serialize for Usage {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        UsageJson {
            steps: self.steps,
            tokens: (&self.tokens).into(),
            cost: (&self.cost).into(),
            models: &self.models,
        }
        .serialize(serializer)
    }
}

impl Serialize for ModelUsage {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ModelJson {
            model: self.name.to_string(),
            steps: self.steps,
            tokens: (&self.tokens).into(),
            cost: (&self.cost).into(),
        }
        .serialize(serializer)
    }
}

#[cfg(feature = "schema")]
mod schema {
    use schemars::{JsonSchema, Schema, SchemaGenerator};

    use super::{ModelJson, ModelUsage, Usage, UsageJson};

    impl JsonSchema for Usage {
        fn schema_name() -> std::borrow::Cow<'static, str> {
            "Usage".into()
        }

        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            UsageJson::json_schema(generator)
        }
    }

    impl JsonSchema for ModelUsage {
        fn schema_name() -> std::borrow::Cow<'static, str> {
            "ModelUsage".into()
        }

        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            ModelJson::json_schema(generator)
        }
    }
}
