// SPDX-License-Identifier: GPL-3.0-or-later
//! The service and a client on the two ends of a socket pair: real messages, no bus.

mod alerts;
mod budgets;
mod contract;
mod publishing;

use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use octally_core::wire::{Freshness, FreshnessState, Snapshot};
use tokio::sync::{mpsc, watch};
use zbus::connection::Builder;
use zbus::{Connection, Guid};

use crate::{AlertSettings, NoticeState, Request, Seen, Service};

const DEADLINE: Duration = Duration::from_secs(10);

/// Both ends, and what feeds the service.
struct Line {
    service: Service,
    client: Connection,
    state: watch::Sender<Arc<Snapshot>>,
    settings: watch::Sender<AlertSettings>,
    notices: watch::Sender<NoticeState>,
    requests: mpsc::Receiver<Request>,
}

fn snapshot(now_ms: i64) -> Snapshot {
    let freshness = Freshness {
        state: FreshnessState::Fresh,
        since_ms: now_ms,
        reason: None,
    };
    Snapshot::empty(now_ms, "UTC", freshness)
}

async fn connect() -> Line {
    let (state, state_seen) = watch::channel(Arc::new(snapshot(1)));
    let (settings, settings_seen) = watch::channel(AlertSettings::default());
    let (notices, notices_seen) = watch::channel(NoticeState::default());
    let seen = Seen {
        state: state_seen,
        settings: settings_seen,
        notices: notices_seen,
    };
    let (ask, requests) = mpsc::channel(8);
    let (ours, theirs) = UnixStream::pair().unwrap();
    let server = Builder::unix_stream(ours).server(Guid::generate()).p2p();
    let (service, client) = tokio::join!(
        Service::serve(server, seen, ask),
        Builder::unix_stream(theirs).p2p().build(),
    );
    Line {
        service: service.unwrap(),
        client: client.unwrap(),
        state,
        settings,
        notices,
        requests,
    }
}

fn run<F: Future>(test: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        tokio::time::timeout(DEADLINE, test)
            .await
            .expect("it hangs")
    })
}
