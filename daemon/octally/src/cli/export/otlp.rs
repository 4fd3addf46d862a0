// SPDX-License-Identifier: GPL-3.0-or-later
//! Sums as one line of OTLP/JSON, which the OpenTelemetry Collector reads from a file (its receiver
//! `otlpjsonfile`) or takes at `/v1/metrics`. Octally itself sends nothing.
//!
//! Names are those of OpenTelemetry's conventions for generative AI, which are in development: the
//! counters `gen_ai.client.inference.usage.*` and the older histogram `gen_ai.client.token.usage`. There
//! input has cached tokens inside and output has reasoning inside, unlike in Octally: input is our context,
//! output is output and reasoning. What they have no name for is called `octally.*`.

use std::collections::BTreeMap;

use octally_core::wire::{CostBasis, StepRow};
use serde_json::{Value, json};

/// Raised when a name or a meaning below changes; an attribute of the scope.
const FORMAT: i64 = 1;
/// The boundaries that the conventions ask for.
const BOUNDS: [u64; 14] = [
    1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262_144, 1_048_576, 4_194_304, 16_777_216,
    67_108_864,
];
const CUMULATIVE: i64 = 2;

/// The sums of one host, by provider and model.
type Models = BTreeMap<(String, String), Sum>;

/// Everything that is told; one of these is all that is kept of a million steps.
#[derive(Debug, Default)]
pub struct Sums {
    hosts: BTreeMap<String, Models>,
    first_ms: Option<i64>,
}

/// One model's sums, as the conventions have them.
#[derive(Debug, Default)]
struct Sum {
    input: Histogram,
    output: Histogram,
    cache_read: u64,
    cache_write: u64,
    reasoning: u64,
    steps: u64,
    billed_usd: f64,
    estimated_usd: Option<f64>,
    unpriced_steps: u64,
}

#[derive(Debug, Default)]
struct Histogram {
    sum: u64,
    counts: [u64; BOUNDS.len() + 1],
}

impl Histogram {
    fn add(&mut self, value: u64) {
        self.sum = self.sum.saturating_add(value);
        // A boundary belongs to the bucket below it.
        self.counts[BOUNDS.partition_point(|bound| *bound < value)] += 1;
    }
}

impl Sums {
    /// Adds a step.
    pub fn add(&mut self, step: &StepRow) {
        let first_ms = self.first_ms.unwrap_or(step.created_ms);
        self.first_ms = Some(first_ms.min(step.created_ms));
        if !self.hosts.contains_key(&step.host) {
            self.hosts.insert(step.host.clone(), Models::new());
        }
        let Some(models) = self.hosts.get_mut(&step.host) else {
            return;
        };
        let name = (step.provider.clone(), step.model.clone());
        models.entry(name).or_default().add(step);
    }

    /// The line. `since_ms` is where the sums begin, if that was asked for.
    pub fn line(&self, since_ms: Option<i64>, until_ms: i64) -> Value {
        let from_ms = since_ms.or(self.first_ms).unwrap_or(until_ms);
        let span = Span { from_ms, until_ms };
        let resource = |(host, models): (&String, &Models)| {
            json!({
                "resource": {"attributes": attributes(&[
                    ("service.name", "octally"),
                    ("service.version", env!("CARGO_PKG_VERSION")),
                    ("host.name", host),
                ])},
                "scopeMetrics": [{
                    "scope": {
                        "name": "octally",
                        "version": env!("CARGO_PKG_VERSION"),
                        "attributes": [{"key": "octally.format", "value": {"intValue": FORMAT.to_string()}}],
                    },
                    "metrics": metrics(models, span),
                }],
            })
        };
        json!({"resourceMetrics": self.hosts.iter().map(resource).collect::<Vec<_>>()})
    }
}

impl Sum {
    fn add(&mut self, step: &StepRow) {
        let tokens = &step.tokens;
        let context = tokens
            .input
            .saturating_add(tokens.cache_read)
            .saturating_add(tokens.cache_write);
        self.input.add(context);
        self.output
            .add(tokens.output.saturating_add(tokens.reasoning));
        self.cache_read = self.cache_read.saturating_add(tokens.cache_read);
        self.cache_write = self.cache_write.saturating_add(tokens.cache_write);
        self.reasoning = self.reasoning.saturating_add(tokens.reasoning);
        self.steps += 1;
        let usd = step.cost.usd.unwrap_or(0.0);
        match step.cost.basis {
            CostBasis::Billed => self.billed_usd += usd,
            CostBasis::Estimated => *self.estimated_usd.get_or_insert_default() += usd,
            CostBasis::Unpriced => self.unpriced_steps += 1,
        }
    }
}

/// From when to when the sums are.
#[derive(Clone, Copy)]
struct Span {
    from_ms: i64,
    until_ms: i64,
}

impl Span {
    /// A point with what every point has.
    fn point(self, attributes: Value, with: Value) -> Value {
        let nano = |ms: i64| ms.saturating_mul(1_000_000).max(0).to_string();
        let mut point = with;
        point["attributes"] = attributes;
        point["startTimeUnixNano"] = nano(self.from_ms).into();
        point["timeUnixNano"] = nano(self.until_ms).into();
        point
    }
}

/// What a metric counts of a model's sums.
type Count = fn(&Sum) -> u64;

