// SPDX-License-Identifier: GPL-3.0-or-later
//! `octally reconcile`: from OpenCode's own totals to ours, line by line.

use std::io::Write;

use clap::Args;
use octally_core::model::Problem;
use octally_core::wire::{Amounts, Line, Reconciliation};

use super::exit::{CliError, Exit, note};
use super::figures;
use super::reading::Reading;
use super::table::{self, Column, Header, Row, figure, row, text};
use super::terminal;
use super::text::wrapped;
use crate::config::Overrides;

const EXAMPLES: &str = "\
Examples:
  octally reconcile                            why Octally shows more than `opencode stats`
  octally reconcile --json | jq '.lines[] | select(.steps != 0)'
  octally reconcile --json | jq -e .adds_up    for scripts

The first line is what OpenCode's own session totals say, the last but one what
Octally shows; the lines between add up to it exactly, in steps, in each kind
of tokens and to the billionth of a dollar, or the exit code is 1. OpenCode
keeps no count of calls: the steps of the first line are its rows. Lines that
are 0 are left out; --json has all of them.";

/// From OpenCode's own totals to Octally's, line by line
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct ReconcileArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Prints the lines and fails where they do not add up.
pub fn run(args: &ReconcileArgs, overrides: &Overrides) -> Result<Exit, CliError> {
    let reading = Reading::take(overrides, true)?;
    let mut found = reading.meter.reconcile()?;
    found.problems = told_once(reading.problems(), found.problems);
    print(args, &found)?;
    let exit = reading.conclude(&found.problems);
    if found.adds_up {
        return Ok(exit);
    }
    let what = found.damage.as_deref().unwrap_or("the lines do not add up");
    note(
        what,
        "run it again while OpenCode rests; if it stays, `octally doctor` checks the ledger",
    );
    Ok(Exit::Internal)
}

/// The sync has told most of it already.
fn told_once(mut problems: Vec<Problem>, more: Vec<Problem>) -> Vec<Problem> {
    for problem in more {
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
    problems
}

fn print(args: &ReconcileArgs, found: &Reconciliation) -> Result<(), CliError> {
    let mut stdout = anstream::stdout().lock();
    if args.json {
        serde_json::to_writer(&mut stdout, found)?;
        writeln!(stdout)?;
    } else {
        write!(stdout, "{}", render(found, terminal::width()))?;
    }
    Ok(stdout.flush()?)
}

fn render(found: &Reconciliation, width: Option<u16>) -> String {
    let shown = |lines: &[Line], prefix: &str| -> Vec<Row> {
        let lines = lines.iter().filter(|line| !line.amounts.is_zero());
        lines
            .map(|line| table_row(format!("{prefix}{}", line.what), line.amounts))
            .collect()
    };
    let mut rows = vec![table_row("OpenCode's totals".into(), found.opencode).strong()];
    rows.extend(shown(&found.lines, "+ "));
    rows.push(table_row("Octally's totals".into(), found.octally).strong());
    if found.adds_up {
        rows.extend(shown(&found.contained, "  of these: "));
    } else {
        rows.push(table_row("unexplained".into(), found.unexplained).strong());
    }
    let mut text = table::render(&columns(), Header::Shown, rows, width);
    text.push_str(&wrapped(&verdict(found), width));
    text
}

fn verdict(found: &Reconciliation) -> String {
    let mut text = if found.adds_up {
        String::from("\nThe lines add up.\n")
    } else {
        String::from("\nThe lines do NOT add up.\n")
    };
    let counts = [
        (found.unread_rows, "rows cannot be read and are in no line"),
        (found.odd_totals, "sessions have totals that are no numbers"),
    ];
    for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
        text.push_str(&format!("{} {what}.\n", figures::count(count)));
    }
    text
}

fn columns() -> [Column; 8] {
    [
        text("", 0),
        figure("steps", 0),
        figure("input", 0),
        figure("output", 0),
        figure("reasoning", 1),
        figure("cache read", 1),
        figure("cache write", 1),
        figure("stored $", 0),
    ]
}

fn table_row(what: String, amounts: Amounts) -> Row {
    row([
        what,
        signed(amounts.steps),
        signed(amounts.input),
        signed(amounts.output),
        signed(amounts.reasoning),
        signed(amounts.cache_read),
        signed(amounts.cache_write),
        dollars(amounts.stored_nano_usd),
    ])
}

fn signed(n: i64) -> String {
    let sign = if n < 0 { "-" } else { "" };
    format!("{sign}{}", figures::count(n.unsigned_abs()))
}

/// All nine digits: the point is that they add up.
fn dollars(nano_usd: i64) -> String {
    let sign = if nano_usd < 0 { "-" } else { "" };
    let nano = nano_usd.unsigned_abs();
    format!("{sign}{}.{:09}", nano / 1_000_000_000, nano % 1_000_000_000)
}
