// SPDX-License-Identifier: GPL-3.0-or-later
//! `octally statusline`: one line for tmux, starship, waybar and whatever else has room for one.
//!
//! It is called every few seconds: it reads what is new for a moment at most, says so where that was not
//! all, and keeps problems to the exit code.

mod places;
mod template;

use std::io::Write;
use std::time::Duration;

use clap::Args;
use octally_core::wire::{Freshness, FreshnessState, Snapshot, State};
use serde::Serialize;

use super::budget;
use super::exit::{CliError, Exit};
use super::figures;
use super::reading::{self, Reading};
use crate::config::{self, Overrides};
use places::Place;
use template::{Piece, TemplateError};

const EXAMPLES: &str = "\
Examples:
  octally statusline
  octally statusline --format '{run_fresh} tokens, {today_cost} today{stale}'
  set -g status-right '#(octally statusline --format tmux)'   in tmux.conf

Formats:
  tmux, starship   fresh tokens and cost of today, and the state where the
                   plugin tells it; waybar: the same as JSON
  anything else    a template. {{ and }} are braces

Placeholders:
  {state}          busy, waiting, idle, gone, or unknown without the plugin
  {busy} {waiting} how many sessions are
  {active}         how long ago OpenCode did anything
  {freshness}      fresh, stale, empty or error
  {stale}          nothing while figures are fresh, else ' (stale)' or alike; a
                   template with neither of these two has it at its end
  {PERIOD_FIGURE}  where PERIOD is run, today, week, month or total, and FIGURE
                   is fresh, tokens, input, output, reasoning, cached, cost,
                   billed, estimated, steps or model (the one used most)
  {budget_FIGURE}  of the budget of which the largest part is spent: left, spent,
                   limit, share, expected (share at this rate) or name;
                   {budget_NAME_FIGURE} of one

What is not known is -. Costs marked ~ are estimates. Reading is given up after
a quarter of a second and goes on with the next call.";

/// Longer than this no status bar should wait.
const AT_MOST: Duration = Duration::from_millis(250);

/// One line for tmux, starship, waybar and the like
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct StatuslineArgs {
    /// tmux, starship, waybar, or a template as in '{today_fresh} {today_cost}'
    #[arg(long, value_name = "FORMAT", default_value = "starship")]
    format: String,
}

/// The shape of `octally statusline --format waybar`, which is waybar's own.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WaybarJson {
    /// The line, as Pango markup.
    text: String,
    /// More lines, as Pango markup.
    tooltip: String,
    /// The state, and the freshness where that is not fresh.
    class: Vec<&'static str>,
    /// The state.
    alt: &'static str,
}

/// What to print.
#[derive(Debug, PartialEq, Eq)]
enum Format {
    Plain,
    Tmux,
    Waybar,
    Template(Vec<Part>),
}

#[derive(Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Place(Place),
}

/// Prints the line.
pub fn run(args: &StatuslineArgs, overrides: &Overrides) -> Result<Exit, CliError> {
    let format = Format::parse(&args.format)?;
    let read = Reading::glimpse(overrides, AT_MOST).and_then(|reading| {
        let snapshot = reading.snapshot()?;
        let exit = reading.exit(&snapshot.problems);
        Ok((snapshot, exit))
    });
    let (snapshot, end) = match read {
        Ok((snapshot, exit)) => (snapshot, Ok(exit)),
        Err(error) if error.is_interrupt() => return Err(error),
        Err(error) => (without_figures(error.what()), Err(error)),
    };
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{}", format.line(&snapshot)?)?;
    stdout.flush()?;
    end
}

fn without_figures(reason: &str) -> Snapshot {
    let now_ms = reading::now_ms();
    let freshness = Freshness {
        state: FreshnessState::Error,
        since_ms: now_ms,
        reason: Some(reason.into()),
    };
    Snapshot::empty(now_ms, "UTC", freshness)
}

