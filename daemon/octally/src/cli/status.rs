// SPDX-License-Identifier: GPL-3.0-or-later
//! `octally` and `octally status`: the glance, as text or JSON, once or on every change.

use std::io::Write;

use clap::Args;
use octally_core::wire::Snapshot;
use serde::Serialize;

use super::exit::{CliError, Exit};
use super::reading::Reading;
use super::{glance, terminal};
use crate::config::Overrides;

const EXAMPLES: &str = "\
Examples:
  octally status                  the glance, as `octally` alone prints it
  octally status --json | jq .today.tokens.fresh
  octally status --watch --json   one line of JSON per change, until interrupted

Instants in JSON are RFC 3339 in UTC under keys that end in _at; what is not
known is null.";

/// The glance: run, today, week, month, all time, models and sessions
#[derive(Args, Debug, Default)]
#[command(after_help = EXAMPLES)]
pub struct StatusArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Print again on every change
    #[arg(long)]
    watch: bool,
    /// Also read what the quick look cannot see: imported messages, moved or replaced files
    #[arg(long)]
    refresh: bool,
}

/// The shape of `octally status --json`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StatusJson<'a> {
    schema: u32,
    #[serde(flatten)]
    snapshot: &'a Snapshot,
}

/// Prints the glance.
pub fn run(args: &StatusArgs, overrides: &Overrides) -> Result<Exit, CliError> {
    let mut reading = Reading::take(overrides, args.refresh)?;
    let snapshot = reading.snapshot()?;
    print(args, &reading, &snapshot)?;
    if args.watch {
        reading.conclude(&snapshot.problems);
        return super::watch::follow(&mut reading, snapshot, &|reading, snapshot| {
            print(args, reading, snapshot)
        });
    }
    Ok(reading.conclude(&snapshot.problems))
}

fn print(args: &StatusArgs, reading: &Reading, snapshot: &Snapshot) -> Result<(), CliError> {
    let mut stdout = anstream::stdout().lock();
    if args.json {
        serde_json::to_writer(
            &mut stdout,
            &StatusJson {
                schema: 1,
                snapshot,
            },
        )?;
        writeln!(stdout)?;
    } else {
        let text = glance::render(snapshot, &reading.settings.zone, terminal::width());
        write!(stdout, "{text}")?;
    }
    Ok(stdout.flush()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_keeps_its_shape() {
        let mut snapshot = crate::cli::sample::snapshot();
        // One of each is enough to fix the shape.
        snapshot.week.drain(1..);
        for usage in [&mut snapshot.month, &mut snapshot.total] {
            usage.models.truncate(1);
        }
        snapshot.sessions.truncate(1);
        insta::assert_json_snapshot!(StatusJson {
            schema: 1,
            snapshot: &snapshot
        });
    }
}
