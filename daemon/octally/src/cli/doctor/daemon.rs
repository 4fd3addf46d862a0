// SPDX-License-Identifier: GPL-3.0-or-later
//! The doctor on the daemon: its unit, its name on the session bus, its own word on the data.

use std::collections::HashMap;

use octally_bus::client::{Client, Health};

use super::check::{Check, Mark};
use super::desktop::output_of;

/// The unit, then the bus.
pub fn checks() -> Vec<Check> {
    vec![unit(), bus()]
}

fn unit() -> Check {
    let properties = [
        "--user",
        "show",
        "octally.service",
        "-p",
        "LoadState,ActiveState,UnitFileState",
    ];
    let Some(output) = output_of("systemctl", &properties) else {
        return Check::note(
            "unit",
            "no systemd user manager answers, so none keeps the daemon running",
        );
    };
    let states: HashMap<&str, &str> = output
        .lines()
        .filter_map(|line| line.split_once('='))
        .collect();
    let state = |name| {
        states
            .get(name)
            .copied()
            .filter(|s| !s.is_empty())
            .unwrap_or("unknown")
    };
    let what = format!(
        "octally.service is {}, {}",
        state("ActiveState"),
        state("UnitFileState")
    );
    match (state("LoadState"), state("ActiveState")) {
        ("loaded", "failed") => Check::bad(
            Mark::Error,
            "unit",
            what,
            "journalctl --user -u octally says why",
        ),
        ("loaded", "active") => Check::ok("unit", what),
        ("loaded", _) => Check::note("unit", what).remedy("systemctl --user enable --now octally"),
        _ => Check::note("unit", "octally.service is not installed")
            .remedy("run packaging/install.sh"),
    }
}

/// What the bus says, and the daemon behind it.
fn bus() -> Check {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let asked = match runtime {
        Ok(runtime) => runtime.block_on(ask()),
        Err(error) => Err(error.to_string()),
    };
    match asked {
        Ok((Some(health), _)) => running(&health),
        Ok((None, true)) => {
            Check::note("daemon", "not running; it starts when somebody asks for it")
        }
        Ok((None, false)) => Check::note("daemon", "not running")
            .remedy("octally daemon, or systemctl --user start octally"),
        Err(why) => Check::note("daemon", format!("cannot be asked: {why}")),
    }
}

/// The daemon's health, and whether the bus can start it.
async fn ask() -> Result<(Option<Health>, bool), String> {
    let client = Client::connect().await.map_err(|error| error.to_string())?;
    let health = client.health().await.map_err(|error| error.to_string())?;
    let is_activatable = client
        .is_activatable()
        .await
        .map_err(|error| error.to_string())?;
    Ok((health, is_activatable))
}

fn running(health: &Health) -> Check {
    let what = format!(
        "runs as process {}, version {}, {}",
        health.pid, health.version, health.freshness
    );
    if health.version != env!("CARGO_PKG_VERSION") {
        let what = format!("{what}, but this program is {}", env!("CARGO_PKG_VERSION"));
        return Check::bad(
            Mark::Warning,
            "daemon",
            what,
            "systemctl --user restart octally",
        );
    }
    match (&health.reason, health.freshness.as_str()) {
        (Some(reason), "stale" | "error") => Check::bad(Mark::Warning, "daemon", what, reason),
        _ => Check::ok("daemon", what),
    }
}
