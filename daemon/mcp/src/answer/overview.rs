// SPDX-License-Identifier: GPL-3.0-or-later
//! The resources: the glance, the providers, and one provider, model or project from the beginning.

use octally_core::meter::Live;
use octally_core::rollup::period::Period as Days;
use octally_core::rollup::{By, Order, Request};
use octally_core::sync::Depth;
use octally_core::wire::{DayUsage, SessionLine, Snapshot, Usage};
use serde::Serialize;

use super::figures::{Figures, Freshness, Named, instants};
use super::names::{handle, resolve_project};
use super::usage::{known_model, known_provider, named};
use super::{DEFAULT_ROWS, cut};
use crate::desk::Books;
use crate::trouble::Trouble;

/// The days that an overview shows one by one.
const DAYS: u32 = 30;

/// The glance: what the top bar shows
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Since midnight
    pub today: WithModels,
    /// The last seven days, today last
    pub week: Vec<Named>,
    /// Since the first of the month
    pub month: WithModels,
    /// Everything
    pub total: WithModels,
    /// busy, waiting, idle, gone or unknown: of all running OpenCodes together
    pub state: &'static str,
    /// When OpenCode last did anything, RFC 3339
    pub last_activity_at: Option<String>,
    /// Sessions of running OpenCodes, waiting ones first
    pub sessions: Vec<LiveSession>,
    /// The zone of the days
    pub time_zone: String,
    /// Whether the figures are complete
    pub freshness: Freshness,
}

/// A sum with its models
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WithModels {
    /// The sum
    #[serde(flatten)]
    pub figures: Figures,
    /// The largest models
    pub models: Vec<Named>,
    /// Whether there are more models
    pub truncated: bool,
}

/// A session at work, with its sub-agents
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LiveSession {
    /// Its id
    pub id: String,
    /// Its title, where titles may be told
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its project's name
    pub project: Option<String>,
    /// busy, waiting or idle
    pub state: &'static str,
    /// Since when, RFC 3339
    pub since_at: String,
    /// What it and its sub-agents used
    pub inclusive: Figures,
}

/// The glance.
pub fn summary(books: &mut Books) -> Result<Summary, Trouble> {
    books.read(Depth::Quick)?;
    let setup = &books.setup;
    let snapshot = books.of(|meter| {
        let live: Live = meter.live();
        meter.snapshot(
            &live,
            &books.report,
            &setup.is_alive,
            setup.idle_threshold_ms,
            &setup.zone,
            books.now_ms,
        )
    })?;
    Ok(of_snapshot(books, snapshot))
}

fn of_snapshot(books: &Books, snapshot: Snapshot) -> Summary {
    let zone = &books.setup.zone;
    Summary {
        today: with_models(&snapshot.today),
        week: snapshot.week.iter().map(day).collect(),
        month: with_models(&snapshot.month),
        total: with_models(&snapshot.total),
        state: snapshot.state.as_str(),
        last_activity_at: snapshot.last_activity_ms.map(|ms| zone.rfc3339(ms)),
        sessions: snapshot
            .sessions
            .into_iter()
            .map(|line| live_session(books, line))
            .collect(),
        time_zone: snapshot.time_zone,
        freshness: Freshness::of(books),
    }
}

fn with_models(usage: &Usage) -> WithModels {
    let mut models: Vec<Named> = usage.models.iter().map(Named::from).collect();
    WithModels {
        figures: usage.into(),
        truncated: cut(&mut models, DEFAULT_ROWS as usize),
        models,
    }
}

fn day(day: &DayUsage) -> Named {
    Named {
        name: Some(day.day.to_string()),
        figures: (&day.usage).into(),
    }
}

fn live_session(books: &Books, line: SessionLine) -> LiveSession {
    LiveSession {
        title: line.title.filter(|_| books.setup.include_titles),
        project: line.project,
        state: line.state.as_str(),
        since_at: books.setup.zone.rfc3339(line.since_ms),
        inclusive: (&line.usage).into(),
        id: line.id,
    }
}

