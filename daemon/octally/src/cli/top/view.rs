// SPDX-License-Identifier: GPL-3.0-or-later
//! Draws what is on show into whatever room there is. Pure: no clock, no terminal.
//!
//! Lines go in the order of what matters: with less room the chart goes first, then sums and footer; with
//! fewer columns the table loses the ones on the right of `columns`.

mod chart;
mod columns;
mod session;

use octally_core::model::Zone;
use octally_core::wire::{CostRow, FreshnessState, State, Usage};
use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};

use super::keys::KEYS;
use super::rows::Row;
use super::state::{Page, Top};
use crate::cli::figures::{self, ABSENT, Money};

/// From so many lines on there is a chart.
const CHART_FROM: u16 = 12;
/// With fewer columns the header does not name the program.
const NARROW: u16 = 40;
/// Lines of header, sums, head of the table and footer.
const OTHER_LINES: u16 = 5;

/// How to draw.
#[derive(Debug)]
pub struct View {
    /// The zone of clock times.
    pub zone: Zone,
    /// Whether there may be colours; bold, dim and reversed there are always.
    pub has_colour: bool,
    /// Whether there may be a chart: a screen reader reads every block of it.
    pub draws: bool,
}

/// The room that is left, given out line by line from above and from below.
struct Room<'a> {
    buffer: &'a mut Buffer,
    rest: Rect,
}

impl Room<'_> {
    fn above(&mut self, line: &Line) {
        if self.rest.height > 0 {
            self.buffer
                .set_line(self.rest.x, self.rest.y, line, self.rest.width);
            self.rest.y += 1;
            self.rest.height -= 1;
        }
    }

    fn below(&mut self, line: &Line) {
        if self.rest.height > 0 {
            self.rest.height -= 1;
            let y = self.rest.y + self.rest.height;
            self.buffer.set_line(self.rest.x, y, line, self.rest.width);
        }
    }

    /// The lowest lines.
    fn split_below(&mut self, height: u16) -> Rect {
        let height = height.min(self.rest.height);
        self.rest.height -= height;
        Rect {
            y: self.rest.y + self.rest.height,
            height,
            ..self.rest
        }
    }
}

impl View {
    /// Lines that one screen of the list has, about.
    pub fn page_lines(&self, height: u16) -> usize {
        usize::from(height.saturating_sub(OTHER_LINES + self.chart_lines(height))).max(1)
    }

    fn chart_lines(&self, height: u16) -> u16 {
        if !self.draws || height < CHART_FROM {
            return 0;
        }
        (height.saturating_sub(OTHER_LINES) / 3).clamp(3, 14) + 2
    }

    /// Fills the frame.
    pub fn draw(&self, top: &Top, now_ms: i64, frame: &mut Frame) {
        let rest = frame.area();
        let height = rest.height;
        let buffer = frame.buffer_mut();
        let mut room = Room { buffer, rest };
        room.above(&self.header(top, rest.width));
        if let Some(line) = self.trouble(top) {
            room.above(&line);
        }
        if height >= 4 {
            room.below(&self.footer(top));
        }
        match top.page {
            Page::Help => help(&mut room),
            Page::Sessions => self.sessions(top, now_ms, height, &mut room),
            Page::Session => self.session(top, now_ms, &mut room),
        }
    }

    fn sessions(&self, top: &Top, now_ms: i64, height: u16, room: &mut Room) {
        if height >= 8 {
            room.above(&sums("today", &top.answer.snapshot.today));
        }
        if height >= 10 {
            room.above(&sums("month", &top.answer.snapshot.month));
        }
        let chart = room.split_below(self.chart_lines(height));
        chart::draw(&top.answer.hours, self, chart, room.buffer);
        if top.rows.is_empty() {
            room.above(&Line::from("no session is running"));
            return;
        }
        columns::draw(&top.rows, top.selected, now_ms, self, room);
    }

