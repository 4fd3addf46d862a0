// SPDX-License-Identifier: GPL-3.0-or-later
//! `octally report <by>`: sums by time, session, model, provider, project, agent or host.

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use octally_core::rollup::{By, Request};
use octally_core::wire::{CostRow, ModelUsage, Report, ReportRow, ReportTotals, TokenRow};

use super::exit::{CliError, Exit};
use super::figures::{self, ABSENT, Money};
use super::filters::{Filters, Rows};
use super::shape::Shape;
use super::table::{self, Column, Header, Row, figure, fixed, row, text};
use super::terminal;
use super::text::wrapped;
use crate::config::Overrides;

/// Below this many columns hours are shown without their offset.
const NARROW: u16 = 40;

const EXAMPLES: &str = "\
Examples:
  octally report daily --last 14
  octally report model --since 2026-11-01 --until 2026-11-30
  octally report session --project octally --sort cost --limit 10
  octally report weekly --breakdown
  octally report monthly --provider anthropic --order desc --json

Days are those of the machine's time zone, or of --tz; --until is included.
fresh is input, output and reasoning. Costs marked ~ are estimates: list prices
of what OpenCode stored at 0. Billed is what OpenCode stored, also where its
version is known to have stored it wrong: a line below the table says how much
that is and what it should have been. Times are sorted upwards, everything else
by fresh tokens, largest first, unless --sort and --order say otherwise. What OpenCode deletes, reverts or archives stays;
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
    /// Below each row the rows of its models
    #[arg(long)]
    breakdown: bool,
    #[command(flatten)]
    shape: Shape,
    #[command(flatten)]
    rows: Rows,
    #[command(flatten)]
    filters: Filters,
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
    let reading = args.shape.reading(overrides)?;
    let request = Request {
        breakdown: args.breakdown,
        ..args.rows.of(args.filters.request(args.by, &reading)?)
    };
    let mut report = reading.meter.report(&request, &reading.settings.zone)?;
    report.problems = reading.problems();
    args.shape.print(&report, |header| {
        let mut text = render(&report, header, terminal::width());
        if header == Header::Shown {
            text.push_str(&footnote(&report.totals, terminal::width()));
        }
        text
    })?;
    if report.rows.is_empty() {
        let remedy = "`octally report model` without filters shows what there is";
        args.filters
            .tell_nothing(&reading, "no step matches", remedy)?;
    }
    Ok(reading.conclude(&report.problems))
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
        .flat_map(|row| report_rows(row, money, width))
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
    format!("\n{}\n", wrapped(&wrong, width))
}

fn columns(by: &'static str) -> [Column; 12] {
    // A session's id is no use without its end, nor is what has become of it.
    let is_whole = matches!(by, "hour" | "day" | "week" | "month" | "session");
    [
        if is_whole { fixed(by, 0) } else { text(by, 0) },
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

/// A row, and where that was asked for the rows of its models below it.
fn report_rows(row: &ReportRow, money: Money, width: Option<u16>) -> Vec<Row> {
    let models = row.breakdown.iter().flatten();
    let models = models.map(|model| model_row(model, money).dim());
    [report_row(row, money, width)]
        .into_iter()
        .chain(models)
        .collect()
}

fn model_row(model: &ModelUsage, money: Money) -> Row {
    let tokens = TokenRow::from(&model.tokens);
    let cost = CostRow::from(&model.cost);
    row([
        format!("  {}", figures::harmless(&model.name.to_string())),
        String::new(),
        figures::count(model.steps),
        figures::count(tokens.input),
        figures::count(tokens.output),
        figures::count(tokens.reasoning),
        figures::count(tokens.cache_read),
        figures::count(tokens.cache_write),
        figures::count(tokens.fresh),
        money.billed(&cost),
        money.estimated(&cost),
        String::new(),
    ])
}

fn report_row(row: &ReportRow, money: Money, width: Option<u16>) -> Row {
    let is_narrow = width.is_some_and(|width| width < NARROW);
    let mut key = match row.key.as_deref() {
        None => ABSENT.into(),
        Some(hour) if row.by == "hour" && is_narrow => short_hour(hour),
        Some(key) => figures::harmless(key),
    };
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

/// `2026-11-20 13:00` of an hour's RFC 3339, whose offset says little on a narrow terminal.
fn short_hour(hour: &str) -> String {
    hour.chars().take(16).collect::<String>().replace('T', " ")
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
