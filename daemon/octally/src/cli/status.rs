// SPDX-License-Identifier: GPL-3.0-or-later
//! `octally` and `octally status`: the glance, as text or JSON, once or on every change.

use std::io::Write;

use clap::Args;
use octally_core::wire::Snapshot;
use serde::Serialize;

use super::exit::{CliError, Exit};
use super::reading::Reading;
use super::watch::Again;
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
    /// Show it again on every change, until interrupted; a terminal keeps one, which is drawn anew
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
    let exit = reading.conclude(&snapshot.problems);
    if args.watch {
        return watch(args, &mut reading, snapshot);
    }
    Ok(exit)
}

/// A terminal keeps one glance, whose ages go on; everything else gets one more for each change.
fn watch(args: &StatusArgs, reading: &mut Reading, shown: Snapshot) -> Result<Exit, CliError> {
    let height = terminal::height().filter(|_| !args.json);
    let again = if height.is_some() {
        Again::Always
    } else {
        Again::OnNews
    };
    super::watch::follow(
        reading,
        shown,
        again,
        &|reading, snapshot| match terminal::height().filter(|_| again == Again::Always) {
            Some(height) => redraw(reading, snapshot, height),
            None => print(args, reading, snapshot),
        },
    )
}

/// Over what the terminal shows, no line of it lost at the top.
fn redraw(reading: &Reading, snapshot: &Snapshot, height: u16) -> Result<(), CliError> {
    let text = glance::render(snapshot, &reading.settings.zone, terminal::width());
    let lines: Vec<&str> = text.lines().take(usize::from(height.max(2)) - 1).collect();
    let mut stdout = std::io::stdout().lock();
    // To the terminal itself: this is no colour, which may be unwanted.
    write!(stdout, "\u{1b}[H\u{1b}[J")?;
    writeln!(
        anstream::AutoStream::auto(&mut stdout),
        "{}",
        lines.join("\n")
    )?;
    Ok(stdout.flush()?)
}

fn print(args: &StatusArgs, reading: &Reading, snapshot: &Snapshot) -> Result<(), CliError> {
    let mut stdout = anstream::stdout().lock();
    if args.json {
        let json = StatusJson {
            schema: 1,
            snapshot,
        };
        terminal::write_json(&json)?;
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
