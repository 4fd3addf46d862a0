// SPDX-License-Identifier: GPL-3.0-or-later
//! Rows as CSV, JSON, JSON lines or a Markdown table, each written as it comes.

use std::io::{self, Write};

use octally_core::model::Problem;
use serde::Serialize;

use super::columns::{Cell, ExportRow};
use super::output::Output;
use super::{Format, What};

/// Version of the shape of the JSON.
const SCHEMA: u32 = 1;

/// What stands around the rows of the JSON.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Head {
    /// Version of this shape: 1.
    pub schema: u32,
    /// What the rows are.
    pub what: What,
    /// The zone of days, and of the period's days.
    pub time_zone: String,
    /// The first instant included, RFC 3339.
    pub since: Option<String>,
    /// The first instant excluded, RFC 3339.
    pub until: Option<String>,
}

impl Head {
    /// For rows of `what` in the zone and period given.
    pub fn new(what: What, time_zone: &str, since: Option<String>, until: Option<String>) -> Self {
        Self {
            schema: SCHEMA,
            what,
            time_zone: time_zone.into(),
            since,
            until,
        }
    }
}

/// An export that is being written.
#[expect(clippy::large_enum_variant, reason = "there is one of them")]
pub enum Sheet<'a> {
    /// For spreadsheets and statistics.
    Csv(csv::Writer<&'a mut Output>),
    /// One document; the number of rows so far.
    Json(&'a mut Output, u64),
    /// A document a line.
    JsonLines(&'a mut Output),
    /// For people.
    Markdown(&'a mut Output),
}

impl<'a> Sheet<'a> {
    /// Writes what stands above the rows.
    pub fn begin<R: ExportRow>(
        format: Format,
        head: &Head,
        output: &'a mut Output,
    ) -> io::Result<Self> {
        match format {
            Format::Csv => {
                let mut writer = csv::Writer::from_writer(output);
                writer.write_record(R::COLUMNS).map_err(of_csv)?;
                Ok(Self::Csv(writer))
            }
            Format::Json => {
                let head = serde_json::to_string(head)?;
                write!(output, "{},\"rows\":[", head.trim_end_matches('}'))?;
                Ok(Self::Json(output, 0))
            }
            Format::Jsonl => Ok(Self::JsonLines(output)),
            Format::Markdown => {
                let line = |cells: Vec<&str>| format!("| {} |", cells.join(" | "));
                writeln!(output, "{}", line(R::COLUMNS.to_vec()))?;
                let rule = |is_figure: &bool| if *is_figure { "---:" } else { "---" };
                let rules = R::FIGURES.iter().map(rule).collect();
                writeln!(output, "{}", line(rules))?;
                Ok(Self::Markdown(output))
            }
        }
    }

    /// Writes one row.
    pub fn row<R: ExportRow>(&mut self, row: &R) -> io::Result<()> {
        match self {
            Self::Csv(writer) => {
                let cells = row.cells();
                writer
                    .write_record(cells.iter().map(Cell::in_csv))
                    .map_err(of_csv)?;
            }
            Self::Json(output, rows) => {
                output.write_all(if *rows == 0 { b"\n" } else { b",\n" })?;
                *rows += 1;
                serde_json::to_writer(output, row)?;
            }
            Self::JsonLines(output) => {
                serde_json::to_writer(&mut **output, row)?;
                output.write_all(b"\n")?;
            }
            Self::Markdown(output) => {
                let cells: Vec<String> = row.cells().iter().map(Cell::in_markdown).collect();
                writeln!(output, "| {} |", cells.join(" | "))?;
            }
        }
        Ok(())
    }

    /// Writes what stands below the rows.
    pub fn end(self, problems: &[Problem]) -> io::Result<()> {
        match self {
            Self::Csv(mut writer) => writer.flush(),
            Self::Json(output, _) => {
                write!(output, "\n],\"problems\":")?;
                serde_json::to_writer(&mut *output, problems)?;
                output.write_all(b"}\n")
            }
            Self::JsonLines(_) | Self::Markdown(_) => Ok(()),
        }
    }
}

/// What lies below an error of the CSV writer, so that a broken pipe is known as one.
fn of_csv(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}
