// SPDX-License-Identifier: GPL-3.0-or-later
//! OpenCode 2.x, and the rows of the same kind that 1.18's own API writes: the table
//! `session_message`, with `session_v2` from 2.0 on.
//!
//! The files are those of `opencode_v1`. `parse` turns one row into a step (`rows`: whatever its columns are),
//! `load` asks one database (`schema`: whether it can; `tail`: what is new in a session; `migration`: what it
//! took over; `totals`: what it says of a session; `forks`: where its rows were copied to; `held`: what is still in
//! it; `tools`: the tool calls of a row), and `remainder` tells from those totals what the rows do not show
//! (`amount`: its arithmetic). Nothing here writes, keeps a transaction open, or reads events. How the two
//! generations go together stands in README.md.

mod amount;
mod forks;
mod held;
mod load;
mod migration;
mod parse;
mod remainder;
mod rows;
mod schema;
mod tail;
mod tools;
mod totals;

pub use amount::Amount;
pub use forks::{CopiesIn, Forks};
pub use load::{Counts, Database, Which};
pub use migration::Migration;
pub use parse::{Kind, RawRow, read_row};
pub use remainder::{
    Before, Known, NewRow, Part, REMAINDER, Settlement, Totals, UNKNOWN, remainder_id,
    remainder_step,
};
pub use tail::Tail;
pub use totals::ODD_TOTALS;

/// The name of this generation in statuses and in the ledger.
pub const GENERATION: &str = "opencode_v2";
