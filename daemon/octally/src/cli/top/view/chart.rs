// SPDX-License-Identifier: GPL-3.0-or-later
//! Today by the hour, as bars. Hours to come have none; an hour without use has a dot.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;
use ratatui::text::{Line, Span};

use super::{View, bold, dim, figures};
use crate::cli::top::answer::Hour;

/// From an eighth of a line to all of it.
const EIGHTHS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
const WIDEST_BAR: usize = 6;

/// Some hours as one bar.
struct Bar {
    hour: u32,
    fresh: Option<u64>,
}

/// A line of title, the bars, a line of hours.
pub(super) fn draw(hours: &[Hour], view: &View, area: Rect, buffer: &mut Buffer) {
    if area.height < 3 || area.width == 0 || hours.is_empty() {
        return;
    }
    let bars = bars(hours, area.width.into());
    let width = (usize::from(area.width) / bars.len()).clamp(1, WIDEST_BAR);
    let largest = bars.iter().filter_map(|bar| bar.fresh).max().unwrap_or(0);
    let mut lines = vec![title(&bars, largest)];
    let height = usize::from(area.height) - 2;
    for level in (0..height).rev() {
        let cells = bars
            .iter()
            .map(|bar| cell(bar, largest, level, height, width));
        let style = view.coloured(Color::Green);
        lines.push(Line::styled(cells.collect::<String>(), style));
    }
    lines.push(axis(&bars, width));
    for (y, line) in (area.y..).zip(&lines) {
        buffer.set_line(area.x, y, line, area.width);
    }
}

/// One bar for as few hours as there is room for.
fn bars(hours: &[Hour], width: usize) -> Vec<Bar> {
    let group = hours.len().div_ceil(width.max(1));
    let bar = |hours: &[Hour]| Bar {
        hour: hours.first().map_or(0, |hour| hour.hour),
        fresh: hours
            .iter()
            .filter_map(|hour| hour.fresh)
            .reduce(u64::saturating_add),
    };
    hours.chunks(group).map(bar).collect()
}

fn title(bars: &[Bar], largest: u64) -> Line<'static> {
    let peak = bars
        .iter()
        .find(|bar| largest > 0 && bar.fresh == Some(largest));
    let peak = peak.map_or_else(
        || "  nothing yet".into(),
        |bar| format!("  peak {} at {:02}:00", figures::count(largest), bar.hour),
    );
    Line::from(vec![
        Span::styled("today, fresh by the hour", bold()),
        Span::styled(peak, dim()),
    ])
}

/// What one bar has on one line, counted from below.
fn cell(bar: &Bar, largest: u64, level: usize, height: usize, width: usize) -> String {
    let gap = usize::from(width >= 3);
    let fill = match bar.fresh {
        None => " ",
        Some(0) if level == 0 => "·",
        Some(fresh) => {
            EIGHTHS[eighths(fresh, largest, height)
                .saturating_sub(level * 8)
                .min(8)]
        }
    };
    fill.repeat(width - gap) + &" ".repeat(gap)
}

/// The height of a bar; anything at all is at least one.
fn eighths(fresh: u64, largest: u64, height: usize) -> usize {
    if fresh == 0 || largest == 0 {
        return 0;
    }
    let share = fresh as f64 / largest as f64;
    ((share * (height * 8) as f64).round() as usize).max(1)
}

/// The hours below their bars, as many as have room.
fn axis(bars: &[Bar], width: usize) -> Line<'static> {
    let step = 4_usize.div_ceil(width).next_multiple_of(3).min(6);
    let mut text = String::new();
    for (place, bar) in bars.iter().enumerate() {
        let start = place * width;
        if place % step == 0 && text.len() <= start {
            text.push_str(&" ".repeat(start - text.len()));
            text.push_str(&format!("{:02}", bar.hour));
        }
    }
    Line::styled(text, dim())
}
