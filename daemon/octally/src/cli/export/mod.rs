// SPDX-License-Identifier: GPL-3.0-or-later
//! `octally export`: the ledger's rows for other programs, and its sums for monitoring.
//!
//! Rows go from the ledger to the file one by one; nothing here holds more than a page of them.

mod columns;
mod otlp;
mod output;
mod prometheus;
mod sheet;

use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum, ValueHint};
use octally_core::ledger::LedgerError;
use octally_core::model::Problem;
use octally_core::rollup::{self, By, Each, Request};
use serde::Serialize;

use super::exit::{CliError, Exit};
use super::figures;
use super::filters::Filters;
use super::progress::ProgressLine;
use super::reading::Reading;
use crate::config::Overrides;
use columns::ExportRow;
use output::Output;
pub use sheet::Head;
use sheet::Sheet;

const EXAMPLES: &str = "\
Examples:
  octally export --output steps.csv
  octally export --what days --last 30 --format markdown
  octally export --format jsonl --project shop | jq -s 'map(.tokens.fresh) | add'
  octally export prometheus -o /var/lib/node_exporter/octally.prom --force
  octally export otlp | curl -sd @- -H 'content-type: application/json' \\
      http://localhost:4318/v1/metrics

Steps are the model calls that are counted, oldest first; sessions have their
own figures, without those of sub-agents; days are by model, in the machine's
time zone or that of --tz. All three add up to `octally report`. Instants are
RFC 3339 in UTC. A field that is empty, or null in JSON, is unknown: never 0.

prometheus and otlp are sums by machine, provider and model, for monitoring:
the text that node_exporter collects, and OTLP/JSON with the names of
OpenTelemetry's conventions for generative AI. Nothing is sent anywhere.

A file appears under its name when it is whole, readable by you alone; one that
is replaced keeps its permissions. In CSV, text that a spreadsheet would run as
a formula has an apostrophe in front.";

/// Steps, sessions, days, or sums for monitoring
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct ExportArgs {
    /// Sums for monitoring in place of rows
    #[arg(value_name = "METRICS", conflicts_with_all = ["format", "what", "uncounted"])]
    metrics: Option<Metrics>,
    /// How it is written; without it as the name of the file ends, else csv
    #[arg(long)]
    format: Option<Format>,
    /// What the rows are
    #[arg(long, value_name = "ROWS", default_value = "steps")]
    what: What,
    /// The file; - is stdout
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    output: Option<PathBuf>,
    /// Replace a file that exists
    #[arg(long, requires = "output")]
    force: bool,
    /// Steps also that are in no sum: calls that failed without usage, and copies that forks made
    #[arg(long)]
    uncounted: bool,
    /// Also read what the quick look cannot see: imported messages, moved or replaced files
    #[arg(long)]
    refresh: bool,
    #[command(flatten)]
    filters: Filters,
}

/// How sums are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Metrics {
    /// A line of OTLP/JSON for an OpenTelemetry Collector
    Otlp,
    /// Text for node_exporter's textfile collector
    Prometheus,
}

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For spreadsheets and statistics
    Csv,
    /// One document, as of docs/schema
    Json,
    /// One document a line
    #[value(alias = "ndjson")]
    Jsonl,
    /// A table for people
    #[value(alias = "md")]
    Markdown,
}

impl Format {
    fn of_name(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "csv" => Some(Self::Csv),
            "json" => Some(Self::Json),
            "jsonl" | "ndjson" => Some(Self::Jsonl),
            "md" | "markdown" => Some(Self::Markdown),
            _ => None,
        }
    }
}

/// What the rows of an export are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Each model call
    Steps,
    /// Each session
    Sessions,
    /// Each model on each day
    Days,
}

/// Writes the export.
pub fn run(args: &ExportArgs, overrides: &Overrides) -> Result<Exit, CliError> {
    args.filters.check_period()?;
    let mut output = Output::open(args.output.as_deref(), args.force)?;
    let reading = Reading::take(overrides, args.refresh)?;
    let problems = reading.problems();
    // All of it: a draft that nobody finishes is to go.
    reading.interruptible(|came| {
        let has_data = !reading.report.sources.is_empty();
        if let Some(unknown) = args.filters.unknown_name(reading.meter.ledger())?
            && has_data
        {
            return Err(unknown);
        }
        let export = Export {
            args,
            reading: &reading,
            request: args.filters.request(By::Day, &reading)?,
            came,
        };
        export.write(&mut output, &problems)?;
        if came() { Ok(()) } else { output.finish() }
    })?;
    Ok(reading.conclude(&problems))
}

