// SPDX-License-Identifier: GPL-3.0-or-later
//! The columns of each kind of rows, and cells that do no harm where they are opened.

use std::borrow::Cow;

use octally_core::wire::{CostRow, DayRow, SessionRow, StepRow, TokenRow, instant_text};
use serde::Serialize;

use crate::cli::figures;

/// One field.
#[derive(Debug)]
pub enum Cell<'a> {
    /// Words: ids, names, paths, which somebody else may have chosen.
    Text(Cow<'a, str>),
    /// A figure or a truth value of our own writing.
    Figure(String),
    /// Unknown, which is not 0.
    Absent,
}

impl<'a> Cell<'a> {
    fn text(text: &'a str) -> Self {
        Self::Text(text.into())
    }

    fn optional(text: Option<&'a str>) -> Self {
        text.map_or(Self::Absent, Self::text)
    }

    fn time(at_ms: Option<i64>) -> Self {
        let text = at_ms.and_then(instant_text);
        text.map_or(Self::Absent, |text| Self::Text(text.into()))
    }

    fn usd(usd: Option<f64>) -> Self {
        usd.map_or(Self::Absent, |usd| Self::Figure(usd.to_string()))
    }

    /// As a field of CSV. A spreadsheet takes text that begins with one of these for a formula and would
    /// run it: an apostrophe in front makes it text again, as OWASP advises.
    pub fn in_csv(&self) -> Cow<'_, [u8]> {
        const FORMULA: [char; 11] = [
            '=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
        ];
        match self {
            Self::Text(text) if text.starts_with(FORMULA) => format!("'{text}").into_bytes().into(),
            Self::Text(text) => text.as_bytes().into(),
            Self::Figure(figure) => figure.as_bytes().into(),
            Self::Absent => (&b""[..]).into(),
        }
    }

    /// As a field of a Markdown table: no mark-up, one line.
    pub fn in_markdown(&self) -> String {
        const MARKS: &str = "\\`*_[]<>|~&$";
        match self {
            Self::Text(text) => {
                let mut plain = String::with_capacity(text.len());
                for c in figures::harmless(text).chars() {
                    if MARKS.contains(c) {
                        plain.push('\\');
                    }
                    plain.push(c);
                }
                plain
            }
            Self::Figure(figure) => figure.clone(),
            Self::Absent => String::new(),
        }
    }
}

/// A row that has columns.
pub trait ExportRow: Serialize {
    /// The titles, which are the names of the JSON's keys, those of objects joined.
    const COLUMNS: &[&str];
    /// Which of them are figures.
    const FIGURES: &[bool];
    /// The fields, in the order of the columns.
    fn cells(&self) -> Vec<Cell<'_>>;
}

/// Figures stand at the right from here: one `true` for each column that begins like one.
const fn figures_of<const N: usize>(first: usize, last: usize) -> [bool; N] {
    let mut figures = [false; N];
    let mut at = first;
    while at <= last {
        figures[at] = true;
        at += 1;
    }
    figures
}

fn token_cells<'a>(tokens: &TokenRow) -> [Cell<'a>; 7] {
    [
        tokens.input,
        tokens.output,
        tokens.reasoning,
        tokens.cache_read,
        tokens.cache_write,
        tokens.fresh,
        tokens.total,
    ]
    .map(|count| Cell::Figure(count.to_string()))
}

fn cost_cells<'a>(cost: &CostRow) -> [Cell<'a>; 3] {
    [
        Cell::usd(Some(cost.billed_usd)),
        Cell::usd(cost.estimated_usd),
        Cell::Figure(cost.unpriced_steps.to_string()),
    ]
}

impl ExportRow for StepRow {
    const COLUMNS: &[&str] = &[
        "id",
        "session",
        "parent",
        "turn",
        "created_at",
        "completed_at",
        "provider",
        "model",
        "agent",
        "project",
        "host",
        "input",
        "output",
        "reasoning",
        "cache_read",
        "cache_write",
        "fresh",
        "total",
        "stored_usd",
        "cost_basis",
        "cost_usd",
        "finish",
        "error",
        "is_counted",
    ];
    const FIGURES: &[bool] = &{
        let mut figures: [bool; 24] = figures_of(11, 18);
        figures[20] = true;
        figures
    };

