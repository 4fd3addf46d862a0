// SPDX-License-Identifier: GPL-3.0-or-later
//! The doctor on the daemon: its unit, its name on the session bus, its own word on the data.

use std::collections::HashMap;

use octally_bus::client::{Client, Health};
use octally_bus::{BusError, NAME};

use super::ago;
use super::check::{Check, Mark};
use super::desktop::output_of;

/// The unit, then the bus.
pub fn checks() -> Vec<Check> {
    [unit()].into_iter().chain(bus()).collect()
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
        let what = "no systemd user manager answers, so none keeps the daemon running";
        return Check::note(
            "unit",
            what,
            "log in to a session with systemd, or run: octally daemon",
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
        ("loaded", _) => Check::note("unit", what, "systemctl --user enable --now octally"),
        _ => {
            let what = "octally.service is not installed";
            Check::note("unit", what, "run packaging/install.sh")
        }
    }
}

/// What the bus says, and the daemon behind it.
fn bus() -> [Check; 2] {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let asked = match runtime {
        Ok(runtime) => runtime.block_on(ask()),
        Err(error) => Err(error.to_string()),
    };
    match asked {
        Ok((health, is_activatable)) => [
            name(!matches!(health, Ok(None)), is_activatable),
            daemon(health, is_activatable),
        ],
        Err(why) => {
            let remedy =
                "totals are right without it; a desktop session has one, and the top bar needs it";
            let unknown = "whether it runs cannot be asked without a session bus";
            let start = "see d-bus above";
            [
                Check::note("d-bus", why, remedy),
                Check::note("daemon", unknown, start),
            ]
        }
    }
}

/// Our name on the bus: whether somebody has it, and whether the bus could start somebody.
fn name(is_owned: bool, is_activatable: bool) -> Check {
    let owned = if is_owned { "has" } else { "has nobody with" };
    if is_activatable {
        let what = format!("the session bus {owned} the name {NAME}, and can start it");
        return Check::ok("d-bus", what);
    }
    let what = format!("the session bus {owned} the name {NAME}, and cannot start it");
    let remedy = "run packaging/install.sh, which installs its service file";
    Check::note("d-bus", what, remedy)
}

fn daemon(health: Result<Option<Health>, BusError>, is_activatable: bool) -> Check {
    let remedy = "systemctl --user restart octally";
    match health {
        Ok(Some(health)) => running(&health),
        Ok(None) => stopped(is_activatable),
        Err(BusError::Silent(pid)) => {
            let what = format!("process {pid} does not answer");
            Check::bad(Mark::Error, "daemon", what, remedy)
        }
        Err(error) => Check::bad(Mark::Error, "daemon", error.to_string(), remedy),
    }
}

fn stopped(is_activatable: bool) -> Check {
    let remedy = if is_activatable {
        "nothing: it starts when somebody asks for it"
    } else {
        "octally daemon, or systemctl --user start octally"
    };
    Check::note("daemon", "not running", remedy)
}

/// The daemon's health, and whether the bus can start it.
async fn ask() -> Result<(Result<Option<Health>, BusError>, bool), String> {
    let client = Client::connect().await.map_err(|error| match error {
        // Its own remedy is for the daemon.
        BusError::NoBus(why) => format!("no session bus can be reached ({why})"),
        error => error.to_string(),
    })?;
    let is_activatable = client
        .is_activatable()
        .await
        .map_err(|error| error.to_string())?;
    Ok((client.health().await, is_activatable))
}

fn running(health: &Health) -> Check {
    let mut what = format!(
        "runs as process {}, version {}, {}",
        health.pid, health.version, health.freshness
    );
    if let (Some(since_ms), "stale" | "error") = (health.since_ms, health.freshness.as_str()) {
        what += &format!(" since {}", ago(since_ms));
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_daemon_that_is_behind_says_since_when_and_why() {
        let health = |freshness: &str| Health {
            pid: 7,
            version: env!("CARGO_PKG_VERSION").into(),
            freshness: freshness.into(),
            since_ms: Some(0),
            reason: Some("mend it".into()),
        };
        let stale = running(&health("stale"));
        assert_eq!(
            (stale.mark, stale.remedy.as_deref()),
            (Mark::Warning, Some("mend it"))
        );
        assert!(stale.what.contains(", stale since ") && stale.what.ends_with(" d ago"));
        assert!(running(&health("fresh")).what.ends_with(", fresh"));
    }
}
