// SPDX-License-Identifier: GPL-3.0-or-later
//! Changes of the configuration file that somebody asks for, on the bus or on a notification.

use std::path::Path;

use octally_bus::{AlertsChange, Done, RequestError};
use octally_core::model::{BudgetChange, NanoUsd};
use octally_core::sync::Depth;

use super::asker::Asker;
use super::{Daemon, place};
use crate::config::edit::EditError;
use crate::config::{self, alerts, budgets};
use crate::runtime::event::Event;
use crate::runtime::worker::Job;

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

    /// The user wants to be told only where more than this is spent in a minute.
    pub(super) fn raise_tripwire(&self, usd_per_minute: f64) {
        let (done, _nobody) = tokio::sync::oneshot::channel();
        let change = AlertsChange {
            tripwire_usd_per_minute: Some(usd_per_minute),
            ..AlertsChange::default()
        };
        self.edit(done, move |path| alerts::set(path, &change));
    }

    /// The user wants a higher limit. A budget that was removed in the meantime stays removed.
    pub(super) fn raise_budget(&self, id: String, limit_usd: f64) {
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
