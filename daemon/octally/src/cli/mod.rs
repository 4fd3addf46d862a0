// SPDX-License-Identifier: GPL-3.0-or-later
//! The command line: the only room that talks to people. One file per verb.
//!
//! Data goes to stdout, talk to stderr. Every verb reads what is new first and then asks the
//! ledger, so the answers are the same with and without a running daemon.

mod args;
mod daemon;
mod exit;

use std::process::ExitCode;

use args::{Cli, Verb};
use clap::Parser;
use exit::CliError;

/// Does what the command line says and returns the exit code that `octally --help` documents.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    cli.global.color.write_global();
    match dispatch(&cli) {
        Ok(code) => code,
        Err(error) => error.report(),
    }
}

fn dispatch(cli: &Cli) -> Result<ExitCode, CliError> {
    let overrides = cli.global.overrides();
    match &cli.verb {
        Some(Verb::Daemon(args)) => Ok(daemon::run(args, &overrides)?),
        None => unimplemented!(),
    }
}
