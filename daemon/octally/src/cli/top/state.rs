// SPDX-License-Identifier: GPL-3.0-or-later
//! What is on show: sessions in order, the chosen one, the page. Pure: time comes in, nothing is read.

use std::cmp::Ordering;

use clap::ValueEnum;
use octally_core::sync::Depth;
use octally_core::wire::{
    Basis, CostRow, Pace, SessionDetail, SessionLine, Snapshot, State, Usage, WaitingFor,
};

use super::answer::Answer;
use super::keys::Action;

/// Rates are over so much time, milliseconds.
pub const WINDOW_MS: i64 = 10 * MINUTE_MS;
const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 86_400_000;

/// What the sessions are sorted by; largest first, names upwards, unknown last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Sort {
    /// Waiting first, then the most recently active
    #[default]
    Recent,
    /// Fresh tokens per minute
    TokensPerMinute,
    /// US dollars per hour
    UsdPerHour,
    /// Fresh tokens of all its time
    Fresh,
    /// Cost of all its time
    Cost,
    /// Title
    Name,
}

impl Sort {
    /// As the header has it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Recent => "recent",
            Self::TokensPerMinute => "tok/min",
            Self::UsdPerHour => "$/hour",
            Self::Fresh => "fresh",
            Self::Cost => "cost",
            Self::Name => "name",
        }
    }

    fn next(self) -> Self {
        let all = Self::value_variants();
        let place = all.iter().position(|sort| *sort == self).unwrap_or(0);
        all[(place + 1) % all.len()]
    }
}

/// One session, inclusive of its sub-agents.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// `ses_...`
    pub id: String,
    /// Its title, or its id.
    pub name: String,
    /// The project it belongs to.
    pub project: Option<String>,
    /// Busy, waiting, idle, gone or unknown.
    pub state: State,
    /// What it waits for.
    pub waiting_for: Option<WaitingFor>,
    /// Since when it has been in `state`, or its last activity where that is not known.
    pub since_ms: i64,
    /// `provider/model` of its newest step.
    pub model: Option<String>,
    /// `None` without a step in the window.
    pub tokens_per_minute: Option<f64>,
    /// The same in US dollars per hour.
    pub cost_per_hour: Option<CostRow>,
    /// All of its steps.
    pub usage: Usage,
}

impl Row {
    fn of_line(line: &SessionLine, pace: &Pace, now_ms: i64) -> Self {
        Self {
            id: line.id.clone(),
            name: line.title.clone().unwrap_or_else(|| line.id.clone()),
            project: line.project.clone(),
            state: line.state,
            waiting_for: line.waiting_for,
            since_ms: line.since_ms,
            usage: line.usage.clone(),
            ..Self::paced(pace, now_ms)
        }
    }

    /// What is known of a session whose name and state are not.
    fn paced(pace: &Pace, now_ms: i64) -> Self {
        let span_ms = pace
            .first_ms
            .map_or(WINDOW_MS, |first_ms| now_ms - first_ms);
        let minutes = span_ms.clamp(MINUTE_MS, WINDOW_MS) as f64 / MINUTE_MS as f64;
        let is_known = pace.recent.steps > 0;
        let fresh = pace.recent.tokens.fresh() as f64;
        Self {
            id: String::new(),
            name: String::new(),
            project: None,
            state: State::Unknown,
            waiting_for: None,
            since_ms: now_ms,
            model: pace.model.clone(),
            tokens_per_minute: is_known.then(|| fresh / minutes),
            cost_per_hour: is_known.then(|| per_hour(&pace.recent, minutes)),
            usage: Usage::default(),
        }
    }
}

fn per_hour(usage: &Usage, minutes: f64) -> CostRow {
    let cost = CostRow::from(&usage.cost);
    CostRow {
        billed_usd: cost.billed_usd * 60.0 / minutes,
        estimated_usd: cost.estimated_usd.map(|usd| usd * 60.0 / minutes),
        unpriced_steps: cost.unpriced_steps,
    }
}

/// The ids whose pace an answer must have, in the order of [`rows`].
pub fn ids(snapshot: &Snapshot) -> Vec<String> {
    let listed = snapshot.sessions.iter().map(|line| line.id.clone());
    let alone = snapshot
        .session
        .iter()
        .filter(|run| run.basis == Basis::Session);
    let mut ids: Vec<String> = listed.collect();
    if ids.is_empty() {
        ids.extend(alone.map(|run| run.id.clone()));
    }
    ids
}

/// The running sessions; without a plugin that tells of any, the latest one.
fn rows(answer: &Answer) -> Vec<Row> {
    let snapshot = &answer.snapshot;
    let now_ms = snapshot.updated_ms;
    let lines = snapshot.sessions.iter().zip(&answer.paces);
    let rows: Vec<Row> = lines
        .map(|(line, pace)| Row::of_line(line, pace, now_ms))
        .collect();
    match (&snapshot.session, answer.paces.first()) {
        (Some(run), Some(pace)) if rows.is_empty() && run.basis == Basis::Session => vec![Row {
            id: run.id.clone(),
            name: run.id.clone(),
            state: run.state,
            since_ms: run.last_activity_ms,
            usage: run.usage.clone(),
            ..Row::paced(pace, now_ms)
        }],
        _ => rows,
    }
}

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
        let opened = self.opened.as_ref().map(|row| &row.id);
        let is_its = self.answer.opened.as_ref() == opened;
        self.answer.detail.as_ref().filter(|_| is_its)
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

fn compare(a: &Row, b: &Row, sort: Sort) -> Ordering {
    let usd = |cost: &CostRow| cost.billed_usd + cost.estimated_usd.unwrap_or(0.0);
    let total = |row: &Row| {
        row.usage
            .cost
            .billed
            .0
            .saturating_add(row.usage.cost.estimated.0)
    };
    let larger = |a: Option<f64>, b: Option<f64>| {
        let known = |value: Option<f64>| value.unwrap_or(f64::NEG_INFINITY);
        known(b).total_cmp(&known(a))
    };
    match sort {
        Sort::Recent => Ordering::Equal,
        Sort::TokensPerMinute => larger(a.tokens_per_minute, b.tokens_per_minute),
        Sort::UsdPerHour => larger(
            a.cost_per_hour.as_ref().map(usd),
            b.cost_per_hour.as_ref().map(usd),
        ),
        Sort::Fresh => b.usage.tokens.fresh().cmp(&a.usage.tokens.fresh()),
        Sort::Cost => total(b).cmp(&total(a)),
        Sort::Name => a.name.to_lowercase().cmp(&b.name.to_lowercase()),
    }
}

#[cfg(test)]
mod tests;
