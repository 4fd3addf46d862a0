// SPDX-License-Identifier: GPL-3.0-or-later
//! The doctor on the data: configuration, sources, live states, prices, ledger.

use std::path::Path;

use octally_core::meter::Live;
use octally_core::model::Problem;
use octally_core::pricing::built_in_date;
use octally_core::sync::SourceStatus;

use super::ago;
use super::check::{Check, Mark};
use crate::cli::exit::CliError;
use crate::cli::figures;
use crate::cli::reading::Reading;
use crate::config::Settings;

/// The configuration file and what is wrong with it.
pub fn configuration(settings: &Settings) -> Vec<Check> {
    let path = settings.config.display();
    if !settings.problems.is_empty() {
        return settings
            .problems
            .iter()
            .map(|problem| Check::of("config", problem))
            .collect();
    }
    let what = match settings.config.exists() {
        true => format!("{path}"),
        false => format!("{path} does not exist, the defaults apply"),
    };
    vec![Check::ok("config", what)]
}

/// Every source, then everything in them that could not be read.
pub fn sources(reading: &Reading, problems: &[Problem]) -> Vec<Check> {
    let found = &reading.report.sources;
    let mut checks: Vec<Check> = found.iter().map(source).collect();
    if found.is_empty() {
        let places: Vec<String> = reading
            .settings
            .origins
            .data_dirs
            .iter()
            .map(|dir| dir.display().to_string())
            .collect();
        let what = format!("no OpenCode data in {}", places.join(", "));
        let remedy = "start OpenCode once, or name its data folder with --data-dir";
        checks.push(Check::bad(Mark::Error, "source", what, remedy));
    }
    let ours = reading.settings.problems.len();
    checks.extend(
        problems
            .iter()
            .skip(ours)
            .map(|problem| Check::of("unread", problem)),
    );
    checks
}

fn source(source: &SourceStatus) -> Check {
    let newest = source
        .newest_ms
        .map_or_else(|| "no step yet".into(), |at| format!("newest {}", ago(at)));
    let what = format!(
        "{} ({}): {} messages, {} sessions, {newest}",
        source.path.display(),
        source.generation,
        figures::count(source.messages),
        figures::count(source.sessions),
    );
    if source.is_current {
        return Check::ok("source", what);
    }
    let remedy = "what was read before still counts; the reason stands below";
    Check::bad(
        Mark::Warning,
        "source",
        format!("{what}; not read to its end"),
        remedy,
    )
}

/// The stats.json of each data folder. What is wrong with one is among the problems already.
pub fn stats_files(settings: &Settings, live: &Live) -> Vec<Check> {
    let files = settings.origins.stats_files();
    let is_bad = |path: &Path| {
        live.problems
            .iter()
            .any(|p| p.place == path.display().to_string())
    };
    let check = |path: &std::path::PathBuf| match path.symlink_metadata() {
        Ok(found) => Check::ok(
            "states",
            format!("{} ({})", path.display(), figures::bytes(found.len())),
        ),
        Err(_) => Check::note(
            "states",
            format!(
                "{} does not exist: busy, waiting and idle are unknown",
                path.display()
            ),
        )
        .remedy("the plugin writes it on the next turn, once it is installed"),
    };
    files
        .iter()
        .filter(|path| !is_bad(path))
        .map(check)
        .collect()
}

/// The price tables that estimates come from, best first.
pub fn prices(settings: &Settings) -> Check {
    let files = settings.origins.price_files.iter();
    let mut tables: Vec<String> = files
        .filter(|path| path.is_file())
        .map(|path| path.display().to_string())
        .collect();
    let date = built_in_date().unwrap_or_else(|| "an unknown day".into());
    tables.push(format!("the built-in table of {date}"));
    if tables.len() > 1 {
        return Check::ok("prices", tables.join(", then "));
    }
    Check::note("prices", format!("only {}", tables.join(", ")))
        .remedy("OpenCode fetches a newer one when it is online")
}

/// Size, counts and integrity of the ledger.
pub fn ledger(reading: &Reading) -> Check {
    let path = &reading.settings.ledger;
    let health = match reading.meter.health() {
        Ok(health) => health,
        Err(error) => return broken_ledger(&error.into(), path),
    };
    let what = format!(
        "{}: schema {}, {}, {} steps, {} sessions",
        path.display(),
        health.schema,
        figures::bytes(health.bytes),
        figures::count(health.steps),
        figures::count(health.sessions),
    );
    match health.damage {
        None => Check::ok("ledger", what),
        Some(damage) => {
            let remedy =
                "move the file away; the next call reads everything again from OpenCode's data";
            Check::bad(
                Mark::Error,
                "ledger",
                format!("{what}; damaged: {damage}"),
                remedy,
            )
        }
    }
}

/// How far the reading of tool use is, where the ledger can say.
pub fn tools(reading: &Reading) -> Option<Check> {
    let left = reading.meter.tools_left().ok()?;
    let unreadable = match left.unreadable_steps {
        0 => String::new(),
        steps => format!("; of {} not everything", figures::counted(steps, "step")),
    };
    if left.steps == 0 {
        return Some(Check::ok(
            "tools",
            format!("read of every step{unreadable}"),
        ));
    }
    let steps = figures::counted(left.steps, "step");
    let what = format!("{steps} not looked at yet, newest first{unreadable}");
    let remedy = "the daemon reads them in idle time; `octally stats` reads some each time";
    Some(Check::note("tools", what).remedy(remedy))
}

/// A ledger that could not even be asked.
pub fn broken_ledger(error: &CliError, path: &Path) -> Check {
    let remedy = error.hints().first().cloned();
    let what = format!("{} cannot be used: {}", path.display(), error.what());
    Check {
        mark: Mark::Error,
        topic: "ledger",
        what,
        remedy,
    }
}
