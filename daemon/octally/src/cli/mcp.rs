// SPDX-License-Identifier: GPL-3.0-or-later
//! `octally mcp`: the figures for programs that speak the Model Context Protocol.

use std::io::IsTerminal;

use clap::Args;
use octally_core::sync::{Depth, Origins};
use octally_mcp::Setup;
use tokio::sync::mpsc;

use super::exit::{CliError, Exit, note, tell_problems};
use super::reading::now_ms;
use super::watch::Follow;
use crate::config::{self, Overrides};
use crate::process;

const EXAMPLES: &str = "\
It is started by the program that asks: an editor, an agent, OpenCode itself. In
opencode.json of OpenCode 1.x:
  { \"mcp\": { \"octally\": { \"type\": \"local\", \"command\": [\"octally\", \"mcp\"] } } }
and of OpenCode 2.x:
  { \"mcp\": { \"servers\": { \"octally\": { \"type\": \"local\", \"command\": [\"octally\", \"mcp\"] } } } }

Examples:
  octally mcp
  octally mcp --include-titles
  npx @modelcontextprotocol/inspector --cli octally mcp --method tools/list

It reads requests from stdin and answers on stdout, a line each, until stdin
ends. It changes nothing but Octally's own ledger. It never tells prompts or
replies, and titles and paths only with --include-titles.";

/// Answer editors and agents over the Model Context Protocol
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct McpArgs {
    /// Also tell the titles of sessions and the paths of projects and problems
    #[arg(long)]
    include_titles: bool,
}

/// Serves the client on stdin and stdout until it goes.
pub fn run(args: &McpArgs, overrides: &Overrides) -> Result<Exit, CliError> {
    let settings = config::load(overrides);
    tell_problems(&settings.problems);
    if std::io::stdin().is_terminal() {
        let hint = "a program starts this and talks to it: `octally mcp --help` shows how";
        note("waiting for messages on the terminal", hint);
    }
    let origins = settings.origins.clone();
    let setup = Setup {
        ledger: settings.ledger,
        origins: settings.origins,
        host: settings.host,
        zone: settings.zone,
        idle_threshold_ms: settings.idle_threshold_ms,
        is_alive: process::is_alive,
        now_ms,
        budgets: config::budgets_of,
        config: settings.config,
        include_titles: args.include_titles,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let (sender, changes) = mpsc::channel(1);
        let (input, output) = (tokio::io::stdin(), tokio::io::stdout());
        tokio::select! {
            () = octally_mcp::serve(setup, input, output, changes) => {}
            () = follow(&origins, sender) => {}
        }
    });
    // A read of stdin that is still waiting ends with the process.
    runtime.shutdown_background();
    Ok(Exit::Done)
}

/// Passes on that something may have changed.
async fn follow(origins: &Origins, sender: mpsc::Sender<Depth>) {
    let mut follow = Follow::begin(origins).await;
    loop {
        let depth = follow.next().await;
        if sender.send(depth).await.is_err() {
            // Nobody listens, but whoever is served is still to be answered.
            return std::future::pending().await;
        }
    }
}
