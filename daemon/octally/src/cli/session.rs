// SPDX-License-Identifier: GPL-3.0-or-later
//! `octally session <id>`: one session step by step.

use clap::Args;
use octally_core::meter::Meter;
use octally_core::model::Zone;
use octally_core::wire::{CostRow, SessionDetail, StepLine, ToolRow};

use super::drawing::sparkline;
use super::exit::{CliError, Exit, note};
use super::figures::{self, ABSENT, Money};
use super::sessions::{self, give_titles};
use super::shape::Shape;
use super::stats::tools;
use super::table::{self, Column, Header, Row, figure, fixed, row, text};
use super::terminal::Look;
use super::text::wrapped;
use crate::config::{self, Overrides};

/// Ids that are suggested for one that is unknown.
const SUGGESTIONS: usize = 5;

const EXAMPLES: &str = "\
Examples:
  octally session xNKodSVT              any part of the id that no other has
  octally session xNKodSVT --limit 20   the newest 20 steps
  octally session xNKodSVT --json | jq '.steps[] | select(.error)'

Each line is one step: when it began, how long it took with its tools, the
model, fresh tokens, what the model saw (context), cost, and why it stopped.
A step marked copy was inherited by a fork and is counted where it was made.
Tools are those of its own steps; where it has sub-agents, a second table has
theirs, too (inclusive_tool_use in --json).";

/// One session: its steps, their context and errors, and its sub-agents
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct SessionArgs {
    /// The session, or a part of its id that no other has
    id: String,
    /// Only the newest steps; the sums are still over all
    #[arg(long, value_name = "STEPS", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
    #[command(flatten)]
    shape: Shape,
}

/// Prints the session.
pub fn run(args: &SessionArgs, overrides: &Overrides) -> Result<Exit, CliError> {
    let mut reading = args.shape.reading(overrides)?;
    let id = match chosen(&args.id, &reading.meter) {
        // The name is not to blame.
        Err(_) if reading.report.sources.is_empty() => {
            return Ok(reading.conclude(&reading.problems()));
        }
        id => id?,
    };
    reading.tools(Some(&id))?;
    let zone = &reading.settings.zone;
    let Some(mut found) = reading.meter.session(&id, zone)? else {
        return Err(unknown(&args.id, Vec::new()));
    };
    give_titles(&reading, std::slice::from_mut(&mut found.session));
    give_titles(&reading, &mut found.sub_agents);
    found.problems = reading.problems();
    let all = found.steps.len();
    let left_out = all.saturating_sub(args.limit.map_or(all, |steps| steps as usize));
    let oldest = if args.shape.json {
        found.steps.drain(..left_out);
        0
    } else {
        left_out
    };
    args.shape.print(&found, |header| {
        render(&found, oldest, zone, header, Look::of_stdout())
    })?;
    if left_out > 0 {
        let what = format!(
            "{} not shown",
            figures::counted(left_out as u64, "older step")
        );
        note(&what, "without --limit all of them are");
    }
    Ok(reading.conclude(&found.problems))
}

/// The one session that is meant: by its id, by how that begins, or by any part of it.
fn chosen(text: &str, meter: &Meter) -> Result<String, CliError> {
    let beginning = meter.session_ids(text, usize::MAX)?;
    if beginning.iter().any(|id| id == text) {
        return Ok(text.into());
    }
    if !beginning.is_empty() {
        return only_one(text, &beginning);
    }
    // Only then every id there is.
    let ids = meter.session_ids("", usize::MAX)?;
    let containing: Vec<String> = ids.iter().filter(|id| id.contains(text)).cloned().collect();
    if containing.is_empty() {
        return Err(unknown(text, near(text, &ids)));
    }
    only_one(text, &containing)
}

fn only_one(text: &str, found: &[String]) -> Result<String, CliError> {
    match found {
        [id] if !text.is_empty() => Ok(id.clone()),
        _ => Err(ambiguous(text, found)),
    }
}

