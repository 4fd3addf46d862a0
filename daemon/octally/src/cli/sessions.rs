// SPDX-License-Identifier: GPL-3.0-or-later
//! `octally sessions`: every session with its sub-agents below it.

use clap::Args;
use octally_core::model::Zone;
use octally_core::rollup::{By, Request};
use octally_core::wire::{CostRow, SessionNode, Sessions, TokenRow};
use std::collections::HashSet;

use super::exit::{CliError, Exit, note};
use super::figures::{self, ABSENT, Money};
use super::filters::{Filters, Rows};
use super::reading::Reading;
use super::shape::Shape;
use super::table::{self, Column, Header, Row, figure, fixed, row, text};
use super::terminal;
use crate::config::Overrides;

/// Trees that are shown unless `--limit` says otherwise.
const TREES: usize = 20;

const EXAMPLES: &str = "\
Examples:
  octally sessions                         the latest 20, each with its sub-agents
  octally sessions --last 7 --sort cost    the dearest of the week first
  octally sessions --project shop --json | jq '.sessions[] | select(.depth == 0)'

Figures are inclusive: of the session and of every sub-agent below it. `own`
are the fresh tokens of the session alone. --limit counts trees. `octally
session <id>` shows one of them step by step; the last letters of its id, as a
terminal shows them, or any part that no other has, are enough.";

/// The sessions, each with its sub-agents below it
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct SessionsArgs {
    #[command(flatten)]
    shape: Shape,
    #[command(flatten)]
    rows: Rows,
    #[command(flatten)]
    filters: Filters,
}

/// Prints the trees.
pub fn run(args: &SessionsArgs, overrides: &Overrides) -> Result<Exit, CliError> {
    args.filters.check_period()?;
    let reading = args.shape.reading(overrides)?;
    let request = args.rows.of(args.filters.request(By::Session, &reading)?);
    let request = Request {
        limit: request.limit.or(Some(TREES)),
        ..request
    };
    let zone = &reading.settings.zone;
    let mut found = reading.meter.sessions(&request, zone)?;
    give_titles(&reading, &mut found.sessions);
    found.problems = reading.problems();
    args.shape.print(&found, |header| {
        render(&found.sessions, zone, header, terminal::width())
    })?;
    tell(args, &found, &reading)?;
    Ok(reading.conclude(&found.problems))
}

/// Reads the titles now: they are stored nowhere.
pub fn give_titles(reading: &Reading, nodes: &mut [SessionNode]) {
    for node in nodes {
        node.title = reading.meter.title(&node.id);
    }
}

fn tell(args: &SessionsArgs, found: &Sessions, reading: &Reading) -> Result<(), CliError> {
    if found.sessions.is_empty() {
        let remedy = "`octally sessions` without filters shows what there is";
        args.filters
            .tell_nothing(reading, "no session matches", remedy)?;
    }
    if found.more > 0 {
        let more = figures::count(found.more);
        note(
            &format!("{more} more are not shown"),
            "--limit shows more of them",
        );
    }
    Ok(())
}

const COLUMNS: [Column; 9] = [
    text("session", 0),
    text("project", 4),
    text("agent", 6),
    fixed("last step", 3),
    figure("steps", 5),
    figure("own", 7),
    figure("fresh", 0),
    figure("cost", 0),
    fixed("id", 2),
];

/// So many of an id's last letters, which are random, are shown on a terminal.
const TAIL: usize = 8;

/// The trees as a table.
pub fn render(nodes: &[SessionNode], zone: &Zone, header: Header, width: Option<u16>) -> String {
    let costs: Vec<CostRow> = nodes
        .iter()
        .map(|node| CostRow::from(&node.inclusive.cost))
        .collect();
    let money = Money::for_column(&costs);
    let is_short = width.is_some() && are_told_apart(nodes);
    let rows = nodes
        .iter()
        .map(|node| line(node, zone, money, is_short))
        .collect();
    table::render(&COLUMNS, header, rows, width)
}

/// Whether the last letters of the ids are enough.
fn are_told_apart(nodes: &[SessionNode]) -> bool {
    let tails: HashSet<&str> = nodes.iter().map(|node| tail(&node.id)).collect();
    tails.len() == nodes.len()
}

/// The last letters of an id, which `octally session` understands.
pub fn tail(id: &str) -> &str {
    let from = id.len().saturating_sub(TAIL);
    id.get(from..).unwrap_or(id)
}

fn line(node: &SessionNode, zone: &Zone, money: Money, is_short: bool) -> Row {
    let fresh = |tokens| figures::count(TokenRow::from(tokens).fresh);
    let known = |text: &Option<String>| {
        text.as_deref()
            .filter(|text| !text.is_empty())
            .map_or_else(|| ABSENT.into(), figures::harmless)
    };
    let name = node.title.as_deref().unwrap_or(&node.id);
    let line = row([
        format!("{}{}", branch(node.depth), figures::harmless(name)),
        known(&node.project),
        known(&node.agent),
        node.last_step_ms
            .map_or_else(|| ABSENT.into(), |at_ms| figures::clock(at_ms, zone)),
        figures::count(node.inclusive.steps),
        fresh(&node.own.tokens),
        fresh(&node.inclusive.tokens),
        money.both(&CostRow::from(&node.inclusive.cost)),
        figures::harmless(if is_short { tail(&node.id) } else { &node.id }),
    ]);
    if node.depth == 0 { line } else { line.dim() }
}

/// Two blanks for each level and a mark for the last; deep trees stay readable.
fn branch(depth: u32) -> String {
    match depth {
        0 => String::new(),
        depth => format!("{}+ ", "  ".repeat(depth.min(8) as usize - 1)),
    }
}
