// SPDX-License-Identifier: GPL-3.0-or-later
//! `io.github.octally.Sessions1`: the live sessions, and when one of them needs the user.

use std::sync::Arc;

use octally_core::wire::Snapshot;
use tokio::sync::watch;
use zbus::interface;
use zbus::object_server::SignalEmitter;

use crate::AlertSettings;
use crate::dictionary::{self, Dict};

pub(crate) struct Sessions1 {
    pub(crate) state: watch::Receiver<Arc<Snapshot>>,
    pub(crate) settings: watch::Receiver<AlertSettings>,
}

#[interface(name = "io.github.octally.Sessions1", introspection_docs = false)]
impl Sessions1 {
    #[zbus(property)]
    fn sessions(&self) -> Vec<Dict> {
        dictionary::sessions(&self.state.borrow())
    }

    #[zbus(property)]
    fn idle_threshold_ms(&self) -> i64 {
        self.settings.borrow().idle_threshold_ms()
    }

    #[zbus(signal)]
    pub(crate) async fn idle(
        emitter: &SignalEmitter<'_>,
        session_id: &str,
        details: Dict,
    ) -> zbus::Result<()>;

    #[zbus(signal)]
    pub(crate) async fn waiting(
        emitter: &SignalEmitter<'_>,
        session_id: &str,
        details: Dict,
    ) -> zbus::Result<()>;
}
