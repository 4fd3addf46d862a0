// SPDX-License-Identifier: GPL-3.0-or-later
//! Writes docs/schema from the types that are printed, and holds the two together.
//!
//! After a change of a shape: `OCTALLY_UPDATE_SCHEMAS=1 cargo test -p octally schema`.

use std::fs;
use std::path::{Path, PathBuf};

use clap::CommandFactory;
use octally_core::model::Problem;
use octally_core::wire::{
    Analysis, DayRow, Holdings, Reconciliation, Report, SessionDetail, SessionRow, Sessions,
    Statistics, StepRow,
};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};

use super::args::Cli;
use super::budget::BudgetsJson;
use super::doctor::DoctorJson;
use super::export::Head;
use super::prices::PricesJson;
use super::status::StatusJson;
use super::statusline::WaybarJson;

/// `octally export --what ... --format json`: the head, the rows, the problems.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its shape is used; the rows are streamed")]
struct ExportJson<R> {
    #[serde(flatten)]
    head: Head,
    rows: Vec<R>,
    problems: Vec<Problem>,
}

/// Each file of docs/schema, the command whose output it describes, and the shape.
fn all() -> Vec<(&'static str, &'static str, Schema)> {
    vec![
        ("status", "octally status --json", of::<StatusJson>()),
        ("analyze", "octally analyze --json", of::<Analysis>()),
        ("stats", "octally stats --json", of::<Statistics>()),
        ("report", "octally report BY --json", of::<Report>()),
        ("sessions", "octally sessions --json", of::<Sessions>()),
        (
            "session",
            "octally session ID --json",
            of::<SessionDetail>(),
        ),
        ("budget", "octally budget --json", of::<BudgetsJson>()),
        ("prices", "octally prices --json", of::<PricesJson>()),
        (
            "reconcile",
            "octally reconcile --json",
            of::<Reconciliation>(),
        ),
        ("doctor", "octally doctor --json", of::<DoctorJson>()),
        ("ledger", "octally ledger --json", of::<Holdings>()),
        (
            "export-steps",
            "octally export --format json",
            of::<ExportJson<StepRow>>(),
        ),
        (
            "export-sessions",
            "octally export --what sessions --format json",
            of::<ExportJson<SessionRow>>(),
        ),
        (
            "export-days",
            "octally export --what days --format json",
            of::<ExportJson<DayRow>>(),
        ),
        (
            "export-step",
            "octally export --format jsonl, each line",
            of::<StepRow>(),
        ),
        (
            "export-session",
            "octally export --what sessions --format jsonl, each line",
            of::<SessionRow>(),
        ),
        (
            "export-day",
            "octally export --what days --format jsonl, each line",
            of::<DayRow>(),
        ),
        (
            "statusline-waybar",
            "octally statusline --format waybar",
            of::<WaybarJson>(),
        ),
    ]
}

fn of<T: JsonSchema>() -> Schema {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    settings.into_generator().into_root_schema_for::<T>()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schema")
}

fn text(command: &str, mut schema: Schema) -> String {
    schema.insert("title".into(), command.into());
    serde_json::to_string_pretty(&schema).unwrap() + "\n"
}

#[test]
fn docs_schema_is_what_the_types_say() {
    let is_updating = std::env::var_os("OCTALLY_UPDATE_SCHEMAS").is_some();
    let mut expected = Vec::new();
    for (name, command, schema) in all() {
        let file = format!("{name}.json");
        let (path, text) = (folder().join(&file), text(command, schema));
        if is_updating {
            fs::write(&path, &text).unwrap();
        }
        let kept = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            kept == text,
            "docs/schema/{file} is not what the types say; see cli/schema.rs"
        );
        expected.push(file);
    }
    let entries = fs::read_dir(folder()).unwrap();
    for entry in entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()) {
        assert!(
            expected.contains(&entry) || !entry.ends_with(".json"),
            "docs/schema/{entry} is of no command"
        );
    }
}

#[test]
fn every_verb_that_prints_json_has_a_schema() {
    let schemas = all();
    for verb in Cli::command().get_subcommands() {
        let name = verb.get_name();
        let prints_json = verb
            .get_arguments()
            .any(|arg| arg.get_long() == Some("json"));
        let has_schema = schemas.iter().any(|(schema, _, _)| *schema == name);
        assert!(
            has_schema || !prints_json,
            "{name} --json has no schema in cli/schema.rs"
        );
    }
}
