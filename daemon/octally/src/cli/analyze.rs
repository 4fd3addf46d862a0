// SPDX-License-Identifier: GPL-3.0-or-later
//! `octally analyze`: the overview.

use clap::Args;
use octally_core::rollup::By;
use octally_core::wire::{Analysis, ShareRow, TokenRow};

use super::drawing::bar;
use super::exit::{CliError, Exit};
use super::figures::{self, ABSENT, Money};
use super::filters::Filters;
use super::shape::Shape;
use super::table::{self, Column, Header, Row, figure, fixed, row, text};
use super::terminal::Look;
use super::text::wrapped;
use crate::config::Overrides;

/// Models that are shown unless `--limit` says otherwise.
const MODELS: usize = 10;
/// The longest bar, in columns.
const BAR: usize = 20;

const EXAMPLES: &str = "\
Examples:
  octally analyze                       everything there is
  octally analyze --days 30             the last 30 days, today included
  octally analyze --project shop --json | jq '.models[0]'

Shares are of fresh tokens: input, output and reasoning. Costs marked ~ are
estimates: list prices of what OpenCode stored at 0. The cache hit rate is what
came from the cache of all that the models saw. Messages are those of both
sides: one for each turn, one for each step. Bars are drawn on terminals only,
and not with --plain.";

/// The overview: tokens, cost, providers, models and the busiest days
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct AnalyzeArgs {
    /// At most so many models; --json has all of them
    #[arg(long, value_name = "ROWS", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
    #[command(flatten)]
    shape: Shape,
    #[command(flatten)]
    filters: Filters,
}

/// Prints the overview.
pub fn run(args: &AnalyzeArgs, overrides: &Overrides) -> Result<Exit, CliError> {
    args.filters.check_period()?;
    let reading = args.shape.reading(overrides)?;
    let request = args.filters.request(By::Day, &reading)?;
    let zone = &reading.settings.zone;
    let mut found = reading.meter.analysis(&request, zone)?;
    found.problems = reading.problems();
    args.shape.print(&found, |header| {
        let models = args.limit.map_or(MODELS, |rows| rows as usize);
        render(&found, models, header, Look::of_stdout())
    })?;
    if found.totals.steps == 0 {
        let remedy = "`octally analyze` without filters shows what there is";
        args.filters
            .tell_nothing(&reading, "no step matches", remedy)?;
    }
    Ok(reading.conclude(&found.problems))
}

/// The overview as tables; empty where there is no step.
fn render(found: &Analysis, models: usize, header: Header, look: Look) -> String {
    if found.totals.steps == 0 {
        return String::new();
    }
    let sections = [
        wrapped(&headline(found), look.width),
        tokens(found, header, look),
        shares("provider", &found.providers, usize::MAX, header, look),
        shares("model", &found.models, models, header, look),
        shares("busiest day", &found.busiest_days, usize::MAX, header, look),
    ];
    sections.join("\n")
}

fn headline(found: &Analysis) -> String {
    let bold = anstyle::Style::new().bold();
    let known = |day: &Option<String>| day.clone().unwrap_or_else(|| ABSENT.into());
    let cost = &found.totals.cost;
    let money = Money::for_column([cost]);
    let mut lines = vec![
        format!(
            "{bold}{} to {}{bold:#}, {}",
            known(&found.first_day),
            known(&found.last_day),
            figures::counted(found.active_days, "active day")
        ),
        format!(
            "{}, {} ({}, {})",
            figures::counted(found.totals.sessions, "session"),
            figures::counted(found.messages, "message"),
            figures::counted(found.turns, "turn"),
            figures::counted(found.totals.steps, "step")
        ),
        format!(
            "billed {}, estimated {}",
            money.billed(cost),
            money.estimated(cost)
        ),
    ];
    if cost.unpriced_steps > 0 {
        let steps = figures::counted(cost.unpriced_steps, "step");
        lines.push(format!("{steps} without a known price, in no cost"));
    }
    if let Some(rate) = found.cache_hit_rate {
        lines.push(format!("cache hit rate {}", figures::share(rate)));
    }
    lines.join("\n") + "\n"
}

fn tokens(found: &Analysis, header: Header, look: Look) -> String {
    const COLUMNS: [Column; 4] = [
        fixed("tokens", 0),
        figure("count", 0),
        figure("share", 1),
        fixed("", 2),
    ];
    let tokens: &TokenRow = &found.totals.tokens;
    let line = |name: &str, count: u64| -> Row {
        let share = count as f64 / tokens.total.max(1) as f64;
        row([
            name.into(),
            figures::count(count),
            figures::share(share),
            drawn(share, look),
        ])
    };
    let rows = vec![
        line("input", tokens.input),
        line("output", tokens.output),
        line("reasoning", tokens.reasoning),
        line("cache read", tokens.cache_read),
        line("cache write", tokens.cache_write),
        line("fresh", tokens.fresh).strong(),
        line("total", tokens.total).strong(),
    ];
    table::render(&COLUMNS, header, rows, look.width)
}

/// Parts of the whole with their shares.
pub fn shares(
    title: &'static str,
    rows: &[ShareRow],
    most: usize,
    header: Header,
    look: Look,
) -> String {
    let columns = [
        text(title, 0),
        figure("share", 2),
        fixed("", 4),
        figure("fresh", 0),
        figure("billed", 0),
        figure("estimated", 1),
        figure("steps", 3),
    ];
    let money = Money::for_column(rows.iter().map(|row| &row.cost));
    let mut lines: Vec<Row> = rows
        .iter()
        .take(most)
        .map(|row| share_row(row, money, look))
        .collect();
    if rows.len() > most {
        let rest = &rows[most..];
        let sum = |of: &dyn Fn(&ShareRow) -> u64| figures::count(rest.iter().map(of).sum());
        let share: f64 = rest.iter().map(|row| row.share).sum();
        lines.push(row([
            format!("{} more", rest.len()),
            figures::share(share),
            drawn(share, look),
            sum(&|row| row.tokens.fresh),
            String::new(),
            String::new(),
            sum(&|row| row.steps),
        ]));
    }
    table::render(&columns, header, lines, look.width)
}

fn share_row(share: &ShareRow, money: Money, look: Look) -> Row {
    row([
        share
            .name
            .as_deref()
            .map_or_else(|| ABSENT.into(), figures::harmless),
        figures::share(share.share),
        drawn(share.share, look),
        figures::count(share.tokens.fresh),
        money.billed(&share.cost),
        money.estimated(&share.cost),
        figures::count(share.steps),
    ])
}

fn drawn(share: f64, look: Look) -> String {
    if look.draws {
        bar(share, BAR)
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::sample::analysis;

    fn plain(width: Option<u16>, draws: bool) -> String {
        let text = render(&analysis(), 2, Header::Shown, Look { width, draws });
        anstream::adapter::strip_str(&text).to_string()
    }

    #[test]
    fn the_overview_on_every_width() {
        for width in [20, 60, 80, 120] {
            let text = plain(Some(width), true);
            let is_narrow = |line: &str| super::super::text::columns_of(line) <= width.into();
            assert!(text.lines().all(is_narrow), "{text}");
            insta::assert_snapshot!(format!("analyze_{width}"), text);
        }
    }

    #[test]
    fn a_pipe_gets_no_bars() {
        let text = plain(None, false);
        assert!(!text.contains('\u{2588}'), "{text}");
        insta::assert_snapshot!(text);
    }
}
