// SPDX-License-Identifier: GPL-3.0-or-later
//! `octally reconcile`: from OpenCode's own totals to ours, line by line.

use std::io::Write;

use clap::Args;
use octally_core::model::Problem;
use octally_core::wire::{Amounts, Line, Reconciliation, WrongCostNano};

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
  octally reconcile --sessions                 and which sessions each line is made of
  octally reconcile --json | jq '.lines[] | select(.steps != 0)'
  octally reconcile --json | jq -e .adds_up    for scripts

The first line is what OpenCode's own session totals say; with the lines below
it they add up to Octally's totals exactly, in steps, in each kind of tokens and
to the billionth of a dollar, or the exit code is 1. OpenCode keeps no count of
calls: the steps of the first line are its rows. Lines that are 0 are left out;
--json has all of them.

What OpenCode deletes stays counted and has a line for deleted sessions, deleted
messages and reverted turns each. A database that cannot be reached now has
deleted nothing: what is in it is out of reach. Archived sessions are in both
totals. Every database besides the main one has a line of its own.";

/// From OpenCode's own totals to Octally's, line by line
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct ReconcileArgs {
    /// Also list the sessions of each line, the largest first, at most so many
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "10",
        value_parser = clap::value_parser!(u16).range(1..=1_000))]
    sessions: Option<u16>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Prints the lines and fails where they do not add up.
pub fn run(args: &ReconcileArgs, overrides: &Overrides) -> Result<Exit, CliError> {
    let reading = Reading::take(overrides, true)?;
    let mut found = reading.meter.reconcile(args.sessions.unwrap_or(0).into())?;
    let live = reading.meter.live().problems;
    found.problems = told_once([reading.problems(), live].concat(), found.problems);
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
        terminal::write_json(found)?;
    } else {
        write!(stdout, "{}", render(found, terminal::width()))?;
    }
    Ok(stdout.flush()?)
}

fn render(found: &Reconciliation, width: Option<u16>) -> String {
    let shown = |lines: &[Line], prefix: &str| -> Vec<Row> {
        let lines = lines.iter().filter(|line| !line.amounts.is_zero());
        lines.flat_map(|line| line_rows(prefix, line)).collect()
    };
    let mut rows = vec![table_row("OpenCode's totals".into(), found.opencode).strong()];
    rows.extend(shown(&found.lines, "+ "));
    rows.push(table_row("Octally's totals".into(), found.octally).strong());
    if found.adds_up {
        for line in &found.contained {
            rows.extend(shown(std::slice::from_ref(line), "  of these: "));
            if line.key == "wrong_cost" {
                rows.extend(corrected(&found.wrong_cost));
            }
        }
    } else {
        rows.push(table_row("unexplained".into(), found.unexplained).strong());
    }
    let mut text = table::render(&columns(), Header::Shown, rows, width);
    text.push_str(&wrapped(&verdict(found), width));
    text
}

/// Below the line of wrong costs: what it should be.
fn corrected(wrong: &WrongCostNano) -> Option<Row> {
    let amount = match (wrong.corrected_nano_usd, wrong.uncorrected_steps) {
        _ if wrong.steps == 0 => return None,
        (None, _) => "unknown".into(),
        (Some(nano), 0) => format!("~{}", dollars(nano)),
        (Some(nano), _) => format!("~{}+", dollars(nano)),
    };
    let what = "            which should have been".into();
    let [a, b, c, d, e, f] = [const { String::new() }; 6];
    Some(row([what, a, b, c, d, e, f, amount]))
}

fn verdict(found: &Reconciliation) -> String {
    let mut text = if found.adds_up {
        String::from("\nThe lines add up.\n")
    } else {
        String::from("\nThe lines do NOT add up.\n")
    };
    let counts = [
        (
            found.unread_rows,
            "row cannot be read and is in no line",
            "rows cannot be read and are in no line",
        ),
        (
            found.damaged_places,
            "place in a database is damaged: what lies there could not be compared",
            "places in databases are damaged: what lies there could not be compared",
        ),
        (
            found.odd_totals,
            "session has totals that are no numbers",
            "sessions have totals that are no numbers",
        ),
    ];
    for (count, one, many) in counts.into_iter().filter(|(count, ..)| *count > 0) {
        let what = if count == 1 { one } else { many };
        text.push_str(&format!("{} {what}.\n", figures::count(count)));
    }
    if found.is_migrating {
        text.push_str(MIGRATING);
    }
    text
}

const MIGRATING: &str = "OpenCode 2 is still taking over the sessions of OpenCode 1. \
Until it is done,\nwhat is in totals only may be more than is shown.\n";

/// A line, and below it the sessions that it is made of.
fn line_rows(prefix: &str, line: &Line) -> Vec<Row> {
    let what = format!("{prefix}{}", figures::harmless(&line.what));
    let mut rows = vec![table_row(what, line.amounts)];
    let Some(parts) = &line.sessions else {
        return rows;
    };
    let shown = parts.largest.iter();
    rows.extend(shown.map(|part| {
        let what = format!("      {}", figures::harmless(&part.session));
        table_row(what, part.amounts)
    }));
    let more = parts.count.saturating_sub(parts.largest.len() as u64);
    if more > 0 {
        let what = format!("      and {} more", figures::count(more));
        rows.push(row([&what, "", "", "", "", "", "", ""].map(String::from)));
    }
    rows
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
