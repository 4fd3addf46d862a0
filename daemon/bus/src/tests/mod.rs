// SPDX-License-Identifier: GPL-3.0-or-later
//! The service and a client on the two ends of a socket pair: real messages, no bus.

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

use crate::{Request, Service};

const DEADLINE: Duration = Duration::from_secs(10);

/// Both ends, and what feeds the service.
struct Line {
    service: Service,
    client: Connection,
    state: watch::Sender<Arc<Snapshot>>,
    threshold: watch::Sender<i64>,
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
    let (threshold, threshold_seen) = watch::channel(900_000);
    let (ask, requests) = mpsc::channel(8);
    let (ours, theirs) = UnixStream::pair().unwrap();
    let server = Builder::unix_stream(ours).server(Guid::generate()).p2p();
    let (service, client) = tokio::join!(
        Service::serve(server, state_seen, threshold_seen, ask),
        Builder::unix_stream(theirs).p2p().build(),
    );
    Line {
        service: service.unwrap(),
        client: client.unwrap(),
        state,
        threshold,
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