impl Format {
    fn parse(text: &str) -> Result<Self, CliError> {
        match text {
            "starship" => Ok(Self::Plain),
            "tmux" => Ok(Self::Tmux),
            "waybar" => Ok(Self::Waybar),
            name if !name.contains(['{', '}']) => Err(unknown_format(name)),
            template => Self::template(template),
        }
    }

    fn template(text: &str) -> Result<Self, CliError> {
        let pieces = template::parse(text).map_err(bad_template)?;
        let part = |piece| match piece {
            Piece::Text(text) => Ok(Part::Text(text)),
            Piece::Place(name) => Place::named(&name)
                .map(Part::Place)
                .ok_or_else(|| unknown_place(&name)),
        };
        let parts = pieces.into_iter().map(part).collect::<Result<_, _>>()?;
        Ok(Self::Template(parts))
    }

    fn line(&self, snapshot: &Snapshot) -> Result<String, CliError> {
        Ok(match self {
            Self::Plain => brief(snapshot),
            // In tmux a # begins a format.
            Self::Tmux => brief(snapshot).replace('#', "##"),
            Self::Waybar => serde_json::to_string(&waybar(snapshot))?,
            Self::Template(parts) => filled(parts, snapshot),
        })
    }
}

fn filled(parts: &[Part], snapshot: &Snapshot) -> String {
    let mut line = String::new();
    let mut tells_freshness = false;
    for part in parts {
        match part {
            Part::Text(text) => line.push_str(text),
            Part::Place(place) => {
                tells_freshness |= place.tells_freshness();
                line.push_str(&place.fill(snapshot));
            }
        }
    }
    if !tells_freshness {
        line.push_str(mark(snapshot).unwrap_or_default());
    }
    figures::harmless(&line)
}

/// What follows figures that are not fresh.
fn mark(snapshot: &Snapshot) -> Option<&'static str> {
    match snapshot.freshness.state {
        FreshnessState::Fresh => None,
        FreshnessState::Stale => Some(" (stale)"),
        FreshnessState::Empty => Some(" (no data)"),
        FreshnessState::Error => Some(" (error)"),
    }
}

/// Today, and what OpenCode is doing. Before there is anything, only why there is nothing.
fn brief(snapshot: &Snapshot) -> String {
    if matches!(
        snapshot.freshness.state,
        FreshnessState::Empty | FreshnessState::Error
    ) {
        return format!("octally{}", mark(snapshot).unwrap_or_default());
    }
    let fill = |name| Place::named(name).map(|place| place.fill(snapshot));
    let state = match snapshot.state {
        State::Busy | State::Waiting | State::Idle => fill("state"),
        State::Gone | State::Unknown => None,
    };
    let parts = [fill("today_fresh"), fill("today_cost"), state];
    let line: Vec<String> = parts.into_iter().flatten().collect();
    line.join(" ") + mark(snapshot).unwrap_or_default()
}

fn waybar(snapshot: &Snapshot) -> WaybarJson {
    let state = snapshot.state.as_str();
    let freshness = snapshot.freshness.state;
    let mut class = vec![state];
    if freshness != FreshnessState::Fresh {
        class.push(freshness.as_str());
    }
    WaybarJson {
        text: pango(&brief(snapshot)),
        tooltip: pango(&tooltip(snapshot)),
        class,
        alt: state,
    }
}

fn tooltip(snapshot: &Snapshot) -> String {
    let mut lines = Vec::new();
    for (name, period) in [
        ("Run", "run"),
        ("Today", "today"),
        ("7 days", "week"),
        ("Month", "month"),
        ("All time", "total"),
    ] {
        let fill = |figure| Place::named(&format!("{period}_{figure}")).map(|p| p.fill(snapshot));
        if places::usage_of(period, snapshot).is_some() {
            let (fresh, cost) = (fill("fresh"), fill("cost"));
            let line = [Some(format!("{name}:")), fresh, cost];
            lines.push(line.into_iter().flatten().collect::<Vec<_>>().join(" "));
        }
    }
    lines.extend(snapshot.budgets.iter().map(budget::sentence));
    lines.extend(snapshot.freshness.reason.as_deref().map(figures::harmless));
    lines.join("\n")
}

