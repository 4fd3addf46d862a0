// SPDX-License-Identifier: GPL-3.0-or-later
//! `--watch`: the same answer again whenever something changed.

use octally_core::wire::Snapshot;

use super::exit::{CliError, Exit};
use super::reading::Reading;

/// Calls `print` on every change until interrupted.
pub fn follow(
    reading: &mut Reading,
    print: impl Fn(&Reading, &Snapshot) -> Result<(), CliError>,
) -> Result<Exit, CliError> {
    let _ = (reading, print);
    todo!()
}
