// SPDX-License-Identifier: GPL-3.0-or-later
//! The doctor on the data: configuration, sources, live states, prices, ledger.

use std::path::Path;

use octally_core::ledger::{LedgerHealth, WrongCosts};
use octally_core::meter::{Live, Meter};
use octally_core::model::Problem;
use octally_core::pricing::built_in_date;
use octally_core::sync::SyncReport;
use octally_core::wire::{SourceRow, WrongCostRow};

use super::check::{Check, Mark};
use super::sources::counted;
use crate::cli::exit::CliError;
use crate::cli::figures;
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

/// What else went wrong while reading: not the rows that stand below their source.
pub fn problems(report: &SyncReport, sources: &[SourceRow]) -> Vec<Check> {
    let is_told = |problem: &&Problem| sources.iter().any(|row| row.unread.contains(problem));
    let others = report.problems.iter().filter(|problem| !is_told(problem));
    others
        .map(|problem| Check::of("problem", problem))
        .collect()
}

/// The stats.json of each data folder.
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
            format!("{} does not exist", path.display()),
            "totals are right without it; busy, waiting and idle are unknown until the plugin writes it \
             on the next turn",
        ),
    };
    let broken = live.problems.iter();
    let broken = broken.map(|problem| Check::of("states", problem));
    let sound = files.iter().filter(|path| !is_bad(path)).map(check);
    sound.chain(broken).collect()
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
    let what = format!("only {}", tables.join(", "));
    Check::note(
        "prices",
        what,
        "OpenCode fetches a newer one when it is online",
    )
}

/// Stored costs that are known to be wrong, one finding for each way.
pub fn wrong_costs(found: &[WrongCosts]) -> Vec<Check> {
    let check = |wrong: &WrongCosts| {
        let how = match wrong.note.as_str() {
            "total_twice" => "0.1 charged its steps twice",
            "cached_twice" => "0.5 to 1.0.61 charged cached tokens twice",
            "reasoning_twice" => "1.0.98 to 1.3.2 charged reasoning twice",
            other => other,
        };
        let remedy = match wrong.cost.uncorrected_steps {
            0 => "billed stays as OpenCode stored it; `octally report model` has both",
            _ => {
                "billed stays as OpenCode stored it; `octally prices` tells why a model has no price"
            }
        };
        let sentence = figures::wrong_cost(&WrongCostRow::from(&wrong.cost));
        Check::note("cost", format!("OpenCode {how}"), remedy).details(sentence)
    };
    found.iter().map(check).collect()
}

/// Integrity, size, schema and counts of the ledger.
pub fn ledger(health: &LedgerHealth, path: &Path) -> Check {
    let contents = format!(
        "schema {}, {}, {}, {}",
        health.schema,
        figures::bytes(health.bytes),
        counted(health.steps, "step"),
        counted(health.sessions, "session"),
    );
    let what = path.display().to_string();
    match &health.damage {
        None => {
            let sound = "integrity: the file is sound and its sums are those of its steps";
            Check::ok("ledger", what).details([contents, sound.into()])
        }
        Some(damage) => {
            let remedy =
                "move the file away; the next call reads everything again from OpenCode's data";
            let damage = format!("integrity: damaged: {damage}");
            Check::bad(Mark::Error, "ledger", what, remedy).details([contents, damage])
        }
    }
}

/// How far the reading of tool use is, where the ledger can say.
pub fn tools(meter: &Meter) -> Option<Check> {
    let left = meter.tools_left().ok()?;
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
    Some(Check::note("tools", what, remedy))
}

/// A ledger that could not even be asked.
pub fn broken_ledger(error: &CliError, path: &Path) -> Check {
    let remedy = error.hints().first().cloned();
    let what = format!("{} cannot be used: {}", path.display(), error.what());
    Check {
        mark: Mark::Error,
        remedy,
        ..Check::ok("ledger", what)
    }
}
