// SPDX-License-Identifier: GPL-3.0-or-later
//! The executable: one program, its roles as subcommands.

mod cli;
mod config;
mod process;
mod runtime;
mod watch;
mod words;

use octally_core::rollup::period;

fn main() -> std::process::ExitCode {
    cli::run()
}
