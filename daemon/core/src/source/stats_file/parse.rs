// SPDX-License-Identifier: GPL-3.0-or-later
//! From the text of `stats.json` to what it says.

use std::collections::HashSet;

use serde::Deserialize;

use crate::source::figures::instant;
use crate::source::object::Object;

use super::{PlainSession, Process, Run, RunSession, RunState, StatsFile};

/// The newest version of the key `octally` that is understood.
const FORMAT: u64 = 1;

#[derive(Deserialize)]
struct File {
    session: Option<Object<Plain>>,
    octally: Option<Object<Octally>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Plain {
    #[serde(default)]
    start_time: f64,
    #[serde(default)]
    last_activity: f64,
    #[serde(default)]
    is_idle: bool,
    idle_since: Option<f64>,
}

#[derive(Deserialize)]
struct Octally {
    format: u64,
    #[serde(default)]
    runs: Vec<Object<RawRun>>,
}

#[derive(Deserialize)]
struct RawRun {
    id: String,
    pid: u32,
    pid_start_ticks: Option<u64>,
    pid_namespace: Option<String>,
    boot_id: Option<String>,
    started_ms: i64,
    last_activity_ms: i64,
    ended_ms: Option<i64>,
    #[serde(default)]
    sessions: Vec<Object<RawSession>>,
}

#[derive(Deserialize)]
struct RawSession {
    id: String,
    parent: Option<String>,
    state: RawState,
    waiting_for: Option<String>,
    since_ms: i64,
    last_activity_ms: i64,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawState {
    Busy,
    Waiting,
    Idle,
}

/// Reads the text of a file.
///
/// The error is a lower-case fragment that says what is wrong, without quoting the file.
pub(super) fn parse(text: &str) -> Result<StatsFile, String> {
    let Object(file): Object<File> = serde_json::from_str(text).map_err(|error| {
        format!(
            "is broken ({:?} error in line {}, column {})",
            error.classify(),
            error.line(),
            error.column()
        )
    })?;
    check_instants(&file)?;
    match file.octally {
        Some(Object(ours)) if ours.format > FORMAT => Err(format!(
            "has format {}, this version knows up to {FORMAT}",
            ours.format
        )),
        Some(Object(ours)) => check_ids(&ours.runs).map(|()| StatsFile {
            runs: ours.runs.into_iter().map(|raw| run(raw.0)).collect(),
            plain: None,
        }),
        None => match file.session {
            Some(session) => Ok(StatsFile {
                runs: Vec::new(),
                plain: Some(plain(&session)),
            }),
            None => Err("has neither `session` nor `octally`".into()),
        },
    }
}

/// Times must be such that a span between them means something. Absent ones of the plain format are 0.
fn check_instants(file: &File) -> Result<(), String> {
    let check = |ms: Option<f64>, name| instant(ms, name).map(drop).map_err(|(_, what)| what);
    if let Some(plain) = &file.session {
        check(Some(plain.start_time).filter(|ms| *ms != 0.0), "startTime")?;
        check(
            Some(plain.last_activity).filter(|ms| *ms != 0.0),
            "lastActivity",
        )?;
        check(plain.idle_since.filter(|ms| *ms != 0.0), "idleSince")?;
    }
    for run in file.octally.iter().flat_map(|ours| &ours.0.runs) {
        check(Some(run.started_ms as f64), "started_ms")?;
        check(Some(run.last_activity_ms as f64), "last_activity_ms")?;
        check(run.ended_ms.map(|ms| ms as f64), "ended_ms")?;
        for session in &run.sessions {
            check(Some(session.since_ms as f64), "since_ms")?;
            check(Some(session.last_activity_ms as f64), "last_activity_ms")?;
        }
    }
    Ok(())
}

/// A run's id is unique for ever.
fn check_ids(runs: &[Object<RawRun>]) -> Result<(), String> {
    let mut seen = HashSet::new();
    match runs.iter().all(|run| seen.insert(&run.id)) {
        true => Ok(()),
        false => Err("has two runs with the same id".into()),
    }
}

fn plain(session: &Plain) -> PlainSession {
    PlainSession {
        started_ms: session.start_time as i64,
        last_activity_ms: session.last_activity as i64,
        is_idle: session.is_idle,
        idle_since_ms: session.idle_since.map(|ms| ms as i64),
    }
}

fn run(raw: RawRun) -> Run {
    Run {
        id: raw.id,
        process: Process {
            pid: raw.pid,
            start_ticks: raw.pid_start_ticks,
            pid_namespace: raw.pid_namespace,
            boot_id: raw.boot_id,
        },
        started_ms: raw.started_ms,
        last_activity_ms: raw.last_activity_ms,
        ended_ms: raw.ended_ms,
        sessions: raw.sessions.into_iter().map(|raw| session(raw.0)).collect(),
    }
}

fn session(raw: RawSession) -> RunSession {
    let state = match (raw.state, raw.waiting_for.as_deref()) {
        (RawState::Busy, _) => RunState::Busy,
        (RawState::Idle, _) => RunState::Idle,
        (RawState::Waiting, Some("question")) => RunState::WaitingQuestion,
        (RawState::Waiting, _) => RunState::WaitingPermission,
    };
    RunSession {
        id: raw.id,
        parent_id: raw.parent,
        state,
        since_ms: raw.since_ms,
        last_activity_ms: raw.last_activity_ms,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of README.md are the contract: they must be read.
    fn examples() -> Vec<&'static str> {
        let readme = include_str!("README.md");
        readme
            .split("```json\n")
            .skip(1)
            .filter_map(|rest| rest.split("```").next())
            .collect()
    }

    #[test]
    fn both_examples_of_the_readme_are_understood() {
        let [plain, ours] = examples()[..] else {
            panic!()
        };
        let plain = parse(plain).unwrap().plain.unwrap();
        assert!(plain.is_idle && plain.last_activity_ms == 1_795_172_649_468);
        let ours = parse(ours).unwrap();
        assert_eq!(ours.runs[0].process.start_ticks, Some(123_456));
        assert_eq!(ours.runs[0].sessions[0].state, RunState::Idle);
    }

    #[test]
    fn a_newer_format_is_refused_with_its_number() {
        let error = parse(r#"{"octally":{"format":2,"runs":[]}}"#).unwrap_err();
        assert!(error.contains("format 2"), "{error}");
    }

    #[test]
    fn an_error_never_quotes_the_file() {
        let error = parse(r#"{"session":{"startTime":"a secret"}}"#).unwrap_err();
        assert!(!error.contains("secret"), "{error}");
    }
}
