// SPDX-License-Identifier: GPL-3.0-or-later
//! `octally daemon`.

use std::io::IsTerminal;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::Overrides;
use crate::runtime;

const EXAMPLES: &str = "\
Examples:
  octally daemon                      until it is told to stop, as the service does
  octally daemon --replace            in place of the one that runs
  OCTALLY_LOG=debug octally daemon    with everything it does in the log

Usually `systemctl --user start octally` is what you want. The command line is
correct without it. OCTALLY_LOG is a level, or a list as in octally=debug,zbus=info.";

/// Keep the figures up to date and offer them on D-Bus
#[derive(Args, Debug, Default)]
#[command(after_help = EXAMPLES)]
pub struct DaemonArgs {
    /// Take over from a daemon that runs already
    #[arg(long)]
    replace: bool,
}

/// Runs the daemon until it is told to stop.
///
/// # Errors
/// Whatever keeps it from starting: no session bus, or a daemon that runs already.
pub fn run(args: &DaemonArgs, overrides: &Overrides) -> anyhow::Result<ExitCode> {
    runtime::keep_small();
    log(std::env::var("OCTALLY_LOG").ok().as_deref());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the runtime cannot be started")?;
    runtime.block_on(runtime::run(overrides, args.replace))
}

/// To the journal under systemd, else to stderr. `OCTALLY_LOG` is a level, or a list as in
/// `octally=debug,zbus=info`; what cannot be read counts as `info`. Titles and content are never
/// logged at any level.
fn log(levels: Option<&str>) {
    let quiet = || {
        Targets::new()
            .with_target("octally", Level::INFO)
            .with_default(Level::WARN)
    };
    let targets = levels
        .and_then(|levels| levels.parse().ok())
        .unwrap_or_else(quiet);
    let registry = tracing_subscriber::registry().with(targets);
    let has_journal = std::env::var_os("JOURNAL_STREAM").is_some();
    match tracing_journald::layer() {
        Ok(journal) if has_journal => registry.with(journal).init(),
        _ => {
            let stderr = tracing_subscriber::fmt::layer()
                .with_ansi(std::io::stderr().is_terminal())
                .with_writer(std::io::stderr);
            registry
                .with(stderr.with_target(false).without_time())
                .init();
        }
    }
}
