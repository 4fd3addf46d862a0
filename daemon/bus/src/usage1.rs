// SPDX-License-Identifier: GPL-3.0-or-later
//! `io.github.octally.Usage1`: the figures and the questions.

use std::sync::Arc;

use octally_core::wire::Snapshot;
use tokio::sync::{mpsc, oneshot, watch};
use zbus::{fdo, interface};

use crate::argument::Arguments;
use crate::dictionary::{self, Dict};
use crate::{Question, Request, RequestError};

pub(crate) struct Usage1 {
    pub(crate) state: watch::Receiver<Arc<Snapshot>>,
    pub(crate) requests: mpsc::Sender<Request>,
}

impl Usage1 {
    fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.state.borrow())
    }
}

/// Sends a request to the loop and waits for its answer; a loop that has ended says so.
pub(crate) async fn ask<T>(
    requests: &mpsc::Sender<Request>,
    request: impl FnOnce(oneshot::Sender<T>) -> Request,
) -> Result<T, RequestError> {
    let stopping = || RequestError::Failed("the daemon is stopping".into());
    let (reply, answer) = oneshot::channel();
    requests
        .send(request(reply))
        .await
        .map_err(|_| stopping())?;
    answer.await.map_err(|_| stopping())
}

#[interface(name = "io.github.octally.Usage1", introspection_docs = false)]
impl Usage1 {
    #[zbus(property)]
    fn session(&self) -> Dict {
        dictionary::run(self.snapshot().session.as_ref())
    }

    #[zbus(property)]
    fn today(&self) -> Dict {
        dictionary::usage(&self.snapshot().today)
    }

    #[zbus(property)]
    fn month(&self) -> Dict {
        dictionary::usage(&self.snapshot().month)
    }

    #[zbus(property)]
    fn total(&self) -> Dict {
        dictionary::usage(&self.snapshot().total)
    }

    #[zbus(property)]
    fn week(&self) -> Vec<Dict> {
        dictionary::week(&self.snapshot().week)
    }

    #[zbus(property)]
    fn pace(&self) -> Dict {
        dictionary::pace(self.snapshot().pace.as_ref())
    }

    #[zbus(property)]
    fn state(&self) -> String {
        self.snapshot().state.as_str().into()
    }

    #[zbus(property)]
    fn last_activity_ms(&self) -> i64 {
        self.snapshot().last_activity_ms.unwrap_or(0)
    }

    #[zbus(property)]
    fn updated_ms(&self) -> i64 {
        self.snapshot().updated_ms
    }

    #[zbus(property)]
    fn freshness(&self) -> Dict {
        dictionary::freshness(&self.snapshot().freshness)
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    #[zbus(out_args("result"))]
    async fn refresh(&self) -> fdo::Result<Dict> {
        let refreshed = ask(&self.requests, Request::Refresh).await??;
        Ok(dictionary::refreshed(&refreshed))
    }

    #[zbus(out_args("rows"))]
    async fn report(&self, request: Arguments) -> fdo::Result<Vec<Dict>> {
        let question = Box::new(Question::parse(request)?);
        let rows = ask(&self.requests, |reply| Request::Report(question, reply)).await??;
        Ok(rows.iter().map(dictionary::report_row).collect())
    }
}