/// Pango's markup, which is that of XML.
fn pango(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn unknown_format(name: &str) -> CliError {
    let hint = match config::nearest(name, ["tmux", "starship", "waybar"]) {
        Some(near) => format!("did you mean {near}?"),
        None => "tmux, starship, waybar, or a template as in '{today_cost}'".into(),
    };
    CliError::usage(format!("no format is called '{name}'"), hint)
}

fn unknown_place(name: &str) -> CliError {
    let names = Place::names();
    let hint = match config::nearest(name, names.iter().map(String::as_str)) {
        Some(near) => format!("did you mean {{{near}}}?"),
        None => "`octally statusline --help` lists the placeholders".into(),
    };
    CliError::usage(format!("no placeholder is called {{{name}}}"), hint)
}

fn bad_template(error: TemplateError) -> CliError {
    let what = match error {
        TemplateError::Unclosed(name) => format!("the template has no }} behind {{{name}"),
        TemplateError::Unopened => "the template has a } without {".into(),
    };
    CliError::usage(what, "write {{ or }} for a brace itself")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::sample::snapshot;

    fn line(format: &str, snapshot: &Snapshot) -> String {
        Format::parse(format).unwrap().line(snapshot).unwrap()
    }

    fn aged(state: FreshnessState) -> Snapshot {
        let mut snapshot = snapshot();
        snapshot.freshness.state = state;
        snapshot
    }

    #[test]
    fn figures_that_are_not_fresh_say_so_in_every_format() {
        let stale = aged(FreshnessState::Stale);
        assert!(line("starship", &stale).ends_with(" (stale)"));
        assert!(line("tmux", &stale).ends_with(" (stale)"));
        assert!(line("{today_cost}", &stale).ends_with(" (stale)"));
        assert_eq!(line("{freshness}", &stale), "stale");
        assert_eq!(line("{stale}!", &stale), " (stale)!");
        assert_eq!(line("{stale}!", &snapshot()), "!");
        assert_eq!(waybar(&stale).class[1], "stale");
        assert_eq!(
            line("starship", &aged(FreshnessState::Empty)),
            "octally (no data)"
        );
    }

    #[test]
    fn what_is_not_known_is_no_zero() {
        let mut broken = without_figures("the disk is full");
        assert_eq!(line("{today_fresh} {busy}", &broken), "- - (error)");
        assert_eq!(waybar(&broken).tooltip, "the disk is full");
        broken.freshness.state = FreshnessState::Empty;
        assert_eq!(line("{today_fresh} {busy}", &broken), "0 0 (no data)");
    }

    #[test]
    fn a_model_cannot_steer_the_bar() {
        let mut snapshot = snapshot();
        snapshot.today.models[0].name.model = "a\n#[x]<b>&".into();
        assert!(!line("{today_model}", &snapshot).contains('\n'));
        assert_eq!(pango("a<b>&"), "a&lt;b&gt;&amp;");
    }

    #[test]
    fn what_is_misspelt_is_told_with_the_nearest() {
        let error = |format: &str| {
            let error = Format::parse(format).unwrap_err();
            (error.what().to_owned(), error.hints()[0].clone())
        };
        assert_eq!(error("{todya_cost}").1, "did you mean {today_cost}?");
        assert_eq!(error("tmx").1, "did you mean tmux?");
        assert_eq!(error("{a").0, "the template has no } behind {a");
        assert_eq!(error("a}").0, "the template has a } without {");
        assert_eq!(error("{}").0, "no placeholder is called {}");
    }

    #[test]
    fn the_formats_are_golden() {
        let lines = [
            "starship",
            "tmux",
            "{run_model} {week_cost} {total_cached} {{{waiting}}}",
        ];
        let lines = lines.map(|format| line(format, &snapshot()));
        insta::assert_snapshot!(lines.join("\n"));
        insta::assert_json_snapshot!(waybar(&snapshot()));
    }
}
