// SPDX-License-Identifier: GPL-3.0-or-later
//! The flags that say what a question is about, the same for every verb that asks one.

use clap::{Args, ValueEnum};
use octally_core::ledger::Ledger;
use octally_core::model::Zone;
use octally_core::rollup::{self, By, Named, Order, Request, Sort};

use super::completions::named;
use super::exit::{CliError, note};
use super::reading::{self, Reading};
use crate::config;
use crate::period::{Period, PeriodError};

/// So many names are compared with one that is misspelt.
const MAX_NAMES: usize = 10_000;

/// Which steps: the period and the names of a question.
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
    #[arg(long, add = named(Named::Provider))]
    provider: Option<String>,
    /// Only this model, with or without its provider
    #[arg(long, add = named(Named::Model))]
    model: Option<String>,
    /// Only this project: its id, name or path
    #[arg(long, add = named(Named::Project))]
    project: Option<String>,
    /// Only this agent, as in build
    #[arg(long, add = named(Named::Agent))]
    agent: Option<String>,
    /// Only this session
    #[arg(long, value_name = "ID", add = named(Named::Session))]
    session: Option<String>,
    /// Only this machine: its id or name
    #[arg(long, add = named(Named::Host))]
    host: Option<String>,
}

impl From<PeriodError> for CliError {
    fn from(error: PeriodError) -> Self {
        Self::usage(error.what, error.remedy)
    }
}

impl Filters {
    /// Whether the days make sense. Before anything is read: a slip of the hand need not wait for a
    /// first reading.
    ///
    /// # Errors
    /// A usage error.
    pub fn check_period(&self) -> Result<(), CliError> {
        self.instants(&config::local_zone(), reading::now_ms())?;
        Ok(())
    }

    /// The question, with rows by `by`.
    ///
    /// # Errors
    /// A usage error.
    pub fn request(&self, by: By, reading: &Reading) -> Result<Request, CliError> {
        let (since_ms, until_ms) = self.instants(&reading.settings.zone, reading.now_ms)?;
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

    fn instants(
        &self,
        zone: &Zone,
        now_ms: i64,
    ) -> Result<(Option<i64>, Option<i64>), PeriodError> {
        let period = Period {
            since: self.since.clone(),
            until: self.until.clone(),
            last: self.last,
        };
        period.instants(zone, now_ms)
    }

    /// The first name that no step has, as the error that it is; `None` where each is known.
    ///
    /// # Errors
    /// The ledger cannot be used.
    pub fn unknown_name(&self, ledger: &Ledger) -> Result<Option<CliError>, CliError> {
        for (named, word, value) in self.names() {
            let Some(value) = value else { continue };
            if !rollup::is_known(ledger, &only(named, value))? {
                let what = format!("no step has the {word} {value}");
                return Ok(Some(CliError::usage(
                    what,
                    hint(ledger, named, word, value)?,
                )));
            }
        }
        Ok(None)
    }

    /// Says why nothing matches, where there is anything to match: a name that is misspelt, or a period
    /// without anything.
    ///
    /// # Errors
    /// As [`Self::unknown_name`].
    pub fn tell_nothing(
        &self,
        reading: &Reading,
        what: &str,
        remedy: &str,
    ) -> Result<(), CliError> {
        if reading.report.sources.is_empty() {
            return Ok(());
        }
        match self.unknown_name(reading.meter.ledger())? {
            Some(unknown) => note(unknown.what(), &unknown.hints().join("; ")),
            None => note(what, remedy),
        }
        Ok(())
    }

    fn names(&self) -> [(Named, &'static str, Option<&str>); 6] {
        [
            (Named::Provider, "provider", self.provider.as_deref()),
            (Named::Model, "model", self.model.as_deref()),
            (Named::Project, "project", self.project.as_deref()),
            (Named::Agent, "agent", self.agent.as_deref()),
            (Named::Session, "session", self.session.as_deref()),
            (Named::Host, "host", self.host.as_deref()),
        ]
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

/// The question for everything with this name.
fn only(named: Named, value: &str) -> Request {
    let mut request = Request::new(By::Day);
    let filter = match named {
        Named::Provider => &mut request.provider,
        Named::Model => &mut request.model,
        Named::Project | Named::Forgotten => &mut request.project,
        Named::Agent => &mut request.agent,
        Named::Session => &mut request.session,
        Named::Host => &mut request.host,
    };
    *filter = Some(value.into());
    request
}

fn hint(ledger: &Ledger, named: Named, word: &str, value: &str) -> Result<String, CliError> {
    let known = rollup::names(ledger, named, "", MAX_NAMES)?;
    // A project may be named by the last part of its path.
    let last_part = |name: &'_ str| -> Option<String> {
        let part = name.rsplit_once('/')?.1;
        (named == Named::Project).then(|| part.to_owned())
    };
    let words: Vec<String> = known
        .into_iter()
        .flat_map(|known| [last_part(&known.name), Some(known.name)])
        .flatten()
        .collect();
    Ok(
        match config::nearest(value, words.iter().map(String::as_str)) {
            Some(near) => format!("did you mean {near}?"),
            None => format!("`octally report {word}` shows what there is"),
        },
    )
}