const COUNTERS: [(&str, &str, Count); 5] = [
    (
        "gen_ai.client.inference.usage.input_tokens",
        "Input tokens, cached ones included.",
        |sum| sum.input.sum,
    ),
    (
        "gen_ai.client.inference.usage.output_tokens",
        "Output tokens, reasoning included.",
        |sum| sum.output.sum,
    ),
    (
        "gen_ai.client.inference.usage.cache_read.input_tokens",
        "Input tokens that were read from the provider's cache.",
        |sum| sum.cache_read,
    ),
    (
        "gen_ai.client.inference.usage.cache_write.input_tokens",
        "Input tokens that were written to the provider's cache.",
        |sum| sum.cache_write,
    ),
    (
        "gen_ai.client.inference.usage.reasoning.output_tokens",
        "Output tokens of the model's reasoning.",
        |sum| sum.reasoning,
    ),
];

fn metrics(models: &Models, span: Span) -> Vec<Value> {
    let mut metrics: Vec<Value> = COUNTERS
        .iter()
        .map(|(name, about, count)| {
            let points = models.iter().map(|(model, sum)| {
                let attributes = model_attributes(model, &[("gen_ai.token.modality", "unknown")]);
                span.point(attributes, json!({"asInt": count(sum).to_string()}))
            });
            counter(name, about, "{token}", points.collect())
        })
        .collect();
    metrics.push(histogram(models, span));
    metrics.push(steps(
        "octally.steps",
        "Answered model calls.",
        models,
        span,
        |s| s.steps,
    ));
    metrics.push(steps(
        "octally.unpriced_steps",
        "Model calls with tokens and no known price.",
        models,
        span,
        |sum| sum.unpriced_steps,
    ));
    metrics.push(costs(models, span));
    metrics
}

fn counter(name: &str, about: &str, unit: &str, points: Vec<Value>) -> Value {
    json!({
        "name": name,
        "description": about,
        "unit": unit,
        "sum": {"aggregationTemporality": CUMULATIVE, "isMonotonic": true, "dataPoints": points},
    })
}

fn steps(name: &str, about: &str, models: &Models, span: Span, count: Count) -> Value {
    let point = |(model, sum): (&(String, String), &Sum)| {
        let with = json!({"asInt": count(sum).to_string()});
        span.point(model_attributes(model, &[]), with)
    };
    counter(name, about, "{step}", models.iter().map(point).collect())
}

/// Billed and estimated stay apart; an unknown estimate has no point, which is not 0.
fn costs(models: &Models, span: Span) -> Value {
    let mut points = Vec::new();
    for (model, sum) in models {
        let amounts = [
            ("billed", Some(sum.billed_usd)),
            ("estimated", sum.estimated_usd),
        ];
        for (basis, usd) in amounts {
            let attributes = model_attributes(model, &[("octally.cost.basis", basis)]);
            points.extend(usd.map(|usd| span.point(attributes, json!({"asDouble": usd}))));
        }
    }
    counter(
        "octally.cost",
        "What OpenCode stored, and list prices.",
        "USD",
        points,
    )
}

fn histogram(models: &Models, span: Span) -> Value {
    let mut points = Vec::new();
    for (model, sum) in models {
        for (kind, histogram) in [("input", &sum.input), ("output", &sum.output)] {
            let attributes = model_attributes(model, &[("gen_ai.token.type", kind)]);
            let counts = histogram.counts.map(|count| count.to_string());
            let with = json!({
                "count": sum.steps.to_string(),
                "sum": histogram.sum,
                "bucketCounts": counts,
                "explicitBounds": BOUNDS,
            });
            points.push(span.point(attributes, with));
        }
    }
    json!({
        "name": "gen_ai.client.token.usage",
        "description": "Input and output tokens of each model call.",
        "unit": "{token}",
        "histogram": {"aggregationTemporality": CUMULATIVE, "dataPoints": points},
    })
}

fn model_attributes((provider, model): &(String, String), more: &[(&str, &str)]) -> Value {
    let known = [
        ("gen_ai.operation.name", "chat"),
        ("gen_ai.provider.name", conventional(provider)),
        ("gen_ai.request.model", model),
    ];
    attributes(&[&known, more].concat())
}

fn attributes(pairs: &[(&str, &str)]) -> Value {
    let attribute =
        |(key, value): &(&str, &str)| json!({"key": key, "value": {"stringValue": value}});
    pairs.iter().map(attribute).collect()
}

/// The name that the conventions have for a provider; they say it must be used where there is one.
fn conventional(provider: &str) -> &str {
    match provider {
        "amazon-bedrock" => "aws.bedrock",
        "azure" => "azure.ai.openai",
        "google" => "gcp.gemini",
        "google-vertex" | "google-vertex-anthropic" => "gcp.vertex_ai",
        "mistral" => "mistral_ai",
        "moonshotai" => "moonshot_ai",
        "xai" => "x_ai",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boundary_belongs_to_the_bucket_below_it() {
        let mut histogram = Histogram::default();
        for value in [0, 1, 2, 4, 5, 67_108_864, 67_108_865] {
            histogram.add(value);
        }
        let mut expected = [0; 15];
        (expected[0], expected[1], expected[2]) = (2, 2, 1);
        (expected[13], expected[14]) = (1, 1);
        assert_eq!(histogram.counts, expected);
    }
}
