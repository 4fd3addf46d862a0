// SPDX-License-Identifier: GPL-3.0-or-later
//! The tools: what they are called, what they take, and what they promise to answer with.

use std::sync::Arc;

use rmcp::model::{CallToolResult, ContentBlock, JsonObject, Tool, ToolAnnotations};
use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::answer::{
    BudgetStatus, NoInput, ProviderTrends, RefreshIndex, RefreshInput, SessionCost, SessionInput,
    TopSessions, TopSessionsInput, TrendsInput, UsageInput, UsageSummary, budget_status,
    provider_trends, refresh_index, session_cost, top_sessions, usage_summary,
};
use crate::desk::{Books, Desk};
use crate::trouble::Trouble;

const NAMES: [&str; 6] = [
    "usage_summary",
    "top_sessions",
    "provider_trends",
    "session_cost",
    "budget_status",
    "refresh_index",
];

/// All tools.
pub fn all() -> Vec<Tool> {
    vec![
        tool::<UsageInput, UsageSummary>(
            "usage_summary",
            "Usage summary",
            "Tokens and cost that OpenCode used over some days, summed up by model, provider, project, \
             agent, session, day, week or month. billed_usd is what OpenCode stored; estimated_usd is \
             the list price of what it stored at 0, as with subscriptions: never add the two up as money \
             spent.",
        ),
        tool::<TopSessionsInput, TopSessions>(
            "top_sessions",
            "Top sessions",
            "The most expensive or largest OpenCode sessions of some days, each with its sub-agents.",
        ),
        tool::<TrendsInput, ProviderTrends>(
            "provider_trends",
            "Provider trends",
            "How each provider's tokens and cost moved day by day, week by week or month by month, and \
             against as many days before.",
        ),
        tool::<SessionInput, SessionCost>(
            "session_cost",
            "Session cost",
            "What an OpenCode session cost so far, its sub-agents included, with its models. Without an \
             id: the session that was at work last, which is this one while it runs alone.",
        ),
        tool::<NoInput, BudgetStatus>(
            "budget_status",
            "Budget status",
            "What was spent of each budget of the user's in its current day, week or month, what is left, and \
             where it leads at this rate.",
        ),
        tool::<RefreshInput, RefreshIndex>(
            "refresh_index",
            "Refresh index",
            "Reads what OpenCode wrote since. Every other tool does so by itself: this is for imported \
             messages and moved files (thorough).",
        ),
    ]
}

/// No tool changes anything of the user's: the index is Octally's own.
fn tool<I: JsonSchema, O: JsonSchema>(
    name: &'static str,
    title: &str,
    description: &'static str,
) -> Tool {
    let annotations = ToolAnnotations::with_title(title)
        .read_only(name != "refresh_index")
        .destructive(false)
        .idempotent(true)
        .open_world(false);
    // Models are shown the first, and not all of their providers follow references.
    let (mut input, mut output) = (schema::<I>(true), schema::<O>(false));
    RecursiveTransform(without_null).transform(&mut input);
    RecursiveTransform(with_null_apart).transform(&mut output);
    Tool::new(name, description, object(input))
        .with_title(title)
        .with_raw_output_schema(object(output))
        .with_annotations(annotations)
}

/// The schema of a type, on request in one piece.
fn schema<T: JsonSchema>(is_inline: bool) -> Schema {
    let settings =
        SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = is_inline);
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    RecursiveTransform(without_number_formats).transform(&mut schema);
    schema
}

fn object(schema: Schema) -> Arc<JsonObject> {
    Arc::new(match schema.to_value() {
        Value::Object(object) => object,
        _ => JsonObject::new(),
    })
}

/// What may be left out need not also be null: some clients understand a single type only.
fn without_null(schema: &mut Schema) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [single] = types.as_slice() {
            let single = single.clone();
            schema.insert("type".into(), single);
        }
    }
    if let Some(Value::Array(values)) = schema.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
}

/// What may be null is a choice of two types, for the same reason.
fn with_null_apart(schema: &mut Schema) {
    if let Some(Value::Array(types)) = schema.get("type") {
        let types: Vec<Value> = types.iter().map(|name| json!({ "type": name })).collect();
        schema.remove("type");
        schema.insert("anyOf".into(), types.into());
    }
}

/// `uint64` and the like are Rust's, and validators warn of formats that they do not know.
fn without_number_formats(schema: &mut Schema) {
    let is_number = schema
        .get("format")
        .and_then(Value::as_str)
        .is_some_and(|format| {
            ["uint", "int", "double"]
                .iter()
                .any(|word| format.starts_with(word))
        });
    if is_number {
        schema.remove("format");
    }
}

/// Calls a tool. What the user or the model can mend is a result that says so, not an error of the
/// protocol: those are hidden by most clients.
pub async fn call(
    desk: &Desk,
    name: &str,
    arguments: Option<JsonObject>,
) -> Result<CallToolResult, Trouble> {
    let given = Value::Object(arguments.unwrap_or_default());
    match name {
        "usage_summary" => ask(desk, given, |books, input| usage_summary(books, &input)).await,
        "top_sessions" => ask(desk, given, |books, input| top_sessions(books, &input)).await,
        "provider_trends" => ask(desk, given, |books, input| provider_trends(books, &input)).await,
        "session_cost" => ask(desk, given, |books, input| session_cost(books, &input)).await,
        "refresh_index" => ask(desk, given, |books, input| refresh_index(books, &input)).await,
        "budget_status" => ask(desk, given, |books, NoInput {}| budget_status(books)).await,
        _ => Err(Trouble::unknown("tool", name, NAMES)),
    }
}

async fn ask<I, O>(
    desk: &Desk,
    given: Value,
    answer: impl FnOnce(&mut Books, I) -> Result<O, Trouble> + Send + 'static,
) -> Result<CallToolResult, Trouble>
where
    I: DeserializeOwned + Send + 'static,
    O: Serialize,
{
    let input: I = match serde_json::from_value(given) {
        Ok(input) => input,
        Err(error) => return Ok(failed(&format!("the arguments make no sense: {error}"))),
    };
    let answered = desk
        .ask(move |books| {
            let answer = answer(books, input)?;
            serde_json::to_value(answer).map_err(|error| Trouble::Ledger(error.to_string()))
        })
        .await;
    Ok(match answered {
        Ok(value) => CallToolResult::structured(value),
        Err(trouble) => failed(&trouble.to_string()),
    })
}

fn failed(what: &str) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(what)])
}
