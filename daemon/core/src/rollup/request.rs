// SPDX-License-Identifier: GPL-3.0-or-later
//! What can be asked.

use crate::model::QUARTER_MS;

/// What the rows of a report are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the vocabulary")]
pub enum By {
    Hour,
    Day,
    Week,
    Month,
    Session,
    Model,
    Provider,
    Project,
    Agent,
    Host,
}

impl By {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 10] = [
        Self::Hour,
        Self::Day,
        Self::Week,
        Self::Month,
        Self::Session,
        Self::Model,
        Self::Provider,
        Self::Project,
        Self::Agent,
        Self::Host,
    ];

    /// The name of the row's key: `day`, `model`, ...
    pub fn key(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Session => "session",
            Self::Model => "model",
            Self::Provider => "provider",
            Self::Project => "project",
            Self::Agent => "agent",
            Self::Host => "host",
        }
    }

    /// Whether its rows are spans of time.
    pub fn is_time(self) -> bool {
        matches!(self, Self::Hour | Self::Day | Self::Week | Self::Month)
    }

    /// From a key, or from the adverb of the command line: `daily`, `weekly`, ...
    pub fn parse(word: &str) -> Option<Self> {
        let key = match word {
            "hourly" => "hour",
            "daily" => "day",
            "weekly" => "week",
            "monthly" => "month",
            other => other,
        };
        Self::ALL.into_iter().find(|by| by.key() == key)
    }
}

/// Ascending or descending.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Oldest or smallest first: the default for times.
    #[default]
    Ascending,
    /// Newest or largest first.
    Descending,
}

/// What rows are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the vocabulary")]
pub enum Sort {
    /// The row's own time; of other rows, when they were last used, to a quarter hour.
    Time,
    /// The row's key.
    Name,
    Sessions,
    Steps,
    Input,
    Output,
    Reasoning,
    CacheRead,
    CacheWrite,
    Fresh,
    Total,
    /// Billed and estimated together, for the order alone.
    Cost,
}

/// A question. Rows by time are sorted by time, others by fresh tokens, largest first, unless `sort`
/// and `order` say otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What the rows are.
    pub by: By,
    /// The first instant included, Unix milliseconds; a multiple of a quarter hour is exact.
    pub since_ms: Option<i64>,
    /// The first instant excluded, Unix milliseconds.
    pub until_ms: Option<i64>,
    /// `anthropic`
    pub provider: Option<String>,
    /// `claude-sonnet-4-5` or `anthropic/claude-sonnet-4-5`
    pub model: Option<String>,
    /// A project's id, name or path.
    pub project: Option<String>,
    /// `build`
    pub agent: Option<String>,
    /// `ses_...`
    pub session: Option<String>,
    /// A host's id or label.
    pub host: Option<String>,
    /// At most this many rows; the totals are over all.
    pub limit: Option<usize>,
    /// `None`: as said above.
    pub sort: Option<Sort>,
    /// `None`: times and names upwards, figures downwards.
    pub order: Option<Order>,
    /// Whether each row comes with the rows of its models.
    pub breakdown: bool,
}

impl Request {
    /// Everything there is, by `by`.
    pub fn new(by: By) -> Self {
        Self {
            by,
            since_ms: None,
            until_ms: None,
            provider: None,
            model: None,
            project: None,
            agent: None,
            session: None,
            host: None,
            limit: None,
            sort: None,
            order: None,
            breakdown: false,
        }
    }

    /// Whether it has no period: then sums that do not know of time can answer it.
    pub(super) fn is_of_all_time(&self) -> bool {
        self.since_ms.is_none() && self.until_ms.is_none()
    }

    /// Whether it has no filter by what differs within a session: of all that is done there in its period,
    /// everything is let through or nothing.
    pub(super) fn is_of_whole_sessions(&self) -> bool {
        let filters = [&self.provider, &self.model, &self.agent, &self.host];
        filters.iter().all(|filter| filter.is_none())
    }

    /// Whether it lets everything through.
    pub(super) fn is_of_everything(&self) -> bool {
        let filters = [&self.project, &self.session];
        self.is_of_all_time()
            && self.is_of_whole_sessions()
            && filters.iter().all(|filter| filter.is_none())
    }

    /// The period in quarter hours: the first one included, the first one excluded.
    pub(super) fn quarters(&self) -> (Option<i64>, Option<i64>) {
        let quarter = |ms: i64| ms.div_euclid(QUARTER_MS);
        let until_ms = self
            .until_ms
            .map(|ms| quarter(ms.saturating_add(QUARTER_MS - 1)));
        (self.since_ms.map(quarter), until_ms)
    }
}
