// SPDX-License-Identifier: GPL-3.0-or-later
//! `octally report <by>`: sums by time, session, model, provider, project, agent or host.

use std::io::Write;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use octally_core::rollup::{By, Order, Request};
use octally_core::wire::{CostRow, Report, ReportRow, ReportTotals};

use super::exit::{CliError, Exit, note};
use super::figures::{self, ABSENT, Money};
use super::filters::FilterArgs;
use super::reading::Reading;
use super::table::{self, Column, Header, Row, figure, row, text};
use super::{prose, terminal};
use crate::config::Overrides;

const EXAMPLES: &str = "\
Examples:
  octally report daily --last 14
  octally report model --since 2026-11-01 --until 2026-11-30
  octally report session --project octally --limit 10
  octally report monthly --provider anthropic --order desc --json

Days are those of the machine's time zone, or of --tz; --until is included.
fresh is input, output and reasoning. Costs marked ~ are estimates: list prices
of what OpenCode stored at 0. Billed is what OpenCode stored, also where its
version is known to have stored it wrong: a line below the table says how much
that is and what it should have been. Times are sorted upwards, everything else
by fresh tokens, largest first. What OpenCode deletes, reverts or archives stays;
deleted and archived sessions are marked. A session's row is its own work; in
--json it has, besides, its parent and inclusive: the same sums with its
sub-agents' sessions, under the same filters. Narrow terminals leave columns
out; --json and pipes have all of them.";

/// Sums by time, session, model, provider, project, agent or host
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct ReportArgs {
    /// What the rows are
    #[arg(value_parser = by_parser(), value_name = "BY")]
    by: By,
    #[command(flatten)]
    filters: FilterArgs,
    /// At most so many rows; the totals are still over all
    #[arg(long, value_name = "ROWS", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
    /// The order of the rows
    #[arg(long)]
    order: Option<OrderArg>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Leave the line of titles out
    #[arg(long)]
    no_header: bool,
    /// Also read what the quick look cannot see: imported messages, moved or replaced files
    #[arg(long)]
    refresh: bool,
}

/// Ascending or descending.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum OrderArg {
    /// Oldest or smallest first
    Asc,
    /// Newest or largest first
    Desc,
}

/// The adverbs and the singular keys, with a suggestion for anything near to one.
fn by_parser() -> impl TypedValueParser<Value = By> {
    const TIMES: [(&str, &str); 4] = [
        ("hourly", "hour"),
        ("daily", "day"),
        ("weekly", "week"),
        ("monthly", "month"),
    ];
    let times = TIMES.map(|(adverb, key)| PossibleValue::new(adverb).alias(key));
    let others = By::ALL
        .into_iter()
        .skip(TIMES.len())
        .map(|by| PossibleValue::new(by.key()));
    PossibleValuesParser::new(times.into_iter().chain(others))
        .try_map(|word| By::parse(&word).ok_or("no such rows"))
}

/// Prints the report.
pub fn run(args: &ReportArgs, overrides: &Overrides) -> Result<Exit, CliError> {
    args.filters.check_period()?;
    let reading = Reading::take(overrides, args.refresh)?;
    let request = args.request(&reading)?;
    let mut report = reading.meter.report(&request, &reading.settings.zone)?;
    report.problems = reading.problems();
    print(args, &report)?;
    if report.rows.is_empty() && !reading.report.sources.is_empty() {
        tell_nothing(args, &reading)?;
    }
    Ok(reading.conclude(&report.problems))
}

/// Why there are no rows: a name that is misspelt, or a period without any.
fn tell_nothing(args: &ReportArgs, reading: &Reading) -> Result<(), CliError> {
    match args.filters.unknown_name(reading.meter.ledger())? {
        Some(unknown) => note(unknown.what(), &unknown.hints().join("; ")),
        None => note(
            "no step matches",
            "`octally report model` without filters shows what there is",
        ),
    }
    Ok(())
}

impl ReportArgs {
    fn request(&self, reading: &Reading) -> Result<Request, CliError> {
        Ok(Request {
            limit: self.limit.map(|rows| rows as usize),
            order: self.order.map(|order| match order {
                OrderArg::Asc => Order::Ascending,
                OrderArg::Desc => Order::Descending,
            }),
            ..self.filters.request(self.by, reading)?
        })
    }
}

