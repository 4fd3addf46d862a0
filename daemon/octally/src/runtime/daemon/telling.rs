// SPDX-License-Identifier: GPL-3.0-or-later
//! The loop's part in telling: who hears of what.

use octally_bus::{Action, DesktopEvent, IdleCause};
use tokio::sync::oneshot;

use super::{Daemon, Depth, Reading, config, now_ms};
use crate::runtime::herald::News;
use crate::runtime::notices::Moment;
use crate::runtime::teller::{Outlets, Wish};

impl Daemon {
    /// What a former daemon has announced is known from now on.
    pub(super) async fn begin_telling(&mut self) {
        let outlets = Outlets {
            service: &self.service,
            desktop: &self.sources.desktop,
        };
        self.teller.begin(&self.settings.alerts_file, outlets).await;
    }

    pub(super) async fn tell_news(&mut self, reading: &Reading) {
        if self.sources.tenure.is_none() {
            return;
        }
        let threshold_ms = self.settings.alerts.idle_threshold_ms();
        let news = self
            .herald
            .compare(&reading.live, &reading.snapshot, threshold_ms);
        for news in &news {
            let told = match news {
                News::Finished(line, _) => {
                    self.service.announce_idle(line, IdleCause::Finished).await
                }
                News::Silent(line) => self.service.announce_idle(line, IdleCause::Threshold).await,
                News::Waiting(line) => self.service.announce_waiting(line).await,
            };
            if let Err(error) = told {
                tracing::warn!(%error, "an announcement could not be sent");
            }
        }
        let moment = moment(&self.settings);
        let outlets = Outlets {
            service: &self.service,
            desktop: &self.sources.desktop,
        };
        self.teller.observe(reading, &news, moment, outlets).await;
    }

    pub(super) fn plan(&mut self, reading: &Reading) {
        let snapshot = &reading.snapshot;
        let threshold_ms = self.settings.alerts.idle_threshold_ms();
        let silence_ms = self.herald.next_deadline_ms(snapshot, threshold_ms);
        let telling_ms = self.teller.next_deadline_ms(moment(&self.settings));
        let deadline_ms = silence_ms.into_iter().chain(telling_ms).min();
        self.schedule
            .plan(&self.settings.zone, reading.read_ms, deadline_ms);
    }

    pub(super) async fn follow(&mut self, event: DesktopEvent) {
        if matches!(
            event,
            DesktopEvent::Chosen {
                action: Action::Snooze,
                ..
            }
        ) {
            // The end of the snooze is planned by the read that follows.
            self.pace.want(Depth::Quick);
        }
        let moment = moment(&self.settings);
        let outlets = Outlets {
            service: &self.service,
            desktop: &self.sources.desktop,
        };
        match self.teller.follow(event, moment, outlets).await {
            Some(Wish::RaiseBudget(budget, limit_usd)) => self.raise_budget(budget, limit_usd),
            Some(Wish::RaiseTripwire(limit_usd)) => self.raise_tripwire(limit_usd),
            None => {}
        }
    }

    pub(super) async fn speak(
        &mut self,
        on: bool,
        caller: &str,
        reply: oneshot::Sender<Vec<String>>,
    ) {
        if on {
            match self.service.presence(caller).await {
                Ok(Some(presence)) => self.sources.speaker = Some(presence),
                Ok(None) => return,
                Err(error) => {
                    tracing::warn!(%error, "a speaker's end would not be heard of; it is not let speak");
                    return;
                }
            }
        } else if self
            .sources
            .speaker
            .take_if(|speaker| speaker.name() == caller)
            .is_none()
        {
            let _ = reply.send(Vec::new());
            return;
        }
        self.change_speaker(on, Some(reply)).await;
    }

    pub(super) async fn speaker_left(&mut self) {
        self.sources.speaker = None;
        self.change_speaker(false, None).await;
    }

    async fn change_speaker(&mut self, on: bool, reply: Option<oneshot::Sender<Vec<String>>>) {
        let moment = moment(&self.settings);
        let (shown, effects) = self.teller.speak(on, moment);
        if let Some(reply) = reply {
            let _ = reply.send(shown);
        }
        let outlets = Outlets {
            service: &self.service,
            desktop: &self.sources.desktop,
        };
        self.teller.carry_out(effects, moment, outlets).await;
    }

    pub(super) async fn snooze(&mut self, id: &str, minutes: u32) {
        let moment = moment(&self.settings);
        let outlets = Outlets {
            service: &self.service,
            desktop: &self.sources.desktop,
        };
        self.teller.snooze(id, minutes, moment, outlets).await;
        // Its end is planned by the read that follows.
        self.pace.want(Depth::Quick);
    }
}

fn moment(settings: &config::Settings) -> Moment<'_> {
    Moment {
        now_ms: now_ms(),
        zone: &settings.zone,
        settings: &settings.alerts,
    }
}
