// SPDX-License-Identifier: GPL-3.0-or-later
//! A table that loses columns before it loses characters: names and models are cut, figures never.

use octally_core::wire::{CostRow, WaitingFor};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::{ABSENT, Money, Room, Row, View, bold, dim, figures, fitted};

/// A column. Those of the highest `rank` go first where there is no room.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    pub title: &'static str,
    pub rank: u8,
    pub is_figure: bool,
    /// It may be cut to so many columns; 0: never.
    pub least: usize,
}

pub(super) const fn text(title: &'static str, rank: u8, least: usize) -> Column {
    Column {
        title,
        rank,
        is_figure: false,
        least,
    }
}

pub(super) const fn figure(title: &'static str, rank: u8) -> Column {
    Column {
        title,
        rank,
        is_figure: true,
        least: 0,
    }
}

/// Columns from this rank on rather go than that a text becomes shorter than `READABLE`.
const SPARE_RANK: u8 = 5;
const READABLE: usize = 18;

const COLUMNS: [Column; 8] = [
    text("session", 0, 10),
    text("state", 1, 0),
    figure("since", 5),
    text("model", 4, 10),
    figure("tok/min", 2),
    figure("$/hour", 3),
    figure("fresh", 7),
    figure("cost", 6),
];

/// A row of a table, and how to draw it.
pub(super) struct Cells {
    pub texts: Vec<String>,
    /// One style for each text.
    pub styles: Vec<Style>,
}

/// The sessions, with the chosen one in sight.
pub(super) fn draw(rows: &[Row], selected: usize, now_ms: i64, view: &View, room: &mut Room) {
    let rates: Vec<CostRow> = rows.iter().filter_map(|row| row.cost_per_hour).collect();
    let costs: Vec<CostRow> = rows.iter().map(|row| (&row.usage.cost).into()).collect();
    let money = (Money::for_column(&rates), Money::for_column(&costs));
    let is_wide = room.rest.width >= 100;
    let cells: Vec<Cells> = rows
        .iter()
        .map(|row| Cells {
            texts: texts(row, money, now_ms, is_wide),
            styles: COLUMNS
                .map(|column| match column.title {
                    "state" => view.style_of(row.state),
                    _ => Style::new(),
                })
                .into(),
        })
        .collect();
    let height = usize::from(room.rest.height).saturating_sub(1).max(1);
    let first = (selected + 1).saturating_sub(height);
    table(&COLUMNS, &cells, first, Some(selected), room);
}

fn texts(row: &Row, (rate, sum): (Money, Money), now_ms: i64, is_wide: bool) -> Vec<String> {
    let name = figures::harmless(&row.name);
    let name = match &row.project {
        Some(project) if is_wide => format!("{name} ({})", figures::harmless(project)),
        _ => name,
    };
    let per_minute = row.tokens_per_minute.map(|rate| match rate {
        0.5.. => figures::count(rate.round() as u64),
        _ => "<1".into(),
    });
    // Before the first answer nothing is known, also not that it costs nothing.
    let known = |text: String| {
        if row.usage.steps > 0 {
            text
        } else {
            ABSENT.into()
        }
    };
    vec![
        name,
        activity(row, is_wide),
        figures::span(now_ms - row.since_ms),
        row.model
            .as_deref()
            .map_or_else(|| ABSENT.into(), |model| short_model(model, is_wide)),
        per_minute.unwrap_or_else(|| ABSENT.into()),
        row.cost_per_hour
            .map_or_else(|| ABSENT.into(), |cost| rate.both(&cost)),
        known(figures::count(row.usage.tokens.fresh())),
        known(sum.both(&CostRow::from(&row.usage.cost))),
    ]
}

/// The state, and with room what a waiting session waits for.
pub(super) fn activity(row: &Row, is_wide: bool) -> String {
    let state = row.state.as_str();
    match row.waiting_for {
        Some(WaitingFor::Permission) if is_wide => format!("{state}, permission"),
        Some(WaitingFor::Question) if is_wide => format!("{state}, question"),
        _ => state.into(),
    }
}

/// Without its provider where there is little room.
pub(super) fn short_model(model: &str, is_wide: bool) -> String {
    let model = figures::harmless(model);
    match model.split_once('/') {
        Some((_, name)) if !is_wide && !name.is_empty() => name.into(),
        _ => model,
    }
}

