// SPDX-License-Identifier: GPL-3.0-or-later
//! What sessions cost, their sub-agents included.

use octally_core::rollup::period::Period as Days;
use octally_core::rollup::{By, Rank, Request};
use octally_core::sync::Depth;
use octally_core::wire::{FamilyUsage, SessionUsage, SubAgent as CoreSubAgent};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::figures::{Figures, Freshness, Named, Period, instants};
use super::names::resolve_project;
use super::usage::{known_model, known_provider};
use super::{DEFAULT_ROWS, cut, rows};
use crate::desk::Books;
use crate::trouble::Trouble;

/// The days where the client names none.
const DEFAULT_DAYS: u32 = 7;

/// Which session
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionInput {
    /// The session's id, ses_...; if left out, the one that was at work last
    pub session_id: Option<String>,
}

/// What a session cost so far
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct SessionCost {
    /// Its id
    pub id: String,
    /// Its title, where titles may be told
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its project's name
    pub project: Option<String>,
    /// The agent it was started with
    pub agent: Option<String>,
    /// The session that spawned it, if it is a sub-agent's
    pub parent: Option<String>,
    /// When it was created, RFC 3339
    pub created_at: Option<String>,
    /// When it or a sub-agent last did anything, RFC 3339
    pub last_activity_at: Option<String>,
    /// It and its sub-agents: what it cost so far
    pub inclusive: Figures,
    /// It alone
    pub own: Figures,
    /// The models of it and its sub-agents, largest first
    pub models: Vec<Named>,
    /// Its sub-agents, largest first
    pub sub_agents: Vec<SubAgent>,
    /// Whether there are more models or sub-agents
    pub truncated: bool,
    /// Whether the figures are complete
    pub freshness: Freshness,
}

/// A sub-agent's session
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct SubAgent {
    /// Its id
    pub id: String,
    /// The agent it was started with
    pub agent: Option<String>,
    /// It alone
    #[serde(flatten)]
    pub figures: Figures,
}

/// What a session cost.
pub fn session_cost(books: &mut Books, input: &SessionInput) -> Result<SessionCost, Trouble> {
    books.read(Depth::Quick)?;
    let id = match &input.session_id {
        Some(id) => id.clone(),
        None => books.of(|meter| meter.latest_session())?.ok_or_else(|| {
            Trouble::Question("there is no session yet: OpenCode has recorded no answer".into())
        })?,
    };
    match books.of(|meter| meter.session_usage(&id))? {
        Some(session) => Ok(of_session(books, session)),
        None => {
            let known = books.of(|meter| meter.session_ids("", usize::MAX))?;
            let names = known.iter().map(String::as_str);
            Err(Trouble::unknown("session", &id, names))
        }
    }
}

fn of_session(books: &Books, session: SessionUsage) -> SessionCost {
    let zone = &books.setup.zone;
    let mut models: Vec<Named> = session.inclusive.models.iter().map(Named::from).collect();
    let mut sub_agents: Vec<SubAgent> = session.sub_agents.into_iter().map(sub_agent).collect();
    let are_models_cut = cut(&mut models, DEFAULT_ROWS as usize);
    SessionCost {
        title: title(books, &session.id),
        project: session.project,
        agent: session.agent,
        parent: session.parent,
        created_at: session.created_ms.map(|ms| zone.rfc3339(ms)),
        last_activity_at: session.last_activity_ms.map(|ms| zone.rfc3339(ms)),
        inclusive: (&session.inclusive).into(),
        own: (&session.own).into(),
        models,
        truncated: cut(&mut sub_agents, DEFAULT_ROWS as usize) || are_models_cut,
        sub_agents,
        freshness: Freshness::of(books),
        id: session.id,
    }
}

fn sub_agent(sub_agent: CoreSubAgent) -> SubAgent {
    SubAgent {
        id: sub_agent.id,
        agent: sub_agent.agent,
        figures: (&sub_agent.usage).into(),
    }
}

