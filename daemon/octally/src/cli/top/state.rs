// SPDX-License-Identifier: GPL-3.0-or-later
//! What is on show: sessions in order, the chosen one, the page. Pure: time comes in, nothing is read.

use octally_core::sync::Depth;
use octally_core::wire::{SessionDetail, State};

use super::answer::Answer;
use super::keys::Action;
use super::rows::{Row, Sort, compare, ids, rows};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 86_400_000;

/// What fills the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    Sessions,
    /// The opened session.
    Session,
    Help,
}

/// What the loop has to do after a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    Nothing,
    Draw,
    Ask(Depth),
    Redraw,
    Suspend,
    Quit,
    Interrupt,
}

/// Everything that is drawn.
#[derive(Debug)]
pub struct Top {
    /// The latest answer.
    pub answer: Answer,
    /// The sessions in the order of `sort`.
    pub rows: Vec<Row>,
    /// What they are sorted by.
    pub sort: Sort,
    /// The chosen one's place in `rows`.
    pub selected: usize,
    /// The page on show.
    pub page: Page,
    /// The opened session, as it was last known.
    pub opened: Option<Row>,
    /// Steps above the first one on show.
    pub scrolled: usize,
    /// Whether a thorough reading is under way.
    pub is_reading: bool,
    /// Where Help leads back to.
    before_help: Page,
}

impl Top {
    /// The first screen.
    pub fn new(answer: Answer, sort: Sort) -> Self {
        let mut top = Self {
            rows: rows(&answer),
            answer,
            sort,
            selected: 0,
            page: Page::Sessions,
            opened: None,
            scrolled: 0,
            is_reading: false,
            before_help: Page::Sessions,
        };
        top.rows_sorted();
        top
    }

    /// Shows newer figures; the chosen session stays chosen wherever it goes. False where nothing differs.
    pub fn update(&mut self, answer: Answer) -> bool {
        let was_reading = self.is_reading;
        self.is_reading &= answer.depth != Depth::Thorough;
        if was_reading == self.is_reading && answer.is_same(&self.answer) {
            return false;
        }
        let chosen = self.rows.get(self.selected).map(|row| row.id.clone());
        self.rows = rows(&answer);
        self.answer = answer;
        self.sort_keeping(chosen);
        if let Some(opened) = &mut self.opened {
            match self.rows.iter().find(|row| row.id == opened.id) {
                Some(row) => *opened = row.clone(),
                None => {
                    opened.state = State::Gone;
                    (opened.tokens_per_minute, opened.cost_per_hour) = (None, None);
                }
            }
        }
        self.scrolled = self.scrolled.min(self.steps().saturating_sub(1));
        true
    }

    /// Does what a key says. `page_lines`: how many lines a screen of the list has.
    pub fn apply(&mut self, action: Action, page_lines: usize) -> Effect {
        let page_lines = isize::try_from(page_lines.max(1)).unwrap_or(isize::MAX);
        match action {
            Action::Back => return self.back(),
            Action::Interrupt => return Effect::Interrupt,
            Action::Suspend => return Effect::Suspend,
            Action::Redraw => return Effect::Redraw,
            Action::Move(lines) => self.go(lines),
            Action::Page(pages) => self.go(pages.saturating_mul(page_lines)),
            Action::First => self.go(isize::MIN),
            Action::Last => self.go(isize::MAX),
            Action::Open => return self.open(),
            Action::NextSort if self.page == Page::Sessions => {
                self.sort = self.sort.next();
                let chosen = self.rows.get(self.selected).map(|row| row.id.clone());
                self.sort_keeping(chosen);
            }
            Action::NextSort => return Effect::Nothing,
            Action::Refresh => {
                self.is_reading = true;
                return Effect::Ask(Depth::Thorough);
            }
            Action::Help if self.page == Page::Help => self.page = self.before_help,
            Action::Help => (self.before_help, self.page) = (self.page, Page::Help),
        }
        Effect::Draw
    }

    /// The opened session step by step; `None` until it has been read.
    pub fn detail(&self) -> Option<&SessionDetail> {
        self.answer.detail.as_ref().filter(|_| self.is_read())
    }

    /// Whether the answer is about the opened session; without a detail the ledger does not know it yet.
    pub fn is_read(&self) -> bool {
        self.answer.opened.as_ref() == self.opened.as_ref().map(|row| &row.id)
    }

    fn steps(&self) -> usize {
        self.detail().map_or(0, |detail| detail.steps.len())
    }

    fn back(&mut self) -> Effect {
        self.page = match self.page {
            Page::Sessions => return Effect::Quit,
            Page::Session => {
                self.opened = None;
                Page::Sessions
            }
            Page::Help => self.before_help,
        };
        Effect::Draw
    }

    fn open(&mut self) -> Effect {
        let Some(row) = self.rows.get(self.selected) else {
            return Effect::Nothing;
        };
        if self.page != Page::Sessions {
            return Effect::Nothing;
        }
        self.opened = Some(row.clone());
        self.scrolled = 0;
        self.page = Page::Session;
        Effect::Ask(Depth::Quick)
    }

    fn go(&mut self, lines: isize) {
        let (place, count) = match self.page {
            Page::Sessions => (&mut self.selected, self.rows.len()),
            Page::Session => {
                let steps = self.steps();
                (&mut self.scrolled, steps)
            }
            Page::Help => return,
        };
        *place = place
            .saturating_add_signed(lines)
            .min(count.saturating_sub(1));
    }

    fn sort_keeping(&mut self, chosen: Option<String>) {
        self.rows_sorted();
        let place = self
            .rows
            .iter()
            .position(|row| Some(&row.id) == chosen.as_ref());
        self.selected = place.unwrap_or(self.selected.min(self.rows.len().saturating_sub(1)));
    }

    /// Sorts from the order of the snapshot, so that equal ones stay in it.
    fn rows_sorted(&mut self) {
        let order = ids(&self.answer.snapshot);
        let place = |row: &Row| order.iter().position(|id| *id == row.id);
        self.rows.sort_by_key(place);
        let sort = self.sort;
        self.rows.sort_by(|a, b| compare(a, b, sort));
    }

    /// When the earliest shown age changes, in milliseconds from `now_ms`; `None`: never.
    pub fn next_age_ms(&self, now_ms: i64) -> Option<u64> {
        let ages: Vec<i64> = match self.page {
            Page::Sessions => self.rows.iter().map(|row| row.since_ms).collect(),
            Page::Session => self.opened.iter().map(|row| row.since_ms).collect(),
            Page::Help => Vec::new(),
        };
        let next_ms = ages
            .into_iter()
            .map(|since_ms| until_next(now_ms - since_ms))
            .min()?;
        // On the full second: several ages are one redraw.
        let late_ms = (now_ms + next_ms).rem_euclid(1000);
        u64::try_from(next_ms + (1000 - late_ms) % 1000).ok()
    }
}

/// How long a span of time is shown as it is, milliseconds.
fn until_next(span_ms: i64) -> i64 {
    let unit_ms = match span_ms {
        ..MINUTE_MS => 1000,
        MINUTE_MS..HOUR_MS => MINUTE_MS,
        HOUR_MS..DAY_MS => HOUR_MS,
        DAY_MS.. => DAY_MS,
    };
    unit_ms - span_ms.rem_euclid(unit_ms)
}

#[cfg(test)]
mod tests;
