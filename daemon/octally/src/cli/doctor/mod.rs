// SPDX-License-Identifier: GPL-3.0-or-later
//! `octally doctor`: what is read, what is not, and what to do about it.
//!
//! Each check asks the real thing (the file, the bus, the service manager) and none repairs
//! anything. A check that cannot be made says so and is no failure.

mod check;
mod daemon;
mod data;
mod desktop;
mod sources;

use std::io::Write;

use clap::Args;
use octally_core::ledger::{LedgerHealth, WrongCosts};
use octally_core::model::Problem;
use octally_core::sync::Depth;
use octally_core::wire::{SourceRow, WrongCostRow};
use serde::Serialize;

use super::exit::{CliError, Exit};
use super::reading::{self, Reading};
use super::terminal;
use crate::config::{Environment, Overrides, Settings};
use check::{Check, Mark};

const EXAMPLES: &str = "\
Examples:
  octally doctor
  octally doctor --json | jq '.checks[] | select(.mark != \"ok\")'

Each finding says ok, note, warning or error, and what to do. Versions are those
that began the sessions. Lag is how much newer the newest step of a source is
than the newest one that the ledger had of it when it was asked; by now it has
been read. Exit codes: 0 unless something is an error; 3 no OpenCode data, 4 a
source could not be read, 5 the configuration is broken, 1 anything else, as a
ledger that cannot be used.";

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
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DoctorJson {
    schema: u32,
    version: &'static str,
    sources: Vec<SourceRow>,
    /// `null` where the ledger cannot be used.
    ledger: Option<LedgerJson>,
    wrong_costs: Vec<WrongCostJson>,
    checks: Vec<Check>,
    problems: Vec<Problem>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct LedgerJson {
    path: String,
    schema: i64,
    bytes: u64,
    steps: u64,
    sessions: u64,
    /// `null` where it is sound.
    damage: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct WrongCostJson {
    /// In which way: `total_twice`, `cached_twice` or `reasoning_twice`.
    note: String,
    #[serde(flatten)]
    cost: WrongCostRow,
}

impl DoctorJson {
    fn new(checks: Vec<Check>, problems: Vec<Problem>) -> Self {
        Self {
            schema: 1,
            version: env!("CARGO_PKG_VERSION"),
            sources: Vec::new(),
            ledger: None,
            wrong_costs: Vec::new(),
            checks,
            problems,
        }
    }
}

/// Checks everything and prints what it found.
pub fn run(args: &DoctorArgs, overrides: &Overrides) -> Result<Exit, CliError> {
    let environment = Environment::of_process();
    let settings = crate::config::load(overrides);
    let checks = data::configuration(&settings);
    let mut doctor = DoctorJson::new(checks, settings.problems.clone());
    let exit = match read(overrides, &mut doctor) {
        Ok(exit) => exit,
        Err(error) if error.is_interrupt() => return Err(error),
        // The rest is still worth telling.
        Err(error) => {
            let broken = data::broken_ledger(&error, &settings.ledger);
            doctor.checks.push(broken);
            Exit::Internal
        }
    };
    let checks = &mut doctor.checks;
    checks.extend(desktop::plugin(&environment));
    checks.extend(daemon::checks());
    checks.extend(desktop::inotify(&settings));
    checks.extend(desktop::extension(&environment));
    let is_failed = checks.iter().any(|check| check.mark == Mark::Error);
    print(args, &environment, &doctor)?;
    Ok(if exit == Exit::Done && is_failed {
        Exit::Internal
    } else {
        exit
    })
}

/// The checks that need the ledger.
fn read(overrides: &Overrides, doctor: &mut DoctorJson) -> Result<Exit, CliError> {
    let mut reading = Reading::open(overrides)?;
    let before = reading.meter.checkpoints()?;
    reading.again(Depth::Thorough)?;
    let live = reading.meter.live();
    let (settings, meter) = (&reading.settings, &reading.meter);
    let sources = meter.inspect(&before, &reading.report)?;
    let wrong_costs = meter.wrong_costs()?;
    let checks = &mut doctor.checks;
    checks.extend(sources::checks(settings, &sources));
    checks.extend(data::problems(&reading.report, &sources));
    checks.extend(data::stats_files(settings, &live));
    checks.push(data::prices(settings));
    checks.extend(data::wrong_costs(&wrong_costs));
    doctor.sources = sources;
    doctor.wrong_costs = wrong_costs.into_iter().map(wrong_cost_json).collect();
    doctor.problems = [reading.problems(), live.problems].concat();
    let health = meter.health()?;
    checks.push(data::ledger(&health, &settings.ledger));
    checks.extend(data::tools(meter));
    doctor.ledger = Some(ledger_json(health, settings));
    Ok(reading.exit(&doctor.problems))
}

fn ledger_json(health: LedgerHealth, settings: &Settings) -> LedgerJson {
    LedgerJson {
        path: settings.ledger.display().to_string(),
        schema: health.schema,
        bytes: health.bytes,
        steps: health.steps,
        sessions: health.sessions,
        damage: health.damage,
    }
}

fn wrong_cost_json(wrong: WrongCosts) -> WrongCostJson {
    WrongCostJson {
        cost: WrongCostRow::from(&wrong.cost),
        note: wrong.note,
    }
}

fn print(
    args: &DoctorArgs,
    environment: &Environment,
    doctor: &DoctorJson,
) -> Result<(), CliError> {
    let mut stdout = anstream::stdout().lock();
    if args.json {
        terminal::write_json(doctor)?;
    } else {
        let text = check::render(&doctor.checks, environment.home(), terminal::width());
        write!(stdout, "{text}")?;
    }
    Ok(stdout.flush()?)
}

/// How long ago, for people.
fn ago(at_ms: i64) -> String {
    format!("{} ago", super::figures::span(reading::now_ms() - at_ms))
}
