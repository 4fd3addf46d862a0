// SPDX-License-Identifier: GPL-3.0-or-later
//! The figures for programs that speak the Model Context Protocol, over a pair of streams.
//!
//! `transport` reads and writes the lines and answers what is no message, `server` knows the protocol
//! and nothing of figures, `answer` turns the ledger's answers into what is sent, `desk` holds the
//! ledger on a thread of its own, `announce` tells who subscribed. Nothing here watches files, reads
//! the environment or opens a socket: who calls [`serve`] brings the settings, the clock, the streams
//! and the news that something changed.

mod announce;
mod answer;
mod complete;
mod desk;
mod prompts;
mod resources;
mod server;
mod tools;
mod transport;
mod trouble;

use std::path::{Path, PathBuf};

use octally_core::meter::Host;
use octally_core::model::{Budget, Zone};
use octally_core::source::stats_file::Process;
use octally_core::sync::{Depth, Origins};
use rmcp::ServiceExt;
use rmcp::service::ServerInitializeError;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{mpsc, watch};

use desk::Desk;
use server::Server;
use transport::Lines;

/// Everything that is decided before the first request.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Our own store.
    pub ledger: PathBuf,
    /// Where OpenCode's data and prices are.
    pub origins: Origins,
    /// This machine.
    pub host: Host,
    /// The zone of days.
    pub zone: Zone,
    /// A session without activity for this long counts as idle, milliseconds; 0: never.
    pub idle_threshold_ms: i64,
    /// Whether the process behind a run still exists.
    pub is_alive: fn(&Process) -> bool,
    /// Unix milliseconds of the clock.
    pub now_ms: fn() -> i64,
    /// The budgets as they are configured now.
    pub budgets: fn(&Path) -> Vec<Budget>,
    /// The configuration file, for `budgets`.
    pub config: PathBuf,
    /// Whether titles of sessions and paths may be told.
    pub include_titles: bool,
}

/// Answers requests from `input` on `output` until the client goes, or closes one of them. `changes`
/// says when OpenCode may have written something, and how thoroughly to look; who subscribed is told
/// when the figures differ then.
pub async fn serve<R, W>(setup: Setup, input: R, output: W, changes: mpsc::Receiver<Depth>)
where
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
{
    let (desk, thread) = Desk::open(setup);
    let (end, ended) = watch::channel(false);
    let server = Server::new(desk.clone(), ended);
    let announcing = tokio::spawn(announce::run(desk.clone(), server.subscriptions(), changes));
    match server.serve(Lines::new(input, output, end)).await {
        Ok(running) => {
            let _ = running.waiting().await;
        }
        // The client went before it said anything.
        Err(ServerInitializeError::ConnectionClosed(_)) => {}
        Err(error) => tracing::warn!("the client could not be served: {error}"),
    }
    announcing.abort();
    desk.close();
    drop(desk);
    // A question that is being answered ends soon: reading stops at the next message.
    let _ = tokio::task::spawn_blocking(move || thread.join()).await;
}
