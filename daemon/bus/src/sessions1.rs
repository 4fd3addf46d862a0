// SPDX-License-Identifier: GPL-3.0-or-later
//! `io.github.octally.Sessions1`: the live sessions, and when one of them needs the user.

use std::sync::Arc;

use octally_core::wire::Snapshot;
use tokio::sync::{mpsc, watch};
use zbus::object_server::SignalEmitter;
use zbus::{fdo, interface};

use crate::dictionary::{self, Dict};
use crate::usage1::ask;
use crate::{Request, RequestError};

pub(crate) struct Sessions1 {
    pub(crate) state: watch::Receiver<Arc<Snapshot>>,
    pub(crate) idle_threshold_ms: watch::Receiver<i64>,
    pub(crate) requests: mpsc::Sender<Request>,
}

#[interface(name = "io.github.octally.Sessions1", introspection_docs = false)]
impl Sessions1 {
    #[zbus(property)]
    fn sessions(&self) -> Vec<Dict> {
        dictionary::sessions(&self.state.borrow())
    }

    #[zbus(property)]
    fn idle_threshold_ms(&self) -> i64 {
        *self.idle_threshold_ms.borrow()
    }

    #[zbus(property)]
    async fn set_idle_threshold_ms(&self, idle_threshold_ms: i64) -> fdo::Result<()> {
        if idle_threshold_ms < 0 {
            let why = "the idle threshold is a number of milliseconds, 0 for never";
            return Err(RequestError::Invalid(why.into()).into());
        }
        let set = |reply| Request::SetIdleThreshold(idle_threshold_ms, reply);
        Ok(ask(&self.requests, set).await?)
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
