// SPDX-License-Identifier: GPL-3.0-or-later
//! The flags that say how a verb answers, the same for every verb with one document.

use std::io::Write;

use clap::Args;
use serde::Serialize;

use super::exit::CliError;
use super::reading::Reading;
use super::table::Header;
use super::terminal;
use crate::config::Overrides;

/// How the answer is read and printed.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct Shape {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Leave the lines of titles out
    #[arg(long)]
    no_header: bool,
    /// Also read what the quick look cannot see: imported messages, moved or replaced files
    #[arg(long)]
    refresh: bool,
}

impl Shape {
    /// Reads what is new, as thoroughly as is asked.
    ///
    /// # Errors
    /// Those of [`Reading::take`].
    pub fn reading(self, overrides: &Overrides) -> Result<Reading, CliError> {
        Reading::take(overrides, self.refresh)
    }

    /// Prints the document, or what it says as `render` has it for people.
    ///
    /// # Errors
    /// stdout cannot be written to.
    pub fn print(
        self,
        document: &impl Serialize,
        render: impl FnOnce(Header) -> String,
    ) -> Result<(), CliError> {
        if self.json {
            terminal::write_json(document)?;
        } else {
            terminal::write_page(&render(Header::unless(self.no_header)))?;
        }
        Ok(std::io::stdout().flush()?)
    }
}
