// SPDX-License-Identifier: GPL-3.0-or-later
//! A daemon that runs is told that the configuration or the ledger was changed. Where that fails they still
//! count: it reads again every minute.

use std::time::Duration;

use octally_bus::client::Client;
use rustix::process::{Pid, Signal, kill_process};

use super::exit::note;

/// Longer than this a bus that hangs is not waited for.
const AT_MOST: Duration = Duration::from_secs(2);

/// Tells it, if there is one.
pub fn tell_daemon() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let Ok(runtime) = runtime else { return };
    let found = runtime.block_on(async { tokio::time::timeout(AT_MOST, pid()).await });
    let Some(pid) = found.ok().flatten() else {
        return;
    };
    if let Err(error) = kill_process(pid, Signal::HUP) {
        let hint = "systemctl --user reload octally";
        note(&format!("the daemon was not told of it: {error}"), hint);
    }
}

/// The process that owns the daemon's name on the session bus.
async fn pid() -> Option<Pid> {
    let client = Client::connect().await.ok()?;
    let pid = client.pid().await.ok()??;
    Pid::from_raw(i32::try_from(pid).ok()?)
}