fn print(args: &ReportArgs, report: &Report) -> Result<(), CliError> {
    let mut stdout = anstream::stdout().lock();
    if args.json {
        // In one piece: what is written is looked through for colours, piece by piece.
        writeln!(stdout, "{}", serde_json::to_string(report)?)?;
    } else {
        let header = if args.no_header {
            Header::Hidden
        } else {
            Header::Shown
        };
        write!(stdout, "{}", render(report, header, terminal::width()))?;
        if header == Header::Shown {
            write!(stdout, "{}", footnote(&report.totals, terminal::width()))?;
        }
    }
    Ok(stdout.flush()?)
}

/// The rows and their totals as a table.
fn render(report: &Report, header: Header, width: Option<u16>) -> String {
    let costs = report
        .rows
        .iter()
        .map(|row| &row.totals.cost)
        .chain([&report.totals.cost]);
    let money = Money::for_column(costs);
    let mut rows: Vec<Row> = report
        .rows
        .iter()
        .map(|row| report_row(row, money))
        .collect();
    if !rows.is_empty() {
        rows.push(line("total".into(), &report.totals, String::new(), money).strong());
    }
    table::render(&columns(report.by), header, rows, width)
}

/// What there is to know of the totals, below them.
fn footnote(totals: &ReportTotals, width: Option<u16>) -> String {
    let Some(wrong) = figures::wrong_cost(&totals.wrong_cost) else {
        return String::new();
    };
    let lines = prose::wrap(&wrong, width.map(usize::from));
    format!("\n{}\n", lines.join("\n"))
}

fn columns(by: &'static str) -> [Column; 12] {
    [
        text(by, 0),
        figure("sessions", 4),
        figure("steps", 3),
        figure("input", 6),
        figure("output", 6),
        figure("reasoning", 7),
        figure("cache read", 6),
        figure("cache write", 7),
        figure("fresh", 0),
        figure("billed", 0),
        figure("estimated", 1),
        text("models", 8),
    ]
}

fn report_row(row: &ReportRow, money: Money) -> Row {
    let mut key = row
        .key
        .as_deref()
        .map_or_else(|| ABSENT.into(), figures::harmless);
    key.push_str(mark(row));
    line(
        key,
        &row.totals,
        figures::harmless(&row.models.join(", ")),
        money,
    )
}

/// What has become of a session. A deleted one may have been archived before.
fn mark(row: &ReportRow) -> &'static str {
    match &row.marks {
        Some(marks) if marks.deleted_at.is_some() => " (deleted)",
        Some(marks) if marks.archived_at.is_some() => " (archived)",
        _ => "",
    }
}

fn line(key: String, totals: &ReportTotals, models: String, money: Money) -> Row {
    let tokens = &totals.tokens;
    let cost: &CostRow = &totals.cost;
    row([
        key,
        figures::count(totals.sessions),
        figures::count(totals.steps),
        figures::count(tokens.input),
        figures::count(tokens.output),
        figures::count(tokens.reasoning),
        figures::count(tokens.cache_read),
        figures::count(tokens.cache_write),
        figures::count(tokens.fresh),
        money.billed(cost),
        money.estimated(cost),
        models,
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::sample::report;

    fn plain(header: Header, width: Option<u16>) -> String {
        anstream::adapter::strip_str(&render(&report(), header, width)).to_string()
    }

    #[test]
    fn a_pipe_gets_every_column() {
        insta::assert_snapshot!(plain(Header::Shown, None));
    }

    #[test]
    fn eighty_columns_keep_what_matters() {
        let text = plain(Header::Shown, Some(80));
        assert!(
            text.lines().all(|line| line.chars().count() <= 80),
            "{text}"
        );
        insta::assert_snapshot!(text);
    }

    #[test]
    fn a_wrong_cost_is_a_footnote_that_fits() {
        insta::assert_snapshot!(footnote(&report().totals, Some(40)));
        assert_eq!(footnote(&ReportTotals::default(), None), "");
    }

    #[test]
    fn the_titles_can_be_left_out() {
        assert!(plain(Header::Hidden, None).starts_with("2026-11-19"));
    }

    #[test]
    fn the_json_keeps_its_shape() {
        insta::assert_json_snapshot!(report());
    }
}
