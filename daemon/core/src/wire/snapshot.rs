// SPDX-License-Identifier: GPL-3.0-or-later
//! The immutable state that the top bar, `octally` and `octally status` show.

use serde::Serialize;

use super::{BudgetUsage, Speed, Usage, instant};
use crate::model::{Day, Problem};

/// What a run or a session is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// A turn is under way.
    Busy,
    /// A permission or a question waits for the user.
    Waiting,
    /// The turn is finished, or nothing happened for the idle threshold.
    Idle,
    /// The OpenCode process has ended.
    Gone,
    /// No plugin reports states.
    #[default]
    Unknown,
}

impl State {
    /// The word that every publisher uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::Waiting => "waiting",
            Self::Idle => "idle",
            Self::Gone => "gone",
            Self::Unknown => "unknown",
        }
    }
}

/// What a waiting session waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum WaitingFor {
    /// The user's leave to do something.
    Permission,
    /// The user's answer to a question.
    Question,
}

/// What the session figure is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// A running OpenCode process, reported by the plugin.
    Run,
    /// The most recently active root session with its sub-agents, where no plugin reports runs.
    Session,
}

/// The figure for the latest run (or session).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RunUsage {
    /// What `id` names.
    pub basis: Basis,
    /// The run's or the session's id.
    pub id: String,
    /// Busy, waiting, idle, gone or unknown.
    pub state: State,
    /// When it started, Unix milliseconds.
    #[serde(rename = "started_at", serialize_with = "instant::required")]
    #[cfg_attr(feature = "schema", schemars(with = "instant::Text"))]
    pub started_ms: i64,
    /// When it last did anything, Unix milliseconds.
    #[serde(rename = "last_activity_at", serialize_with = "instant::required")]
    #[cfg_attr(feature = "schema", schemars(with = "instant::Text"))]
    pub last_activity_ms: i64,
    /// Its steps.
    #[serde(flatten)]
    pub usage: Usage,
}

/// One day of the week figure.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DayUsage {
    /// `YYYY-MM-DD` in the snapshot's zone.
    #[serde(serialize_with = "day_text")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub day: Day,
    /// Its steps.
    #[serde(flatten)]
    pub usage: Usage,
}

fn day_text<S: serde::Serializer>(day: &Day, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(day)
}

/// One live session, inclusive of its sub-agents.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SessionLine {
    /// `ses_...`
    pub id: String,
    /// The user's own title: for the user's own screen, never stored or logged.
    pub title: Option<String>,
    /// The project's name or the last part of its path.
    pub project: Option<String>,
    /// The model of its own newest step, as `provider/model`.
    pub model: Option<String>,
    /// The agent it was started with.
    pub agent: Option<String>,
    /// The session that spawned this sub-agent's.
    pub parent: Option<String>,
    /// The run it belongs to.
    pub run: Option<String>,
    /// Busy, waiting, idle, gone or unknown.
    pub state: State,
    /// What it waits for, while `state` is waiting.
    pub waiting_for: Option<WaitingFor>,
    /// Since when it has been in `state`, Unix milliseconds.
    #[serde(rename = "since_at", serialize_with = "instant::required")]
    #[cfg_attr(feature = "schema", schemars(with = "instant::Text"))]
    pub since_ms: i64,
    /// When it last did anything, Unix milliseconds.
    #[serde(rename = "last_activity_at", serialize_with = "instant::required")]
    #[cfg_attr(feature = "schema", schemars(with = "instant::Text"))]
    pub last_activity_ms: i64,
    /// Whether nothing has happened for the idle threshold, whatever `state` is: a busy session that
    /// falls silent becomes idle and silent at once, a finished one is idle first and silent later.
    pub is_silent: bool,
    /// Its steps and those of its sub-agents.
    #[serde(flatten)]
    pub usage: Usage,
    /// The part of them that the latest turn caused.
    pub turn: Usage,
}

/// How fresh the figures are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum FreshnessState {
    /// Everything that OpenCode wrote has been read.
    Fresh,
    /// Some of it could not be read; the figures are those of `since_ms`.
    Stale,
    /// There is no OpenCode data yet.
    Empty,
    /// There are no figures: the ledger or every source is out of use.
    Error,
}

impl FreshnessState {
    /// The word that every publisher uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Stale => "stale",
            Self::Empty => "empty",
            Self::Error => "error",
        }
    }
}

/// How fresh, since when, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Freshness {
    /// Fresh, stale, empty or error.
    pub state: FreshnessState,
    /// Since when, Unix milliseconds.
    #[serde(rename = "since_at", serialize_with = "instant::required")]
    #[cfg_attr(feature = "schema", schemars(with = "instant::Text"))]
    pub since_ms: i64,
    /// One sentence with the remedy; `None` when fresh.
    pub reason: Option<String>,
}

/// Everything the glance shows, at one instant.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Snapshot {
    /// The latest run, or session; `None` before the first.
    pub session: Option<RunUsage>,
    /// Since local midnight.
    pub today: Usage,
    /// Since the first of the month.
    pub month: Usage,
    /// All of the ledger.
    pub total: Usage,
    /// The last seven local days, oldest first, today last.
    pub week: Vec<DayUsage>,
    /// How fast it goes; `None` where nothing was used in the last minutes.
    pub pace: Option<Speed>,
    /// Of all live runs together: waiting before busy before idle before gone.
    pub state: State,
    /// The newest activity of any kind, Unix milliseconds.
    #[serde(rename = "last_activity_at", serialize_with = "instant::optional")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<instant::Text>"))]
    pub last_activity_ms: Option<i64>,
    /// When this snapshot was taken, Unix milliseconds.
    #[serde(rename = "updated_at", serialize_with = "instant::required")]
    #[cfg_attr(feature = "schema", schemars(with = "instant::Text"))]
    pub updated_ms: i64,
    /// The zone of its days.
    pub time_zone: String,
    /// Fresh, stale, empty or error.
    pub freshness: Freshness,
    /// Live sessions, waiting first, then the most recently active.
    pub sessions: Vec<SessionLine>,
    /// The budgets, in the order of the configuration.
    pub budgets: Vec<BudgetUsage>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

impl Snapshot {
    /// A snapshot without figures, as before the first sync.
    pub fn empty(now_ms: i64, time_zone: &str, freshness: Freshness) -> Self {
        Self {
            session: None,
            today: Usage::default(),
            month: Usage::default(),
            total: Usage::default(),
            week: Vec::new(),
            pace: None,
            state: State::Unknown,
            last_activity_ms: None,
            updated_ms: now_ms,
            time_zone: time_zone.into(),
            freshness,
            sessions: Vec::new(),
            budgets: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// The last seven days in one, without its models.
    pub fn week_usage(&self) -> Usage {
        let mut sum = Usage::default();
        for day in &self.week {
            sum.tokens += day.usage.tokens;
            sum.cost += day.usage.cost;
            sum.steps += day.usage.steps;
        }
        sum
    }
}
