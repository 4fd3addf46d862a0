// SPDX-License-Identifier: GPL-3.0-or-later
//! `octally ledger`: what is kept, and what the user wants done with it.

use std::io::{BufRead, IsTerminal, Write};
use std::path::{Component, Path, PathBuf};

use clap::{Args, Subcommand};
use octally_core::ledger::Ledger;
use octally_core::rollup::Named;
use octally_core::sync::Depth;
use octally_core::wire::{CostRow, Holdings};

use super::completions::named;
use super::exit::{CliError, Exit};
use super::figures::{self, Money};
use super::reading::Reading;
use super::table::{self, Header, Row, figure, fixed, row, text};
use super::tell_daemon::tell_daemon;
use super::terminal;
use crate::config::{self, Overrides};

const EXAMPLES: &str = "\
Examples:
  octally ledger                       what is kept, by project and source
  octally ledger forget ~/src/shop     take a project out of every figure
  octally ledger remember ~/src/shop   and in again, as far as OpenCode has it
  octally ledger keep 24               forget sessions after two years
  octally ledger rebuild               make every sum again

Forgetting is for good: what OpenCode has deleted since cannot come back. The
ids of the steps stay, without their figures, so that they are not read again.
Rebuilding loses nothing, whatever OpenCode has deleted.";

const REBUILD_EXAMPLES: &str = "\
Examples:
  octally ledger rebuild         after `octally doctor` found sums that differ
  octally ledger rebuild --json  and what there is then";
const FORGET_EXAMPLES: &str = "\
Examples:
  octally ledger forget ~/src/shop  a project by its path
  octally ledger forget shop         by the last part of it, if only one has that
  octally ledger forget --yes /      everything outside of projects, without asking";
const REMEMBER_EXAMPLES: &str = "\
Examples:
  octally ledger remember ~/src/shop  what OpenCode still has of it counts again";
const KEEP_EXAMPLES: &str = "\
Examples:
  octally ledger keep 24  two years
  octally ledger keep 0   for ever, from now on";

/// So many projects are listed.
const PROJECTS: usize = 1_000;

/// What is kept, and forgetting some of it
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES, disable_help_subcommand = true)]
pub struct LedgerArgs {
    #[command(subcommand)]
    what: Option<What>,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Make every sum again from the steps, and read every source from its beginning
    #[command(after_help = REBUILD_EXAMPLES)]
    Rebuild,
    /// Take a project out of every figure, for good
    #[command(after_help = FORGET_EXAMPLES)]
    Forget {
        /// Its path, or the last part of it
        #[arg(add = named(Named::Project))]
        project: String,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Count a forgotten project again, as far as OpenCode still has it
    #[command(after_help = REMEMBER_EXAMPLES)]
    Remember {
        /// Its path, or the last part of it
        #[arg(add = named(Named::Forgotten))]
        project: String,
    },
    /// Forget sessions that ended so many months ago, now and from now on
    #[command(after_help = KEEP_EXAMPLES)]
    Keep {
        /// 0 keeps everything for ever
        #[arg(value_name = "MONTHS")]
        months: u32,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
}

/// Does what was asked for, and shows what is kept.
pub fn run(args: &LedgerArgs, overrides: &Overrides) -> Result<Exit, CliError> {
    let mut reading = Reading::take(overrides, false)?;
    match &args.what {
        None => {}
        Some(What::Rebuild) => {
            reading.meter.rebuild(&reading.settings.zone)?;
            reading.again(Depth::Thorough)?;
        }
        Some(What::Forget { project, yes }) => forget(&mut reading, project, *yes)?,
        Some(What::Remember { project }) => remember(&mut reading, project)?,
        Some(What::Keep { months, yes }) => {
            keep(&mut reading, *months, *yes)?;
            reading.settings.keep_months = *months;
        }
    }
    if args.what.is_some() {
        tell_daemon();
    }
    print(args, &holdings(&reading)?)?;
    Ok(reading.conclude(&reading.problems()))
}

fn holdings(reading: &Reading) -> Result<Holdings, CliError> {
    Ok(Holdings {
        keep_months: reading.settings.keep_months,
        ..reading.meter.holdings(PROJECTS)?
    })
}

fn forget(reading: &mut Reading, project: &str, yes: bool) -> Result<(), CliError> {
    let ledger = reading.meter.ledger();
    let (known, forgotten) = (ledger.project_paths()?, forgotten_paths(ledger)?);
    let Some(project) = find(project, &known) else {
        return Err(match find(project, &forgotten) {
            Some(path) => CliError::usage(
                format!("{path} is forgotten already"),
                format!("`octally ledger remember {path}` counts it again"),
            ),
            None => unknown(
                format!("the ledger knows no project {project}"),
                project,
                &known,
            ),
        });
    };
    confirm(&format!("forget {project} for good"), yes)?;
    let zone = reading.settings.zone.clone();
    reading.meter.forget_project(project, &zone)?;
    Ok(())
}

fn remember(reading: &mut Reading, project: &str) -> Result<(), CliError> {
    let forgotten = forgotten_paths(reading.meter.ledger())?;
    let Some(project) = find(project, &forgotten) else {
        let what = format!("no project {project} is forgotten");
        return Err(unknown(what, project, &forgotten));
    };
    reading.meter.remember_project(project)?;
    reading.again(Depth::Thorough)
}

fn forgotten_paths(ledger: &Ledger) -> Result<Vec<String>, CliError> {
    let forgotten = ledger.forgotten_projects()?.into_iter();
    Ok(forgotten.map(|project| project.worktree).collect())
}

fn keep(reading: &mut Reading, months: u32, yes: bool) -> Result<(), CliError> {
    if months > 0 {
        let what = format!("forget what ended {months} months ago or earlier for good");
        confirm(&what, yes)?;
    }
    config::data::keep_months(&reading.settings.config, months)?;
    let zone = reading.settings.zone.clone();
    reading.meter.keep_months(months, &zone, reading.now_ms)?;
    Ok(())
}

/// The one of `paths` that is meant: by itself, as it is, relative or through links, or by its last part if
/// only one has that.
fn find<'a>(project: &str, paths: &'a [String]) -> Option<&'a str> {
    let written = written(project);
    let is_meant = |path: &&String| written.iter().any(|way| way.as_os_str() == path.as_str());
    if let Some(path) = paths.iter().find(is_meant) {
        return Some(path);
    }
    match called(project, paths)[..] {
        [path] => Some(path),
        _ => None,
    }
}

