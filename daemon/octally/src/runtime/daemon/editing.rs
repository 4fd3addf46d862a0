// SPDX-License-Identifier: GPL-3.0-or-later
//! The configuration: read again, and changed for those who ask for it.

use std::path::Path;

use octally_bus::{Done, RequestError};
use octally_core::model::{BudgetChange, NanoUsd};
use octally_core::sync::Depth;

use super::{Asker, Daemon, Event, Job, Watch, place, readiness, tell};
use crate::config::edit::EditError;
use crate::config::{self, budgets};

impl Daemon {
    /// Changes the configuration file on a thread of its own: the disk may take its time.
    pub(super) fn edit(
        &self,
        done: Done,
        edit: impl FnOnce(&Path) -> Result<(), EditError> + Send + 'static,
    ) {
        let (path, events) = (self.settings.config.clone(), self.events.clone());
        tokio::task::spawn_blocking(move || {
            let edited = edit(&path);
            // The loop has ended where nobody listens.
            let _ = events.send(Event::Edited(edited, done));
        });
    }

    pub(super) fn use_edit(&mut self, edited: Result<(), EditError>, done: Done) {
        match edited {
            Ok(()) => {
                let before = place(&self.settings);
                self.configure();
                let place = place(&self.settings);
                if place != before {
                    self.give(Job::Configure(place));
                }
                self.waiting.push(Asker::Edit(done));
                self.pace.want_now(Depth::Quick);
            }
            Err(error) => {
                let why = error.to_string();
                let answer = Err(match error {
                    EditError::Request { .. } => RequestError::Invalid(why),
                    EditError::File(_) => RequestError::Failed(why),
                });
                // Nobody waits where the user clicked on a notification.
                if let Err(Err(error)) = done.send(answer) {
                    tracing::warn!(%error, "the configuration was not changed");
                }
            }
        }
    }

    pub(super) fn reload(&mut self) {
        readiness::reloading();
        self.configure();
        self.give(Job::Configure(place(&self.settings)));
        self.may_reopen = true;
        self.pace.want_now(Depth::Thorough);
        if self.sources.tenure.is_some() {
            readiness::ready();
        }
    }

    /// Uses what the configuration says now.
    fn configure(&mut self) {
        let old = std::mem::replace(&mut self.settings, config::load(&self.overrides));
        tell(&self.settings);
        self.publish_alerts();
        if old.origins != self.settings.origins {
            self.sources.watch = Watch::new(&self.settings.origins);
        }
    }

    pub(super) fn publish_alerts(&self) {
        self.alerts.send_if_modified(|alerts| {
            let is_new = *alerts != self.settings.alerts;
            alerts.clone_from(&self.settings.alerts);
            is_new
        });
    }

    /// The user wants a higher limit. A budget that was removed in the meantime stays removed.
    pub(super) fn raise_limit(&self, id: String, limit_usd: f64) {
        let (done, _nobody) = tokio::sync::oneshot::channel();
        self.edit(done, move |path| {
            let known: Vec<String> = config::budgets_of(path)
                .into_iter()
                .map(|budget| budget.id)
                .collect();
            if !known.contains(&id) {
                return Err(budgets::unknown(&id, &known));
            }
            let change = BudgetChange {
                limit: NanoUsd::from_usd(limit_usd),
                ..BudgetChange::default()
            };
            budgets::set_budget(path, &id, &change)
        });
    }
}
