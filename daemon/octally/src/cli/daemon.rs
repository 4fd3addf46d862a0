// SPDX-License-Identifier: GPL-3.0-or-later
//! `octally daemon`.

use std::process::ExitCode;

use crate::config::Overrides;

/// Runs the daemon until it is told to stop.
///
/// # Errors
/// Whatever keeps it from starting.
pub fn run(overrides: &Overrides) -> anyhow::Result<ExitCode> {
    let settings = crate::config::load(overrides);
    anyhow::bail!(
        "the daemon is not built in (ledger {})",
        settings.ledger.display()
    )
}
