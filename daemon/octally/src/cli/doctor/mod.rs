// SPDX-License-Identifier: GPL-3.0-or-later
//! `octally doctor`: what is read, what is not, and what to do about it.
//!
//! Each check asks the real thing (the file, the bus, the service manager) and none repairs
//! anything. A check that cannot be made says so and is no failure.

mod check;
mod daemon;
mod data;
mod desktop;

use std::io::Write;

use clap::Args;
use octally_core::model::Problem;
use serde::Serialize;

use super::exit::{CliError, Exit};
use super::reading::{self, Reading};
use crate::config::{Environment, Overrides, Settings};
use check::{Check, Mark};

const EXAMPLES: &str = "\
Examples:
  octally doctor
  octally doctor --json | jq '.checks[] | select(.mark != \"ok\")'

Each line says ok, note, warning or error, and what to do. Exit codes: 0 unless
something is an error; 3 no OpenCode data, 4 a source could not be read, 5 the
configuration is broken, 1 anything else, as a ledger that cannot be used.";

/// What is read, what is not, and what to do about it
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct DoctorArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The shape of `octally doctor --json`.
#[derive(Serialize)]
struct DoctorJson<'a> {
    schema: u32,
    version: &'static str,
    checks: &'a [Check],
    problems: &'a [Problem],
}

/// Checks everything and prints what it found.
pub fn run(args: &DoctorArgs, overrides: &Overrides) -> Result<Exit, CliError> {
    let environment = Environment::of_process();
    let settings = crate::config::load(overrides);
    let mut checks = data::configuration(&settings);
    let (exit, problems) = read(overrides, &settings, &mut checks)?;
    checks.extend(desktop::plugin(&environment));
    checks.extend(daemon::checks());
    checks.extend(desktop::inotify(&settings));
    checks.extend(desktop::extension(&environment));
    print(args, &checks, &problems)?;
    let is_failed = checks.iter().any(|check| check.mark == Mark::Error);
    Ok(if exit == Exit::Done && is_failed {
        Exit::Internal
    } else {
        exit
    })
}

/// The checks that need the ledger; without it the rest is still worth telling.
fn read(
    overrides: &Overrides,
    settings: &Settings,
    checks: &mut Vec<Check>,
) -> Result<(Exit, Vec<Problem>), CliError> {
    match Reading::take(overrides, false) {
        Ok(reading) => {
            let live = reading.meter.live();
            let problems = [reading.problems(), live.problems.clone()].concat();
            checks.extend(data::sources(&reading, &problems));
            checks.extend(data::stats_files(settings, &live));
            checks.push(data::prices(settings));
            checks.push(data::ledger(&reading));
            checks.extend(data::tools(&reading));
            Ok((reading.exit(&problems), problems))
        }
        Err(error) if error.is_interrupt() => Err(error),
        Err(error) => {
            checks.push(data::broken_ledger(&error, &settings.ledger));
            Ok((Exit::Internal, settings.problems.clone()))
        }
    }
}

fn print(args: &DoctorArgs, checks: &[Check], problems: &[Problem]) -> Result<(), CliError> {
    let mut stdout = anstream::stdout().lock();
    if args.json {
        let version = env!("CARGO_PKG_VERSION");
        let json = DoctorJson {
            schema: 1,
            version,
            checks,
            problems,
        };
        serde_json::to_writer(&mut stdout, &json)?;
        writeln!(stdout)?;
    } else {
        write!(stdout, "{}", check::render(checks))?;
    }
    Ok(stdout.flush()?)
}

/// How long ago, for people.
fn ago(at_ms: i64) -> String {
    format!("{} ago", super::figures::span(reading::now_ms() - at_ms))
}
