// SPDX-License-Identifier: GPL-3.0-or-later
//! Sums over some days, by what the client names.

use octally_core::rollup::period::Period as Days;
use octally_core::rollup::{By, Order, Request};
use octally_core::sync::Depth;
use octally_core::wire::{ProjectName, Report};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::figures::{Figures, Freshness, Named, Period, instants};
use super::names::{handle, resolve_project};
use super::rows;
use crate::desk::Books;
use crate::trouble::Trouble;

/// The days where the client names none: today and the six before.
const DEFAULT_DAYS: u32 = 7;

/// Which usage to sum up, and by what
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UsageInput {
    /// The first day, YYYY-MM-DD. Without any days: the last 7
    pub since: Option<String>,
    /// The last day, included, YYYY-MM-DD
    pub until: Option<String>,
    /// The last so many days, today included; 1 is today alone. Not together with since or until
    pub last_days: Option<u32>,
    /// What the rows are; model if left out
    pub by: Option<RowsBy>,
    /// Only this provider, as in anthropic
    pub provider: Option<String>,
    /// Only this model, with or without its provider
    pub model: Option<String>,
    /// Only this project: its name or id
    pub project: Option<String>,
    /// Only this agent, as in build
    pub agent: Option<String>,
    /// At most so many rows; 20 if left out. The totals are over all
    #[schemars(range(min = 1, max = 100))]
    pub limit: Option<u32>,
}

/// What the rows are
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RowsBy {
    Day,
    Week,
    Month,
    #[default]
    Model,
    Provider,
    Project,
    Agent,
    Session,
}

impl From<RowsBy> for By {
    fn from(by: RowsBy) -> Self {
        match by {
            RowsBy::Day => Self::Day,
            RowsBy::Week => Self::Week,
            RowsBy::Month => Self::Month,
            RowsBy::Model => Self::Model,
            RowsBy::Provider => Self::Provider,
            RowsBy::Project => Self::Project,
            RowsBy::Agent => Self::Agent,
            RowsBy::Session => Self::Session,
        }
    }
}

/// What OpenCode used over some days
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct UsageSummary {
    /// The days
    pub period: Period,
    /// Distinct sessions
    pub sessions: u64,
    /// The sum of everything that was asked for
    pub totals: Figures,
    /// What the rows are
    pub by: RowsBy,
    /// Days from the newest backwards, everything else by fresh tokens, largest first
    pub rows: Vec<Named>,
    /// Whether there are more rows
    pub truncated: bool,
    /// Whether the figures are complete
    pub freshness: Freshness,
}

/// Sums up the usage.
pub fn usage_summary(books: &mut Books, input: &UsageInput) -> Result<UsageSummary, Trouble> {
    let limit = rows(input.limit)?;
    books.read(Depth::Quick)?;
    let days = Days {
        since: input.since.clone(),
        until: input.until.clone(),
        last: input.last_days,
    };
    let range = instants(books, days, DEFAULT_DAYS)?;
    let by = input.by.unwrap_or_default();
    let projects = books.of(|meter| Ok(meter.catalog()?.projects))?;
    let request = Request {
        since_ms: range.0,
        until_ms: range.1,
        agent: input.agent.clone(),
        limit: Some(limit + 1),
        order: Some(Order::Descending),
        ..filtered(books, by.into(), input, &projects)?
    };
    let report = books.of(|meter| meter.report(&request, &books.setup.zone))?;
    Ok(UsageSummary {
        period: Period::new(range, &books.setup.zone),
        sessions: report.totals.sessions,
        totals: (&report.totals).into(),
        by,
        truncated: report.rows.len() > limit,
        rows: named(&report, &projects).into_iter().take(limit).collect(),
        freshness: Freshness::of(books),
    })
}

/// A question with the filters that name something there is.
fn filtered(
    books: &Books,
    by: By,
    input: &UsageInput,
    projects: &[ProjectName],
) -> Result<Request, Trouble> {
    if let Some(provider) = &input.provider {
        known_provider(books, provider)?;
    }
    let project = input.project.as_deref();
    Ok(Request {
        provider: input.provider.clone(),
        model: match &input.model {
            Some(model) => Some(known_model(books, model)?),
            None => None,
        },
        project: match project {
            Some(asked) => Some(resolve_project(projects, asked)?.id),
            None => None,
        },
        ..Request::new(by)
    })
}

/// Whether there is such a provider.
pub fn known_provider(books: &Books, asked: &str) -> Result<(), Trouble> {
    let providers = books.of(|meter| Ok(meter.catalog()?.providers))?;
    if providers.iter().any(|provider| provider == asked) {
        return Ok(());
    }
    let known = providers.iter().map(String::as_str);
    Err(Trouble::unknown("provider", asked, known))
}

/// The model of that name, with or without its provider.
pub fn known_model(books: &Books, asked: &str) -> Result<String, Trouble> {
    let models = books.of(|meter| Ok(meter.catalog()?.models))?;
    let bare = |model: &'_ str| model.split_once('/').map(|(_, model)| model.to_owned());
    let is_known = |model: &String| model == asked || bare(model).as_deref() == Some(asked);
    if models.iter().any(is_known) {
        return Ok(asked.into());
    }
    let names = models.iter().map(String::as_str);
    let bare_names = models
        .iter()
        .filter_map(|m| m.split_once('/').map(|(_, m)| m));
    Err(Trouble::unknown("model", asked, names.chain(bare_names)))
}

/// The rows of a report. A project is told by its name, not by its path.
pub fn named(report: &Report, projects: &[ProjectName]) -> Vec<Named> {
    let name = |key: &String| match report.by {
        "project" => projects
            .iter()
            .find(|project| project.worktree == *key)
            .map(|project| handle(project, projects).to_owned()),
        _ => Some(key.clone()),
    };
    report
        .rows
        .iter()
        .map(|row| Named {
            name: row.key.as_ref().and_then(name),
            figures: (&row.totals).into(),
        })
        .collect()
}