    /// The name, how many sessions are in which state, what they are sorted by.
    fn header(&self, top: &Top, width: u16) -> Line<'static> {
        let name = if width < NARROW { "" } else { "octally top" };
        let mut spans = vec![Span::styled(name, bold())];
        for state in [
            State::Waiting,
            State::Busy,
            State::Idle,
            State::Unknown,
            State::Gone,
        ] {
            let count = top.rows.iter().filter(|row| row.state == state).count();
            if count > 0 {
                let gap = if spans.iter().all(|span| span.content.is_empty()) {
                    ""
                } else {
                    "  "
                };
                spans.push(Span::raw(gap));
                let text = format!("{count} {}", state.as_str());
                spans.push(Span::styled(text, self.style_of(state)));
            }
        }
        let right = if top.is_reading {
            "reading ...".into()
        } else {
            format!("sort: {}", top.sort.label())
        };
        let used: usize = spans.iter().map(Span::width).sum();
        if let Some(gap) = usize::from(width).checked_sub(used + right.len())
            && gap >= 2
        {
            spans.push(Span::raw(" ".repeat(gap)));
            spans.push(Span::styled(right, dim()));
        }
        Line::from(spans)
    }

    /// Why the figures are not those of now.
    fn trouble(&self, top: &Top) -> Option<Line<'static>> {
        let freshness = &top.answer.snapshot.freshness;
        let reason = freshness.reason.as_deref().map(figures::harmless);
        let reason = reason.unwrap_or_default();
        let since = figures::clock(freshness.since_ms, &self.zone);
        let text = match freshness.state {
            FreshnessState::Fresh => return None,
            FreshnessState::Stale => format!("stale since {since}: {reason}"),
            FreshnessState::Empty => format!("no figures yet: {reason}"),
            FreshnessState::Error => format!("no figures since {since}: {reason}"),
        };
        Some(Line::styled(
            text,
            self.coloured(Color::Yellow).patch(bold()),
        ))
    }

    fn footer(&self, top: &Top) -> Line<'static> {
        let keys: &[(&str, &str)] = match top.page {
            Page::Sessions => &[
                ("q", "quit"),
                ("Enter", "open"),
                ("s", "sort"),
                ("r", "refresh"),
                ("?", "help"),
            ],
            Page::Session => &[
                ("Esc", "back"),
                ("Up Down", "scroll"),
                ("r", "refresh"),
                ("?", "help"),
            ],
            Page::Help => &[("Esc", "back")],
        };
        let mut spans = Vec::new();
        for (key, meaning) in keys {
            spans.push(Span::styled(*key, bold()));
            spans.push(Span::styled(format!(" {meaning}  "), dim()));
        }
        Line::from(spans)
    }

    fn coloured(&self, color: Color) -> Style {
        if self.has_colour {
            Style::new().fg(color)
        } else {
            Style::new()
        }
    }

    fn style_of(&self, state: State) -> Style {
        match state {
            State::Busy => self.coloured(Color::Green),
            State::Waiting => self.coloured(Color::Yellow).patch(bold()),
            State::Idle => self.coloured(Color::Cyan),
            State::Gone | State::Unknown => Style::new(),
        }
    }
}

fn help(room: &mut Room) {
    for (key, meaning) in KEYS {
        let key = Span::styled(format!("{key:<16}"), bold());
        room.above(&Line::from(vec![key, Span::raw(meaning)]));
    }
    for text in [
        "",
        "tok/min and $/hour: the last ten minutes,",
        "sub-agents included. fresh: input, output",
        "and reasoning. ~ estimated, - not known.",
    ] {
        room.above(&Line::from(text));
    }
}

/// `today  26 912 fresh  $1.50 + ~$0.25  12 steps`
fn sums(label: &str, usage: &Usage) -> Line<'static> {
    let cost = CostRow::from(&usage.cost);
    let steps = if usage.steps == 1 { "step" } else { "steps" };
    let text = format!(
        "  {} fresh  {}  {} {steps}",
        figures::count(usage.tokens.fresh()),
        Money::for_column([&cost]).both(&cost),
        figures::count(usage.steps)
    );
    Line::from(vec![
        Span::styled(label.to_owned(), bold()),
        Span::raw(text),
    ])
}

/// Text of at most `width` columns, with an ellipsis where some of it had to go.
fn fitted(text: &str, width: usize) -> String {
    if Span::raw(text).width() <= width {
        return text.into();
    }
    let mut short = String::new();
    for c in text.chars() {
        short.push(c);
        if Span::raw(short.as_str()).width() + 1 > width {
            short.pop();
            break;
        }
    }
    short.truncate(short.trim_end().len());
    if width > 0 { short + "\u{2026}" } else { short }
}

fn bold() -> Style {
    Style::new().add_modifier(Modifier::BOLD)
}

fn dim() -> Style {
    Style::new().add_modifier(Modifier::DIM)
}

#[cfg(test)]
mod tests;
