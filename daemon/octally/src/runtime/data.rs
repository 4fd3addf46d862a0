// SPDX-License-Identifier: GPL-3.0-or-later
//! What a caller wants done with the data: with the ledger where that is quick, else by a program of its
//! own, so that the daemon stays small and goes on reading.

use std::io::Read;
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};

use octally_bus::{ExportOptions, Finding, RequestError};
use octally_core::ledger::LedgerError;
use octally_core::meter::Meter;
use octally_core::model::Zone;
use octally_core::wire::Holdings;
use serde::Deserialize;

use super::publish;
use crate::config::Overrides;

/// So many projects are told of.
const PROJECTS: usize = 200;
/// So much of what a program complains of is passed on, bytes.
const COMPLAINT: u64 = 4 << 10;

/// What the ledger holds.
pub fn holdings(meter: &Meter, keep_months: u32) -> Result<Holdings, RequestError> {
    let holdings = meter.holdings(PROJECTS).map_err(failed)?;
    Ok(Holdings {
        keep_months,
        ..holdings
    })
}

/// Makes every sum again and tells how many steps there are.
pub fn rebuild(meter: &mut Meter, zone: &Zone) -> Result<u64, RequestError> {
    meter.rebuild(zone).map_err(failed)?;
    Ok(meter.holdings(0).map_err(failed)?.steps)
}

/// Forgets a project and tells how many steps it had.
pub fn forget(meter: &mut Meter, project: &str, zone: &Zone) -> Result<u64, RequestError> {
    let forgotten = meter.forget_project(project, zone).map_err(failed)?;
    forgotten.ok_or_else(|| {
        RequestError::Invalid(format!(
            "the ledger knows no project '{project}'; `octally ledger` lists their paths"
        ))
    })
}

/// Takes that back.
pub fn remember(meter: &mut Meter, project: &str) -> Result<(), RequestError> {
    match meter.remember_project(project).map_err(failed)? {
        true => Ok(()),
        false => Err(RequestError::Invalid(format!(
            "no project '{project}' is forgotten; `octally ledger` lists those that are"
        ))),
    }
}

fn failed(error: LedgerError) -> RequestError {
    RequestError::Failed(publish::sentence(&error.problem()))
}

/// The part of `octally doctor --json` that is passed on.
#[derive(Deserialize)]
struct Diagnosis {
    checks: Vec<CheckJson>,
}

#[derive(Deserialize)]
struct CheckJson {
    mark: String,
    topic: String,
    what: String,
    remedy: Option<String>,
}

/// Asks the doctor. Takes seconds on a long history.
pub fn diagnose(overrides: &Overrides) -> Result<Vec<Finding>, RequestError> {
    let mut command = octally(overrides)?;
    let output = command.args(["doctor", "--json"]).output();
    let output = output.map_err(|error| not_run(&error))?;
    let diagnosis: Diagnosis = serde_json::from_slice(&output.stdout).map_err(|_| {
        let complaint = String::from_utf8_lossy(&output.stderr);
        RequestError::Failed(format!("the doctor said nothing: {}", complaint.trim()))
    })?;
    let finding = |check: CheckJson| Finding {
        name: check.topic,
        verdict: check.mark,
        what: check.what,
        remedy: check.remedy,
    };
    Ok(diagnosis.checks.into_iter().map(finding).collect())
}

/// Writes an export into an open file and tells how many bytes that were.
pub fn export(
    overrides: &Overrides,
    file: OwnedFd,
    options: &ExportOptions,
) -> Result<u64, RequestError> {
    let file = std::fs::File::from(file);
    let cannot = |error: std::io::Error| {
        RequestError::Failed(format!("the file cannot be written: {error}"))
    };
    let target = file.try_clone().map_err(cannot)?;
    let mut child = octally(overrides)?
        .args(["export", "--output", "-"])
        .args(["--format", &options.format, "--what", &options.what])
        .stdout(target)
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| not_run(&error))?;
    let mut complaint = String::new();
    if let Some(stderr) = child.stderr.take() {
        let _ = stderr.take(COMPLAINT).read_to_string(&mut complaint);
    }
    let status = child.wait().map_err(|error| not_run(&error))?;
    // What could be read is in the file although some of it could not: code 4 and the like.
    if matches!(status.code(), Some(0 | 3..=5)) {
        return Ok(file.metadata().map_err(cannot)?.len());
    }
    Err(RequestError::Failed(complaint.trim().into()))
}

/// This program again, with the same settings.
fn octally(overrides: &Overrides) -> Result<Command, RequestError> {
    let program = std::env::current_exe().map_err(|error| not_run(&error))?;
    let mut command = Command::new(program);
    command.stdin(Stdio::null());
    for dir in &overrides.data_dirs {
        command.arg("--data-dir").arg(dir);
    }
    for (option, path) in [
        ("--ledger", &overrides.ledger),
        ("--config", &overrides.config),
    ] {
        if let Some(path) = path {
            command.arg(option).arg(path);
        }
    }
    if let Some(tz) = &overrides.tz {
        command.args(["--tz", tz]);
    }
    Ok(command)
}

fn not_run(error: &std::io::Error) -> RequestError {
    RequestError::Failed(format!("octally cannot be run for that: {error}"))
}