fn title(books: &Books, id: &str) -> Option<String> {
    if !books.setup.include_titles {
        return None;
    }
    books.of(|meter| Ok(meter.title(id))).ok().flatten()
}

/// Which sessions to rank
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TopSessionsInput {
    /// The first day, YYYY-MM-DD. Without any days: the last 7
    pub since: Option<String>,
    /// The last day, included, YYYY-MM-DD
    pub until: Option<String>,
    /// The last so many days, today included. Not together with since or until
    pub last_days: Option<u32>,
    /// What to rank by; cost if left out
    pub order: Option<RankBy>,
    /// Only this project: its name or id
    pub project: Option<String>,
    /// Only what this provider did, as in anthropic
    pub provider: Option<String>,
    /// Only what this model did, with or without its provider
    pub model: Option<String>,
    /// At most so many sessions; 20 if left out
    #[schemars(range(min = 1, max = 100))]
    pub limit: Option<u32>,
}

/// What sessions are ranked by
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RankBy {
    /// Billed and estimated cost
    #[default]
    Cost,
    /// input + output + reasoning
    Fresh,
}

impl From<RankBy> for Rank {
    fn from(order: RankBy) -> Self {
        match order {
            RankBy::Cost => Self::Cost,
            RankBy::Fresh => Self::Fresh,
        }
    }
}

/// The largest sessions of some days
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct TopSessions {
    /// The days
    pub period: Period,
    /// What they are ranked by
    pub order: RankBy,
    /// Root sessions with their sub-agents, largest first
    pub sessions: Vec<RankedSession>,
    /// Whether there are more
    pub truncated: bool,
    /// Whether the figures are complete
    pub freshness: Freshness,
}

/// A root session with its sub-agents, over the days that were asked for
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct RankedSession {
    /// Its id
    pub id: String,
    /// Its title, where titles may be told
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its project's name
    pub project: Option<String>,
    /// How many sessions that is: itself and its sub-agents', where they did anything
    pub sessions: u64,
    /// It and its sub-agents
    pub inclusive: Figures,
    /// Their models, largest first
    pub models: Vec<String>,
}

/// The largest sessions.
pub fn top_sessions(books: &mut Books, input: &TopSessionsInput) -> Result<TopSessions, Trouble> {
    let limit = rows(input.limit)?;
    books.read(Depth::Quick)?;
    let days = Days {
        since: input.since.clone(),
        until: input.until.clone(),
        last: input.last_days,
    };
    let range = instants(books, days, DEFAULT_DAYS)?;
    let request = Request {
        since_ms: range.0,
        until_ms: range.1,
        ..filtered(books, input)?
    };
    let order = input.order.unwrap_or_default();
    let (families, count) = books.of(|meter| meter.families(&request, order.into(), limit))?;
    Ok(TopSessions {
        period: Period::new(range, &books.setup.zone),
        order,
        truncated: count > families.len(),
        sessions: families
            .into_iter()
            .map(|family| ranked(books, family))
            .collect(),
        freshness: Freshness::of(books),
    })
}

fn ranked(books: &Books, family: FamilyUsage) -> RankedSession {
    RankedSession {
        title: title(books, &family.id),
        project: family.project,
        sessions: family.totals.sessions,
        inclusive: (&family.totals).into(),
        models: family.models,
        id: family.id,
    }
}

fn filtered(books: &Books, input: &TopSessionsInput) -> Result<Request, Trouble> {
    let mut request = Request::new(By::Session);
    if let Some(asked) = &input.project {
        let projects = books.of(|meter| Ok(meter.catalog()?.projects))?;
        request.project = Some(resolve_project(&projects, asked)?.id);
    }
    if let Some(provider) = &input.provider {
        known_provider(books, provider)?;
        request.provider = Some(provider.clone());
    }
    if let Some(model) = &input.model {
        request.model = Some(known_model(books, model)?);
    }
    Ok(request)
}
