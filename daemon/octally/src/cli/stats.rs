// SPDX-License-Identifier: GPL-3.0-or-later
//! `octally stats`: the detail.

use clap::Args;
use octally_core::rollup::By;
use octally_core::wire::{
    Bucket, Distribution, HourRow, Record, Records, SessionStatistics, Statistics, Streaks,
    ToolRow, ToolUse,
};

use super::analyze::shares;
use super::drawing::sparkline;
use super::exit::{CliError, Exit};
use super::figures::{self, ABSENT, Money};
use super::filters::Filters;
use super::sessions::tail;
use super::shape::Shape;
use super::table::{self, Column, Header, Row, figure, fixed, row, text};
use super::terminal::Look;
use super::text::wrapped;
use crate::config::Overrides;

const EXAMPLES: &str = "\
Examples:
  octally stats                      everything there is
  octally stats --days 30            the last 30 days, today included
  octally stats --json | jq '.sessions.length_ms.median'

Sessions are counted with their sub-agents. Half of them are at most at the
median, nine of ten at most at 90%. A streak is days in a row with a step; the
current one lives on through a day that is not over. Which tools were called is
read step by step, newest first, by the daemon in idle time and by each call of
this verb for a moment; `octally doctor` says how far it is. Hours are those of the
machine's time zone, or of --tz. Curves are drawn on terminals only, and not
with --plain.";

/// The detail: how sessions differ, agents, tools, errors, streaks, hours and records
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct StatsArgs {
    #[command(flatten)]
    shape: Shape,
    #[command(flatten)]
    filters: Filters,
}

/// Prints the detail.
pub fn run(args: &StatsArgs, overrides: &Overrides) -> Result<Exit, CliError> {
    args.filters.check_period()?;
    let mut reading = args.shape.reading(overrides)?;
    reading.tools(None)?;
    let request = args.filters.request(By::Day, &reading)?;
    let zone = &reading.settings.zone;
    let mut found = reading.meter.statistics(&request, zone, reading.now_ms)?;
    found.problems = reading.problems();
    args.shape
        .print(&found, |header| render(&found, header, Look::of_stdout()))?;
    if found.sessions.is_none() {
        let remedy = "`octally stats` without filters shows what there is";
        args.filters
            .tell_nothing(&reading, "no step matches", remedy)?;
    }
    Ok(reading.conclude(&found.problems))
}

/// The detail as tables; errors remain where there is no session.
fn render(found: &Statistics, header: Header, look: Look) -> String {
    let mut sections = Vec::new();
    if let Some(sessions) = &found.sessions {
        sections.push(spread(sessions, header, look));
        sections.push(shares("agent", &found.agents, usize::MAX, header, look));
    }
    sections.push(tools("tool", &found.tool_use, header, look));
    sections.push(errors(found, header, look));
    if found.sessions.is_some() {
        sections.push(hours(&found.hours, header, look));
        sections.push(wrapped(&streaks(&found.streaks), look.width));
        sections.push(records(&found.records, header, look));
    }
    sections.retain(|section| !section.is_empty());
    sections.join("\n")
}

fn spread(sessions: &SessionStatistics, header: Header, look: Look) -> String {
    const COLUMNS: [Column; 7] = [
        fixed("sessions", 0),
        figure("median", 0),
        figure("90%", 0),
        figure("most", 1),
        figure("mean", 2),
        figure("least", 3),
        fixed("from few to many", 4),
    ];
    let cents = |spread: &Distribution<f64>| Money::for_largest(spread.most);
    let billed = cents(&sessions.billed_usd);
    let mut rows = vec![
        spread_row("length", &sessions.length_ms, figures::duration, look),
        spread_row("steps", &sessions.steps, figures::count, look),
        spread_row("fresh", &sessions.fresh, figures::count, look),
        spread_row("billed", &sessions.billed_usd, |usd| billed.usd(usd), look),
    ];
    if let Some(estimated) = &sessions.estimated_usd {
        let money = cents(estimated);
        let usd = |usd| format!("~{}", money.usd(usd));
        rows.push(spread_row("estimated", estimated, usd, look));
    }
    let count = figures::counted(sessions.count, "session");
    format!(
        "{count}\n{}",
        table::render(&columns_drawn(COLUMNS, look), header, rows, look.width)
    )
}

