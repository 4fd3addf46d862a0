// SPDX-License-Identifier: GPL-3.0-or-later
//! The page of one opened session: its total with its sub-agents, and its own steps, newest first.

use octally_core::wire::{CostRow, StepLine};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::columns::{self, Cells, Column, activity, figure, short_model, text};
use super::{ABSENT, Money, Room, Row, Top, View, bold, dim, figures, sums};

const COLUMNS: [Column; 5] = [
    text("when", 0, 0),
    text("model", 4, 10),
    figure("fresh", 1),
    figure("cost", 2),
    figure("context", 3),
];

impl View {
    pub(super) fn session(&self, top: &Top, now_ms: i64, room: &mut Room) {
        let Some(row) = &top.opened else {
            return;
        };
        room.above(&Line::styled(figures::harmless(&row.name), bold()));
        if room.rest.height >= 5 {
            room.above(&self.standing(row, now_ms));
        }
        if room.rest.height >= 3 {
            room.above(&sums("all", &row.usage));
        }
        let Some(detail) = top.detail() else {
            let text = if top.is_read() {
                "no step yet"
            } else {
                "reading ..."
            };
            room.above(&Line::from(text));
            return;
        };
        let is_wide = room.rest.width >= 100;
        let costs: Vec<CostRow> = detail.steps.iter().map(|step| step.cost).collect();
        let money = Money::for_column(&costs);
        // Only what fits is made ready: a session may have thousands of steps.
        let shown = detail.steps.iter().rev().skip(top.scrolled);
        let shown = shown.take(room.rest.height.into());
        let cells: Vec<Cells> = shown.map(|step| self.cells(step, money, is_wide)).collect();
        columns::table(&COLUMNS, &cells, 0, None, room);
    }

    /// `busy for 3 min  octally  ses_...`
    fn standing(&self, row: &Row, now_ms: i64) -> Line<'static> {
        let since = format!(" for {}", figures::span(now_ms - row.since_ms));
        let mut spans = vec![
            Span::styled(activity(row, true), self.style_of(row.state)),
            Span::raw(since),
        ];
        let project = row.project.as_deref().map(figures::harmless);
        spans.extend(project.map(|project| Span::raw(format!("  {project}"))));
        spans.push(Span::styled(
            format!("  {}", figures::harmless(&row.id)),
            dim(),
        ));
        Line::from(spans)
    }

    fn cells(&self, step: &StepLine, money: Money, is_wide: bool) -> Cells {
        let when = if is_wide {
            figures::clock(step.started_ms, &self.zone)
        } else {
            figures::time_of_day(step.started_ms, &self.zone)
        };
        let style = if step.is_counted { Style::new() } else { dim() };
        // A call without usage is not known to have used nothing.
        let known = |text: String| if step.is_counted { text } else { ABSENT.into() };
        Cells {
            texts: vec![
                when,
                short_model(&step.model, is_wide),
                known(figures::count(step.tokens.fresh)),
                known(money.both(&step.cost)),
                known(figures::count(step.context)),
            ],
            styles: vec![style; COLUMNS.len()],
        }
    }
}
