// SPDX-License-Identifier: GPL-3.0-or-later
//! A small world around the machine.

use octally_bus::AlertSettings;
use octally_core::model::{BudgetCounts, BudgetPeriod, NanoUsd, Zone};
use octally_core::wire::{
    Freshness, FreshnessState, Lately, SessionLine, Snapshot, State, Usage, WaitingFor,
};

use super::super::*;
use crate::runtime::herald::News;

/// 2026-11-20T12:00:00Z
pub const NOON_MS: i64 = 1_795_176_000_000;
pub const MINUTE_MS: i64 = 60_000;
pub const DAY_MS: i64 = 86_400_000;

/// A small world around the machine.
pub struct World {
    pub notices: Notices,
    pub settings: AlertSettings,
    pub zone: Zone,
    pub now_ms: i64,
    pub snapshot: Snapshot,
    pub lately: Option<Lately>,
    pub is_complete: bool,
}

#[derive(Clone, Copy)]
pub enum Told {
    Finished(i64),
    Silent,
    Waiting,
}

/// What is told of the first session of a snapshot.
pub fn news<'a>(snapshot: &'a Snapshot, told: &[Told]) -> Vec<News<'a>> {
    let line = snapshot.sessions.first();
    told.iter()
        .filter_map(|told| match told {
            Told::Finished(turn_ms) => Some(News::Finished(line?, *turn_ms)),
            Told::Silent => Some(News::Silent(line?)),
            Told::Waiting => Some(News::Waiting(line?)),
        })
        .collect()
}

impl World {
    pub fn new() -> Self {
        let freshness = Freshness {
            state: FreshnessState::Fresh,
            since_ms: NOON_MS,
            reason: None,
        };
        Self {
            notices: Notices::new(Kept::default()),
            settings: AlertSettings::default(),
            zone: Zone::utc(),
            now_ms: NOON_MS,
            snapshot: Snapshot::empty(NOON_MS, "UTC", freshness),
            lately: None,
            is_complete: true,
        }
    }

    pub fn restart(&mut self) {
        self.notices = Notices::new(self.notices.kept());
    }

    pub fn session(&mut self, state: State) {
        let line = SessionLine {
            model: None,
            agent: None,
            id: "ses_1".into(),
            title: Some("a title".into()),
            project: None,
            parent: None,
            run: Some("run".into()),
            state,
            waiting_for: (state == State::Waiting).then_some(WaitingFor::Permission),
            since_ms: self.now_ms,
            last_activity_ms: self.now_ms,
            is_silent: false,
            usage: Usage::default(),
            turn: Usage::default(),
        };
        self.snapshot.sessions = vec![line];
    }

    pub fn budget(&mut self, share: f64) {
        self.budget_of(10.0, share * 10.0);
    }

    pub fn budget_of(&mut self, limit_usd: f64, spent_usd: f64) {
        let starts_ms = self.now_ms.div_euclid(DAY_MS) * DAY_MS;
        let share = spent_usd / limit_usd;
        let warn_at = vec![50, 80, 100];
        let reached = |percent: &&u32| share * 100.0 >= f64::from(**percent);
        let budget = BudgetUsage {
            id: "daily".into(),
            period: BudgetPeriod::Day,
            limit_usd,
            project: None,
            counts: BudgetCounts::Billed,
            crossed: warn_at.iter().rfind(reached).copied(),
            warn_at,
            spent_usd,
            left_usd: limit_usd - spent_usd,
            share,
            expected_share: None,
            expected_usd: None,
            starts_ms,
            ends_ms: starts_ms + DAY_MS,
            unpriced_steps: 0,
        };
        self.snapshot.budgets = vec![budget];
    }

    pub fn spend(&mut self, usd_per_minute: f64) {
        let billed = NanoUsd::from_usd(usd_per_minute * 5.0).unwrap();
        self.lately = Some(Lately {
            billed,
            ..Lately::default()
        });
    }

    pub fn moment(&self) -> Moment<'_> {
        Moment {
            now_ms: self.now_ms,
            zone: &self.zone,
            settings: &self.settings,
        }
    }

    pub fn observe(&mut self, told: &[Told]) -> Vec<String> {
        let news = news(&self.snapshot, told);
        let seen = Observation {
            moment: Moment {
                now_ms: self.now_ms,
                zone: &self.zone,
                settings: &self.settings,
            },
            news: &news,
            snapshot: &self.snapshot,
            is_complete: self.is_complete,
            lately: self.lately.as_ref(),
        };
        words(&self.notices.observe(&seen))
    }

    pub fn after(&mut self, minutes: i64) -> Vec<String> {
        self.now_ms += minutes * MINUTE_MS;
        self.observe(&[])
    }

    pub fn finish(&mut self) -> Vec<String> {
        self.session(State::Idle);
        self.observe(&[Told::Finished(60_000)])
    }

    pub fn ask(&mut self) -> Vec<String> {
        self.session(State::Waiting);
        self.observe(&[Told::Waiting])
    }

    pub fn speak(&mut self, on: bool) -> (Vec<String>, Vec<String>) {
        let moment = Moment {
            now_ms: self.now_ms,
            zone: &self.zone,
            settings: &self.settings,
        };
        let (shown, effects) = self.notices.speak(on, moment);
        (shown, words(&effects))
    }

    pub fn snooze(&mut self, id: &str, minutes: u32) -> Vec<String> {
        let moment = Moment {
            now_ms: self.now_ms,
            zone: &self.zone,
            settings: &self.settings,
        };
        words(&self.notices.snooze(id, minutes, moment))
    }

    pub fn fail(&mut self, id: &str, is_nobody_there: bool) -> Vec<String> {
        let moment = Moment {
            now_ms: self.now_ms,
            zone: &self.zone,
            settings: &self.settings,
        };
        words(&self.notices.failed(id, is_nobody_there, moment))
    }

    pub fn shown(&self) -> Vec<String> {
        let shown = self.notices.shown(self.moment());
        shown
            .iter()
            .map(|notice| notice.matter.kind().to_owned())
            .collect()
    }
}

pub fn words(effects: &[Effect]) -> Vec<String> {
    let of = |notice: &Notice| match &notice.matter {
        Matter::Budget { threshold, .. } => format!("{} {threshold}", notice.id),
        matter => matter.kind().to_owned(),
    };
    let word = |effect: &Effect| match effect {
        Effect::Alert(notice) => format!("alert {}", of(notice)),
        Effect::Send(notice) => format!("send {}", of(notice)),
        Effect::Withdrawn(id) => format!("withdrawn {id}"),
        Effect::Close(id) => format!("close {id}"),
    };
    effects.iter().map(word).collect()
}
