// SPDX-License-Identifier: GPL-3.0-or-later
//! What callers on the bus want to know of what is kept, and done with it: who does it.

use octally_bus::{DataRequest, RequestError};
use octally_core::sync::Depth;
use tokio::sync::oneshot;

use super::{Daemon, Job};
use crate::config;
use crate::runtime::data;

impl Daemon {
    pub(super) fn do_with_data(&mut self, request: DataRequest) {
        let overrides = self.overrides.clone();
        match request {
            DataRequest::Diagnose(reply) => aside(reply, move || data::diagnose(&overrides)),
            DataRequest::Export(file, options, reply) => {
                aside(reply, move || data::export(&overrides, file, &options));
            }
            DataRequest::KeepMonths(months, done) => {
                self.edit(done, move |path| config::data::keep_months(path, months));
            }
            DataRequest::Describe(_) => self.give_data(request),
            DataRequest::Rebuild(_) | DataRequest::Forget(..) | DataRequest::Remember(..) => {
                self.give_data(request);
                self.pace.want_now(Depth::Thorough);
            }
        }
    }

    fn give_data(&self, request: DataRequest) {
        self.give(Job::Data(request, self.settings.zone.clone()));
    }
}

/// Does slow work away from the loop and from the ledger's thread.
fn aside<T: Send + 'static>(
    reply: oneshot::Sender<Result<T, RequestError>>,
    work: impl FnOnce() -> Result<T, RequestError> + Send + 'static,
) {
    tokio::task::spawn_blocking(move || {
        let _ = reply.send(work());
    });
}