/// Without its title the last column, which holds drawings, is left out.
fn columns_drawn<const N: usize>(mut columns: [Column; N], look: Look) -> [Column; N] {
    if !look.draws {
        columns[N - 1] = fixed("", 0);
    }
    columns
}

fn spread_row<T: Copy>(
    name: &str,
    spread: &Distribution<T>,
    show: impl Fn(T) -> String,
    look: Look,
) -> Row {
    row([
        name.into(),
        show(spread.median),
        show(spread.p90),
        show(spread.most),
        show(spread.mean),
        show(spread.least),
        histogram(&spread.buckets, look),
    ])
}

fn histogram<T>(buckets: &[Bucket<T>], look: Look) -> String {
    if !look.draws {
        return String::new();
    }
    let counts: Vec<u64> = buckets.iter().map(|bucket| bucket.sessions).collect();
    sparkline(&counts, counts.len())
}

/// The tools that were called, and how many steps have not been looked at yet; the title says whose.
pub fn tools(title: &'static str, found: &ToolUse, header: Header, look: Look) -> String {
    let columns = [
        text(title, 0),
        figure("calls", 0),
        figure("success", 0),
        figure("failed", 2),
        figure("mean", 1),
        figure("time", 1),
    ];
    let line = |tool: &ToolRow| {
        let known = |rate: Option<f64>| rate.map_or_else(|| ABSENT.into(), figures::share);
        row([
            figures::harmless(&tool.tool),
            figures::count(tool.calls),
            known(tool.success_rate),
            figures::count(tool.failed),
            tool.mean_ms
                .map_or_else(|| ABSENT.into(), figures::duration),
            tool.mean_ms
                .map_or_else(|| ABSENT.into(), |_| figures::duration(tool.duration_ms)),
        ])
    };
    let rows = found.tools.iter().map(line).collect();
    let mut text = table::render(&columns, header, rows, look.width);
    if !found.is_complete {
        let left = figures::counted(found.steps_left, "step");
        let line = format!("tools: {left} not looked at yet, the newest come first");
        text.push_str(&wrapped(&line, look.width));
        text.push('\n');
    }
    text
}

fn errors(found: &Statistics, header: Header, look: Look) -> String {
    let line = |error: &octally_core::wire::ErrorCount| {
        row([figures::harmless(&error.error), figures::count(error.steps)])
    };
    let rows = found.errors.iter().map(line).collect();
    table::render(
        &[text("error", 0), figure("steps", 0)],
        header,
        rows,
        look.width,
    )
}

/// A strip of 24 columns where it may be drawn, else each hour with its figures.
fn hours(hours: &[HourRow], header: Header, look: Look) -> String {
    if !look.draws {
        const COLUMNS: [Column; 3] = [fixed("hour", 0), figure("fresh", 0), figure("steps", 0)];
        let used = hours.iter().filter(|hour| hour.steps > 0);
        let rows = used.map(|hour| {
            row([
                format!("{:02}:00", hour.hour),
                figures::count(hour.fresh),
                figures::count(hour.steps),
            ])
        });
        return table::render(&COLUMNS, header, rows.collect(), look.width);
    }
    let largest = hours.iter().map(|hour| hour.fresh).max().unwrap_or(0);
    let busiest = hours.iter().find(|hour| hour.fresh == largest);
    let strip: String = hours.iter().map(|hour| heat(hour.fresh, largest)).collect();
    let scale = if look.width.is_none_or(|width| width >= 24) {
        "0     6     12    18    \n"
    } else {
        ""
    };
    let busiest = busiest.map_or_else(String::new, |hour| {
        let fresh = figures::counted(hour.fresh, "fresh token");
        format!(
            "most from {:02}:00 to {:02}:00: {fresh}",
            hour.hour,
            (hour.hour + 1) % 24
        )
    });
    let title = "hours of the day, by fresh tokens";
    let below = format!("{}\n", scale.trim_end())
        .trim_start_matches('\n')
        .to_owned();
    format!(
        "{}{}\n{below}{}\n",
        if header == Header::Shown {
            wrapped(title, look.width) + "\n"
        } else {
            String::new()
        },
        cut_in_two(&strip, look.width),
        wrapped(&busiest, look.width)
    )
}

