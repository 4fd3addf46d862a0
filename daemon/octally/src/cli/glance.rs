// SPDX-License-Identifier: GPL-3.0-or-later
//! The glance: what the top bar shows, as lines of text.
//!
//! Pure: a snapshot becomes a string with ANSI styles, which the stream takes off again where they
//! are not wanted. No figure is computed here but sums of what is shown.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use octally_core::model::{Cost, Day, Tokens, Zone};
use octally_core::wire::{
    Basis, CostRow, FreshnessState, SessionLine, Snapshot, State, TokenRow, Usage, WaitingFor,
};

use super::budget;
use super::figures::{self, Money, clock};
use super::table::{self, Column, Header, Row, figure, fixed, row, text};
use super::text::{shortened, wrapped};

const MODELS_SHOWN: usize = 5;
/// Names are cut to this also where there is room.
const NAME_LENGTH: usize = 48;
const PERIODS: [Column; 6] = [
    text("", 0),
    figure("fresh", 0),
    figure("cached", 2),
    figure("billed", 0),
    figure("estimated", 1),
    figure("steps", 3),
];
const SESSIONS: [Column; 5] = [
    text("session", 0),
    fixed("state", 0),
    figure("since", 2),
    figure("fresh", 0),
    figure("cost", 1),
];

/// The glance in `width` columns, each line ended.
pub fn render(snapshot: &Snapshot, zone: &Zone, width: Option<u16>) -> String {
    let mut sections = vec![wrapped(&headline(snapshot), width)];
    sections.push(usage_table(snapshot, zone, width));
    sections.push(budget::table(&snapshot.budgets, width));
    sections.push(session_table(snapshot, width));
    sections.push(wrapped(&footer(snapshot, zone), width));
    sections.retain(|section| !section.is_empty());
    sections.join("\n")
}

fn headline(snapshot: &Snapshot) -> String {
    let style = state_style(snapshot.state).bold();
    let ago = |at_ms: i64| format!("{} ago", figures::span(snapshot.updated_ms - at_ms));
    let active = snapshot
        .last_activity_ms
        .map_or_else(|| "never".into(), ago);
    let meaning = match snapshot.state {
        State::Busy => "OpenCode is at work".into(),
        State::Waiting => "OpenCode waits for you".into(),
        State::Idle => format!("OpenCode is done, last activity {active}"),
        State::Gone => format!("OpenCode is not running, last activity {active}"),
        State::Unknown => format!("no plugin tells the state, last activity {active}"),
    };
    format!("{style}{}{style:#}  {meaning}\n", snapshot.state.as_str())
}

fn state_style(state: State) -> Style {
    match state {
        State::Busy => AnsiColor::Green.on_default(),
        State::Waiting => AnsiColor::Yellow.on_default(),
        State::Idle => AnsiColor::Cyan.on_default(),
        State::Gone | State::Unknown => Style::new(),
    }
}

/// The periods and below them the models of all time, in one table so that the figures line up.
fn usage_table(snapshot: &Snapshot, zone: &Zone, width: Option<u16>) -> String {
    if snapshot.freshness.state == FreshnessState::Empty {
        return String::new();
    }
    let lines = usage_lines(snapshot, zone);
    let costs: Vec<CostRow> = lines.iter().map(|line| CostRow::from(&line.cost)).collect();
    let money = Money::for_column(&costs);
    let rows = lines.iter().map(|line| line.row(money)).collect();
    table::render(&PERIODS, Header::Shown, rows, width)
}

fn usage_lines(snapshot: &Snapshot, zone: &Zone) -> Vec<Line> {
    let mut lines = Vec::new();
    if let Some(run) = &snapshot.session {
        let label = match run.basis {
            Basis::Run => "Run",
            Basis::Session => "Session",
        };
        lines.push(Line::of(label, &run.usage).strong());
    }
    lines.push(Line::of("Today", &snapshot.today).strong());
    lines.push(Line::of("7 days", &snapshot.week_usage()));
    lines.push(Line::of(
        &month(zone.day(snapshot.updated_ms)),
        &snapshot.month,
    ));
    lines.push(Line::of("All time", &snapshot.total));
    let models = &snapshot.total.models;
    for model in models.iter().take(MODELS_SHOWN) {
        let label = format!("  {}", figures::harmless(&model.name.to_string()));
        let label = shortened(&label, NAME_LENGTH);
        lines.push(Line::new(label, &model.tokens, model.cost, model.steps));
    }
    if models.len() > MODELS_SHOWN {
        lines.push(Line::rest(&models[MODELS_SHOWN..]));
    }
    lines
}

fn month(day: Day) -> String {
    day.date().format("%B").to_string()
}

/// One line of figures.
struct Line {
    label: String,
    tokens: TokenRow,
    cost: Cost,
    steps: u64,
    is_strong: bool,
}

impl Line {
    fn new(label: String, tokens: &Tokens, cost: Cost, steps: u64) -> Self {
        Self {
            label,
            tokens: tokens.into(),
            cost,
            steps,
            is_strong: false,
        }
    }

    fn of(label: &str, usage: &Usage) -> Self {
        Self::new(label.into(), &usage.tokens, usage.cost, usage.steps)
    }

    fn rest(models: &[octally_core::wire::ModelUsage]) -> Self {
        let mut sum = Usage::default();
        for model in models {
            sum.tokens += model.tokens;
            sum.cost += model.cost;
            sum.steps += model.steps;
        }
        Self::of(&format!("  {} more", models.len()), &sum)
    }

    fn strong(self) -> Self {
        Self {
            is_strong: true,
            ..self
        }
    }