    fn cells(&self) -> Vec<Cell<'_>> {
        let mut cells = vec![
            Cell::text(&self.id),
            Cell::text(&self.session),
            Cell::optional(self.parent.as_deref()),
            Cell::optional(self.turn.as_deref()),
            Cell::time(Some(self.created_ms)),
            Cell::time(self.completed_ms),
            Cell::text(&self.provider),
            Cell::text(&self.model),
            Cell::optional(self.agent.as_deref()),
            Cell::optional(self.project.as_deref()),
            Cell::text(&self.host),
        ];
        cells.extend(token_cells(&self.tokens));
        cells.extend([
            Cell::usd(self.cost.stored_usd),
            Cell::text(self.cost.basis.as_str()),
            Cell::usd(self.cost.usd),
            Cell::optional(self.finish.as_deref()),
            Cell::optional(self.error.as_deref()),
            Cell::Figure(self.is_counted.to_string()),
        ]);
        cells
    }
}

impl ExportRow for SessionRow {
    const COLUMNS: &[&str] = &[
        "id",
        "parent",
        "project",
        "directory",
        "agent",
        "created_at",
        "archived_at",
        "last_step_at",
        "steps",
        "input",
        "output",
        "reasoning",
        "cache_read",
        "cache_write",
        "fresh",
        "total",
        "billed_usd",
        "estimated_usd",
        "unpriced_steps",
        "models",
    ];
    const FIGURES: &[bool] = &figures_of::<20>(8, 18);

    fn cells(&self) -> Vec<Cell<'_>> {
        let mut cells = vec![
            Cell::text(&self.id),
            Cell::optional(self.parent.as_deref()),
            Cell::optional(self.project.as_deref()),
            Cell::optional(self.directory.as_deref()),
            Cell::optional(self.agent.as_deref()),
            Cell::time(self.created_ms),
            Cell::time(self.archived_ms),
            Cell::time(self.last_step_ms),
            Cell::Figure(self.steps.to_string()),
        ];
        cells.extend(token_cells(&self.tokens));
        cells.extend(cost_cells(&self.cost));
        cells.push(Cell::Text(self.models.join(" ").into()));
        cells
    }
}

impl ExportRow for DayRow {
    const COLUMNS: &[&str] = &[
        "day",
        "provider",
        "model",
        "sessions",
        "steps",
        "input",
        "output",
        "reasoning",
        "cache_read",
        "cache_write",
        "fresh",
        "total",
        "billed_usd",
        "estimated_usd",
        "unpriced_steps",
    ];
    const FIGURES: &[bool] = &figures_of::<15>(3, 14);

    fn cells(&self) -> Vec<Cell<'_>> {
        let mut cells = vec![
            Cell::text(&self.day),
            Cell::text(&self.provider),
            Cell::text(&self.model),
            Cell::Figure(self.sessions.to_string()),
            Cell::Figure(self.steps.to_string()),
        ];
        cells.extend(token_cells(&self.tokens));
        cells.extend(cost_cells(&self.cost));
        cells
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn csv(text: &str) -> String {
        String::from_utf8(Cell::text(text).in_csv().into_owned()).unwrap()
    }

    #[test]
    fn no_text_is_a_formula_and_figures_stay_figures() {
        for text in [
            "=1+1",
            "+1",
            "-1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "\n=1",
            "\u{ff1d}1",
            "=cmd|' /C calc'!A0",
        ] {
            assert_eq!(csv(text), format!("'{text}"));
        }
        assert_eq!(csv("gpt-5 =1"), "gpt-5 =1");
        assert_eq!(Cell::usd(Some(-0.5)).in_csv().as_ref(), b"-0.5");
        assert_eq!(Cell::usd(Some(1e-9)).in_csv().as_ref(), b"0.000000001");
        assert_eq!(Cell::usd(None).in_csv().as_ref(), b"");
    }

    #[test]
    fn markdown_has_no_marks_of_others_and_one_line_a_row() {
        assert_eq!(Cell::text("a|b\n<i>").in_markdown(), "a\\|b\u{fffd}\\<i\\>");
        assert_eq!(Cell::text("![x](y)").in_markdown(), "!\\[x\\](y)");
    }

    #[test]
    fn every_kind_of_rows_has_as_many_figures_as_columns() {
        assert_eq!(StepRow::COLUMNS.len(), StepRow::FIGURES.len());
        assert_eq!(SessionRow::COLUMNS.len(), SessionRow::FIGURES.len());
        assert_eq!(DayRow::COLUMNS.len(), DayRow::FIGURES.len());
        assert_eq!(
            (StepRow::COLUMNS[11], StepRow::COLUMNS[18]),
            ("input", "stored_usd")
        );
    }
}
