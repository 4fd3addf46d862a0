// SPDX-License-Identifier: GPL-3.0-or-later
//! `octally budget`: what is left to spend; and budgets set and removed in config.toml.
//!
//! The file is the truth, with and without a daemon; one that runs is told to read it again.

mod table;

use std::io::Write;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use octally_core::model::{Budget, BudgetChange, BudgetCounts, BudgetPeriod, NanoUsd, Problem};
use octally_core::rollup::Named;
use octally_core::wire::BudgetUsage;
use serde::Serialize;

use super::completions::{self, named};
use super::exit::{CliError, Exit, note, tell_problems};
use super::figures::{self, Money};
use super::reading::Reading;
use super::tell_daemon::tell_daemon;
use super::terminal;
use crate::config::{self, Overrides, budgets};

pub use table::{figure, sentence, table};

const EXAMPLES: &str = "\
Examples:
  octally budget                              what was spent, what is left
  octally budget set mine --limit 200         200 dollars a month of billed cost
  octally budget set client --limit 5 --period day --project ~/src/client
  octally budget set client --warn-at 80,100  change one thing, keep the rest
  octally budget rm client
  octally budget --json | jq '.budgets[] | {id, left_usd, expected_share}'

Days, weeks (from Monday) and months are those of the time zone. 'At this rate'
is where the period ends if it goes on as on average since it began; it is left
out in the first three hundredths of the period. Costs marked ~ contain
estimates; + says that steps without a known price come on top.

Budgets are kept in config.toml, whose comments and order stay. A daemon that
runs is told to read it again.";

const SET_EXAMPLES: &str = "\
Examples:
  octally budget set mine --limit 200
  octally budget set mine --limit 250 --warn-at 80,100
  octally budget set client --limit 5 --period day --project ~/src/client
  octally budget set client --project '' --counts all";

/// What is left to spend; set and remove budgets
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES, disable_help_subcommand = true)]
pub struct BudgetArgs {
    #[command(subcommand)]
    action: Option<Action>,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show every budget with what was spent of it, as `octally budget` alone does
    #[command(after_help = "Examples:\n  octally budget list --json")]
    List,
    Set(SetArgs),
    /// Remove a budget
    #[command(
        visible_alias = "remove",
        after_help = "Examples:\n  octally budget rm client"
    )]
    Rm {
        /// Its name
        #[arg(value_name = "NAME", add = completions::budgets())]
        name: String,
    },
}

/// Make a budget, or change what is said of one
#[derive(Args, Debug)]
#[command(after_help = SET_EXAMPLES)]
struct SetArgs {
    /// Its name: a to z, 0 to 9 and -
    #[arg(value_name = "NAME", add = completions::budgets())]
    name: String,
    /// US dollars that may be spent in a period
    #[arg(long, value_name = "USD", value_parser = limit)]
    limit: Option<NanoUsd>,
    /// When it begins anew; month if a new budget says nothing
    #[arg(long, value_name = "PERIOD", value_parser = words(BudgetPeriod::ALL.map(BudgetPeriod::as_str)))]
    period: Option<String>,
    /// Only this project, by path or name; '' for all of them
    #[arg(long, value_name = "PROJECT", add = named(Named::Project))]
    project: Option<String>,
    /// Which costs count: billed, or all: billed and estimated together
    #[arg(long, value_name = "COSTS", value_parser = words(BudgetCounts::ALL.map(BudgetCounts::as_str)))]
    counts: Option<String>,
    /// Percents of the limit to warn at, or none
    #[arg(long, value_name = "PERCENTS", value_parser = percents)]
    warn_at: Option<Percents>,
}

/// A type of its own: clap would take a list for an argument that may be given several times.
#[derive(Clone, Debug)]
struct Percents(Vec<u32>);

/// The shape of `octally budget --json`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct BudgetsJson<'a> {
    schema: u32,
    /// The zone of the periods.
    time_zone: &'a str,
    /// The budgets, in the order of the configuration.
    budgets: &'a [BudgetUsage],
    /// What could not be read.
    problems: &'a [Problem],
}

