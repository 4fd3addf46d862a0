// SPDX-License-Identifier: GPL-3.0-or-later
//! The doctor on OpenCode's data: every source, its versions, how far the ledger is behind, and what in it
//! cannot be read.

use octally_core::model::Problem;
use octally_core::wire::{SourceRow, VersionRow};

use super::ago;
use super::check::{Check, Mark};
use crate::cli::figures::{self, ABSENT};
use crate::config::Settings;

/// So many versions are named one by one.
const MAX_NAMED: usize = 4;

/// Every source with its unread rows below it.
pub fn checks(settings: &Settings, sources: &[SourceRow]) -> Vec<Check> {
    if sources.is_empty() {
        return vec![nothing(settings)];
    }
    let with_unread = |row| [source(row)].into_iter().chain(unread(row));
    sources.iter().flat_map(with_unread).collect()
}

fn nothing(settings: &Settings) -> Check {
    let places = settings.origins.data_dirs.iter();
    let places: Vec<String> = places.map(|dir| dir.display().to_string()).collect();
    let what = format!("no OpenCode data in {}", places.join(", "));
    let remedy = "start OpenCode once, or name its data folder with --data-dir";
    Check::bad(Mark::Error, "source", what, remedy)
}

fn source(row: &SourceRow) -> Check {
    let contents = format!(
        "{}, {}",
        counted(row.messages, "message"),
        counted(row.sessions, "session"),
    );
    let details = [
        generation(row.generation),
        contents,
        versions(row),
        format!("{}; {}", newest(row), lag(row)),
    ];
    let check = if row.is_current {
        Check::ok("source", &row.path)
    } else {
        let remedy = "what was read before still counts; the reason stands below";
        Check::bad(Mark::Warning, "source", &row.path, remedy)
    };
    check.details(details)
}

fn generation(name: &str) -> String {
    let versions = match name {
        "opencode_json" => "message files of 0.1 to 1.1",
        "opencode_v1" => "tables of 1.2 to 1.18",
        "opencode_v2" => "tables of 2.x",
        _ => "unknown",
    };
    format!("generation {name}: {versions}")
}

fn versions(row: &SourceRow) -> String {
    let Some(versions) = &row.versions else {
        return "versions unknown".into();
    };
    let named = |seen: &VersionRow| {
        let version = seen.version.as_deref().unwrap_or("an unknown version");
        format!("{version} ({})", figures::count(seen.sessions))
    };
    match versions.as_slice() {
        [] => "no session yet".into(),
        few if few.len() <= MAX_NAMED => {
            let named: Vec<String> = few.iter().map(named).collect();
            format!("sessions began with {}", named.join(", "))
        }
        many => {
            let known: Vec<&VersionRow> =
                many.iter().filter(|seen| seen.version.is_some()).collect();
            let ends = known.first().zip(known.last());
            let (oldest, newest) = ends.map_or((ABSENT.into(), ABSENT.into()), |(a, b)| {
                (named(a), named(b))
            });
            format!(
                "sessions began with {} versions: {oldest} to {newest}",
                figures::count(many.len() as u64)
            )
        }
    }
}

fn newest(row: &SourceRow) -> String {
    match row.newest_ms {
        Some(at) => format!("newest step {}", ago(at)),
        None => "no step yet".into(),
    }
}

fn lag(row: &SourceRow) -> String {
    let read = row.read_ms.map_or_else(|| "never".into(), ago);
    match row.lag_ms {
        _ if !row.is_current => format!("lag unknown, last read to its end: {read}"),
        None => "lag unknown, read for the first time".into(),
        Some(0) => "lag none".into(),
        Some(ms) => format!("lag {}, read now", figures::span(ms)),
    }
}

/// `1 message`, `2 messages`.
pub fn counted(n: u64, noun: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", figures::count(n))
}

/// The rows of a source that cannot be read, by reason.
fn unread(row: &SourceRow) -> impl Iterator<Item = Check> {
    row.unread.iter().map(|problem: &Problem| {
        let what = format!("{}: {}", counted(problem.count, "row"), problem.what);
        let example = problem.example.iter();
        let details = example.map(|id| format!("for example {id} in {}", problem.place));
        Check::bad(problem.severity.into(), "unread", what, &problem.remedy).details(details)
    })
}
