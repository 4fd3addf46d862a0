// SPDX-License-Identifier: GPL-3.0-or-later
//! `octally report <by> --json`, schema 1.

use serde::Serialize;

use super::ModelUsage;
use crate::model::{Cost, Problem, Tokens};

/// Tokens as JSON: the five kinds and their two sums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names are the vocabulary; see `Tokens`")]
pub struct TokenRow {
    pub input: u64,
    pub output: u64,
    pub reasoning: u64,
    pub cache_read: u64,
    pub cache_write: u64,
    pub fresh: u64,
    pub total: u64,
}

impl From<&Tokens> for TokenRow {
    fn from(t: &Tokens) -> Self {
        Self {
            input: t.input,
            output: t.output,
            reasoning: t.reasoning,
            cache_read: t.cache_read,
            cache_write: t.cache_write,
            fresh: t.fresh(),
            total: t.total(),
        }
    }
}

/// Cost as JSON, in US dollars. `estimated_usd` is `null` where nothing could be estimated although
/// there was something to estimate (every such step is in `unpriced_steps`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct CostRow {
    /// What OpenCode stored.
    pub billed_usd: f64,
    /// List price of the steps that OpenCode stored at 0.
    pub estimated_usd: Option<f64>,
    /// Steps that have tokens and no price.
    pub unpriced_steps: u64,
}

impl From<&Cost> for CostRow {
    fn from(c: &Cost) -> Self {
        let unknown = c.estimated.0 == 0 && c.unpriced_steps > 0;
        Self {
            billed_usd: c.billed.usd(),
            estimated_usd: (!unknown).then(|| c.estimated.usd()),
            unpriced_steps: c.unpriced_steps,
        }
    }
}

/// The whole answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Version of this shape: 1.
    pub schema: u32,
    /// The singular of what the rows are: `hour`, `day`, `week`, `month`, `session`, `model`,
    /// `provider`, `project`, `agent` or `host`; also the name of each row's key.
    pub by: &'static str,
    /// The zone that days, hours, weeks and months are of.
    pub time_zone: String,
    /// The first instant included, RFC 3339.
    pub since: Option<String>,
    /// The first instant excluded, RFC 3339.
    pub until: Option<String>,
    /// In the order asked for.
    pub rows: Vec<ReportRow>,
    /// Over all rows before `--limit`.
    pub totals: ReportTotals,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// One row; its key is serialized under the name in [`Report::by`].
#[derive(Clone, Debug, PartialEq)]
pub struct ReportRow {
    /// The same as [`Report::by`].
    pub by: &'static str,
    /// `2026-11-20`, `anthropic/claude-sonnet-4-5`, `ses_...`; `None` where OpenCode recorded none.
    pub key: Option<String>,
    /// The sums.
    pub totals: ReportTotals,
    /// The models used, as `provider/model`, largest first.
    pub models: Vec<String>,
    /// The same with their sums, where that was asked for; the key is left out where it was not.
    pub breakdown: Option<Vec<ModelUsage>>,
}

/// The sums of a row or of the report.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ReportTotals {
    /// Distinct sessions with at least one step.
    pub sessions: u64,
    /// Answered model calls.
    pub steps: u64,
    /// The five kinds.
    pub tokens: TokenRow,
    /// Billed, estimated, unpriced.
    pub cost: CostRow,
}

impl Serialize for ReportRow {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(self.by, &self.key)?;
        map.serialize_entry("sessions", &self.totals.sessions)?;
        map.serialize_entry("steps", &self.totals.steps)?;
        map.serialize_entry("tokens", &self.totals.tokens)?;
        map.serialize_entry("cost", &self.totals.cost)?;
        map.serialize_entry("models", &self.models)?;
        if let Some(breakdown) = &self.breakdown {
            map.serialize_entry("breakdown", breakdown)?;
        }
        map.end()
    }
}