fn words<const N: usize>(words: [&'static str; N]) -> PossibleValuesParser {
    PossibleValuesParser::new(words)
}

fn limit(text: &str) -> Result<NanoUsd, String> {
    let usd = text.trim_start_matches('$').parse().ok();
    usd.and_then(Budget::limit)
        .ok_or_else(|| format!("it {}", Budget::LIMIT_RULE))
}

fn percents(text: &str) -> Result<Percents, String> {
    if text == "none" {
        return Ok(Percents(Vec::new()));
    }
    let number = |word: &str| word.trim().trim_end_matches('%').parse().ok();
    let numbers: Option<Vec<i64>> = text.split(',').map(number).collect();
    let percents = numbers.and_then(Budget::percents).map(Percents);
    let rule = "it must be at most 20 whole percents from 1 to 1000, as in 50,80,100, or none";
    percents.ok_or_else(|| rule.into())
}

/// Does what is asked with the budgets.
pub fn run(args: &BudgetArgs, overrides: &Overrides) -> Result<Exit, CliError> {
    match &args.action {
        None | Some(Action::List) => list(args.json, overrides),
        Some(Action::Set(set)) => {
            let config = config::load(overrides).config;
            let change = change(set)?;
            budgets::set_budget(&config, &set.name, &change)?;
            changed(args, overrides, &set.name)
        }
        Some(Action::Rm { name }) => {
            let config = config::load(overrides).config;
            budgets::remove_budget(&config, name)?;
            changed(args, overrides, name)
        }
    }
}

fn list(is_json: bool, overrides: &Overrides) -> Result<Exit, CliError> {
    let reading = Reading::take(overrides, false)?;
    let (budgets, problems) = (reading.budgets()?, reading.problems());
    let mut stdout = anstream::stdout().lock();
    if is_json {
        let json = BudgetsJson {
            schema: 1,
            time_zone: reading.settings.zone.name(),
            budgets: &budgets,
            problems: &problems,
        };
        terminal::write_json(&json)?;
    } else {
        write!(stdout, "{}", table(&budgets, terminal::width()))?;
    }
    stdout.flush()?;
    if budgets.is_empty() && !is_json {
        let hint = "`octally budget set mine --limit 200` sets one of 200 dollars a month";
        note("no budget is set", hint);
    }
    tell_forgotten(&reading)?;
    Ok(reading.conclude(&problems))
}

/// Nothing spent is no good news of a project that is forgotten.
fn tell_forgotten(reading: &Reading) -> Result<(), CliError> {
    let forgotten = reading.meter.ledger().forgotten_projects()?;
    for budget in &reading.settings.budgets {
        let Some(name) = budget.project.as_deref() else {
            continue;
        };
        let is_meant = |path: &str| path == name || path.rsplit('/').next() == Some(name);
        let project = forgotten
            .iter()
            .find(|it| it.id == name || is_meant(&it.worktree));
        if let Some(project) = project {
            let (id, path) = (&budget.id, figures::harmless(&project.worktree));
            let hint = format!("`octally ledger remember {path}` counts it again");
            note(
                &format!("the project of budget {id} is forgotten: nothing of it is counted"),
                &hint,
            );
        }
    }
    Ok(())
}

fn change(set: &SetArgs) -> Result<BudgetChange, CliError> {
    Ok(BudgetChange {
        period: set.period.as_deref().and_then(BudgetPeriod::parse),
        limit: set.limit,
        project: set.project.as_deref().map(absolute).transpose()?,
        counts: set.counts.as_deref().and_then(BudgetCounts::parse),
        warn_at: set.warn_at.as_ref().map(|percents| percents.0.clone()),
    })
}

/// A folder that is named from where the user stands is meant as its path; anything else is a name.
fn absolute(project: &str) -> Result<String, CliError> {
    if !project.starts_with('.') {
        return Ok(project.trim_end_matches('/').into());
    }
    let what = |error| CliError::usage(format!("{project}: {error}"), "name a folder that exists");
    let path = std::fs::canonicalize(project).map_err(what)?;
    Ok(path.display().to_string())
}

/// The file has been changed: tells whoever should know.
fn changed(args: &BudgetArgs, overrides: &Overrides, name: &str) -> Result<Exit, CliError> {
    tell_daemon();
    if args.json {
        return list(true, overrides);
    }
    let settings = config::load(overrides);
    let mut stdout = std::io::stdout().lock();
    match settings.budgets.iter().find(|budget| budget.id == name) {
        Some(budget) => writeln!(stdout, "{}", described(budget))?,
        None => writeln!(stdout, "{name} is removed")?,
    }
    stdout.flush()?;
    tell_problems(&settings.problems);
    Ok(Exit::Done)
}

/// `mine: $200.00 a month of billed cost, all projects, warns at 50, 80, 100%`
fn described(budget: &Budget) -> String {
    let limit = Money::for_largest(budget.limit.usd()).usd(budget.limit.usd());
    let counts = match budget.counts {
        BudgetCounts::Billed => "billed cost",
        BudgetCounts::All => "billed and estimated cost together",
    };
    let project = match &budget.project {
        Some(project) => format!("project {}", figures::harmless(project)),
        None => "all projects".into(),
    };
    let percents: Vec<String> = budget.warn_at.iter().map(u32::to_string).collect();
    let warns = if percents.is_empty() {
        "never warns".into()
    } else {
        format!("warns at {}%", percents.join(", "))
    };
    let (id, period) = (&budget.id, budget.period.as_str());
    format!("{id}: {limit} a {period} of {counts}, {project}, {warns}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_and_percents_are_read_as_people_write_them() {
        assert_eq!(limit("$2.50"), Ok(Budget::limit(2.5).unwrap()));
        assert!(limit("-1").is_err() && limit("lots").is_err());
        assert_eq!(percents("80, 50%").unwrap().0, [50, 80]);
        assert!(percents("none").unwrap().0.is_empty());
        assert!(percents("0").is_err() && percents("").is_err());
    }

    #[test]
    fn the_json_keeps_its_shape() {
        insta::assert_json_snapshot!(BudgetsJson {
            schema: 1,
            time_zone: "UTC",
            budgets: &crate::cli::sample::budgets(),
            problems: &[],
        });
    }

    #[test]
    fn a_budget_is_described_in_words() {
        let budget = Budget {
            id: "mine".into(),
            period: BudgetPeriod::Week,
            limit: Budget::limit(200.0).unwrap(),
            project: Some("/home/dev/p".into()),
            counts: BudgetCounts::All,
            warn_at: Vec::new(),
        };
        assert_eq!(
            described(&budget),
            "mine: $200.00 a week of billed and estimated cost together, project /home/dev/p, never warns"
        );
    }
}