/// The paths whose last part is `project`.
fn called<'a>(project: &str, paths: &'a [String]) -> Vec<&'a str> {
    let mut called: Vec<&str> = paths.iter().map(String::as_str).collect();
    called.retain(|path| *path != "/" && path.rsplit('/').next() == Some(project));
    called.dedup();
    called
}

/// What a path may be in the ledger.
fn written(project: &str) -> Vec<PathBuf> {
    let plain = std::path::absolute(project).map(|path| without_detours(&path));
    let real = std::fs::canonicalize(project);
    let found = [plain.ok(), real.ok()].into_iter().flatten();
    [PathBuf::from(project)].into_iter().chain(found).collect()
}

/// Without `..`, and without a slash at the end.
fn without_detours(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

fn unknown(what: String, project: &str, paths: &[String]) -> CliError {
    let called = called(project, paths);
    let wanted = written(project).into_iter().nth(1).unwrap_or_default();
    let near = config::nearest(&wanted.to_string_lossy(), paths.iter().map(String::as_str));
    let hint = match near {
        _ if called.len() > 1 => format!("did you mean {}?", called.join(" or ")),
        Some(near) => format!("did you mean {near}?"),
        None => "`octally ledger` lists their paths".into(),
    };
    CliError::usage(what, hint)
}

fn confirm(what: &str, yes: bool) -> Result<(), CliError> {
    if yes {
        return Ok(());
    }
    let mut stdin = std::io::stdin().lock();
    if !stdin.is_terminal() {
        let hint = "there is nobody to ask: add --yes";
        return Err(CliError::usage(format!("this would {what}"), hint));
    }
    let mut stderr = std::io::stderr();
    write!(stderr, "This will {what}. Go on? [y/N] ")?;
    stderr.flush()?;
    let mut answer = String::new();
    stdin.read_line(&mut answer)?;
    match answer.trim() {
        "y" | "Y" | "yes" => Ok(()),
        _ => Err(CliError::usage("nothing was changed", "answer y to go on")),
    }
}

fn print(args: &LedgerArgs, holdings: &Holdings) -> Result<(), CliError> {
    let mut stdout = anstream::stdout().lock();
    if args.json {
        terminal::write_json(holdings)?;
    } else {
        write!(stdout, "{}", render(holdings, terminal::width()))?;
    }
    Ok(stdout.flush()?)
}

fn render(holdings: &Holdings, width: Option<u16>) -> String {
    let kept = match holdings.keep_months {
        0 => "for ever".into(),
        months => format!("for {}", figures::counted(months.into(), "month")),
    };
    let mut page = format!(
        "{}\n{}, {} in {}, kept {kept}\n\n",
        figures::harmless(&holdings.ledger),
        figures::bytes(holdings.ledger_bytes),
        figures::counted(holdings.steps, "step"),
        figures::counted(holdings.sessions, "session"),
    );
    let sources = [
        text("source", 0),
        fixed("generation", 1),
        figure("messages", 0),
        figure("unread", 1),
    ];
    page.push_str(&table::render(
        &sources,
        Header::Shown,
        source_rows(holdings),
        width,
    ));
    if !holdings.projects.is_empty() {
        page.push('\n');
    }
    let projects = [text("project", 0), figure("steps", 0), figure("billed", 0)];
    page.push_str(&table::render(
        &projects,
        Header::Shown,
        project_rows(holdings),
        width,
    ));
    for path in &holdings.forgotten_projects {
        page.push_str(&format!("\nforgotten: {}", figures::harmless(path)));
    }
    if !holdings.forgotten_projects.is_empty() {
        page.push('\n');
    }
    page
}

fn source_rows(holdings: &Holdings) -> Vec<Row> {
    let fields = holdings.sources.iter().map(|source| {
        row([
            figures::harmless(&source.path),
            source.generation.clone(),
            figures::count(source.messages),
            figures::count(source.unread_rows),
        ])
    });
    fields.collect()
}

fn project_rows(holdings: &Holdings) -> Vec<Row> {
    let costs: Vec<CostRow> = holdings
        .projects
        .iter()
        .map(|project| CostRow {
            billed_usd: project.billed_usd,
            ..CostRow::default()
        })
        .collect();
    let usd = Money::for_column(&costs);
    let fields = holdings.projects.iter().zip(&costs).map(|(project, cost)| {
        row([
            figures::harmless(&project.project),
            figures::count(project.steps),
            usd.billed(cost),
        ])
    });
    fields.collect()
}
