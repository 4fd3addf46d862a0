// SPDX-License-Identifier: GPL-3.0-or-later
//! `octally ledger`: what is kept, and what the user wants done with it.

use std::io::{BufRead, IsTerminal, Write};

use clap::{Args, Subcommand};
use octally_core::meter::Meter;
use octally_core::rollup::Named;
use octally_core::sync::Depth;
use octally_core::wire::{CostRow, Holdings};

use super::completions::named;
use super::exit::{CliError, Exit};
use super::figures::{self, Money};
use super::reading::Reading;
use super::table::{self, Header, Row, figure, fixed, row, text};
use super::terminal;
use crate::config::{self, Overrides};

const EXAMPLES: &str = "\
Examples:
  octally ledger                       what is kept, by project and source
  octally ledger forget ~/work/shop    take a project out of every figure
  octally ledger remember ~/work/shop  and in again, as far as OpenCode has it
  octally ledger keep 24               forget sessions after two years
  octally ledger rebuild               make every sum again

Forgetting is for good: what OpenCode has deleted since cannot come back. The
ids of the steps stay, without their figures, so that they are not read again.
Rebuilding loses nothing, whatever OpenCode has deleted.";

/// So many projects are listed, and known by name.
const PROJECTS: usize = 1_000;

/// What is kept, and forgetting some of it
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES, disable_help_subcommand = true)]
pub struct LedgerArgs {
    #[command(subcommand)]
    what: Option<What>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Make every sum again from the steps, and read every source from its beginning
    Rebuild,
    /// Take a project out of every figure, for good
    Forget {
        /// Its path
        #[arg(add = named(Named::Project))]
        project: String,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Count a forgotten project again, as far as OpenCode still has it
    Remember {
        /// Its path
        project: String,
    },
    /// Forget sessions that ended so many months ago, now and from now on
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
    let project = path_of(&reading.meter, project)?;
    confirm(&format!("forget {project} for good"), yes)?;
    let zone = reading.settings.zone.clone();
    reading.meter.forget_project(&project, &zone)?;
    Ok(())
}

fn remember(reading: &mut Reading, project: &str) -> Result<(), CliError> {
    let forgotten = reading.meter.ledger().forgotten_projects()?;
    let paths = forgotten.iter().map(|it| it.worktree.as_str());
    let project = absolute(project);
    if !reading.meter.remember_project(&project)? {
        let hint = match config::nearest(&project, paths) {
            Some(near) => format!("did you mean {near}?"),
            None => "`octally ledger` lists those that are".into(),
        };
        return Err(CliError::usage(
            format!("no project {project} is forgotten"),
            hint,
        ));
    }
    reading.again(Depth::Thorough)
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

/// The path of a project that the ledger knows by it, or by its last part if only one has that.
fn path_of(meter: &Meter, project: &str) -> Result<String, CliError> {
    let known = meter.holdings(PROJECTS)?.projects;
    let wanted = absolute(project);
    let paths = || known.iter().map(|it| it.project.as_str());
    if paths().any(|path| path == wanted) {
        return Ok(wanted);
    }
    let is_called = |path: &&str| path.rsplit('/').next() == Some(project);
    let called: Vec<&str> = paths().filter(is_called).collect();
    if let [path] = called[..] {
        return Ok(path.into());
    }
    let hint = match config::nearest(&wanted, paths()) {
        _ if called.len() > 1 => format!("did you mean {}?", called.join(" or ")),
        Some(near) => format!("did you mean {near}?"),
        None => "`octally ledger` lists their paths".into(),
    };
    Err(CliError::usage(
        format!("the ledger knows no project {project}"),
        hint,
    ))
}

/// A path as the ledger has it; what is none stays as it is.
fn absolute(project: &str) -> String {
    match std::path::absolute(project) {
        Ok(path) if project.contains(['/', '.']) => {
            path.to_string_lossy().trim_end_matches('/').into()
        }
        _ => project.into(),
    }
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
        terminal::write_json(&mut stdout, holdings)?;
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
    page.push('\n');
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
