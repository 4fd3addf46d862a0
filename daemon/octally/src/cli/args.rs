// SPDX-License-Identifier: GPL-3.0-or-later
//! The flags that every verb understands, and the list of verbs. The doc comments are the help.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

use super::analyze::AnalyzeArgs;
use super::budget::BudgetArgs;
use super::completions::CompletionsArgs;
use super::daemon::DaemonArgs;
use super::doctor::DoctorArgs;
use super::export::ExportArgs;
use super::ledger::LedgerArgs;
use super::man::ManArgs;
use super::mcp::McpArgs;
use super::prices::PricesArgs;
use super::reconcile::ReconcileArgs;
use super::report::ReportArgs;
use super::session::SessionArgs;
use super::sessions::SessionsArgs;
use super::stats::StatsArgs;
use super::status::StatusArgs;
use super::statusline::StatuslineArgs;
use super::top::TopArgs;
use crate::config::Overrides;

const AFTER_HELP: &str = "\
Examples:
  octally                         what OpenCode has used, as the top bar has it
  octally analyze --days 30       a month at a glance: models, shares, busiest days
  octally report daily --last 14  two weeks, day by day
  octally sessions --last 7       a week's sessions with their sub-agents
  octally status --json           the glance for scripts
  octally top                     what runs now, on the full screen
  octally doctor                  what is read, what is not, and what to do

Exit codes:
  0  done
  1  internal error, the ledger cannot be used, or its figures do not add up
  2  the command line makes no sense
  3  no OpenCode data found
  4  a source, or a row in one, could not be read; the rest is still shown
  5  the configuration is broken; what could be shown is still shown
  130  interrupted; what was read is kept

Environment: OPENCODE_DATA_DIR, OPENCODE_DB, OPENCODE_MODELS_PATH,
OCTALLY_LEDGER, OCTALLY_CONFIG, TZ, COLUMNS, NO_COLOR, and the XDG folders.";

/// Always-on usage meter for OpenCode
///
/// Without a verb it prints the same glance as the top bar.
#[derive(Debug, Parser)]
#[command(name = "octally", version, after_help = AFTER_HELP, max_term_width = 100)]
#[command(disable_help_subcommand = true)]
pub struct Cli {
    #[command(flatten)]
    pub global: GlobalArgs,
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// One variant per verb, in the order of the help.
#[derive(Debug, Subcommand)]
pub enum Verb {
    Status(StatusArgs),
    Top(TopArgs),
    Analyze(Box<AnalyzeArgs>),
    Stats(Box<StatsArgs>),
    Report(Box<ReportArgs>),
    Sessions(Box<SessionsArgs>),
    Session(SessionArgs),
    Budget(BudgetArgs),
    Export(Box<ExportArgs>),
    Statusline(StatuslineArgs),
    Prices(PricesArgs),
    Reconcile(ReconcileArgs),
    Doctor(DoctorArgs),
    Ledger(LedgerArgs),
    Mcp(McpArgs),
    Daemon(DaemonArgs),
    Completions(CompletionsArgs),
    #[command(hide = true)]
    Man(ManArgs),
}

/// Flags of all verbs.
#[derive(Args, Debug)]
#[command(next_help_heading = "Everywhere")]
pub struct GlobalArgs {
    /// OpenCode's data folder; may be given several times
    #[arg(long, global = true, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    data_dir: Vec<PathBuf>,
    /// The ledger
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    ledger: Option<PathBuf>,
    /// The configuration file
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    config: Option<PathBuf>,
    /// The time zone of days and hours, as in Europe/Berlin
    #[arg(long, global = true, value_name = "ZONE", add = super::completions::zones())]
    tz: Option<String>,
    /// Whether to use colour
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
    /// Write figures only: no bars and curves, as for a screen reader
    #[arg(long, global = true)]
    pub plain: bool,
}

/// Whether to use colour.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Also into files and pipes
    Always,
    /// Never
    Never,
}

impl Color {
    /// Decides for everything that this process prints from now on.
    pub fn write_global(self) {
        let choice = match self {
            Self::Auto => anstream::ColorChoice::Auto,
            Self::Always => anstream::ColorChoice::Always,
            Self::Never => anstream::ColorChoice::Never,
        };
        choice.write_global();
    }
}

impl GlobalArgs {
    /// What these flags say in place of environment and configuration.
    pub fn overrides(&self) -> Overrides {
        Overrides {
            data_dirs: self.data_dir.clone(),
            ledger: self.ledger.clone(),
            config: self.config.clone(),
            tz: self.tz.clone(),
        }
    }
}
