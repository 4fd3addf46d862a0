// SPDX-License-Identifier: GPL-3.0-or-later
//! The flags that say what a question is about, the same for every verb that asks one.

use clap::{Args, ValueEnum};
use octally_core::rollup::{By, Order, Request, Sort};

use super::exit::CliError;
use super::reading::{Reading, now_ms};
use crate::period::{Period, PeriodError};

/// Which steps.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Filters")]
pub struct Filters {
    /// The first day
    #[arg(long, value_name = "YYYY-MM-DD")]
    since: Option<String>,
    /// The last day, included
    #[arg(long, value_name = "YYYY-MM-DD")]
    until: Option<String>,
    /// The last so many days, today included
    #[arg(long, visible_alias = "days", value_name = "DAYS", conflicts_with_all = ["since", "until"])]
    last: Option<u32>,
    /// Only this provider, as in anthropic
    #[arg(long)]
    provider: Option<String>,
    /// Only this model, with or without its provider
    #[arg(long)]
    model: Option<String>,
    /// Only this project: its id, name or path
    #[arg(long)]
    project: Option<String>,
    /// Only this agent, as in build
    #[arg(long)]
    agent: Option<String>,
    /// Only this session
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    /// Only this machine: its id or name
    #[arg(long)]
    host: Option<String>,
}

impl Filters {
    /// Refuses days that make no sense before anything is read: a slip of the hand need not wait for
    /// a first reading.
    ///
    /// # Errors
    /// Usage.
    pub fn check(&self) -> Result<(), CliError> {
        self.period()
            .instants(&crate::config::local_zone(), now_ms())?;
        Ok(())
    }

    /// The question, by `by`.
    ///
    /// # Errors
    /// Usage.
    pub fn request(&self, by: By, reading: &Reading) -> Result<Request, CliError> {
        let zone = &reading.settings.zone;
        let (since_ms, until_ms) = self.period().instants(zone, reading.now_ms)?;
        Ok(Request {
            since_ms,
            until_ms,
            provider: self.provider.clone(),
            model: self.model.clone(),
            project: self.project.clone(),
            agent: self.agent.clone(),
            session: self.session.clone(),
            host: self.host.clone(),
            ..Request::new(by)
        })
    }

    fn period(&self) -> Period {
        Period {
            since: self.since.clone(),
            until: self.until.clone(),
            last: self.last,
        }
    }
}

impl From<PeriodError> for CliError {
    fn from(error: PeriodError) -> Self {
        Self::usage(error.what, error.remedy)
    }
}

/// Which rows of an answer, and in which order.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Rows")]
pub struct Rows {
    /// At most so many rows; the totals are still over all
    #[arg(long, value_name = "ROWS", value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: Option<u32>,
    /// What the rows are sorted by
    #[arg(long, value_name = "BY")]
    sort: Option<SortArg>,
    /// The order of the rows
    #[arg(long)]
    order: Option<OrderArg>,
}

impl Rows {
    /// The same question with these rows.
    pub fn of(&self, request: Request) -> Request {
        Request {
            limit: self.limit.map(|rows| rows as usize),
            sort: self.sort.map(Sort::from),
            order: self.order.map(|order| match order {
                OrderArg::Asc => Order::Ascending,
                OrderArg::Desc => Order::Descending,
            }),
            ..request
        }
    }
}

/// Ascending or descending.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum OrderArg {
    /// Oldest or smallest first
    Asc,
    /// Newest or largest first
    Desc,
}

/// What rows are sorted by.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum SortArg {
    /// When it was, or was last used
    Time,
    /// The name of the row
    Name,
    /// How many sessions
    Sessions,
    /// How many steps
    Steps,
    /// Tokens of one kind
    Input,
    /// Tokens of one kind
    Output,
    /// Tokens of one kind
    Reasoning,
    /// Tokens of one kind
    CacheRead,
    /// Tokens of one kind
    CacheWrite,
    /// Input, output and reasoning
    Fresh,
    /// All five kinds
    Total,
    /// Billed and estimated together
    Cost,
}

impl From<SortArg> for Sort {
    fn from(sort: SortArg) -> Self {
        match sort {
            SortArg::Time => Self::Time,
            SortArg::Name => Self::Name,
            SortArg::Sessions => Self::Sessions,
            SortArg::Steps => Self::Steps,
            SortArg::Input => Self::Input,
            SortArg::Output => Self::Output,
            SortArg::Reasoning => Self::Reasoning,
            SortArg::CacheRead => Self::CacheRead,
            SortArg::CacheWrite => Self::CacheWrite,
            SortArg::Fresh => Self::Fresh,
            SortArg::Total => Self::Total,
            SortArg::Cost => Self::Cost,
        }
    }
}