/// An export that is under way.
struct Export<'a> {
    args: &'a ExportArgs,
    reading: &'a Reading,
    request: Request,
    /// Whether it is to be given up.
    came: &'a dyn Fn() -> bool,
}

impl Export<'_> {
    fn write(&self, output: &mut Output, problems: &[Problem]) -> Result<(), CliError> {
        let (ledger, request) = (self.reading.meter.ledger(), &self.request);
        match (self.args.metrics, self.args.what) {
            (Some(Metrics::Prometheus), _) => self.prometheus(output),
            (Some(Metrics::Otlp), _) => self.otlp(output),
            (None, What::Steps) => self.rows(output, problems, |each| {
                rollup::each_step(ledger, request, self.args.uncounted, each)
            }),
            (None, What::Sessions) => self.rows(output, problems, |each| {
                rollup::each_session(ledger, request, each)
            }),
            (None, What::Days) => self.rows(output, problems, |each| {
                rollup::each_day(ledger, request, &self.reading.settings.zone, each)
            }),
        }
    }

    fn prometheus(&self, output: &mut Output) -> Result<(), CliError> {
        let sums = rollup::by_host(self.reading.meter.ledger(), &self.request)?;
        let age = prometheus::Age {
            is_fresh: !self.reading.report.sources.is_empty()
                && !self.reading.is_behind(&self.reading.problems()),
            now_ms: self.reading.now_ms,
        };
        prometheus::write(output, &sums, age).map_err(|error| output.failed(error))
    }

    fn otlp(&self, output: &mut Output) -> Result<(), CliError> {
        let (mut sums, mut progress) = (otlp::Sums::default(), ProgressGuard::new(false));
        rollup::each_step(
            self.reading.meter.ledger(),
            &self.request,
            false,
            &mut |step| {
                sums.add(&step);
                progress.count();
                if (self.came)() {
                    return ControlFlow::Break(());
                }
                ControlFlow::Continue(())
            },
        )?;
        let until_ms = self.request.until_ms.unwrap_or(self.reading.now_ms);
        let line = sums.line(self.request.since_ms, until_ms.min(self.reading.now_ms));
        writeln!(output, "{line}").map_err(|error| output.failed(error))
    }

    fn rows<R: ExportRow>(
        &self,
        output: &mut Output,
        problems: &[Problem],
        stream: impl FnOnce(Each<R>) -> Result<(), LedgerError>,
    ) -> Result<(), CliError> {
        let mut written = Ok(());
        let streamed = match Sheet::begin::<R>(self.format(), &self.head(), output) {
            Err(error) => {
                written = Err(error);
                Ok(())
            }
            Ok(mut sheet) => {
                let streamed = stream(&mut self.each(&mut sheet, &mut written));
                if written.is_ok() {
                    written = sheet.end(problems);
                }
                streamed
            }
        };
        written.map_err(|error| output.failed(error))?;
        Ok(streamed?)
    }

    /// What is done with each row: it is written, until that fails or the user has had enough.
    fn each<'s, R: ExportRow>(
        &'s self,
        sheet: &'s mut Sheet<'_>,
        written: &'s mut io::Result<()>,
    ) -> impl FnMut(R) -> ControlFlow<()> + 's {
        let output = self.args.output.as_deref();
        let mut progress = ProgressGuard::new(output.is_none_or(|path| path == Path::new("-")));
        move |row| {
            *written = sheet.row(&row);
            progress.count();
            if written.is_err() || (self.came)() {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        }
    }

    fn format(&self) -> Format {
        let named = || Format::of_name(self.args.output.as_deref()?);
        self.args.format.or_else(named).unwrap_or(Format::Csv)
    }

    fn head(&self) -> Head {
        let zone = &self.reading.settings.zone;
        let instant = |at_ms: Option<i64>| at_ms.map(|at_ms| zone.rfc3339(at_ms));
        let (since, until) = (
            instant(self.request.since_ms),
            instant(self.request.until_ms),
        );
        Head::new(self.args.what, zone.name(), since, until)
    }
}

/// The rows that were written, told now and then; the line goes when this does.
struct ProgressGuard {
    line: ProgressLine,
    rows: u64,
}

impl ProgressGuard {
    fn new(is_on_stdout: bool) -> Self {
        let line = if is_on_stdout {
            ProgressLine::beside_stdout()
        } else {
            ProgressLine::new()
        };
        Self { line, rows: 0 }
    }

    fn count(&mut self) {
        self.rows += 1;
        // Asking for the time costs more than counting.
        if self.rows.is_multiple_of(1_000) {
            self.line
                .show(|| format!("exporting: {} rows", figures::count(self.rows)));
        }
    }
}

impl Drop for ProgressGuard {
    fn drop(&mut self) {
        self.line.clear();
    }
}
