// SPDX-License-Identifier: GPL-3.0-or-later
//! Carries out what `notices` decides: tells the speaker, shows notifications, keeps what a restart must know.

use std::collections::BTreeMap;

use octally_bus::{
    Action, AlertSettings, BusError, Desktop, DesktopEvent, Matter, Notice, NoticeState, Service,
};
use octally_core::wire::FreshnessState;
use tokio::sync::watch;

use super::herald::News;
use super::kept::KeptFile;
use super::notices::{Effect, Kept, Moment, Notices, Observation};
use super::worker::Reading;
use crate::words::Words;
use crate::words::notices::{Offers, SNOOZE_MINUTES, note};

/// Where notices go.
#[derive(Clone, Copy, Debug)]
pub struct Outlets<'a> {
    /// To the speaker.
    pub service: &'a Service,
    /// To the desktop.
    pub desktop: &'a Desktop,
}

/// What a choice of the user's on a notification asks of the loop.
#[derive(Clone, Debug, PartialEq)]
pub enum Wish {
    /// A higher limit of a budget, US dollars.
    RaiseBudget(String, f64),
    /// A higher limit of what may be spent, US dollars per minute.
    RaiseTripwire(f64),
}

#[derive(Debug)]
pub struct Teller {
    notices: Notices,
    file: Option<KeptFile>,
    /// Whether the file could not be written the last time.
    is_unkept: bool,
    state: watch::Sender<NoticeState>,
    words: Words,
    /// Whether anybody has ever spoken, who could show details.
    has_spoken: bool,
    /// How often something was sent to the desktop, and by id the latest time.
    sent: u64,
    attempts: BTreeMap<String, u64>,
}

impl Teller {
    /// Tells nothing yet.
    pub fn new(state: watch::Sender<NoticeState>, words: Words) -> Self {
        Self {
            notices: Notices::new(Kept::default()),
            file: None,
            is_unkept: false,
            state,
            words,
            has_spoken: false,
            sent: 0,
            attempts: BTreeMap::new(),
        }
    }

    /// Goes on where a former daemon has ended. Only who owns the name may: until then that one may write.
    pub async fn begin(&mut self, path: &std::path::Path, outlets: Outlets<'_>) {
        let server = outlets
            .service
            .notification_server()
            .await
            .unwrap_or_else(|error| {
                tracing::debug!(%error, "the notification server is unknown");
                None
            });
        let (file, kept) = KeptFile::load(path, server);
        for (id, number) in &file.numbers {
            outlets.desktop.take_over(id, *number);
        }
        self.notices = Notices::new(kept);
        self.file = Some(file);
    }