/// Every provider, from the beginning
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Providers {
    /// By fresh tokens, largest first
    pub providers: Vec<Named>,
    /// Whether there are more
    pub truncated: bool,
    /// Whether the figures are complete
    pub freshness: Freshness,
}

/// The providers.
pub fn providers(books: &mut Books) -> Result<Providers, Trouble> {
    books.read(Depth::Quick)?;
    let zone = &books.setup.zone;
    let report = books.of(|meter| meter.report(&Request::new(By::Provider), zone))?;
    let mut providers = named(&report, &[]);
    Ok(Providers {
        truncated: cut(&mut providers, DEFAULT_ROWS as usize),
        providers,
        freshness: Freshness::of(books),
    })
}

/// What an [`Overview`] is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OverviewOf {
    /// A provider.
    Provider(String),
    /// A model, with or without its provider.
    Model(String),
    /// A project's name or id.
    Project(String),
}

/// A provider, model or project, from the beginning
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Overview {
    /// provider, model or project
    pub kind: &'static str,
    /// Its name
    pub name: String,
    /// A project's id
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// A project's path, where paths may be told
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Distinct sessions
    pub sessions: u64,
    /// Everything
    pub total: Figures,
    /// The last 30 days, today included
    pub last_30_days: Figures,
    /// The days among them with any usage, newest first
    pub days: Vec<Named>,
    /// Its models, largest first
    pub models: Vec<Named>,
    /// Whether there are more models
    pub truncated: bool,
    /// The zone of the days
    pub time_zone: String,
    /// Whether the figures are complete
    pub freshness: Freshness,
}

/// A provider, model or project.
pub fn overview(books: &mut Books, of: &OverviewOf) -> Result<Overview, Trouble> {
    books.read(Depth::Quick)?;
    let subject = subject(books, of)?;
    let zone = &books.setup.zone;
    let all = books.of(|meter| meter.report(&subject.request, zone))?;
    let (since_ms, until_ms) = instants(books, Days::default(), DAYS)?;
    let recent = Request {
        by: By::Day,
        since_ms,
        until_ms,
        order: Some(Order::Descending),
        ..subject.request
    };
    let recent = books.of(|meter| meter.report(&recent, zone))?;
    let mut models = named(&all, &[]);
    Ok(Overview {
        kind: subject.kind,
        name: subject.name,
        id: subject.id,
        path: subject.path.filter(|_| books.setup.include_titles),
        sessions: all.totals.sessions,
        total: (&all.totals).into(),
        last_30_days: (&recent.totals).into(),
        days: named(&recent, &[]),
        truncated: cut(&mut models, DEFAULT_ROWS as usize),
        models,
        time_zone: zone.name().into(),
        freshness: Freshness::of(books),
    })
}

/// What an overview is of, found.
struct Subject {
    kind: &'static str,
    name: String,
    id: Option<String>,
    path: Option<String>,
    request: Request,
}

fn subject(books: &Books, of: &OverviewOf) -> Result<Subject, Trouble> {
    let mut request = Request::new(By::Model);
    let (mut id, mut path) = (None, None);
    let (kind, name) = match of {
        OverviewOf::Provider(asked) => {
            known_provider(books, asked)?;
            request.provider = Some(asked.clone());
            ("provider", asked.clone())
        }
        OverviewOf::Model(asked) => {
            let model = known_model(books, asked)?;
            request.model = Some(model.clone());
            ("model", model)
        }
        OverviewOf::Project(asked) => {
            let projects = books.of(|meter| Ok(meter.catalog()?.projects))?;
            let project = resolve_project(&projects, asked)?;
            request.project = Some(project.id.clone());
            let name = handle(&project, &projects).to_owned();
            (id, path) = (Some(project.id), Some(project.worktree));
            ("project", name)
        }
    };
    Ok(Subject {
        kind,
        name,
        id,
        path,
        request,
    })
}