/// Draws the rows from `first` on, as many as fit.
pub(super) fn table(
    columns: &[Column],
    rows: &[Cells],
    first: usize,
    selected: Option<usize>,
    room: &mut Room,
) {
    let width = usize::from(room.rest.width);
    let gap = if width < 40 { 1 } else { 2 };
    let widths = widths(columns, rows, gap, width);
    let titles: Vec<Span> = columns
        .iter()
        .map(|column| Span::raw(column.title))
        .collect();
    room.above(&line(columns, &widths, titles, gap).patch_style(dim().patch(bold())));
    for (place, row) in rows.iter().enumerate().skip(first) {
        if room.rest.height == 0 {
            break;
        }
        let cells = row.texts.iter().zip(&row.styles);
        let spans = cells
            .map(|(text, style)| Span::styled(text.as_str(), *style))
            .collect();
        let mut line = line(columns, &widths, spans, gap);
        if selected == Some(place) {
            let rest = width.saturating_sub(line.width());
            line.push_span(Span::raw(" ".repeat(rest)));
            line = line.patch_style(Style::new().add_modifier(Modifier::REVERSED));
        }
        room.above(&line);
    }
}

/// The width of each column; 0 for one that has no room.
fn widths(columns: &[Column], rows: &[Cells], gap: usize, width: usize) -> Vec<usize> {
    let wanted = |place: usize| {
        let texts = rows
            .iter()
            .map(|row| Span::raw(row.texts[place].as_str()).width());
        texts.max().unwrap_or(0).max(columns[place].title.len())
    };
    let mut widths: Vec<usize> = (0..columns.len()).map(wanted).collect();
    loop {
        let shown = widths.iter().filter(|width| **width > 0).count();
        let needed = widths.iter().sum::<usize>() + shown.saturating_sub(1) * gap;
        let Some(missing) = needed.checked_sub(width).filter(|missing| *missing > 0) else {
            return widths;
        };
        if shown <= 1 {
            return vec_with_first(widths.len(), width);
        }
        if !shrink(columns, &mut widths, missing) {
            drop_last(columns, &mut widths);
        }
    }
}

/// Takes what is missing from the texts that may be cut, the widest first; false where that is not enough.
/// While there are columns to spare, texts are cut less.
fn shrink(columns: &[Column], widths: &mut [usize], missing: usize) -> bool {
    let shown = columns
        .iter()
        .zip(&*widths)
        .filter(|(_, width)| **width > 0);
    let has_spare = shown
        .into_iter()
        .any(|(column, _)| column.rank >= SPARE_RANK);
    let readable = if has_spare { READABLE } else { 0 };
    let spare = |place: usize, widths: &[usize]| match columns[place].least {
        0 => 0,
        least => widths[place].saturating_sub(least.max(readable)),
    };
    let all: usize = (0..widths.len()).map(|place| spare(place, widths)).sum();
    if all < missing {
        return false;
    }
    for _ in 0..missing {
        let widest = (0..widths.len()).filter(|place| spare(*place, widths) > 0);
        if let Some(place) = widest.max_by_key(|place| (widths[*place], *place)) {
            widths[place] -= 1;
        }
    }
    true
}

fn drop_last(columns: &[Column], widths: &mut [usize]) {
    let shown = (0..widths.len()).filter(|place| widths[*place] > 0);
    if let Some(place) = shown.max_by_key(|place| columns[*place].rank) {
        widths[place] = 0;
    }
}

fn vec_with_first(columns: usize, width: usize) -> Vec<usize> {
    let mut widths = vec![0; columns];
    widths[0] = width;
    widths
}

fn line<'a>(columns: &[Column], widths: &[usize], cells: Vec<Span<'a>>, gap: usize) -> Line<'a> {
    let mut spans = Vec::new();
    for ((column, width), cell) in columns.iter().zip(widths).zip(cells) {
        if *width == 0 {
            continue;
        }
        if !spans.is_empty() {
            spans.push(Span::raw(" ".repeat(gap)));
        }
        let text = fitted(&cell.content, *width);
        let pad = " ".repeat(width.saturating_sub(Span::raw(text.as_str()).width()));
        let cell = Span::styled(text, cell.style);
        if column.is_figure {
            spans.extend([Span::raw(pad), cell]);
        } else {
            spans.extend([cell, Span::raw(pad)]);
        }
    }
    Line::from(spans)
}
