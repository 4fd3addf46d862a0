// SPDX-License-Identifier: GPL-3.0-or-later
//! `octally prices [MODEL]`: which price applies, from which table, and why nothing is estimated.

mod quoted;

use std::collections::BTreeSet;
use std::io::Write;

use clap::Args;
use octally_core::model::ModelName;
use octally_core::pricing::Prices;
use octally_core::rollup::{By, Named, Request};
use octally_core::wire::ReportRow;

use super::completions::named;
use super::exit::{CliError, Exit};
use super::reading::Reading;
use super::terminal;
use super::text::wrapped;
use crate::config::{self, Overrides};
pub use quoted::PricesJson;
use quoted::Quoted;

const EXAMPLES: &str = "\
Examples:
  octally prices                              every model of the ledger
  octally prices anthropic/claude-sonnet-4-5  one model
  octally prices claude-sonnet-4-5            the same at every provider
  octally prices gpt-5 --json | jq '.models[].rates.input_usd'

Prices are US dollars per million tokens, and are only used where OpenCode
stored a cost of 0. The first table that has the model answers: your own
prices.toml, the copy of OpenCode's catalogue that the plugin keeps, OpenCode's
cached models.json, and the table that Octally brings along.";

/// At most so many providers of one model are listed, and so many names suggested.
const MAX_MATCHES: usize = 40;
const MAX_SUGGESTIONS: usize = 5;

/// Which price applies to a model, and from which table
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct PricesArgs {
    /// A model, with or without its provider; without it every model of the ledger
    #[arg(value_name = "MODEL", add = named(Named::Model))]
    model: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Prints the prices.
pub fn run(args: &PricesArgs, overrides: &Overrides) -> Result<Exit, CliError> {
    let reading = Reading::take(overrides, false)?;
    let mut prices = Prices::new(reading.settings.origins.price_files.clone());
    let used = used_models(&reading)?;
    let names = match &args.model {
        None => used.iter().map(|(name, _)| name.clone()).collect(),
        Some(model) => matching(model, &used, &mut prices)?,
    };
    let models: Vec<Quoted> = names
        .iter()
        .map(|name| Quoted::new(name, row_of(name, &used), prices.quote(name)))
        .collect();
    let mut problems = reading.problems();
    problems.extend_from_slice(prices.problems());
    problems.dedup();
    print(args, &PricesJson::new(&models, &problems))?;
    if args.model.is_none() {
        return Ok(reading.conclude(&problems));
    }
    super::exit::tell_problems(&problems);
    // A price needs no data of OpenCode's.
    Ok(match reading.exit(&problems) {
        Exit::NoData => Exit::Done,
        exit => exit,
    })
}

type Used = Vec<(ModelName, ReportRow)>;

/// The models of the ledger with their sums.
fn used_models(reading: &Reading) -> Result<Used, CliError> {
    let request = Request::new(By::Model);
    let report = reading.meter.report(&request, &reading.settings.zone)?;
    let named = |row: ReportRow| Some((parsed(row.key.as_deref()?)?, row));
    Ok(report.rows.into_iter().filter_map(named).collect())
}

fn parsed(text: &str) -> Option<ModelName> {
    let (provider, model) = text.split_once('/')?;
    Some(ModelName {
        provider: provider.into(),
        model: model.into(),
    })
}

fn row_of<'a>(name: &ModelName, used: &'a Used) -> Option<&'a ReportRow> {
    used.iter()
        .find(|(used, _)| used == name)
        .map(|(_, row)| row)
}

/// The models that `text` names: exactly, else by the model alone at every provider.
fn matching(text: &str, used: &Used, prices: &mut Prices) -> Result<Vec<ModelName>, CliError> {
    if let Some(name) = parsed(text)
        && (row_of(&name, used).is_some() || prices.quote(&name).is_some())
    {
        return Ok(vec![name]);
    }
    let mut known: BTreeSet<String> = used.iter().map(|(name, _)| name.to_string()).collect();
    prices.each_name(&mut |provider, model| {
        known.insert(format!("{provider}/{model}"));
    });
    let found: Vec<ModelName> = known
        .iter()
        .filter_map(|name| parsed(name))
        .filter(|name| name.model == text)
        .take(MAX_MATCHES)
        .collect();
    if found.is_empty() {
        return Err(unknown(text, &known));
    }
    Ok(found)
}

fn unknown(text: &str, known: &BTreeSet<String>) -> CliError {
    let near = suggestions(text, known);
    let hint = if near.is_empty() {
        "`octally prices` lists the models of the ledger; prices.toml can name a price".into()
    } else {
        format!("did you mean {}?", near.join(" or "))
    };
    CliError::usage(
        format!("no step and no price table has the model {text}"),
        hint,
    )
}

/// Names that are a slip away, else those that contain the text.
fn suggestions(text: &str, known: &BTreeSet<String>) -> Vec<String> {
    let compared = |name: &'_ String| -> String {
        let model = name
            .split_once('/')
            .map_or(name.as_str(), |(_, model)| model);
        (if text.contains('/') { name } else { model }).to_owned()
    };
    let words: BTreeSet<String> = known.iter().map(compared).collect();
    if let Some(near) = config::nearest(text, words.iter().map(String::as_str)) {
        return vec![near.to_owned()];
    }
    let wanted = text.to_lowercase();
    words
        .into_iter()
        .filter(|word| word.to_lowercase().contains(&wanted))
        .take(MAX_SUGGESTIONS)
        .collect()
}

fn print(args: &PricesArgs, answer: &PricesJson) -> Result<(), CliError> {
    let mut stdout = anstream::stdout().lock();
    if args.json {
        terminal::write_json(answer)?;
    } else {
        let width = terminal::width();
        write!(stdout, "{}", wrapped(&answer.render(width), width))?;
    }
    Ok(stdout.flush()?)
}