fn near(text: &str, ids: &[String]) -> Vec<String> {
    let nearest = config::nearest(text, ids.iter().map(String::as_str));
    nearest.map(str::to_owned).into_iter().collect()
}

fn unknown(text: &str, near: Vec<String>) -> CliError {
    let hint = if near.is_empty() {
        "`octally sessions` lists the latest with their ids".into()
    } else {
        format!("did you mean {}?", near.join(" or "))
    };
    CliError::usage(
        format!("no session is called {}", figures::harmless(text)),
        hint,
    )
}

fn ambiguous(text: &str, found: &[String]) -> CliError {
    let shown: Vec<&str> = found
        .iter()
        .take(SUGGESTIONS)
        .map(|id| id.as_str())
        .collect();
    let rest = match found.len().saturating_sub(SUGGESTIONS) {
        0 => String::new(),
        more => format!(" or one of {} more", figures::count(more as u64)),
    };
    let count = figures::count(found.len() as u64);
    CliError::usage(
        format!("{count} sessions match {}", figures::harmless(text)),
        format!("did you mean {}{rest}?", shown.join(" or ")),
    )
}

fn render(
    found: &SessionDetail,
    left_out: usize,
    zone: &Zone,
    header: Header,
    look: Look,
) -> String {
    let mut sections = vec![wrapped(&headline(found, zone), look.width)];
    sections.push(wrapped(&context(found, look), look.width));
    sections.push(steps(&found.steps[left_out..], zone, header, look.width));
    if found.sub_agents.is_empty() {
        sections.push(tools("tool", &found.tool_use, header, look));
    } else {
        sections.push(tools("tool of its own", &found.tool_use, header, look));
        let inclusive = &found.inclusive_tool_use;
        sections.push(tools("tool with sub-agents", inclusive, header, look));
    }
    sections.push(sub_agents(found, zone, header, look.width));
    sections.retain(|section| !section.is_empty());
    sections.join("\n")
}

fn headline(found: &SessionDetail, zone: &Zone) -> String {
    let session = &found.session;
    let bold = anstyle::Style::new().bold();
    let mut lines = Vec::new();
    let title = session.title.as_deref().unwrap_or(&session.id);
    lines.push(format!("{bold}{}{bold:#}", figures::harmless(title)));
    let mut facts = vec![figures::harmless(&session.id)];
    facts.extend(session.project.as_deref().map(figures::harmless));
    facts.extend(session.agent.as_deref().map(figures::harmless));
    if let Some(parent) = &session.parent {
        facts.push(format!("sub-agent of {}", figures::harmless(parent)));
    }
    lines.push(facts.join(", "));
    lines.push(sums(found));
    lines.extend(figures::wrong_cost(&found.wrong_cost));
    let time =
        |at_ms: Option<i64>| at_ms.map_or_else(|| ABSENT.into(), |ms| figures::clock(ms, zone));
    lines.push(format!(
        "from {} to {}",
        time(session.started_ms),
        time(session.last_step_ms)
    ));
    if !found.errors.is_empty() {
        let errors = found.errors.iter();
        let errors: Vec<String> = errors
            .map(|error| {
                format!(
                    "{} {}",
                    figures::count(error.steps),
                    figures::harmless(&error.error)
                )
            })
            .collect();
        lines.push(format!("errors: {}", errors.join(", ")));
    }
    lines.join("\n") + "\n"
}

fn sums(found: &SessionDetail) -> String {
    let session = &found.session;
    let line = |usage: &octally_core::wire::Usage| {
        let cost = CostRow::from(&usage.cost);
        let money = Money::for_column([&cost]);
        format!(
            "{} in {}, {}",
            figures::counted(usage.tokens.fresh(), "fresh token"),
            figures::counted(usage.steps, "step"),
            money.both(&cost)
        )
    };
    let mut text = format!(
        "{}: {}",
        figures::counted(found.turns, "turn"),
        line(&session.own)
    );
    if session.sub_agents > 0 {
        let count = figures::counted(session.sub_agents, "sub-agent");
        text.push_str(&format!("\nwith {count}: {}", line(&session.inclusive)));
    }
    text
}

