// SPDX-License-Identifier: GPL-3.0-or-later
//! `io.github.octally.Sessions1`: the live sessions, and when one of them needs the user.

use std::sync::Arc;

use octally_core::wire::Snapshot;
use tokio::sync::{mpsc, watch};
use zbus::object_server::SignalEmitter;
use zbus::{fdo, interface};

use crate::dictionary::{self, Dict};
use crate::story;
use crate::usage1::ask;
use crate::{Request, RequestError};

pub(crate) struct Sessions1 {
    pub(crate) state: watch::Receiver<Arc<Snapshot>>,
    pub(crate) idle_threshold_ms: watch::Receiver<i64>,
    pub(crate) requests: mpsc::Sender<Request>,
}

/// Why a session cannot be described.
#[derive(Debug, zbus::DBusError)]
#[zbus(prefix = "io.github.octally.Error")]
pub(crate) enum DescribeError {
    #[zbus(error)]
    Bus(zbus::Error),
    UnknownSession(String),
}

impl From<fdo::Error> for DescribeError {
    fn from(error: fdo::Error) -> Self {
        Self::Bus(error.into())
    }
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

    #[zbus(out_args("session"))]
    async fn describe(&self, session_id: String) -> Result<Dict, DescribeError> {
        let id = session_id.clone();
        let told = ask(&self.requests, |reply| Request::Describe(id, reply)).await;
        match told.map_err(fdo::Error::from)?.map_err(fdo::Error::from)? {
            Some(told) => {
                let state = Arc::clone(&self.state.borrow());
                let line = state.sessions.iter().find(|line| line.id == session_id);
                Ok(story::describe(&told, line))
            }
            None => Err(DescribeError::UnknownSession(format!(
                "the ledger knows no session '{session_id}'"
            ))),
        }
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