    /// A new state of everything.
    pub async fn observe(
        &mut self,
        reading: &Reading,
        news: &[News<'_>],
        moment: Moment<'_>,
        outlets: Outlets<'_>,
    ) {
        let snapshot = &reading.snapshot;
        let is_read = matches!(
            snapshot.freshness.state,
            FreshnessState::Fresh | FreshnessState::Empty
        );
        let seen = Observation {
            moment,
            news,
            snapshot,
            is_complete: is_read && reading.live.problems.is_empty(),
            lately: reading.lately.as_ref(),
        };
        let effects = self.notices.observe(&seen);
        self.carry_out(effects, moment, outlets).await;
    }

    /// Somebody shows the notices from now on, or no longer does. The answer is for who begins; what follows is
    /// carried out after it, by [`Self::carry_out`].
    pub fn speak(&mut self, on: bool, moment: Moment<'_>) -> (Vec<String>, Vec<Effect>) {
        self.has_spoken |= on;
        self.notices.speak(on, moment)
    }

    /// Puts a notice off, or all of them.
    pub async fn snooze(
        &mut self,
        id: &str,
        minutes: u32,
        moment: Moment<'_>,
        outlets: Outlets<'_>,
    ) {
        let effects = self.notices.snooze(id, minutes, moment);
        self.carry_out(effects, moment, outlets).await;
    }

    /// Something happened on the desktop.
    pub async fn follow(
        &mut self,
        event: DesktopEvent,
        moment: Moment<'_>,
        outlets: Outlets<'_>,
    ) -> Option<Wish> {
        let mut wish = None;
        let mut effects = Vec::new();
        match event {
            DesktopEvent::Shown { id, number, server } => self.note_number(id, number, server),
            // What was sent since is told of by itself.
            DesktopEvent::Failed { id, attempt, .. } if !self.is_latest(&id, attempt) => {}
            DesktopEvent::Failed {
                id,
                is_nobody_there,
                ..
            } => effects = self.notices.failed(&id, is_nobody_there, moment),
            DesktopEvent::Closed { id, by_user: true } => self.notices.dismissed(&id),
            DesktopEvent::Closed { id, by_user: false } => self.notices.expired(&id),
            DesktopEvent::ServerGone => self.notices.server_gone(),
            DesktopEvent::ServerThere => effects = self.notices.server_there(moment),
            DesktopEvent::Chosen {
                id,
                action: Action::Snooze,
            } => {
                effects = self.notices.snooze(&id, SNOOZE_MINUTES, moment);
            }
            DesktopEvent::Chosen {
                id,
                action: Action::Raise,
            } => wish = self.raise(&id),
            DesktopEvent::Chosen {
                id,
                action: Action::Details,
            } => {
                let session = self
                    .notices
                    .get(&id)
                    .and_then(|notice| notice.matter.session());
                let session_id = session
                    .map(|session| session.id.clone())
                    .unwrap_or_default();
                warn(outlets.service.show_details(&session_id).await);
            }
        }
        self.carry_out(effects, moment, outlets).await;
        wish
    }

    /// The next instant at which something is to be shown that is put off now.
    pub fn next_deadline_ms(&self, moment: Moment<'_>) -> Option<i64> {
        self.notices.next_deadline_ms(moment)
    }

    /// Keeps what must be kept, publishes what holds, then does it.
    pub async fn carry_out(
        &mut self,
        effects: Vec<Effect>,
        moment: Moment<'_>,
        outlets: Outlets<'_>,
    ) {
        self.attempts.retain(|id, _| self.notices.get(id).is_some());
        self.keep();
        self.publish(moment);
        for effect in effects {
            match effect {
                Effect::Alert(notice) => warn(outlets.service.alert(&notice).await),
                Effect::Withdrawn(id) => warn(outlets.service.withdraw(&id).await),
                Effect::Close(id) => outlets.desktop.close(&id),
                Effect::Send(notice) => self.send(&notice, outlets.desktop),
            }
        }
    }

    fn send(&mut self, notice: &Notice, desktop: &Desktop) {
        let offers = Offers {
            details: self.has_spoken,
            raised_usd: raised(&notice.matter),
        };
        self.sent += 1;
        self.attempts.insert(notice.id.clone(), self.sent);
        desktop.show(&notice.id, self.sent, note(notice, offers, self.words));
    }

    fn is_latest(&self, id: &str, attempt: u64) -> bool {
        self.attempts.get(id) == Some(&attempt)
    }

    /// Before anything is told of it: whoever hears a signal and asks then finds the same.
    fn publish(&self, moment: Moment<'_>) {
        let state = NoticeState {
            notices: self.notices.shown(moment),
            snoozed_until_ms: self.notices.snoozed_until_ms(),
        };
        self.state.send_if_modified(|old| {
            let is_new = *old != state;
            *old = state;
            is_new
        });
    }

    fn raise(&self, id: &str) -> Option<Wish> {
        let matter = &self.notices.get(id)?.matter;
        let limit_usd = raised(matter)?;
        Some(match matter {
            Matter::Budget { budget, .. } => Wish::RaiseBudget(budget.id.clone(), limit_usd),
            _ => Wish::RaiseTripwire(limit_usd),
        })
    }

    fn note_number(&mut self, id: String, number: u32, server: String) {
        if let Some(file) = &mut self.file {
            file.numbers.insert(id, number);
            file.server = Some(server);
        }
    }

    /// Tried again each time, and told of once until it succeeds.
    fn keep(&mut self) {
        let Some(file) = &mut self.file else { return };
        let kept = file.save(self.notices.kept());
        if let Err(error) = &kept
            && !self.is_unkept
        {
            tracing::warn!(%error, "what was announced cannot be kept; after a restart it may be announced again");
        }
        self.is_unkept = kept.is_err();
    }
}

/// What the limit that was passed would be raised to: the next of 1, 2, 5, 10, 20, ... above what was spent and
/// above the limit itself. `None` for a notice without a limit of money.
fn raised(matter: &Matter) -> Option<f64> {
    let (limit_usd, spent_usd) = match matter {
        Matter::Budget { budget, .. } => (budget.limit_usd, budget.spent_usd),
        Matter::Tripwire {
            usd_per_minute,
            limit_usd_per_minute,
            ..
        } => (*limit_usd_per_minute, *usd_per_minute),
        _ => return None,
    };
    let least = limit_usd.max(spent_usd);
    let powers = (-2..=9).map(|power| 10_f64.powi(power));
    let steps = powers.flat_map(|power| [power, 2.0 * power, 5.0 * power]);
    // Not 0.30000000000000004.
    let rounded = steps.map(|step| (step * 100.0).round() / 100.0);
    rounded
        .into_iter()
        .find(|step| *step > least && *step <= 1e9)
}

fn warn(told: Result<(), BusError>) {
    if let Err(error) = told {
        tracing::warn!(%error, "an announcement could not be sent");
    }
}

/// Whether the last minutes are worth a question to the ledger.
pub fn wants_lately(settings: &AlertSettings) -> bool {
    settings.tripwire_usd_per_minute > 0.0 || settings.compaction_loop
}