/// How the context grew, as figures and, where it may be drawn, as a curve.
fn context(found: &SessionDetail, look: Look) -> String {
    let sizes: Vec<u64> = found
        .steps
        .iter()
        .filter(|step| step.context > 0)
        .map(|step| step.context)
        .collect();
    let (Some(first), Some(last)) = (sizes.first(), sizes.last()) else {
        return String::new();
    };
    let largest = sizes.iter().copied().max().unwrap_or(0);
    let mut text = format!(
        "context: {} at first, {} at most, {} at last\n",
        figures::count(*first),
        figures::count(largest),
        figures::count(*last)
    );
    if look.draws {
        let width = look.width.map_or(80, usize::from).min(80);
        text.push_str(&format!("{}\n", sparkline(&sizes, width)));
    }
    text
}

const STEPS: [Column; 11] = [
    fixed("when", 0),
    figure("turn", 6),
    figure("took", 4),
    text("model", 2),
    text("agent", 7),
    figure("fresh", 0),
    figure("context", 3),
    figure("cost", 0),
    text("tools", 5),
    text("end", 1),
    fixed("step", 8),
];

fn steps(steps: &[StepLine], zone: &Zone, header: Header, width: Option<u16>) -> String {
    let money = Money::for_column(steps.iter().map(|step| &step.cost));
    let mut day = String::new();
    let mut rows = Vec::with_capacity(steps.len());
    for step in steps {
        // The day only where it changes: most sessions have one.
        let today = figures::day(step.started_ms, zone);
        let is_new = today != day;
        let time = figures::time_of_day(step.started_ms, zone);
        let when = if is_new {
            format!("{today} {time}")
        } else {
            time
        };
        day = today;
        rows.push(step_row(step, when, money));
    }
    table::render(&STEPS, header, rows, width)
}

fn step_row(step: &StepLine, when: String, money: Money) -> Row {
    let absent = || ABSENT.to_owned();
    let line = row([
        // On the right, so that the times stand below each other.
        format!("{when:>19}"),
        step.turn.map_or_else(absent, figures::count),
        step.duration_ms.map_or_else(absent, figures::duration),
        figures::harmless(&step.model),
        step.agent.as_deref().map_or_else(absent, figures::harmless),
        figures::count(step.tokens.fresh),
        figures::count(step.context),
        money.both(&step.cost),
        called(step),
        end(step),
        figures::harmless(&step.id),
    ]);
    if step.is_counted { line } else { line.dim() }
}

/// `bash 3, edit`; failed ones are said.
fn called(step: &StepLine) -> String {
    let tool = |tool: &ToolRow| {
        let mut text = figures::harmless(&tool.tool);
        if tool.calls > 1 {
            text.push_str(&format!(" {}", figures::count(tool.calls)));
        }
        if tool.failed > 0 {
            text.push_str(&format!(" ({} failed)", figures::count(tool.failed)));
        }
        text
    };
    let tools: Vec<String> = step.tools.iter().map(tool).collect();
    tools.join(", ")
}

fn end(step: &StepLine) -> String {
    let end = match (&step.error, &step.finish) {
        (Some(error), _) => figures::harmless(error),
        (None, Some(finish)) => figures::harmless(finish),
        (None, None) => ABSENT.into(),
    };
    let is_copy = !step.is_counted && step.tokens.total > 0;
    if is_copy { format!("copy, {end}") } else { end }
}

fn sub_agents(found: &SessionDetail, zone: &Zone, header: Header, width: Option<u16>) -> String {
    sessions::render(&found.sub_agents, zone, header, width)
}