/// Night and day in two lines where 24 columns are too many.
fn cut_in_two(strip: &str, width: Option<u16>) -> String {
    if width.is_none_or(|width| width >= 24) {
        return strip.into();
    }
    let morning: String = strip.chars().take(12).collect();
    let evening: String = strip.chars().skip(12).collect();
    format!("{morning}\n{evening}")
}

/// Darker is more; a dot is nothing.
fn heat(value: u64, largest: u64) -> char {
    const SHADES: [char; 4] = ['\u{2591}', '\u{2592}', '\u{2593}', '\u{2588}'];
    if value == 0 || largest == 0 {
        return '\u{b7}';
    }
    let shade = (u128::from(value) * 4).div_ceil(u128::from(largest));
    SHADES[(shade as usize).clamp(1, 4) - 1]
}

fn streaks(streaks: &Streaks) -> String {
    let days = |count| figures::counted(count, "day");
    let mut text = format!(
        "{}, {} in a row now, {} at most",
        figures::counted(streaks.active_days, "active day"),
        days(streaks.current_days),
        days(streaks.longest_days)
    );
    if let (Some(since), Some(until)) = (&streaks.longest_since, &streaks.longest_until) {
        text.push_str(&format!(" ({since} to {until})"));
    }
    text + "\n"
}

fn records(records: &Records, header: Header, look: Look) -> String {
    const COLUMNS: [Column; 3] = [text("record", 0), figure("", 0), text("of", 1)];
    let usd = |usd: f64| Money::for_largest(usd).usd(usd);
    let is_short = look.width.is_some();
    let rows = [
        record("most tokens in a day", &records.day_fresh, figures::count),
        record("dearest day", &records.day_billed_usd, usd),
        record(
            "most tokens in a session",
            &records.session_fresh,
            figures::count,
        ),
        record("dearest session", &records.session_billed_usd, usd),
        record("most steps", &records.session_steps, figures::count),
        record(
            "longest session",
            &records.session_length_ms,
            figures::duration,
        ),
        record(
            "most sub-agents",
            &records.session_sub_agents,
            figures::count,
        ),
    ];
    let rows = rows.into_iter().flatten();
    let rows = rows.map(|(name, value, key)| {
        let key = figures::harmless(if is_short { short(key) } else { key });
        row([name.into(), value, key])
    });
    table::render(&COLUMNS, header, rows.collect(), look.width)
}

fn record<'r, T: Copy>(
    name: &'static str,
    record: &'r Option<Record<T>>,
    show: impl Fn(T) -> String,
) -> Option<(&'static str, String, &'r str)> {
    let record = record.as_ref()?;
    Some((name, show(record.value), &record.key))
}

/// A session as `octally sessions` shows it on a terminal; days are short already.
fn short(key: &str) -> &str {
    if key.starts_with("ses_") {
        tail(key)
    } else {
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::sample::statistics;

    fn plain(width: Option<u16>, draws: bool) -> String {
        let text = render(&statistics(), Header::Shown, Look { width, draws });
        anstream::adapter::strip_str(&text).to_string()
    }

    #[test]
    fn the_detail_on_every_width() {
        for width in [20, 60, 80, 120] {
            let text = plain(Some(width), true);
            let is_narrow = |line: &str| super::super::text::columns_of(line) <= width.into();
            assert!(text.lines().all(is_narrow), "{width}:\n{text}");
            insta::assert_snapshot!(format!("stats_{width}"), text);
        }
    }

    #[test]
    fn a_pipe_gets_the_hours_as_figures() {
        let text = plain(None, false);
        assert!(
            !text.contains('\u{2591}') && !text.contains('\u{2588}'),
            "{text}"
        );
        insta::assert_snapshot!(text);
    }
}
