// SPDX-License-Identifier: GPL-3.0-or-later
//! `octally report <by> --json`, schema 1.

use serde::Serialize;

use super::ModelUsage;
use crate::model::{Cost, NanoUsd, Problem, Tokens, WrongCost};

/// Tokens as JSON: the five kinds and their two sums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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

/// Steps whose stored cost is known to be wrong, as JSON in US dollars. They are part of
/// [`CostRow::billed_usd`], as stored; the corrected amounts are estimates beside it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WrongCostRow {
    /// How many.
    pub steps: u64,
    /// What OpenCode stored for them.
    pub stored_usd: f64,
    /// What they should have cost, without those in `uncorrected_steps`; `null` where that is all of them.
    pub corrected_usd: Option<f64>,
    /// Those for which no price is known.
    pub uncorrected_steps: u64,
}

impl From<&WrongCost> for WrongCostRow {
    fn from(wrong: &WrongCost) -> Self {
        Self {
            steps: wrong.steps,
            stored_usd: wrong.stored.usd(),
            corrected_usd: wrong.known().map(NanoUsd::usd),
            uncorrected_steps: wrong.uncorrected_steps,
        }
    }
}

/// The whole answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// Of a session: what OpenCode has done with it since.
    pub marks: Option<SessionMarks>,
    /// Where a session stands; `None` for every other kind of row.
    pub family: Option<Family>,
}

/// What OpenCode has done with a session. It counts as before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SessionMarks {
    /// When it was archived, RFC 3339; `None` unless it was.
    pub archived_at: Option<String>,
    /// When it was first missed in every source, RFC 3339; `None` while it is there.
    pub deleted_at: Option<String>,
}

/// A session's parent and its figures together with its sub-agents'. Serialized into the row itself, as
/// `parent` and `inclusive`.
#[derive(Clone, Debug, PartialEq)]
pub struct Family {
    /// The session that spawned it, as OpenCode recorded it: it may be deleted or never have been read.
    /// `None` for a root session.
    pub parent: Option<String>,
    /// The row's own sums and those of all sub-agents' sessions below it, under the same filters.
    /// `sessions` counts those with at least one step.
    pub inclusive: ReportTotals,
}

/// The sums of a row or of the report.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReportTotals {
    /// Distinct sessions with at least one step.
    pub sessions: u64,
    /// Answered model calls.
    pub steps: u64,
    /// The five kinds.
    pub tokens: TokenRow,
    /// Billed, estimated, unpriced.
    pub cost: CostRow,
    /// The part of the billed cost that is known to be wrong.
    pub wrong_cost: WrongCostRow,
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
        map.serialize_entry("wrong_cost", &self.totals.wrong_cost)?;
        map.serialize_entry("models", &self.models)?;
        if let Some(breakdown) = &self.breakdown {
            map.serialize_entry("breakdown", breakdown)?;
        }
        if let Some(marks) = &self.marks {
            map.serialize_entry("archived_at", &marks.archived_at)?;
            map.serialize_entry("deleted_at", &marks.deleted_at)?;
        }
        if let Some(family) = &self.family {
            map.serialize_entry("parent", &family.parent)?;
            map.serialize_entry("inclusive", &family.inclusive)?;
        }
        map.end()
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for ReportRow {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ReportRow".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        const KEYS: [&str; 10] = [
            "hour", "day", "week", "month", "session", "model", "provider", "project", "agent",
            "host",
        ];
        let mut schema = ReportTotals::json_schema(generator);
        let models = generator.subschema_for::<Vec<String>>();
        let key = generator.subschema_for::<Option<String>>();
        let breakdown = generator.subschema_for::<Vec<ModelUsage>>();
        let inclusive = generator.subschema_for::<ReportTotals>();
        let of_sessions = ["archived_at", "deleted_at", "parent"];
        let required: Vec<_> = KEYS
            .map(|key| serde_json::json!({"required": [key]}))
            .into();
        if let Some(properties) = schema.get_mut("properties").and_then(|p| p.as_object_mut()) {
            properties.insert("models".into(), models.into());
            properties.extend(of_sessions.map(|name| (name.to_owned(), key.clone().into())));
            properties.insert("breakdown".into(), breakdown.into());
            properties.insert("inclusive".into(), inclusive.into());
            properties.extend(KEYS.map(|name| (name.to_owned(), key.clone().into())));
        }
        if let Some(names) = schema.get_mut("required").and_then(|r| r.as_array_mut()) {
            names.push("models".into());
        }
        schema.insert(
            "description".into(),
            "One row; its key is named as in `by`. Rows of sessions also have what OpenCode has done\
             \x20with them, their parent, and `inclusive`: their sums with those of their sub-agents.".into(),
        );
        schema.insert("oneOf".into(), required.into());
        schema
    }
}
