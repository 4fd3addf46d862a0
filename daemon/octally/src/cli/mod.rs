// SPDX-License-Identifier: GPL-3.0-or-later
//! The command line: the only room that talks to people. One file per verb.
//!
//! Data goes to stdout, talk to stderr. Every verb reads what is new first and then asks the
//! ledger, so the answers are the same with and without a running daemon.

mod args;
mod exit;

mod analyze;
mod budget;
mod completions;
mod daemon;
mod doctor;
mod export;
mod ledger;
mod man;
mod mcp;
mod prices;
mod reconcile;
mod report;
mod session;
mod sessions;
mod stats;
mod status;
mod statusline;
mod top;

mod drawing;
mod figures;
mod filters;
mod glance;
mod progress;
mod reading;
mod shape;
mod table;
mod tell_daemon;
mod terminal;
mod text;
mod watch;

#[cfg(test)]
mod sample;
#[cfg(test)]
mod schema;

use std::process::ExitCode;

use args::{Cli, Verb};
use clap::Parser;
use exit::CliError;
use status::StatusArgs;

use crate::config;

/// Does what the command line says and returns the exit code that `octally --help` documents.
pub fn run() -> ExitCode {
    completions::answer();
    let cli = Cli::parse();
    cli.global.color.write_global();
    if cli.global.plain {
        terminal::be_plain();
    }
    match dispatch(&cli) {
        Ok(code) => code,
        Err(error) => error.report(),
    }
}

fn dispatch(cli: &Cli) -> Result<ExitCode, CliError> {
    let overrides = cli.global.overrides();
    if let Some(name) = &overrides.tz {
        config::named_zone(name)
            .map_err(|zone| CliError::usage(format!("--tz {zone}"), zone.remedy()))?;
    }
    let exit = match &cli.verb {
        None => status::run(&StatusArgs::default(), &overrides)?,
        Some(Verb::Status(args)) => status::run(args, &overrides)?,
        Some(Verb::Top(args)) => top::run(args, &overrides)?,
        Some(Verb::Analyze(args)) => analyze::run(args, &overrides)?,
        Some(Verb::Stats(args)) => stats::run(args, &overrides)?,
        Some(Verb::Report(args)) => report::run(args, &overrides)?,
        Some(Verb::Sessions(args)) => sessions::run(args, &overrides)?,
        Some(Verb::Session(args)) => session::run(args, &overrides)?,
        Some(Verb::Budget(args)) => budget::run(args, &overrides)?,
        Some(Verb::Export(args)) => export::run(args, &overrides)?,
        Some(Verb::Statusline(args)) => statusline::run(args, &overrides)?,
        Some(Verb::Prices(args)) => prices::run(args, &overrides)?,
        Some(Verb::Reconcile(args)) => reconcile::run(args, &overrides)?,
        Some(Verb::Doctor(args)) => doctor::run(args, &overrides)?,
        Some(Verb::Ledger(args)) => ledger::run(args, &overrides)?,
        Some(Verb::Mcp(args)) => mcp::run(args, &overrides)?,
        Some(Verb::Completions(args)) => completions::run(args)?,
        Some(Verb::Man(args)) => man::run(args)?,
        Some(Verb::Daemon(args)) => return Ok(daemon::run(args, &overrides)?),
    };
    Ok(exit.into())
}