    fn row(&self, money: Money) -> Row {
        let cost = CostRow::from(&self.cost);
        let row = row([
            self.label.clone(),
            figures::count(self.tokens.fresh),
            figures::cache_hit_rate(&self.tokens),
            money.billed(&cost),
            money.estimated(&cost),
            figures::count(self.steps),
        ]);
        if self.is_strong { row.strong() } else { row }
    }
}

fn session_table(snapshot: &Snapshot, width: Option<u16>) -> String {
    let costs: Vec<CostRow> = snapshot
        .sessions
        .iter()
        .map(|s| CostRow::from(&s.usage.cost))
        .collect();
    let money = Money::for_column(&costs);
    let row = |session: &SessionLine| session_row(session, money, snapshot.updated_ms);
    table::render(
        &SESSIONS,
        Header::Shown,
        snapshot.sessions.iter().map(row).collect(),
        width,
    )
}

fn session_row(session: &SessionLine, money: Money, now_ms: i64) -> Row {
    let title = session.title.as_deref().unwrap_or(&session.id);
    let name = match &session.project {
        Some(project) => format!("{title} ({project})"),
        None => title.into(),
    };
    row([
        shortened(&figures::harmless(&name), NAME_LENGTH),
        activity(session),
        figures::span(now_ms - session.since_ms),
        figures::count(session.usage.tokens.fresh()),
        money.both(&CostRow::from(&session.usage.cost)),
    ])
}

/// The state, and what a waiting session waits for.
fn activity(session: &SessionLine) -> String {
    let state = session.state.as_str();
    match session.waiting_for {
        Some(WaitingFor::Permission) => format!("{state}, permission"),
        Some(WaitingFor::Question) => format!("{state}, question"),
        None => state.into(),
    }
}

fn footer(snapshot: &Snapshot, zone: &Zone) -> String {
    let mut footer = String::new();
    if let Some(line) = unpriced(&snapshot.total) {
        let _ = writeln!(footer, "{line}");
    }
    let freshness = &snapshot.freshness;
    let dim = Style::new().dimmed();
    let yellow = AnsiColor::Yellow.on_default();
    let since = clock(freshness.since_ms, zone);
    let reason = freshness
        .reason
        .as_deref()
        .map(figures::harmless)
        .unwrap_or_default();
    let _ = match freshness.state {
        FreshnessState::Fresh => {
            writeln!(
                footer,
                "{dim}fresh at {}{dim:#}",
                clock(snapshot.updated_ms, zone)
            )
        }
        FreshnessState::Stale => {
            writeln!(footer, "{yellow}stale{yellow:#} since {since}: {reason}")
        }
        FreshnessState::Empty => writeln!(footer, "no figures yet: {reason}"),
        FreshnessState::Error => {
            writeln!(
                footer,
                "{yellow}no figures{yellow:#} since {since}: {reason}"
            )
        }
    };
    footer
}

/// Names the models whose steps are in no cost.
fn unpriced(total: &Usage) -> Option<String> {
    let models = total
        .models
        .iter()
        .filter(|model| model.cost.unpriced_steps > 0);
    let names: Vec<String> = models
        .map(|model| figures::harmless(&model.name.to_string()))
        .collect();
    if names.is_empty() {
        return None;
    }
    let steps = total.cost.unpriced_steps;
    let unit = if steps == 1 { "step is" } else { "steps are" };
    Some(format!(
        "no price known for {}: {} {unit} in no cost",
        names.join(", "),
        figures::count(steps)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::sample::{NOW_MS, snapshot};

    fn plain(snapshot: &Snapshot, width: Option<u16>) -> String {
        anstream::adapter::strip_str(&render(snapshot, &Zone::utc(), width)).to_string()
    }

    #[test]
    fn everything_at_a_glance() {
        insta::assert_snapshot!(plain(&snapshot(), Some(80)));
    }

    #[test]
    fn a_narrow_terminal_keeps_what_matters() {
        for width in [60, 48, 40] {
            for line in plain(&snapshot(), Some(width))
                .lines()
                .filter(|l| l.starts_with("Today"))
            {
                assert!(
                    line.chars().count() <= usize::from(width),
                    "{width}: {line}"
                );
            }
        }
        insta::assert_snapshot!(plain(&snapshot(), Some(48)));
    }

    #[test]
    fn stale_empty_and_broken_say_so() {
        let with = |state, reason: &str| {
            let mut snapshot = snapshot();
            snapshot.freshness.state = state;
            snapshot.freshness.since_ms = NOW_MS - 3_600_000;
            snapshot.freshness.reason = Some(reason.into());
            plain(&snapshot, None)
                .lines()
                .last()
                .unwrap_or_default()
                .to_owned()
        };
        assert_eq!(
            with(FreshnessState::Stale, "the database is locked"),
            "stale since 2026-11-20 10:04: the database is locked"
        );
        assert_eq!(
            with(FreshnessState::Empty, "no OpenCode yet"),
            "no figures yet: no OpenCode yet"
        );
        assert_eq!(
            with(FreshnessState::Error, "the disk is full"),
            "no figures since 2026-11-20 10:04: the disk is full"
        );
    }

    #[test]
    fn without_data_there_are_no_zeros() {
        let freshness = octally_core::wire::Freshness {
            state: FreshnessState::Empty,
            since_ms: NOW_MS,
            reason: Some("OpenCode has not been used yet".into()),
        };
        let text = plain(&Snapshot::empty(NOW_MS, "UTC", freshness), None);
        assert_eq!(
            text,
            "unknown  no plugin tells the state, last activity never\n\nno figures yet: OpenCode has not been used yet\n"
        );
    }
}
