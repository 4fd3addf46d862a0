// SPDX-License-Identifier: GPL-3.0-or-later
//! Prompts: a question for a model, with the figures that it needs.

use rmcp::model::{GetPromptResult, JsonObject, Prompt, PromptArgument, PromptMessage, Role};
use serde_json::{Value, json};

use crate::answer::{
    Kind, SessionInput, TopSessionsInput, TrendsInput, UsageInput, provider_trends, session_cost,
    top_sessions, usage_summary,
};
use crate::desk::{Books, Desk};
use crate::trouble::Trouble;

const WEEKLY: &str = "weekly_review";
const WHY: &str = "why_was_this_session_expensive";

/// How the figures are to be read.
const LEGEND: &str = "\
fresh is input, output and reasoning tokens. cost.billed_usd is what was billed; cost.estimated_usd is \
the list price of what was billed at 0, as with subscriptions, and no money spent: never add the two. \
null is unknown, not 0.";

/// All prompts.
pub fn all() -> Vec<Prompt> {
    let project = PromptArgument::new("project")
        .with_description("Only this project: its name or id")
        .with_required(false);
    let session = PromptArgument::new("session")
        .with_description("The session's id; without one, the session that was at work last")
        .with_required(false);
    vec![
        Prompt::new(
            WEEKLY,
            Some("The last seven days against the seven before: what was used, where, and what to change"),
            Some(vec![project]),
        )
        .with_title("Weekly review"),
        Prompt::new(
            WHY,
            Some("What a session and its sub-agents spent their tokens on, and what to do about it"),
            Some(vec![session]),
        )
        .with_title("Why was this session expensive?"),
    ]
}

/// What completes the argument of a prompt.
pub fn kind_of_argument(prompt: &str, argument: &str) -> Option<Kind> {
    match (prompt, argument) {
        (WEEKLY, "project") => Some(Kind::Project),
        (WHY, "session") => Some(Kind::Session),
        _ => None,
    }
}

/// A prompt with its figures.
///
/// # Errors
/// No such prompt, project or session, or the ledger cannot be used.
pub async fn get(
    desk: &Desk,
    name: &str,
    arguments: Option<JsonObject>,
) -> Result<GetPromptResult, Trouble> {
    let arguments = arguments.unwrap_or_default();
    match name {
        WEEKLY => {
            let project = argument(name, &arguments, "project")?;
            let text = desk.ask(move |books| weekly_review(books, project)).await?;
            Ok(prompt("The last seven days of OpenCode", text))
        }
        WHY => {
            let session_id = argument(name, &arguments, "session")?;
            let text = desk.ask(move |books| why(books, session_id)).await?;
            Ok(prompt("A session of OpenCode and what it cost", text))
        }
        _ => Err(Trouble::unknown("prompt", name, [WEEKLY, WHY])),
    }
}

/// The one argument that a prompt has; left out and empty are the same.
fn argument(prompt: &str, given: &JsonObject, name: &str) -> Result<Option<String>, Trouble> {
    if let Some(other) = given.keys().find(|key| *key != name) {
        return Err(Trouble::unknown(
            "argument",
            &format!("{prompt}.{other}"),
            [name],
        ));
    }
    match given.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
        Some(_) => Err(Trouble::Question(format!(
            "{prompt}.{name} must be a string"
        ))),
    }
}

fn prompt(description: &str, text: String) -> GetPromptResult {
    GetPromptResult::new(vec![PromptMessage::new_text(Role::User, text)])
        .with_description(description)
}

fn weekly_review(books: &mut Books, project: Option<String>) -> Result<String, Trouble> {
    let by_model = UsageInput {
        project: project.clone(),
        ..UsageInput::default()
    };
    let sessions = TopSessionsInput {
        project,
        limit: Some(10),
        ..TopSessionsInput::default()
    };
    let trends = TrendsInput {
        last_days: Some(7),
        ..TrendsInput::default()
    };
    let figures = json!({
        "usage": usage_summary(books, &by_model)?,
        "top_sessions": top_sessions(books, &sessions)?,
        "provider_trends_of_all_projects": provider_trends(books, &trends)?,
    });
    Ok(format!(
        "Review my last seven days with OpenCode. Say in a few sentences what was used and what it cost, \
         how that compares with the seven days before, which models and sessions stand out, and name up \
         to three changes that would save the most. {LEGEND} If freshness.state is not fresh, say first \
         that the figures are incomplete.\n\n{figures}"
    ))
}

fn why(books: &mut Books, session_id: Option<String>) -> Result<String, Trouble> {
    let session = session_cost(books, &SessionInput { session_id })?;
    let figures =
        serde_json::to_string(&session).map_err(|error| Trouble::Ledger(error.to_string()))?;
    Ok(format!(
        "Explain why this OpenCode session was as expensive as it was: which models and sub-agents the \
         cost went to, how much of the prompt came from the cache (cache_read against input and \
         cache_write), how much was thinking (reasoning) and how many model calls it took. Then say what \
         would have made it cheaper. {LEGEND}\n\n{figures}"
    ))
}
